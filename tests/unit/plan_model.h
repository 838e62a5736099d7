/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A model of the kernel's maps for the plan's tests: applies changes, and reads as packets do. */
#ifndef PLAN_MODEL_H
#define PLAN_MODEL_H

#include "ledger.h"

#define MODEL_SERVICES 14
#define MODEL_BACKENDS 80
#define MODEL_BUCKETS 88 /* unless bucket_count is set */
#define MODEL_BUCKETS_MOST 1024
#define MODEL_ENTRIES 96
#define MODEL_TABLE 64

struct model_name {
	struct name_key key;
	uint64_t hash;
};

struct model_endpoint {
	struct endpoint_key key;
	uint32_t row;
};

struct plan_model {
	struct service services[MODEL_SERVICES];
	struct backend backends[MODEL_BACKENDS];
	struct bucket buckets[MODEL_BUCKETS_MOST];
	struct drops drops[MODEL_SERVICES];
	struct filters filters;
	struct settings settings;
	struct ledger_vip vips[MODEL_ENTRIES];
	size_t vip_count;
	struct ledger_id ids[MODEL_ENTRIES];
	size_t id_count;
	struct model_endpoint endpoints[MODEL_ENTRIES];
	size_t endpoint_count;
	struct ledger_network networks[MODEL_ENTRIES];
	size_t network_count;
	struct desired_gateway gateways[MODEL_ENTRIES];
	size_t gateway_count;
	struct allowed_key allowed[MODEL_ENTRIES];
	size_t allowed_count;
	struct model_name names[MODEL_ENTRIES];
	size_t name_count;
	uint32_t bucket_count; /* 0: MODEL_BUCKETS; to be set before ledger_init() */
};

/* The answer for a packet to a VIP, or for a tunnel packet with an id. */
struct model_answer {
	bool found;   /* there is an entry */
	bool stale;   /* a check of the reader failed: the packet is dropped */
	uint32_t size; /* 0: refused */
	struct {
		__be32 addr;
		__be16 port;
	} slots[MODEL_TABLE];
};

struct ledger_memory plan_model_memory(struct plan_model *model);
/* Reads all of the model into the ledger, as the agent reads the kernel. Returns 0 or -ENOMEM. */
int plan_model_rebuild(const struct plan_model *model, struct ledger *ledger);

/* Whether both are equal byte by byte. */
bool plan_model_equal(const struct plan_model *a, const struct plan_model *b);

/* Returns NULL, or the rule that the change broke. */
const char *plan_model_apply(struct plan_model *model, const struct change *change);

/* Row that `vips` or `service_ids` names, or NO_ROW. */
uint32_t plan_model_vip(const struct plan_model *model, const struct service_key *key);
/* Whether each address with a VIP is marked as virtual, and no other. */
bool plan_model_marks_fit(const struct plan_model *model);
/* Whether an entry names this service row, so that a packet can reach it. */
bool plan_model_named(const struct plan_model *model, uint32_t r);
uint32_t plan_model_id(const struct plan_model *model, uint64_t id, uint8_t family);

/* Reads slots and backends by a descriptor, as a packet that read it earlier does. */
void plan_model_read(const struct plan_model *model, uint64_t id, table_desc desc,
		     struct model_answer *ret);
/* All look-ups of a client's packet. */
void plan_model_client(const struct plan_model *model, const struct service_key *key,
		       struct model_answer *ret);
/* All look-ups of a tunnel packet. */
void plan_model_gateway(const struct plan_model *model, uint64_t id, uint8_t family,
			struct model_answer *ret);

#endif
