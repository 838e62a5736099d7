/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Kernel state and wanted state for the tests of the plan. */
#include "plan_scene.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan_state.h"

void world_new(struct world *world)
{
	struct ledger_memory memory;

	memset(world, 0, sizeof(*world));
	memory = plan_model_memory(&world->model);
	assert_int_equal(ledger_init(&world->ledger, &memory), 0);
	assert_int_equal(plan_model_rebuild(&world->model, &world->ledger), 0);
}

void world_done(struct world *world)
{
	ledger_done(&world->ledger);
	arena_free(world->arena);
}

void world_rebuild(struct world *world)
{
	assert_int_equal(plan_model_rebuild(&world->model, &world->ledger), 0);
}

int plan_whole(const struct ledger *ledger, const struct desired *desired, uint64_t now_ns,
	       struct arena *arena, struct change_list *ret, const char **ret_reason)
{
	struct plan_state state = {
		.ledger = ledger, .desired = desired, .now_ns = now_ns, .arena = arena,
	};
	int err = plan_run(&state, ret);

	if (err == -ENOSPC)
		*ret_reason = state.reason;
	return err;
}

int world_build(struct world *world, const struct desired *desired, struct change_list *list)
{
	const char *reason = NULL;
	int err;

	arena_free(world->arena);
	world->arena = arena_new(0);
	assert_non_null(world->arena);
	err = plan_whole(&world->ledger, desired, 77, world->arena, list, &reason);
	if (err)
		assert_int_equal(err, -ENOSPC);
	assert_true(!err == !reason);
	return err;
}

void world_apply(struct world *world, const struct change *change)
{
	const char *wrong;

	assert_int_equal(ledger_apply(&world->ledger, change), 0);
	wrong = plan_model_apply(&world->model, change);
	if (wrong)
		fail_msg("change of kind %d, row %u: %s", change->kind, change->row, wrong);
}

void world_apply_all(struct world *world, const struct change_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		world_apply(world, &list->items[i]);
}

void world_reach(struct world *world, const struct desired *desired)
{
	struct change_list list;

	assert_int_equal(world_build(world, desired, &list), 0);
	world_apply_all(world, &list);
	assert_true(plan_model_marks_fit(&world->model));
}

/* ------------------------------------------------------------------ scenes */

struct view_backend scene_pod(uint32_t last_octet)
{
	struct view_backend backend = { .port = 5000, .network_id = 7, .network = "n", .weight = 1 };

	backend.addr.family = 4;
	backend.addr.ip = IP_V4(htonl(0x0a0a0000 | last_octet));
	backend.locality = "r/z/s";
	return backend;
}

void scene_set_drops(struct scene *scene, size_t s, int side, size_t count)
{
	static struct view_drop drops[] = {
		{ .category = "a", .ratio = 0.1 }, { .category = "b", .ratio = 0.5 },
		{ .category = "c", .ratio = 0.25 },
	};

	scene->parts[s].views[side].drops = drops;
	scene->parts[s].views[side].drop_count = count;
}

/* A table of one line with one, two or three buckets. */
static void set_table(struct scene_service *part, int side, size_t count, uint32_t entries)
{
	struct table *table = &part->tables[side];

	memset(part->counts[side], 0, sizeof(part->counts[side]));
	*table = (struct table){ .entries = part->entries[side], .starts = part->starts[side],
				 .spills = part->spills[side], .counts = part->counts[side] };
	if (!count)
		return;
	for (uint32_t i = 0; i < entries; i++) {
		part->entries[side][i] = TABLE_ENTRY(i, i % count, 2);
		part->counts[side][i % count]++;
	}
	table->starts[1] = entries;
	table->total = entries;
	table->buckets = 1;
	for (uint32_t first = 7; entries > 8 && first < entries; first += entries - first > 8 ? 7 : 8)
		part->spills[side][table->buckets++ - 1] = (struct table_spill){ first, entries };
}

void scene_set_view(struct scene *scene, size_t s, int side, const uint32_t *octets, size_t count,
		    uint32_t entries)
{
	struct scene_service *part = &scene->parts[s];

	part->views[side] = (struct view){ .family = 4, .backends = part->backends[side],
					   .backend_count = count, .fail = !count };
	for (size_t i = 0; i < count; i++) {
		part->backends[side][i] = scene_pod(octets[i]);
		part->backends[side][i].share = 1.0 / (double)count;
	}
	set_table(part, side, count, entries);
}

void scene_set_service(struct scene *scene, size_t s, uint32_t vip, uint64_t id)
{
	struct scene_service *part = &scene->parts[s];

	snprintf(part->cluster, sizeof(part->cluster), "outbound|5000||s%llu",
		 (unsigned long long)id);
	scene->services[s] = (struct desired_service){
		.key = { .port = 5000, .proto = IPPROTO_TCP, .family = 4, .id = id },
		.cluster = part->cluster,
		.by_id = true,
		.view = vip ? &part->views[0] : NULL,
		.table = vip ? &part->tables[0] : NULL,
	};
	if (vip) {
		scene->services[s].key.vip.family = 4;
		scene->services[s].key.vip.ip = IP_V4(htonl(vip));
	}
}

void scene_set_local(struct scene *scene, size_t s)
{
	scene->services[s].local_view = &scene->parts[s].views[1];
	scene->services[s].local_table = &scene->parts[s].tables[1];
}

void scene_new(struct scene *scene, size_t services)
{
	memset(scene, 0, sizeof(*scene));
	scene->desired.services = scene->services;
	scene->desired.service_count = services;
	scene->desired.networks = scene->networks;
	scene->desired.gateways = scene->gateways;
	scene->desired.allowed = scene->allowed;
}

size_t count_changes(const struct change_list *list, enum change_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += list->items[i].kind == kind;
	return count;
}

void scene_of_one(struct scene *scene, const uint32_t *octets, size_t count)
{
	scene_new(scene, 1);
	scene_set_service(scene, 0, VIP, 1);
	scene_set_view(scene, 0, 0, octets, count, 13);
}
