/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Collects virtual IPs from a control plane's clusters, host names and listeners. */
#ifndef VIPS_H
#define VIPS_H

#include <stddef.h>
#include <stdint.h>

#include "vip_input.h"

struct arena;

struct vip {
	const char *cluster, *host; /* host in lower case */
	uint16_t service_port; /* of the cluster's name */
	const struct assignment *assignment; /* NULL: the first has not arrived */
	struct addr addr;
	uint16_t port;
};

struct vip_list {
	struct vip *items; /* in the order of the clusters; an address once in each */
	size_t count;
	size_t endpoints; /* addresses passed over because they are an endpoint's own */
};

/* Clusters with a subset or with another name than Istio's give nothing;
 * nor does an address that is itself an endpoint (the name table has the pods of headless
 * services). Strings are borrowed or live in the arena. Returns 0 or -ENOMEM. */
int vips_collect(struct arena *arena, const struct vip_input *input, struct vip_list *ret);

#endif
