/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The plan: tables of old and new states, and a simulation that checks each prefix of thousands of
 * random plans as a packet would read the maps. PLAN_SEED and PLAN_ROUNDS set the simulation. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "arena.h"
#include "plan.h"
#include "parallax_table.h"
#include "plan_model.h"

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

static void world_new(struct world *world)
{
	struct ledger_memory memory;
	struct ledger_entries entries;

	memset(world, 0, sizeof(*world));
	memory = plan_model_memory(&world->model);
	assert_int_equal(ledger_init(&world->ledger, &memory), 0);
	entries = plan_model_entries(&world->model);
	assert_int_equal(ledger_rebuild(&world->ledger, &entries), 0);
}

static void world_done(struct world *world)
{
	ledger_done(&world->ledger);
	arena_free(world->arena);
}

static void rebuild(struct world *world)
{
	struct ledger_entries entries = plan_model_entries(&world->model);

	assert_int_equal(ledger_rebuild(&world->ledger, &entries), 0);
}

static int build(struct world *world, const struct desired *desired, struct change_list *list)
{
	const char *reason = NULL;
	int err;

	arena_free(world->arena);
	world->arena = arena_new(0);
	assert_non_null(world->arena);
	err = plan_build(&world->ledger, desired, 77, world->arena, list, &reason);
	if (err)
		assert_int_equal(err, -ENOSPC);
	assert_true(!err == !reason);
	return err;
}

static void apply(struct world *world, const struct change *change)
{
	const char *wrong;

	assert_int_equal(ledger_apply(&world->ledger, change), 0);
	wrong = plan_model_apply(&world->model, change);
	if (wrong)
		fail_msg("change of kind %d, row %u: %s", change->kind, change->row, wrong);
}

static void apply_all(struct world *world, const struct change_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		apply(world, &list->items[i]);
}

static void reach(struct world *world, const struct desired *desired)
{
	struct change_list list;

	assert_int_equal(build(world, desired, &list), 0);
	apply_all(world, &list);
	assert_true(plan_model_marks_fit(&world->model));
}

/* ------------------------------------------------------------------ scenes */

static struct view_backend pod(uint32_t last_octet)
{
	struct view_backend backend = { .port = 5000, .network_id = 7, .network = "n", .weight = 1 };

	backend.addr.family = 4;
	backend.addr.ip.v4 = htonl(0x0a0a0000 | last_octet);
	backend.locality = "r/z/s";
	return backend;
}

static void set_drops(struct scene *scene, size_t s, int side, size_t count)
{
	static struct view_drop drops[] = {
		{ .category = "a", .ratio = 0.1 }, { .category = "b", .ratio = 0.5 },
		{ .category = "c", .ratio = 0.25 },
	};

	scene->parts[s].views[side].drops = drops;
	scene->parts[s].views[side].drop_count = count;
}

/* A table of one line, so long that it needs one bucket, or two, or three. */
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

static void set_view(struct scene *scene, size_t s, int side, const uint32_t *octets, size_t count,
		     uint32_t entries)
{
	struct scene_service *part = &scene->parts[s];

	part->views[side] = (struct view){ .family = 4, .backends = part->backends[side],
					   .backend_count = count, .fail = !count };
	for (size_t i = 0; i < count; i++) {
		part->backends[side][i] = pod(octets[i]);
		part->backends[side][i].share = 1.0 / (double)count;
	}
	set_table(part, side, count, entries);
}

static void set_service(struct scene *scene, size_t s, uint32_t vip, uint64_t id)
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
		scene->services[s].key.vip.ip.v4 = htonl(vip);
	}
}

static void set_local(struct scene *scene, size_t s)
{
	scene->services[s].local_view = &scene->parts[s].views[1];
	scene->services[s].local_table = &scene->parts[s].tables[1];
}

static void scene_new(struct scene *scene, size_t services)
{
	memset(scene, 0, sizeof(*scene));
	scene->desired.services = scene->services;
	scene->desired.service_count = services;
	scene->desired.networks = scene->networks;
	scene->desired.gateways = scene->gateways;
	scene->desired.allowed = scene->allowed;
}

static size_t count_kind(const struct change_list *list, enum change_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += list->items[i].kind == kind;
	return count;
}

#define VIP 0x0a14c292u /* 10.20.194.146 */

static void one_service(struct scene *scene, const uint32_t *octets, size_t count)
{
	scene_new(scene, 1);
	set_service(scene, 0, VIP, 1);
	set_view(scene, 0, 0, octets, count, 13);
}

/* ------------------------------------------------------------------ tables */

