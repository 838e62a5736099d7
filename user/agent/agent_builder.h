/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the agent: what builds the rows of services, in six files (amend, claims, repeat,
 * services, tell, views). */
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
	struct agent_row row;  /* being built */
	const char *cluster;   /* of it */
	struct agent_tally tally; /* of all other rows */
	struct assignment_list assignments; /* of the source */
	struct cluster_list clusters;       /* likewise */
	uint64_t surroundings; /* agent_surroundings() */
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

/* Where to note what is told of the row; NULL without memory. */
struct agent_told *builder_told(struct builder *builder);
/* Whether there is room for one more service among those shown. */
bool builder_shows(const struct builder *builder);
/* What is wrong with the row, as far as there is room to tell it. */
void builder_problem(struct builder *builder, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A row begins; then what became of it. `wanted`: it goes to the kernel. */
void builder_begin(struct builder *builder, const struct desired_service *row, bool captured);
void builder_end(struct builder *builder, const struct desired_service *row, bool wanted);
/* Makes the row from its assignment, be it NULL. Returns 0 or -ENOMEM. */
int builder_fill(struct builder *builder, struct desired_service *row, const char *host,
		 const struct assignment *assignment, bool *ret_wanted);

/* What all rows are made from, before the first of them. Returns 0 or -ENOMEM. */
int builder_look_around(struct builder *builder);
/* Whether a row made from the same inputs stands: then it is kept, and told again. */
bool builder_repeat(struct builder *builder, struct desired_service *row,
		    const struct assignment *assignment, bool *ret_wanted);
/* Makes the rows again whose assignments have other contents than before. Returns 0, -ENOMEM, or
 * -EAGAIN when more than contents changed. */
int builder_amend(struct builder *builder);

#endif
