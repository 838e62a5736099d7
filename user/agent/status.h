/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The agent's status as plain data, for its map and its pages. */
#ifndef STATUS_H
#define STATUS_H

#include "agent_status.h"
#include "source_status.h"

struct agent;
struct arena;

/* Memory behind a status. */
struct status_scratch {
	struct arena *arena;
	const char **problems;
	size_t problem_count;
	struct source_status source;
};

/* What was found on the node. Returns 0 or -ENOMEM. */
int status_node(const struct agent *agent, struct arena *arena, struct node_status *ret);

/* Borrows from the agent and from `scratch`, which is to be given to status_done() in any case.
 * Returns 0 or -ENOMEM. */
int status_collect(const struct agent *agent, struct status_scratch *scratch,
		   struct agent_status *ret);
void status_done(struct status_scratch *scratch);

/* The state as one JSON object, services included; NULL without memory. */
struct json_t *status_whole(const struct agent *agent);

#endif
