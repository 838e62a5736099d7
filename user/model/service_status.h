/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The status of one service: the only structure from which the status of services is shown. */
#ifndef MODEL_SERVICE_STATUS_H
#define MODEL_SERVICE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view.h"

struct arena;

/* Listed in one status; all are counted. */
#define STATUS_EXCLUDED_MAX 100
#define STATUS_BACKENDS_MAX 100

/* Shared by the generations in which it holds; dies with its last user. */
struct service_status {
	unsigned int users;
	struct arena *arena;
	bool published; /* the agent's publisher has written it */
	const char *cluster;
	const char *host;
	const char *problem; /* or NULL */
	const char *state;   /* "serving", "no_endpoints", "waiting", "stale", "kept", "refused";
			      * NULL: not captured, so not shown */
	struct view_priority *priorities;
	size_t priority_count;
	/* The source's last announcement, for `diff`. */
	uint32_t endpoints, backends;
	uint64_t digest; /* of all backends */
	struct socket_addr *listed; /* the first backends */
	uint32_t listed_count;
	struct view_excluded *excluded; /* the first ones */
	size_t excluded_count;
	uint32_t excluded_by_reason[EXCLUDED_COUNT];
};

#endif