static void first_plan_makes_before_it_names(void **unused)
{
	static const enum change_kind expected[] = {
		CHANGE_NAME_SET, CHANGE_BACKEND, CHANGE_BACKEND, CHANGE_SLOTS,	 CHANGE_NAME_SET,
		CHANGE_SERVICE,	 CHANGE_ADDRESS_ADD, CHANGE_ID_SET, CHANGE_DESTINATION, CHANGE_VIP_ADD,
	};
	const uint32_t octets[] = { 1, 2 };
	struct change_list list;
	struct scene scene;
	struct world world;

	(void)unused;
	world_new(&world);
	one_service(&scene, octets, 2);
	assert_int_equal(build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, sizeof(expected) / sizeof(*expected));
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(list.items[i].kind, expected[i]);
	apply_all(&world, &list);
	assert_int_equal(world.model.services[0].taken_ns, 77);
	assert_int_equal(world.model.backends[1].share, 500000000);
	assert_int_equal(world.model.backends[1].slots, 7);
	world_done(&world);
}

static void equal_state_changes_nothing(void **unused)
{
	const uint32_t octets[] = { 1, 2, 3 };
	struct change_list list;
	struct scene scene;
	struct world world;

	(void)unused;
	world_new(&world);
	one_service(&scene, octets, 3);
	reach(&world, &scene.desired);
	assert_int_equal(build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 0);
	rebuild(&world);
	assert_int_equal(build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 0);
	world_done(&world);
}

static void one_more_backend_keeps_the_others(void **unused)
{
	const uint32_t before[] = { 1, 3 }, after[] = { 1, 2, 3 };
	struct change_list list;
	struct scene scene;
	struct world world;
	table_word old;

	(void)unused;
	world_new(&world);
	one_service(&scene, before, 2);
	reach(&world, &scene.desired);
	old = world.model.services[0].table;
	one_service(&scene, after, 3);
	assert_int_equal(build(&world, &scene.desired, &list), 0);
	assert_int_equal(count_kind(&list, CHANGE_BACKEND), 1);
	assert_int_equal(count_kind(&list, CHANGE_SLOTS), 1);
	assert_int_equal(count_kind(&list, CHANGE_TABLE), 1);
	assert_int_equal(count_kind(&list, CHANGE_GRACE), 0);
	assert_int_equal(list.items[list.count - 1].kind, CHANGE_TABLE);
	apply_all(&world, &list);
	assert_int_equal(world.model.backends[1].addr.v4, htonl(0x0a0a0001));
	assert_int_equal(world.model.backends[1].generation, 1);
	assert_int_not_equal(TABLE_OFFSET(world.model.services[0].table), TABLE_OFFSET(old));
	assert_int_equal(TABLE_GENERATION(world.model.services[0].table),
			 TABLE_GENERATION(old) + 1);
	world_done(&world);
}

