/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Kernel state and wanted state, small enough to be written by hand, for the tests of the plan. */
#ifndef PLAN_SCENE_H
#define PLAN_SCENE_H

#include "arena.h"
#include "plan.h"
#include "parallax_table.h"
#include "plan_model.h"

#define VIP 0x0a14c292u /* 10.20.194.146 */
#define MAX_BACKENDS_OF_ONE 9

/* One service with room for its views and tables. */
struct scene_service {
	struct view views[2]; /* client, gateway side */
	struct table tables[2];
	struct view_backend backends[2][MAX_BACKENDS_OF_ONE];
	uint64_t entries[2][MODEL_TABLE];
	uint32_t starts[2][2];
	struct table_spill spills[2][MODEL_TABLE / BUCKET_SLOTS];
	uint32_t counts[2][MAX_BACKENDS_OF_ONE];
	char cluster[64];
};

#define SCENE_SERVICES 9

struct scene {
	struct scene_service parts[SCENE_SERVICES];
	struct desired_service services[SCENE_SERVICES];
	struct desired_network networks[4];
	struct desired_gateway gateways[4];
	struct allowed_key allowed[4];
	struct desired desired;
};

struct world {
	struct plan_model model;
	struct ledger ledger;
	struct arena *arena;
};

/* Fresh maps. */
void world_new(struct world *world);
void world_done(struct world *world);
/* A restart of the agent. */
void world_rebuild(struct world *world);
/* One plan for everything, where plan_fit() would leave services out. Returns 0, -ENOSPC with
 * *ret_reason, or -ENOMEM. */
int plan_whole(const struct ledger *ledger, const struct desired *desired, uint64_t now_ns,
	       struct arena *arena, struct change_list *ret, const char **ret_reason);
/* plan_whole(). Returns 0 or -ENOSPC. */
int world_build(struct world *world, const struct desired *desired, struct change_list *list);
void world_apply(struct world *world, const struct change *change);
void world_apply_all(struct world *world, const struct change_list *list);
/* Builds and applies a plan that must fit. */
void world_reach(struct world *world, const struct desired *desired);

/* The pod 10.10.0.0 + octet, port 5000. */
struct view_backend scene_pod(uint32_t octet);
void scene_new(struct scene *scene, size_t services);
/* One service with these pods on the client's side, at VIP. */
void scene_of_one(struct scene *scene, const uint32_t *octets, size_t count);
void scene_set_service(struct scene *scene, size_t s, uint32_t vip, uint64_t id);
/* Adds a gateway's view. */
void scene_set_local(struct scene *scene, size_t s);
void scene_set_view(struct scene *scene, size_t s, int side, const uint32_t *octets, size_t count,
		    uint32_t entries);
void scene_set_drops(struct scene *scene, size_t s, int side, size_t count);

size_t count_changes(const struct change_list *list, enum change_kind kind);

#endif
