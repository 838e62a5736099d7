/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Clusters, host names and listeners of a control plane, from which virtual IPs are collected. */
#ifndef VIP_INPUT_H
#define VIP_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "assignment.h"
#include "discovery.h"

/* A cluster of type EDS. */
struct vip_cluster {
	const char *name;
	const struct assignment *assignment; /* NULL: the first has not arrived */
};

struct vip_listener {
	struct addr address;
	uint16_t port;
	const char *cluster;
};

struct vip_input {
	const struct vip_cluster *clusters;
	size_t cluster_count;
	const struct xds_host *hosts; /* sorted by host */
	size_t host_count;
	const struct vip_listener *listeners; /* count for hosts that the names do not have */
	size_t listener_count;
};

#endif