/* Changes when one of `count` endpoints of one service is replaced, `services` being there. */
static size_t changes_for_one(size_t services, size_t count)
{
	const uint32_t before[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	uint32_t after[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct change_list list;
	struct scene scene;
	struct world world;

	world_new(&world);
	scene_new(&scene, services);
	for (size_t s = 0; s < services; s++) {
		set_service(&scene, s, VIP + (uint32_t)s, s + 1);
		set_view(&scene, s, 0, before, s ? 1 : count, 13);
	}
	reach(&world, &scene.desired);
	after[count - 1] = 9;
	set_view(&scene, 0, 0, after, count, 13);
	assert_int_equal(build(&world, &scene.desired, &list), 0);
	assert_int_equal(count_kind(&list, CHANGE_BACKEND), 1);
	assert_int_equal(count_kind(&list, CHANGE_BACKEND_FLAGS), 1);
	assert_int_equal(count_kind(&list, CHANGE_SLOTS), 1);
	assert_int_equal(count_kind(&list, CHANGE_TABLE), 1);
	apply_all(&world, &list);
	world_done(&world);
	return list.count;
}

static void update_costs_what_changed_not_what_there_is(void **unused)
{
	(void)unused;
	assert_int_equal(changes_for_one(1, 2), 4);
	assert_int_equal(changes_for_one(1, 8), 4);
	assert_int_equal(changes_for_one(SCENE_SERVICES, 8), 4);
}

static void weights_alone_do_not_move_tables(void **unused)
{
	const uint32_t octets[] = { 1, 2 };
	struct change_list list;
	struct scene scene;
	struct world world;

	(void)unused;
	world_new(&world);
	one_service(&scene, octets, 2);
	reach(&world, &scene.desired);
	scene.parts[0].backends[0][0].weight = 9;
	assert_int_equal(build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.items[0].kind, CHANGE_BACKEND_INFO);
	world_done(&world);
}

static void backend_that_leaves_goes_out_and_comes_back_as_itself(void **unused)
{
	const uint32_t both[] = { 1, 2 };
	struct change_list list;
	struct scene scene;
	struct world world;

	(void)unused;
	world_new(&world);
	one_service(&scene, both, 2);
	reach(&world, &scene.desired);
	one_service(&scene, both, 1);
	assert_int_equal(build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.items[list.count - 1].kind, CHANGE_BACKEND_FLAGS);
	apply_all(&world, &list);
	assert_int_equal(world.model.backends[2].flags, BACKEND_OUT);
	assert_int_equal(world.model.backends[2].generation, 1);
	one_service(&scene, both, 2);
	assert_int_equal(build(&world, &scene.desired, &list), 0);
	assert_int_equal(count_kind(&list, CHANGE_BACKEND), 0);
	apply_all(&world, &list);
	assert_int_equal(world.model.backends[2].flags, 0);
	assert_int_equal(world.model.backends[2].generation, 1);
	world_done(&world);
}

static void no_endpoints_means_refused_not_routed(void **unused)
{
	const uint32_t octets[] = { 1 };
	struct model_answer answer;
	struct scene scene;
	struct world world;

	(void)unused;
	world_new(&world);
	one_service(&scene, octets, 1);
	reach(&world, &scene.desired);
	one_service(&scene, octets, 0);
	reach(&world, &scene.desired);
	plan_model_client(&world.model, &scene.services[0].key, &answer);
	assert_true(answer.found);
	assert_false(answer.stale);
	assert_int_equal(answer.size, 0);
	world_done(&world);
}

static void removal_takes_the_entries_first(void **unused)
{
	static const enum change_kind expected[] = {
		CHANGE_VIP_REMOVE,    CHANGE_ID_REMOVE,	     CHANGE_SERVICE_CLEAR,
		CHANGE_BACKEND_FLAGS, CHANGE_ADDRESS_REMOVE,
	};
	const uint32_t octets[] = { 1 };
	struct change_list list;
	struct scene scene;
	struct world world;

	(void)unused;
	world_new(&world);
	one_service(&scene, octets, 1);
	reach(&world, &scene.desired);
	scene.desired.service_count = 0;
	assert_int_equal(build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, sizeof(expected) / sizeof(*expected));
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(list.items[i].kind, expected[i]);
	world_done(&world);
}

static void vip_passes_to_another_service_without_a_gap(void **unused)
{
	const uint32_t octets[] = { 1 }, others[] = { 2 };
	struct model_answer answer;
	struct change_list list;
	struct scene scene;
	struct world world;

	(void)unused;
	world_new(&world);
	one_service(&scene, octets, 1);
	reach(&world, &scene.desired);
	one_service(&scene, others, 1);
	scene.services[0].key.id = 2;
	assert_int_equal(build(&world, &scene.desired, &list), 0);
	for (size_t i = 0; i < list.count; i++) {
		apply(&world, &list.items[i]);
		plan_model_client(&world.model, &scene.services[0].key, &answer);
		assert_true(answer.found && !answer.stale && answer.size == 13);
	}
	assert_int_equal(count_kind(&list, CHANGE_VIP_MOVE), 1);
	assert_int_equal(count_kind(&list, CHANGE_VIP_REMOVE), 0);
	world_done(&world);
}

static void gateway_opens_last_and_closes_at_once(void **unused)
{
	const uint32_t octets[] = { 1 };
	struct change_list list;
	struct scene scene;
	struct world world;

	(void)unused;
	world_new(&world);
	one_service(&scene, octets, 1);
	scene.desired.settings = (struct settings){ .network = 5, .listen_port = htons(6081) };
	assert_int_equal(build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.items[0].kind, CHANGE_SETTINGS);
	assert_int_equal(list.items[0].settings->listen_port, 0);
	assert_int_equal(list.items[list.count - 1].kind, CHANGE_SETTINGS);
	assert_int_equal(list.items[list.count - 1].settings->listen_port, htons(6081));
	apply_all(&world, &list);
	world.model.settings.follow_until = 99; /* the CLI's */
	assert_int_equal(build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 0);
	scene.desired.settings.listen_port = 0;
	assert_int_equal(build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.items[0].settings->follow_until, 99);
	world_done(&world);
}

static void lists_follow(void **unused)
{
	struct change_list list;
	struct scene scene;
	struct world world;

	(void)unused;
	world_new(&world);
	scene_new(&scene, 0);
	scene.networks[0] = (struct desired_network){ 5, NETWORK_OWN, "network1" };
	scene.networks[1] = (struct desired_network){ 6, 0, "network2" };
	scene.gateways[0].key.network = 6;
	scene.gateways[0].value.port = htons(15443);
	scene.allowed[0] = (struct allowed_key){ 24, htonl(0xc0170000) };
	scene.desired.network_count = 2;
	scene.desired.gateway_count = scene.desired.allowed_count = 1;
	reach(&world, &scene.desired);
	assert_int_equal(world.model.network_count, 2);
	assert_int_equal(world.model.name_count, 2);
	assert_int_equal(build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 0);
	scene.desired.network_count = 1;
	scene.desired.gateway_count = scene.desired.allowed_count = 0;
	reach(&world, &scene.desired);
	assert_int_equal(world.model.network_count, 1);
	assert_int_equal(world.model.name_count, 1);
	assert_int_equal(world.model.gateway_count + world.model.allowed_count, 0);
	world_done(&world);
}

static void too_much_is_refused_before_anything_is_written(void **unused)
{
	uint32_t octets[MAX_BACKENDS_OF_ONE];
	struct plan_model before;
	struct change_list list = {};
	struct scene scene;
	struct world world;

	(void)unused;
	world_new(&world);
	scene_new(&scene, 9);
	for (size_t s = 0; s < 9; s++) {
		for (uint32_t i = 0; i < MAX_BACKENDS_OF_ONE; i++)
			octets[i] = (uint32_t)s * 16 + i;
		set_service(&scene, s, VIP + (uint32_t)s, s + 1);
		set_view(&scene, s, 0, octets, MAX_BACKENDS_OF_ONE, 13);
	}
	scene.desired.service_count = 8;
	reach(&world, &scene.desired);
	before = world.model;
	scene.desired.service_count = 9;
	assert_int_equal(build(&world, &scene.desired, &list), -ENOSPC);
	assert_int_equal(list.count, 0);
	assert_memory_equal(&before, &world.model, sizeof(before));
	world_done(&world);
}

/* One that grew beyond all room and one that is new stay as they are; another's pod moves. */
static void what_does_not_fit_keeps_nobody_else_back(void **unused)
{
	static const uint32_t first[] = { 1, 2 }, moved[] = { 1, 3 }, grown[] = { 101, 102 };
	static uint32_t many[MAX_BACKENDS_OF_ONE];
	const char *reason = NULL;
	struct change_list list = {};
	struct scene scene;
	struct world world;
	size_t fit = 0;

	(void)unused;
	world_new(&world);
	scene_new(&scene, 9);
	for (size_t s = 0; s < 8; s++) {
		for (uint32_t i = 0; i < MAX_BACKENDS_OF_ONE; i++)
			many[i] = 16 + (uint32_t)s * 16 + i;
		set_service(&scene, s, VIP + (uint32_t)s, s + 1);
		if (s < 2)
			set_view(&scene, s, 0, s ? grown : first, 2, 13);
		else
			set_view(&scene, s, 0, many, MAX_BACKENDS_OF_ONE, 13);
	}
	scene.desired.service_count = 8;
	reach(&world, &scene.desired);
	for (uint32_t i = 0; i < MAX_BACKENDS_OF_ONE; i++)
		many[i] = 200 + i;
	set_view(&scene, 0, 0, moved, 2, 13);
	for (size_t s = 1; s < 8; s++)
		set_view(&scene, s, 0, many, MAX_BACKENDS_OF_ONE, 13);
	set_service(&scene, 8, VIP + 8, 9);
	set_view(&scene, 8, 0, many, MAX_BACKENDS_OF_ONE, 13);
	scene.desired.service_count = 9;
	assert_int_equal(build(&world, &scene.desired, &list), -ENOSPC);
	assert_int_equal(plan_fit(&world.ledger, &scene.desired, 78, world.arena, &list, &reason), 0);
	assert_non_null(strstr(reason, "raise limits."));
	assert_non_null(strstr(reason, "left as"));
	apply_all(&world, &list);
	for (size_t i = 0; i < list.count; i++)
		fit += list.items[i].kind == CHANGE_BACKEND &&
		       list.items[i].backend->addr.v4 == htonl(0x0a0a0003);
	assert_int_equal(fit, 1);
	/* Nothing is left to do until there is room. */
	assert_int_equal(plan_fit(&world.ledger, &scene.desired, 79, world.arena, &list, &reason), 0);
	assert_non_null(reason);
	world_done(&world);
}

/* What a plan gives up rests until the grace of a later one: all rows in use leave no room to put
 * one service in another's place, since the old one serves till the new one does. */
static void full_map_swaps_in_two_plans(void **unused)
{
	static struct scene_service parts[MODEL_SERVICES + 1];
	static struct desired_service services[MODEL_SERVICES + 1];
	struct desired desired = { .services = services, .service_count = MODEL_SERVICES };
	struct change_list list;
	struct world world;

	(void)unused;
	memset(services, 0, sizeof(services));
	for (size_t i = 0; i <= MODEL_SERVICES; i++) {
		snprintf(parts[i].cluster, sizeof(parts[i].cluster), "outbound|80||f%zu", i);
		services[i] = (struct desired_service){
			.key = { .vip = { 4, { .v4 = htonl(VIP + (uint32_t)i) } }, .port = 80,
				 .proto = IPPROTO_TCP, .family = 4, .id = 100 + i },
			.cluster = parts[i].cluster,
		};
	}
	world_new(&world);
	reach(&world, &desired);
	assert_int_equal(world.ledger.service_top, MODEL_SERVICES);
	desired.services = services + 1; /* the first goes, another comes */
	assert_int_equal(build(&world, &desired, &list), -ENOSPC);
	assert_int_not_equal(plan_model_vip(&world.model, &services[0].key), NO_ROW);
	desired.service_count--; /* the first goes */
	reach(&world, &desired);
	desired.service_count++; /* another comes */
	assert_int_equal(build(&world, &desired, &list), 0);
	assert_int_equal(count_kind(&list, CHANGE_GRACE), 1);
	apply_all(&world, &list);
	assert_int_not_equal(plan_model_vip(&world.model, &services[MODEL_SERVICES].key), NO_ROW);
	assert_int_equal(plan_model_vip(&world.model, &services[0].key), NO_ROW);
	world_done(&world);
}

/* Killed once backends are written, and started again. */
static void die_before_tables(struct world *world, const struct desired *desired)
{
	struct change_list list;

	assert_int_equal(build(world, desired, &list), 0);
	for (size_t i = 0; list.items[i].kind != CHANGE_SLOTS; i++)
		apply(world, &list.items[i]);
	rebuild(world);
}

static void backend_of_a_service_never_written_comes_to_rest(void **unused)
{
	const uint32_t octets[] = { 1, 2 };
	struct scene scene;
	struct world world;

	(void)unused;
	world_new(&world);
	one_service(&scene, octets, 2);
	die_before_tables(&world, &scene.desired);
	for (uint32_t b = 1; b <= 2; b++)
		apply(&world, &(struct change){ .kind = CHANGE_BACKEND_RETIRE, .row = b });
	assert_int_equal(world.ledger.backends[1].state, ROW_RESTING);
	world_done(&world);
}

static void backend_that_no_table_names_gives_its_room_back(void **unused)
{
	const uint32_t before[] = { 1 }, after[] = { 1, 2 };
	struct scene scene;
	struct world world;

	(void)unused;
	world_new(&world);
	one_service(&scene, before, 1);
	reach(&world, &scene.desired);
	one_service(&scene, after, 2);
	die_before_tables(&world, &scene.desired);
	assert_int_equal(world.ledger.backends[1].state, ROW_USED);
	assert_int_equal(world.ledger.backends[2].state, ROW_OUT);
	reach(&world, &scene.desired);
	assert_int_equal(world.ledger.backends[2].state, ROW_USED);
	world_done(&world);
}

/* Drop overloads: the categories stand before the word that refuses, changes touch what differs,
 * a restart finds everything as it is. */
static void drops_follow(void **unused)
{
	static struct view_drop drops[10];
	const uint32_t octets[] = { 1, 2 };
	struct change_list list;
	struct scene scene;
	struct world world;

	(void)unused;
	world_new(&world);
	one_service(&scene, octets, 2);
	reach(&world, &scene.desired);
	assert_int_equal(world.model.services[0].drop, 0);
	for (int i = 0; i < 10; i++)
		drops[i] = (struct view_drop){ .category = "category", .ratio = 0.5 };
	drops[0].category = "throttle\n";
	drops[0].ratio = 0.6;
	scene.parts[0].views[0].drops = drops;
	scene.parts[0].views[0].drop_count = 2;
	assert_int_equal(build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 3); /* name, categories, word */
	assert_int_equal(list.items[2].kind, CHANGE_DROP);
	apply_all(&world, &list);
	assert_int_equal(world.model.services[0].drop, (uint64_t)(0.8 * 4294967296.0 + 0.5));
	assert_int_equal(world.model.drops[0].upto[0], (uint64_t)(0.6 * 4294967296.0 + 0.5));
	world.model.drops[0].refused[0] = 17;
	rebuild(&world);
	assert_int_equal(build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 0);
	drops[0].ratio = 1;
	reach(&world, &scene.desired);
	assert_true(world.model.services[0].drop == 1ULL << 32);
	assert_int_equal(world.model.drops[0].refused[0], 17); /* the same categories: counts go on */
	scene.parts[0].views[0].drop_count = 10;
	drops[0].ratio = 0.5;
	reach(&world, &scene.desired);
	assert_int_equal(world.model.services[0].drop, (1ULL << 32) - (1ULL << 22));
	assert_int_equal(world.model.drops[0].refused[0], 0);
	scene.services[0].keep = true;
	scene.services[0].view = NULL;
	assert_int_equal(build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 0);
	scene.services[0].keep = false;
	scene.services[0].view = &scene.parts[0].views[0];
	scene.parts[0].views[0].drop_count = 0;
	assert_int_equal(build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 1);
	apply_all(&world, &list);
	assert_int_equal(world.model.services[0].drop, 0);
	world_done(&world);
}

static void pod_of_both_sides_is_one_row(void **unused)
{
	const uint32_t client[] = { 1, 2 }, local[] = { 2 };
	struct change_list list;
	struct scene scene;
	struct world world;

	(void)unused;
	world_new(&world);
	one_service(&scene, client, 2);
	set_local(&scene, 0);
	set_view(&scene, 0, 1, local, 1, 5);
	assert_int_equal(build(&world, &scene.desired, &list), 0);
	assert_int_equal(count_kind(&list, CHANGE_BACKEND), 2);
	assert_int_equal(count_kind(&list, CHANGE_SLOTS), 2);
	world_done(&world);
}

/* ------------------------------------------------------------------ simulation */

static uint64_t random_state;

static uint32_t pick(uint32_t below)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)((random_state >> 33) % below);
}

