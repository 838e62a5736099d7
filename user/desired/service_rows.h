/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rows of a generation: one for each service address or id, each with its status. */
#ifndef SERVICE_ROWS_H
#define SERVICE_ROWS_H

#include "assignment.h"
#include "desired.h"
#include "index.h"
#include "service_status.h"

struct service_row {
	struct service_key key; /* VIP family 0: by id alone */
	uint32_t assignment;    /* index in the source's list, or ASSIGNMENT_NONE */
	uint64_t fingerprint;   /* of all inputs of the row; 0: equal to no other */
	struct service_status *status; /* one use of it; NULL: nothing to show */
	uint8_t flags;          /* as configured */
	bool by_id;
	bool captured; /* only the control plane names its virtual IP */
	bool standing; /* a network leads to it while the source names no endpoint */
	bool made;     /* built from its assignment; else refused, kept, or without one */
	bool wanted;   /* goes to the kernel */
	bool has_own, has_remote; /* its assignment has endpoints of our network; of others */
	uint64_t gateways_of;     /* the networks on whose gateways its views depend */
};

struct service_rows {
	struct arena *arena;
	struct service_row *items;
	size_t count, wanted;
	struct index made; /* rows that were made, by key */
	const char *problem;    /* with the virtual IPs of the control plane; or NULL */
	bool endpoints_are_vips; /* some named virtual IPs are left to endpoints that have the address */
};

/* Room for `most` rows. Returns 0 or -ENOMEM. */
int service_rows_init(struct service_rows *rows, size_t most);
void service_rows_done(struct service_rows *rows);
/* Takes over its use of the status. */
void service_rows_add(struct service_rows *rows, const struct service_row *row);
/* Hash of every field of a key. */
uint64_t service_key_hash(const struct service_key *key);
/* The row that was made for this key, or NULL. */
const struct service_row *service_rows_find(const struct service_rows *rows,
					    const struct service_key *key);
/* Moves all rows of `with` to the indices `at`; `with` is empty then. Returns whether a row got its first
 * status, or lost it. */
bool service_rows_replace(struct service_rows *rows, struct service_rows *with, const uint32_t *at);

/* Adds all endpoints that get no connections to counts[EXCLUDED_COUNT]. Returns 0 or
 * -ENOMEM. */
int service_rows_count_excluded(const struct service_rows *rows, uint64_t *counts);

/* The inputs of a status. Borrowed. */
struct status_parts {
	const char *cluster;
	const char *host, *problem, *state;  /* or NULL */
	const struct view *view;             /* of clients; or NULL */
	const struct assignment *assignment; /* of the view */
};

/* With one user. Returns NULL without memory. */
struct service_status *service_status_new(const struct status_parts *parts);
/* Ends one use; accepts NULL. */
void service_status_drop(struct service_status *status);

#endif
