/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of a CNI configuration that tell which CNI it is, and the addresses of pods. */
#ifndef CNI_CONFIG_H
#define CNI_CONFIG_H

#include <stddef.h>

#include "addr.h"

#define CNI_RANGES 8

struct cni_config {
	char name[64]; /* of the network */
	char type[64]; /* of the first plugin */
	struct prefix ranges[CNI_RANGES];
	size_t range_count;
};

/* Reads a configuration or a list of plugins (CNI specification 1.0, section 1). Returns 0 or -EINVAL. */
int cni_config_parse(const char *text, size_t length, struct cni_config *ret);

#endif