/* A packet that took a row and a word at some step and has not finished since. */
struct held_word {
	uint32_t row;
	struct service service; /* of the row then */
	table_word word;
	struct bucket buckets[MODEL_TABLE / BUCKET_SLOTS];
	uint16_t generations[MODEL_TABLE];
};

#define HELD_WORDS 256

static struct held_word held_words[HELD_WORDS];
static size_t held_count;

/* What the simulation must have met to mean anything. */
static size_t seen_kinds[CHANGE_VIP_REMOVE + 1];

static uint64_t slot_of(const struct held_word *held, uint32_t i)
{
	return held->buckets[i / BUCKET_SLOTS].slot[i % BUCKET_SLOTS];
}

/* Of the backend row the entry names; 0 for what is no entry. */
static uint16_t generation_of(const struct plan_model *model, uint64_t entry)
{
	return TABLE_IS_ENTRY(entry) ? model->backends[TABLE_ENTRY_ROW(entry)].generation : 0;
}

static void hold_word(const struct plan_model *model, uint32_t r, table_word word)
{
	const struct service *row = &model->services[r];
	struct held_word *held = held_words;

	for (; held < held_words + held_count; held++)
		if (held->row == r && held->service.id == row->id && held->word == word)
			return;
	if (held_count < HELD_WORDS)
		held_count++;
	else
		held = &held_words[pick(HELD_WORDS)];
	*held = (struct held_word){ .row = r, .service = *row, .word = word };
	memcpy(held->buckets, &model->buckets[TABLE_OFFSET(word)],
	       TABLE_BUCKETS(word) * sizeof(struct bucket));
	for (uint32_t i = 0; i < TABLE_BUCKETS(word) * BUCKET_SLOTS; i++)
		held->generations[i] = generation_of(model, slot_of(held, i));
}

