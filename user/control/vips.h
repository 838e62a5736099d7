/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which virtual IPs a control plane's word gives: clusters, names, listeners. */
#ifndef VIPS_H
#define VIPS_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "assignment.h"

struct arena;

/* A cluster of type EDS. */
struct vip_cluster {
	const char *name;
	const struct assignment *assignment; /* NULL: the first has not arrived */
};

/* A host of the name table. */
struct vip_host {
	const char *host; /* lower case, no final dot */
	const struct addr *addresses;
	size_t address_count;
};

struct vip_listener {
	struct addr address;
	uint16_t port;
	const char *cluster;
};

struct vip_input {
	const struct vip_cluster *clusters;
	size_t cluster_count;
	const struct vip_host *hosts; /* sorted by host */
	size_t host_count;
	const struct vip_listener *listeners; /* count for hosts that the names do not have */
	size_t listener_count;
};

struct vip {
	const char *cluster, *host; /* host in lower case */
	uint16_t service_port; /* of the cluster's name */
	const struct assignment *assignment; /* NULL: the first has not arrived */
	struct addr addr; /* IPv4 */
	uint16_t port;
};

struct vip_list {
	struct vip *items; /* in the order of the clusters; an address once in each */
	size_t count;
	size_t ipv6;      /* addresses passed over: not carried */
	size_t endpoints; /* and because they are an endpoint's own */
};

/* Clusters with a subset or with another name than Istio's give nothing;
 * nor does an address that is itself an endpoint (the name table has the pods of headless
 * services). Strings are borrowed or live in the arena. Returns 0 or -ENOMEM. */
int vips_collect(struct arena *arena, const struct vip_input *input, struct vip_list *ret);

#endif
