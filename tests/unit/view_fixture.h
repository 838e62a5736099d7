/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A mesh of a few networks and assignments from short tables, for the tests of views. */
#ifndef VIEW_FIXTURE_H
#define VIEW_FIXTURE_H

#include "assignment.h"
#include "config.h"
#include "view.h"
#include "view_build.h"

/* network1: ours, cluster1, 10.10.0.0/16, gateway 192.0.2.1:15443
 * network2: cluster2, 10.32.0.0/16, Geneve gateways 192.23.120.32 and .33, port 15443
 * network3: cluster3, Geneve, gateway 0.0.0.0:443 (not yet known)
 * network4: cluster4, gateway 192.0.2.40:15443, no transport
 * network5: cluster5, passthrough gateway 192.0.2.50:15443
 * network6: cluster6, 10.66.0.0/16, flat with ours
 * network7: cluster7, Geneve gateway [2001:db8::7]:15443
 * network8: cluster8, passthrough gateway [2001:db8::8]:15443
 */
const struct mesh_networks *fixture_mesh(void);
/* The same, but ours has no fromCidr. */
const struct mesh_networks *fixture_mesh_without_cidr(void);

/* One endpoint. A row with another `locality` or `priority` than the one before starts a new
 * locality. */
struct endpoint_row {
	const char *address; /* "ip:port", "ip:0", several by commas; "" for none; "udp " before */
	uint32_t weight;     /* 0: 1 */
	enum health health;
	const char *workload;
	const char *network;
	const char *locality; /* "region/zone/sub_zone"; NULL: none set */
	uint32_t locality_weight; /* 0: unset */
	uint32_t priority;
	const char *locality_network;
};

/* Lives in `arena`. */
struct assignment *fixture_assignment(struct arena *arena, const struct endpoint_row *rows,
				      size_t count);

/* Seen from network1, cluster1, IPv4 TCP, locality weights on, panic threshold 50. */
struct view_request fixture_request(const struct assignment *assignment);

/* view_build(), which must succeed. */
struct view *fixture_view(struct arena *arena, const struct view_request *request);

/* The backend "ip:port" of that priority, or NULL. */
const struct view_backend *fixture_backend(const struct view *view, const char *address,
					   uint32_t priority);

/* Checks its share, 0 when it has none, to 1e-12. */
void assert_share(const struct view *view, const char *address, double share);
/* All shares sum to `sum`. */
void assert_sum(const struct view *view, double sum);

#endif