static void hold_words(const struct plan_model *model)
{
	for (uint32_t r = 0; r < MODEL_SERVICES; r++) {
		if (!plan_model_named(model, r))
			continue;
		hold_word(model, r, model->services[r].table);
		hold_word(model, r, model->services[r].local_table);
	}
}

static const char *held_word_check(const struct plan_model *model, const struct held_word *held)
{
	const struct service *row = &model->services[held->row];

	if (row->id != held->service.id || row->vip.v4 != held->service.vip.v4)
		return "the service row means another service";
	if (memcmp(held->buckets, &model->buckets[TABLE_OFFSET(held->word)],
		   TABLE_BUCKETS(held->word) * sizeof(struct bucket)))
		return "the buckets were written over";
	for (uint32_t i = 0; i < TABLE_BUCKETS(held->word) * BUCKET_SLOTS; i++) {
		uint16_t generation = generation_of(model, slot_of(held, i));

		if (generation && generation != held->generations[i])
			return "the backend row means another backend";
	}
	return NULL;
}

static void check_held_words(const struct plan_model *model)
{
	for (size_t i = 0; i < held_count; i++) {
		const char *wrong = held_word_check(model, &held_words[i]);

		if (wrong)
			fail_msg("for a packet on its way %s", wrong);
	}
}

