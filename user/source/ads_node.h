/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Our node id and metadata, as istiod expects them. */
#ifndef ADS_NODE_H
#define ADS_NODE_H

#include <stddef.h>

#include "config.h"
#include "session.h"

/* Facts about this machine. */
struct ads_machine {
	char ip[64], ip6[64]; /* from which it would speak to others, in IPv4 and IPv6; or "" */
	char name[256]; /* of the host */
};

void ads_machine_read(const struct config_ads *ads, struct ads_machine *ret);

/* `network` is ours, or that of another view; `view` the networks asked for, comma-separated, or
 * NULL. Values of the configuration replace defaults; its texts and those of `machine` are borrowed.
 * Returns 0 or -ENOMEM. */
int ads_node_make(const struct config *config, const struct ads_machine *machine,
		  const char *network, const char *view, struct xds_node *ret);

#endif
