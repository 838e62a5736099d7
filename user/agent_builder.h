/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the agent: what builds the rows of services, in four files (claims, views, repeat, services). */
#ifndef AGENT_BUILDER_H
#define AGENT_BUILDER_H

#include "agent.h"
#include "view_request.h"
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
	struct agent_print print; /* the same */
	uint64_t surroundings; /* of all rows: view_surroundings_hash(), and what is captured */
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
/* Fills the tables. Returns 0 or -ENOMEM. */
int builder_tables(struct builder *builder, struct desired_service *row);
/* `key` and `assignment` may be NULL. */
struct view_request builder_request(const struct builder *builder, const struct service_key *key,
				    const struct assignment *assignment, enum view_side side);
/* An endpoint that gets nothing, for people. Borrows `cluster`. */
void builder_note_left_out(struct builder *builder, const char *cluster, const struct addr *addr,
			   uint16_t port, enum left_out reason);

/* What all rows are made from, before the first of them. */
void builder_look_around(struct builder *builder);
/* What a row is to be made from; then what became of it. */
void builder_note_inputs(struct builder *builder, const struct desired_service *row,
			 const struct assignment *assignment);
void builder_note_outcome(struct builder *builder, bool wanted);
/* Whether all of this was so before: then the row is kept, and what was told is told again. */
bool builder_repeat(struct builder *builder, struct desired_service *row, bool *ret_wanted);

#endif