static bool same_answer(const struct model_answer *a, const struct model_answer *b)
{
	return a->found == b->found && a->size == b->size && !b->stale &&
	       !memcmp(a->slots, b->slots, sizeof(a->slots));
}

/* What a scene wants a packet to be offered. */
static void wanted_answer(const struct scene *scene, size_t s, int side, struct model_answer *ret)
{
	const struct scene_service *part = &scene->parts[s];

	*ret = (struct model_answer){ .found = true, .size = (uint32_t)part->tables[side].total };
	for (uint32_t i = 0; i < ret->size; i++) {
		uint32_t backend = TABLE_ENTRY_ROW(part->entries[side][i]);

		ret->slots[i].addr = part->backends[side][backend].addr.ip.v4;
		ret->slots[i].port = htons(5000);
	}
}

static void random_views(struct scene *scene, size_t s)
{
	uint32_t octets[MAX_BACKENDS_OF_ONE];

	for (int side = 0; side < 2; side++) {
		uint32_t at = (uint32_t)scene->services[s].key.id * 32 + pick(6);
		uint32_t count = pick(MAX_BACKENDS_OF_ONE + 1);

		for (uint32_t i = 0; i < count; i++)
			octets[i] = at += 1 + pick(2);
		set_view(scene, s, side, octets, count, 5 + pick(3) * 8);
		set_drops(scene, s, side, pick(4));
	}
	scene->services[s].flags = pick(4) ? 0 : SERVICE_AFFINITY;
}

