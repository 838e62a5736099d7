/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the plan: the state of its phases (match → room → emit). */
#ifndef PLAN_STATE_H
#define PLAN_STATE_H

#include "arena.h"
#include "plan.h"

/* One backend of one service, from either view. */
struct wanted_backend {
	const struct view_backend *from;
	uint32_t client_index; /* in view->backends, or NO_ROW */
	uint32_t local_index;  /* in local_view->backends, or NO_ROW */
	uint32_t row;          /* NO_ROW until there is room */
	uint32_t endpoint;     /* as in the view of the gateway side */
	bool fresh;            /* write the row as a whole */
};

/* One of the two tables of a service row. */
struct wanted_table {
	const struct table *table; /* NULL: none */
	uint32_t *rows;            /* row per backend of its view; NULL while unknown */
	table_desc old, desc;
	uint64_t old_hash, hash; /* ledger_hash_table() */
	bool changed;
	bool write; /* the buckets go to a new extent */
};

struct wanted_service {
	const struct desired_service *want;
	struct wanted_backend *backends;
	size_t backend_count;
	struct wanted_table client, local;
	uint32_t row;
	bool fresh;   /* write the row as a whole */
	bool keep;    /* tables and backends stay unchanged */
};

struct locality_hit {
	const char *text;
	uint16_t index;
};

struct plan_state {
	const struct ledger *ledger;
	const struct desired *desired;
	uint64_t now_ns;
	struct arena *arena;
	struct wanted_service *services;
	bool *service_kept;     /* per ledger row: a wanted service has it */
	uint8_t *backend_kept;  /* per ledger row: matched */
	bool *vip_given, *id_given; /* per ledger row: its entry is not to be removed */
	size_t fresh_services, fresh_backends;
	bool rcu_sync;
	uint32_t *retired;
	size_t retired_count;
	struct locality_hit locality_cache[64];
	struct ledger_name *new_localities;
	size_t new_locality_count, new_locality_capacity;
	struct change_list list;
	size_t capacity;
	int err; /* first failure of an emit */
	const char *reason;
	enum { SHORT_OF_SERVICES, SHORT_OF_BACKENDS, SHORT_OF_SLOTS } short_of; /* with -ENOSPC */
};

/* Runs all phases. Returns 0, -ENOSPC (with state->reason) or -ENOMEM. */
int plan_run(struct plan_state *state, struct change_list *ret);

/* Finds the existing row of each wanted service and backend. */
int plan_match(struct plan_state *state);
/* Allots rows and extents to the others, or refuses. */
int plan_room(struct plan_state *state);
/* Lists the changes in order. */
void plan_emit(struct plan_state *state);

/* Both keep a failure in state->err. */
void *plan_alloc(struct plan_state *state, size_t size);
void plan_add(struct plan_state *state, const struct change *change);

/* The row's endpoint id and its entry in `endpoints`; before a row is retired, without them. */
void plan_set_endpoint(struct plan_state *state, const struct wanted_service *service,
		       const struct wanted_backend *wanted);
void plan_drop_endpoint(struct plan_state *state, uint32_t row);
/* Entries that name no row of theirs. */
void plan_drop_stray_endpoints(struct plan_state *state);

/* Networks, gateways and ranges are added before, and removed after, everything else. */
void plan_add_lists(struct plan_state *state);
void plan_remove_lists(struct plan_state *state);

/* Marks of virtual addresses: CHANGE_ADDRESS_ADD for addresses that lack one, CHANGE_ADDRESS_REMOVE
 * for former virtual addresses. */
void plan_addresses(struct plan_state *state, enum change_kind kind);

/* Sets the filter bit of an address. */
void plan_destination(struct plan_state *state, const struct ip_addr *address);

/* The service's service.drop. */
uint64_t plan_drop(const struct desired_service *want);
/* Updates its categories of drop overloads. */
void plan_add_drops(struct plan_state *state, const struct wanted_service *service);

struct backend_info plan_backend_info(struct plan_state *state, const struct wanted_service *service,
				      const struct wanted_backend *wanted);

#endif
