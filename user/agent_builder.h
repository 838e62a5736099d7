/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the agent: what builds the rows of services, in three files (claims, views, services). */
#ifndef AGENT_BUILDER_H
#define AGENT_BUILDER_H

#include "agent.h"
#include "vips.h"

/* What is being built: rows, and hash tables over them that refuse what is claimed twice. */
struct builder {
	const struct agent *agent;
	struct agent_picture *picture;
	struct desired_service *rows;
	size_t row_count;
	uint32_t *by_vip, *by_id; /* row + 1, or 0; open addressing */
	uint32_t mask;
	bool gateway;
	struct vip_list vips; /* what the control plane names */
	struct agent_word word; /* on the row being built */
	uint64_t now_ns; /* CLOCK_MONOTONIC */
};

/* The row that claims the virtual IP, or NULL; *ret_place is where a claim is noted. */
struct desired_service *builder_find_vip(const struct builder *builder,
					 const struct service_key *key, uint32_t **ret_place);
/* The first row with this id, or NULL. */
struct desired_service *builder_find_id(const struct builder *builder, uint64_t id,
					uint32_t **ret_place);
/* On a VIP claimed twice the holder stays. */
bool builder_is_holder(const struct builder *builder, const struct service_key *key);
/* Whether there is a row for it already. */
bool builder_is_held(const struct builder *builder, const struct service_key *key);

/* Expired, the cluster has no endpoints (envoy: eds.cc, onAssignmentTimeout). */
bool builder_is_stale(struct builder *builder, const struct assignment *assignment);
/* Fills the row's views; one that is too large keeps what it had. Returns 0 or -ENOMEM. */
int builder_views(struct builder *builder, struct desired_service *row,
		  const struct assignment *assignment);
/* Fills the tables, or leaves a row alone that looks as it was last applied. Returns 0 or -ENOMEM. */
int builder_tables(struct builder *builder, struct desired_service *row);

#endif