static void random_scene(struct scene *scene)
{
	scene_new(scene, 0);
	for (uint32_t id = 1; id <= SCENE_SERVICES; id++) {
		size_t s = scene->desired.service_count;
		bool gateway_only = pick(6) == 0;

		if (pick(3) == 0)
			continue;
		/* Some services trade VIPs between them. */
		set_service(scene, s, gateway_only ? 0 : VIP + id / 2 * 2 + (id + pick(4) / 3) % 2, id);
		for (size_t other = 0; other < s; other++)
			if (scene->services[other].key.vip.ip.v4 == scene->services[s].key.vip.ip.v4 &&
			    !gateway_only)
				goto next;
		random_views(scene, s);
		if (gateway_only || pick(2))
			set_local(scene, s);
		scene->services[s].by_id = gateway_only || pick(4) != 0;
		scene->desired.service_count++;
next:;
	}
	scene->desired.settings.network = 1 + pick(3);
}

/* Answers for every VIP and id that can occur, before a plan. */
struct answers {
	struct model_answer client[SCENE_SERVICES + 4];
	struct model_answer gateway[SCENE_SERVICES + 4];
	struct model_answer unlisted[SCENE_SERVICES + 4]; /* of a scene: as if it listed the id */
};

static struct service_key vip_of(size_t index)
{
	struct service_key key = { .port = 5000, .proto = IPPROTO_TCP, .family = 4 };

	key.vip.family = 4;
	key.vip.ip.v4 = htonl(VIP + (uint32_t)index);
	return key;
}

static void take_answers(const struct plan_model *model, struct answers *ret)
{
	for (size_t i = 0; i < SCENE_SERVICES + 4; i++) {
		struct service_key key = vip_of(i);

		plan_model_client(model, &key, &ret->client[i]);
		plan_model_gateway(model, i, 4, &ret->gateway[i]);
		assert_false(ret->client[i].stale || ret->gateway[i].stale);
	}
}

static void scene_answers(const struct scene *scene, struct answers *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (size_t s = 0; s < scene->desired.service_count; s++) {
		const struct desired_service *service = &scene->services[s];

		if (service->key.vip.family)
			wanted_answer(scene, s, 0,
				      &ret->client[ntohl(service->key.vip.ip.v4) - VIP]);
		ret->unlisted[service->key.id] = (struct model_answer){ .found = true };
		if (service->local_table)
			wanted_answer(scene, s, 1, &ret->unlisted[service->key.id]);
		if (service->by_id)
			ret->gateway[service->key.id] = ret->unlisted[service->key.id];
	}
}

static void check_prefix(const struct answers *old, const struct answers *now,
			 const struct answers *new)
{
	for (size_t i = 0; i < SCENE_SERVICES + 4; i++) {
		if (!same_answer(&old->client[i], &now->client[i]) &&
		    !same_answer(&new->client[i], &now->client[i]))
			fail_msg("VIP %zu reads neither old nor new", i);
		/* An id on its way out may see its row's new table once more. */
		if (!same_answer(&old->gateway[i], &now->gateway[i]) &&
		    !same_answer(&new->gateway[i], &now->gateway[i]) &&
		    !same_answer(&new->unlisted[i], &now->gateway[i]))
			fail_msg("id %zu reads neither old nor new", i);
	}
}

/* Applies up to `steps` changes, looking at the maps after each as packets would. */
static void walk(struct world *world, const struct change_list *list, size_t steps,
		 const struct scene *scene)
{
	struct answers old, now, new;

	take_answers(&world->model, &old);
	scene_answers(scene, &new);
	for (size_t i = 0; i < steps && i < list->count; i++) {
		seen_kinds[list->items[i].kind]++;
		if (list->items[i].kind == CHANGE_GRACE)
			held_count = 0;
		hold_words(&world->model);
		apply(world, &list->items[i]);
		check_held_words(&world->model);
		take_answers(&world->model, &now);
		check_prefix(&old, &now, &new);
	}
	if (steps >= list->count)
		check_prefix(&new, &now, &new);
}

