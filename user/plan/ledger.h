/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Contents of the kernel's maps, and when their rows and extents may be reused. */
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
	ROW_DRAINING, /* backends: left the view, but flows may still name it */
	ROW_RESTING, /* named by nothing; free after the next RCU grace period */
};

/* The kernel's arrays, read only, mapped or (in tests) plain memory. Authoritative: the ledger keeps
 * no copy of their fields. */
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
	uint8_t state; /* enum row_state, never ROW_DRAINING */
	bool in_vips, in_ids;
	uint32_t since;         /* ROW_RESTING: the epoch in which it was released */
	uint32_t first_backend; /* list through ledger_backend.next, or NO_ROW */
	uint32_t key_next, id_next;
	uint64_t table_hash, local_hash; /* ledger_hash_table() of both tables */
	uint64_t name;             /* hash of its NAME_CLUSTER; 0: none */
	uint64_t drops_name;       /* hash of its NAME_DROPS */
};

struct ledger_backend {
	uint8_t state;
	bool in_endpoints; /* the entry of its endpoint id names it */
	uint32_t since; /* ROW_RESTING: the epoch; ROW_DRAINING: value of drain_clock */
	uint32_t next;
};

struct extent {
	uint32_t offset, size, since;
};

struct extent_list {
	struct extent *items; /* sorted by offset; adjacent ones are merged */
	size_t count, capacity;
};

struct ledger_name {
	uint32_t index;
	uint64_t hash;
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
	uint32_t id;
	struct network value;
};

/* The first `key_size` bytes of an item are its key. */
struct ledger_list {
	void *items;
	size_t count, capacity, item_size, key_size;
};

struct ledger {
	struct ledger_memory memory;
	struct ledger_service *services;
	uint32_t service_top;  /* rows from here on are ROW_UNTOUCHED */
	uint32_t service_open; /* elements of `services` from here on are untouched zero pages */
	struct ledger_backend *backends;
	uint32_t backend_top;
	uint32_t *key_heads, *id_heads; /* hash chains over service rows */
	uint32_t head_mask;
	uint32_t epoch;       /* RCU grace periods waited for, plus one */
	uint32_t drain_clock;
	struct extent_list free_extents, resting_extents;
	struct ledger_list network_names, localities; /* struct ledger_name */
	struct ledger_list networks;  /* struct ledger_network */
	struct ledger_list gateways;  /* struct desired_gateway */
	struct ledger_list allowed;   /* struct allowed_key */
	struct ledger_list addresses; /* struct ip_addr, sorted: marked in `vips` as virtual */
	/* Entries that name no row in use; the next plan removes them. */
	struct ledger_list stray_vips; /* struct ledger_vip */
	struct ledger_list stray_ids;  /* struct ledger_id */
	struct ledger_list stray_endpoints; /* struct endpoint_key */
};

/* Borrows the memory. The ledger is empty until ledger_rebuild(). Returns 0 or -ENOMEM. */
int ledger_init(struct ledger *ledger, const struct ledger_memory *memory);
/* Accepts a zeroed ledger, and one that ledger_init() refused. */
void ledger_done(struct ledger *ledger);

/* After a start or a failed write all is read into an empty ledger: each element of the hash maps and
 * the trie, then the rest by ledger_rebuild(). `ledger` is a struct ledger. Each returns 0 or
 * -ENOMEM. */
int ledger_read_vip(struct ledger *ledger, const struct vip_key *vip, uint32_t row);
int ledger_read_id(void *ledger, const void *key, const void *row);
int ledger_read_endpoint(void *ledger, const void *key, const void *row);
int ledger_read_network(void *ledger, const void *id, const void *network);
int ledger_read_gateway(void *ledger, const void *key, const void *gateway);
int ledger_read_allowed(struct ledger *ledger, const struct allowed_key *key);
/* Records the hash of a name; 0 removes it. */
int ledger_set_name(struct ledger *ledger, const struct name_key *key, uint64_t hash);

/* Reads the arrays and the whole slot arena: rows and extents that nothing refers to count as
 * resting. Returns 0 or -ENOMEM. */
int ledger_rebuild(struct ledger *ledger, const struct bucket *buckets);

/* Records a change; call it right before the change is written. Returns 0 or -ENOMEM. */
int ledger_apply(struct ledger *ledger, const struct change *change);

/* The row in use for `key`, else a former one that can be revived, else NO_ROW. */
uint32_t ledger_find_service(const struct ledger *ledger, const struct service_key *key);
/* The row that `vips` or `service_ids` names for this key, or NO_ROW. */
uint32_t ledger_vip_holder(const struct ledger *ledger, const struct service_key *key);
uint32_t ledger_id_holder(const struct ledger *ledger, uint64_t id, uint8_t family);

/* Whether the address is marked as virtual. */
bool ledger_has_address(const struct ledger *ledger, const struct ip_addr *address);
/* Compares two struct ip_addr in the order of ledger.addresses, for qsort(3) and bsearch(3). */
int ledger_compare_addresses(const void *a, const void *b);

/* Shapes of the service's tables, for table_shape(): of the last ones while it has none, 0 for a new
 * service. */
void ledger_table_shapes(const struct ledger *ledger, const struct service_key *key,
			 uint32_t *ret_shape, uint32_t *ret_local_shape);

/* Whether an RCU grace period has passed since a row or extent came to rest. */
bool ledger_rested(const struct ledger *ledger, uint32_t since);

uint64_t ledger_hash_name(const char *text);
/* Hash of a table's buckets as they are, or will be, in the slot arena; 0 for an empty table. Kept
 * in place of the buckets, which would be half of the agent's memory. */
uint64_t ledger_hash_buckets(const struct bucket *buckets, uint32_t count);
uint64_t ledger_hash_table(const struct table *table, const uint32_t *rows);

/* Adds to a list sorted by offset, joining neighbours. Returns 0 or -ENOMEM. */
int extent_add(struct extent_list *list, struct extent extent);
/* Best fit. Returns 0 with *ret_offset, or -ENOSPC. */
int extent_take(struct extent_list *list, uint32_t size, uint32_t *ret_offset);
/* Takes exactly these buckets. Returns 0, -ENOENT when they are not in one extent, or -ENOMEM. */
int extent_claim(struct extent_list *list, uint32_t offset, uint32_t size);

#endif
