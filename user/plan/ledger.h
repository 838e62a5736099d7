/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel holds, and which of its rows and extents may be used again when. */
#ifndef LEDGER_H
#define LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "change.h"
#include "desired.h"
#include "parallax_abi.h"

#define NO_ROW UINT32_MAX

enum row_state {
	ROW_UNTOUCHED, /* never published */
	ROW_USED,
	ROW_OUT,     /* backends: left the view, flows may still name it */
	ROW_RESTING, /* named by nothing; free once a grace has passed since */
};

/* The kernel's arrays, read only, mapped or (in tests) plain memory. Authoritative: the ledger
 * repeats nothing that stands here. */
struct ledger_memory {
	const struct service *services;
	uint32_t service_rows;
	const struct backend *backends;
	uint32_t backend_rows;
	uint32_t bucket_count; /* of the slot arena */
	const struct drops *drops; /* as many as services */
	const struct filters *filters;
	const struct settings *settings;
};

struct ledger_service {
	uint8_t state; /* enum row_state, never ROW_OUT */
	bool in_vips, in_ids;
	uint32_t since;         /* ROW_RESTING: epoch in which the rest began */
	uint32_t first_backend; /* list through ledger_backend.next, or NO_ROW */
	uint32_t key_next, id_next;
	uint64_t table_hash, local_hash; /* ledger_hash_table() of both tables */
	uint64_t name;             /* hash of its NAME_CLUSTER; 0: none */
	uint64_t drops_name;       /* hash of its NAME_DROPS */
};

struct ledger_backend {
	uint8_t state;
	uint32_t since; /* ROW_RESTING: epoch; ROW_OUT: order of leaving */
	uint32_t next;
};

struct extent {
	uint32_t offset, size, since;
};

struct extent_list {
	struct extent *items; /* sorted by offset, apart from one another */
	size_t count, capacity;
};

struct ledger_name {
	uint32_t index;
	uint64_t hash;
};

struct ledger_names {
	struct ledger_name *items;
	size_t count, capacity;
};

struct ledger_vip {
	struct vip_key key;
	uint32_t row;
};

struct ledger_id {
	struct service_id_key key;
	uint32_t row;
};

struct ledger_network {
	uint32_t id, flags;
};

struct ledger_list {
	void *items;
	size_t count, capacity;
};

struct ledger {
	struct ledger_memory memory;
	struct ledger_service *services;
	uint32_t service_top;  /* rows from here on are ROW_UNTOUCHED */
	uint32_t service_open; /* rows from here on are zero: pages nobody has touched */
	struct ledger_backend *backends;
	uint32_t backend_top;
	uint32_t *key_heads, *id_heads; /* hash chains over service rows */
	uint32_t head_mask;
	uint32_t epoch;       /* number of graces so far, plus one */
	uint32_t out_clock;
	struct extent_list free_extents, resting_extents;
	struct ledger_names networks_named, localities;
	struct ledger_list networks; /* struct ledger_network */
	struct ledger_list gateways; /* struct desired_gateway */
	struct ledger_list allowed;  /* struct allowed_key */
	struct ledger_list addresses; /* __be32, sorted: marked in `vips` as virtual */
	/* Entries that name no row of ours; the next plan removes them. */
	struct ledger_list stray_vips; /* struct ledger_vip */
	struct ledger_list stray_ids;  /* struct ledger_id */
};

/* What stands in the hash maps, for ledger_rebuild(). Borrowed. */
struct ledger_entries {
	const struct ledger_vip *vips;
	size_t vip_count;
	const struct ledger_id *ids;
	size_t id_count;
	const struct ledger_network *networks;
	size_t network_count;
	const struct desired_gateway *gateways;
	size_t gateway_count;
	const struct allowed_key *allowed;
	size_t allowed_count;
	const struct ledger_named {
		struct name_key key;
		uint64_t hash; /* ledger_hash_name() of the text */
	} *names;
	size_t name_count;
	const struct bucket *buckets; /* the whole slot arena */
};

/* Borrows the memory. Returns 0 or -ENOMEM; nothing is known before ledger_rebuild(). */
int ledger_init(struct ledger *ledger, const struct ledger_memory *memory);
/* Accepts a ledger that ledger_init() refused. */
void ledger_done(struct ledger *ledger);

/* Takes stock after a start or a failed write: what nothing refers to counts as resting.
 * Returns 0 or -ENOMEM. */
int ledger_rebuild(struct ledger *ledger, const struct ledger_entries *entries);

/* Takes note of a change; call it right before the change is written. Returns 0 or -ENOMEM. */
int ledger_apply(struct ledger *ledger, const struct change *change);

/* The row in use for `key`, else one that was and can be revived, else NO_ROW. */
uint32_t ledger_find_service(const struct ledger *ledger, const struct service_key *key);
/* The row that `vips` or `service_ids` names for this key, or NO_ROW. */
uint32_t ledger_vip_holder(const struct ledger *ledger, const struct service_key *key);
uint32_t ledger_id_holder(const struct ledger *ledger, uint64_t id, uint8_t family);

/* Whether the address is marked as virtual. */
bool ledger_has_address(const struct ledger *ledger, __be32 address);
/* Of two __be32: the order they are kept in, for qsort(3) and bsearch(3). */
int ledger_compare_addresses(const void *a, const void *b);

/* Shapes of the tables the service has or, while it is empty, had, for table_shape(); 0 for a new
 * one. */
void ledger_table_shapes(const struct ledger *ledger, const struct service_key *key,
			 uint32_t *ret_shape, uint32_t *ret_local_shape);

/* Whether a resting row or extent has rested through a grace. */
bool ledger_rested(const struct ledger *ledger, uint32_t since);

uint64_t ledger_hash_name(const char *text);
/* Tables are told apart by it: large ones would be half of our memory. 0 for an empty one. Of the
 * buckets as they stand, or will stand, in the arena. */
uint64_t ledger_hash_buckets(const struct bucket *buckets, uint32_t count);
uint64_t ledger_hash_table(const struct table *table, const uint32_t *rows);

/* Adds to a list sorted by offset, joining neighbours. Returns 0 or -ENOMEM. */
int extent_add(struct extent_list *list, struct extent extent);
/* Best fit. Returns 0 with *ret_offset, or -ENOSPC. */
int extent_take(struct extent_list *list, uint32_t size, uint32_t *ret_offset);
/* Takes exactly these buckets. Returns 0, -ENOENT when they are not in one extent, or -ENOMEM. */
int extent_claim(struct extent_list *list, uint32_t offset, uint32_t size);

#endif