static void one_round(struct world *world, size_t *refused)
{
	struct change_list list;
	struct scene scene;

	random_scene(&scene);
	if (build(world, &scene.desired, &list)) {
		++*refused;
		return;
	}
	if (!list.count)
		return;
	if (pick(4) == 0) { /* killed on the way, and started again */
		walk(world, &list, pick((uint32_t)list.count), &scene);
		rebuild(world);
		if (build(world, &scene.desired, &list) || !list.count)
			return;
	}
	walk(world, &list, list.count, &scene);
	assert_int_equal(build(world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 0);
}

static void seed_random(void)
{
	const char *seed = getenv("PLAN_SEED");

	random_state = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL);
	print_message("PLAN_SEED=%llu\n", (unsigned long long)random_state);
}

static size_t round_count(void)
{
	const char *rounds = getenv("PLAN_ROUNDS");

	return rounds ? strtoul(rounds, NULL, 0) : 3000;
}

static void every_prefix_reads_old_or_new(void **unused)
{
	size_t count = round_count(), refused = 0;
	struct world world;

	(void)unused;
	seed_random();
	world_new(&world);
	held_count = 0;
	for (size_t i = 0; i < count; i++)
		one_round(&world, &refused);
	print_message("%zu plans, %zu refused for want of room\n", count, refused);
	assert_true(refused < count / 2);
	assert_true(seen_kinds[CHANGE_GRACE] && seen_kinds[CHANGE_BACKEND_RETIRE] &&
		    seen_kinds[CHANGE_VIP_MOVE] && seen_kinds[CHANGE_SERVICE_CLEAR]);
	world_done(&world);
}

/* A scene of the services that are to change, and nothing of the others. */
static void random_part(struct scene *scene, struct desired_service *services, struct desired *ret)
{
	*ret = scene->desired;
	ret->services = services;
	ret->service_count = 0;
	ret->keep_missing = true;
	for (size_t s = 0; s < scene->desired.service_count; s++)
		if (pick(3) == 0) {
			random_views(scene, s);
			services[ret->service_count++] = scene->services[s];
		}
}

/* Which of the two is planned makes no difference to a single byte. */
static void part_equals_all(void **unused)
{
	size_t count = round_count(), parts = 0;
	struct desired_service services[SCENE_SERVICES];
	struct scene *scene = malloc(sizeof(*scene));
	static struct world worlds[2];
	struct change_list lists[2];
	struct desired part;
	int errs[2] = {};

	(void)unused;
	assert_non_null(scene);
	seed_random();
	world_new(&worlds[0]);
	world_new(&worlds[1]);
	for (size_t i = 0; i < count; i++) {
		bool all = i % 8 == 0 || errs[0];

		if (all)
			random_scene(scene);
		else
			random_part(scene, services, &part);
		errs[0] = build(&worlds[0], &scene->desired, &lists[0]);
		errs[1] = build(&worlds[1], all ? &scene->desired : &part, &lists[1]);
		assert_int_equal(errs[0], errs[1]);
		parts += !all && !errs[0];
		for (int w = 0; w < 2 && !errs[w]; w++)
			apply_all(&worlds[w], &lists[w]);
		assert_true(plan_model_equal(&worlds[0].model, &worlds[1].model));
	}
	print_message("%zu parts\n", parts);
	assert_true(parts > count / 2);
	world_done(&worlds[0]);
	world_done(&worlds[1]);
	free(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_plan_makes_before_it_names),
		cmocka_unit_test(equal_state_changes_nothing),
		cmocka_unit_test(one_more_backend_keeps_the_others),
		cmocka_unit_test(update_costs_what_changed_not_what_there_is),
		cmocka_unit_test(weights_alone_do_not_move_tables),
		cmocka_unit_test(backend_that_leaves_goes_out_and_comes_back_as_itself),
		cmocka_unit_test(no_endpoints_means_refused_not_routed),
		cmocka_unit_test(removal_takes_the_entries_first),
		cmocka_unit_test(vip_passes_to_another_service_without_a_gap),
		cmocka_unit_test(gateway_opens_last_and_closes_at_once),
		cmocka_unit_test(lists_follow),
		cmocka_unit_test(too_much_is_refused_before_anything_is_written),
		cmocka_unit_test(what_does_not_fit_keeps_nobody_else_back),
		cmocka_unit_test(full_map_swaps_in_two_plans),
		cmocka_unit_test(backend_of_a_service_never_written_comes_to_rest),
		cmocka_unit_test(backend_that_no_table_names_gives_its_room_back),
		cmocka_unit_test(drops_follow),
		cmocka_unit_test(pod_of_both_sides_is_one_row),
		cmocka_unit_test(every_prefix_reads_old_or_new),
		cmocka_unit_test(part_equals_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
