/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Resources of a control plane besides assignments: clusters, listeners, names. */
#ifndef MODEL_DISCOVERY_H
#define MODEL_DISCOVERY_H

#include <stddef.h>
#include <stdint.h>

#include "assignment.h"

/* envoy.config.cluster.v3.Cluster.DiscoveryType, its numbers. */
enum xds_cluster_kind {
	XDS_CLUSTER_STATIC,
	XDS_CLUSTER_STRICT_DNS,
	XDS_CLUSTER_LOGICAL_DNS,
	XDS_CLUSTER_EDS,
	XDS_CLUSTER_ORIGINAL_DST,
	XDS_CLUSTER_OTHER, /* an extension, or newer than this list */
};

struct xds_cluster {
	const char *name;    /* outbound|5000||host */
	const char *service; /* name of its assignment: service_name, else the name */
	enum xds_cluster_kind kind;
};

/* A listener, for those that carry one TCP cluster. */
struct xds_listener {
	const char *name;
	const struct socket_addr *addresses; /* 0.0.0.0 where HTTP ports share one */
	size_t address_count;
	const char *cluster; /* the one all its tcp_proxy filters name; NULL: none, or several */
};

/* One host of istio's name table. */
struct xds_host {
	const char *host; /* lower case, no final dot */
	const struct addr *addresses;
	size_t address_count;
};

struct xds_names {
	struct xds_host *hosts; /* sorted by host, each once */
	size_t count;
};

#endif
