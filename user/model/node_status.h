/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the agent found on its node, and from where, as plain data for its status. Everything is borrowed. */
#ifndef MODEL_NODE_STATUS_H
#define MODEL_NODE_STATUS_H

#include <stddef.h>
#include <stdint.h>

struct found_text {
	const char *text, *from;
};

struct node_status {
	const char *profile;        /* interfaces.profile; NULL: only what the configuration lists */
	const char *cni, *cni_from; /* NULL: not recognised */
	const char *address, *address6; /* of IPv4 and IPv6, on the first uplink; or NULL */
	uint32_t mtu;               /* smallest of the uplinks; 0: no uplink */
	const struct found_text *uplinks; /* names, the preferred first */
	size_t uplink_count;
	const struct found_text *pod_ranges;
	size_t pod_range_count;
};

#endif
