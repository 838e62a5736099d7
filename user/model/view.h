/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One service as seen from one network, for one IP family: backends with final shares. */
#ifndef MODEL_VIEW_H
#define MODEL_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "parallax_abi.h"

struct arena;

/* Why an endpoint is not used: X(enumerator, name in JSON, text for display). */
#define EXCLUDED_REASONS(X)                                                                        \
	X(NO_GATEWAY, "no_gateway", "its network has no gateway with a known address")             \
	X(NO_TRANSPORT, "no_transport", "its network's gateways have no transport configured")     \
	X(UNKNOWN_NETWORK, "unknown_network", "of another cluster, and no rule names its network") \
	X(OUTSIDE_NETWORK, "outside_network", "outside our own network's fromCidr")                \
	X(UNKNOWN_GATEWAY, "unknown_gateway", "a gateway that no network of meshNetworks names")   \
	X(OWN_GATEWAY, "own_gateway", "a gateway of our own network")                              \
	X(GATEWAY_FAMILY, "gateway_family",                                                        \
	  "its network's gateways are of an IP family that cannot be used from here")              \
	X(NOT_ENCRYPTED, "not_encrypted",                                                          \
	  "the routes to its network's gateways do not encrypt, as is required")                   \
	X(BAD_ADDRESS, "bad_address", "an address nothing can be sent to")                         \
	X(BAD_PORT, "bad_port", "port 0")                                                          \
	X(NO_ADDRESS, "no_address", "no address of this kind or IP family")                        \
	X(WRONG_PROTOCOL, "wrong_protocol", "its socket address names another protocol")           \
	/* Counted in the shares, but with a share of nothing: */                                  \
	X(UNHEALTHY, "unhealthy", "unhealthy, or every gateway to it is down")                     \
	X(DRAINING, "draining", "draining: takes no new connections")                              \
	X(STANDBY, "standby", "its priority takes no load while better ones can")                  \
	X(NO_WEIGHT, "no_weight", "its locality has no weight")

enum excluded {
	EXCLUDED_NONE,
#define X(reason, name, text) EXCLUDED_##reason,
	EXCLUDED_REASONS(X)
#undef X
	EXCLUDED_COUNT
};

struct view_excluded {
	struct addr addr;
	uint16_t port;
	enum excluded reason;
	const char *network; /* that it is in; NULL: nothing names it */
};

struct view_backend {
	struct addr addr; /* as EDS or meshNetworks names it */
	uint16_t port;
	enum backend_kind kind;
	uint16_t tunnel_port;    /* BACKEND_GENEVE */
	const char *network;     /* name */
	uint32_t network_id;
	const char *locality;    /* region/zone/sub_zone */
	uint32_t priority;
	uint64_t weight;         /* as summed from EDS */
	double share;            /* of connections that are not dropped; all sum to 1, or to 0 with `fail` */
	uint32_t endpoint;       /* endpoint id, in the view of a gateway of mode forward; else 0 */
};

/* One category of drop overloads. */
struct view_drop {
	const char *category;
	double ratio;   /* of connections that reach it */
	double refused; /* of all new connections */
};

struct view_priority {
	uint32_t priority;
	uint32_t hosts, healthy, degraded, excluded;
	uint32_t healthy_load, degraded_load; /* percent */
	bool panic;
};

/* In a set of networks, by index in the mesh. Those beyond 64 share bits. */
#define VIEW_NETWORK(index) (1ull << ((index) % 64))

struct view {
	const char *cluster; /* name of the assignment */
	uint8_t family;      /* 4 or 6 */
	uint8_t proto;       /* IPPROTO_TCP or IPPROTO_UDP */
	bool has_remote;     /* the assignment names an endpoint of another network */
	bool has_own;        /* and one of our own */
	uint64_t gateways_of; /* networks on whose gateways, up or down, the view depends: a set */
	bool fail;           /* no backend can be picked */
	bool panic;          /* some priority with load panics */
	bool degraded;       /* degraded endpoints take load */
	double drop;         /* fraction refused by drop overloads */
	struct view_drop *drops; /* the categories in their order */
	size_t drop_count;
	struct view_backend *backends; /* sorted by kind, address, port, priority; share > 0 */
	size_t backend_count;
	struct view_priority *priorities;
	size_t priority_count;
	struct view_excluded *excluded;
	size_t excluded_count;
	struct view_excluded *unused; /* endpoints that take part and have no share */
	size_t unused_count;
	uint32_t duplicates; /* endpoints summed into an equal one */
};

#endif
