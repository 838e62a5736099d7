/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The plan without enough room, or after an unfinished one. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan_scene.h"

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
		scene_set_service(&scene, s, VIP + (uint32_t)s, s + 1);
		scene_set_view(&scene, s, 0, octets, MAX_BACKENDS_OF_ONE, 13);
	}
	scene.desired.service_count = 8;
	world_reach(&world, &scene.desired);
	before = world.model;
	scene.desired.service_count = 9;
	assert_int_equal(world_build(&world, &scene.desired, &list), -ENOSPC);
	assert_int_equal(list.count, 0);
	assert_memory_equal(&before, &world.model, sizeof(before));
	world_done(&world);
}

/* A service that grew too large and a new one stay as they are; a third one's pod moves. */
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
		scene_set_service(&scene, s, VIP + (uint32_t)s, s + 1);
		if (s < 2)
			scene_set_view(&scene, s, 0, s ? grown : first, 2, 13);
		else
			scene_set_view(&scene, s, 0, many, MAX_BACKENDS_OF_ONE, 13);
	}
	scene.desired.service_count = 8;
	world_reach(&world, &scene.desired);
	for (uint32_t i = 0; i < MAX_BACKENDS_OF_ONE; i++)
		many[i] = 200 + i;
	scene_set_view(&scene, 0, 0, moved, 2, 13);
	for (size_t s = 1; s < 8; s++)
		scene_set_view(&scene, s, 0, many, MAX_BACKENDS_OF_ONE, 13);
	scene_set_service(&scene, 8, VIP + 8, 9);
	scene_set_view(&scene, 8, 0, many, MAX_BACKENDS_OF_ONE, 13);
	scene.desired.service_count = 9;
	assert_int_equal(world_build(&world, &scene.desired, &list), -ENOSPC);
	assert_int_equal(plan_fit(&world.ledger, &scene.desired, 78, world.arena, &list, &reason), 0);
	assert_non_null(strstr(reason, "raise limits."));
	assert_non_null(strstr(reason, "left as"));
	world_apply_all(&world, &list);
	for (size_t i = 0; i < list.count; i++)
		fit += list.items[i].kind == CHANGE_BACKEND &&
		       ip_v4(&list.items[i].backend->addr) == htonl(0x0a0a0003);
	assert_int_equal(fit, 1);
	/* The next plan is empty until there is room. */
	assert_int_equal(plan_fit(&world.ledger, &scene.desired, 79, world.arena, &list, &reason), 0);
	assert_non_null(reason);
	world_done(&world);
}

/* Rows that a plan releases rest until the RCU grace period of a later one. With all rows in use one
 * service cannot replace another, since the old one serves until the new one does. */
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
			.key = { .vip = { 4, IP_V4(htonl(VIP + (uint32_t)i)) },
				 .port = 80,
				 .proto = IPPROTO_TCP,
				 .family = 4,
				 .id = 100 + i },
			.cluster = parts[i].cluster,
		};
	}
	world_new(&world);
	world_reach(&world, &desired);
	assert_int_equal(world.ledger.service_top, MODEL_SERVICES);
	desired.services = services + 1; /* the first goes, another comes */
	assert_int_equal(world_build(&world, &desired, &list), -ENOSPC);
	assert_int_not_equal(plan_model_vip(&world.model, &services[0].key), NO_ROW);
	desired.service_count--; /* the first goes */
	world_reach(&world, &desired);
	desired.service_count++; /* another comes */
	assert_int_equal(world_build(&world, &desired, &list), 0);
	assert_int_equal(count_changes(&list, CHANGE_RCU_SYNC), 1);
	world_apply_all(&world, &list);
	assert_int_not_equal(plan_model_vip(&world.model, &services[MODEL_SERVICES].key), NO_ROW);
	assert_int_equal(plan_model_vip(&world.model, &services[0].key), NO_ROW);
	world_done(&world);
}

/* Killed once backends are written, and started again. */
static void die_before_tables(struct world *world, const struct desired *desired)
{
	struct change_list list;

	assert_int_equal(world_build(world, desired, &list), 0);
	for (size_t i = 0; list.items[i].kind != CHANGE_SLOTS; i++)
		world_apply(world, &list.items[i]);
	world_rebuild(world);
}

static void backend_of_a_service_never_written_comes_to_rest(void **unused)
{
	const uint32_t octets[] = { 1, 2 };
	struct scene scene;
	struct world world;

	(void)unused;
	world_new(&world);
	scene_of_one(&scene, octets, 2);
	die_before_tables(&world, &scene.desired);
	for (uint32_t b = 1; b <= 2; b++)
		world_apply(&world, &(struct change){ .kind = CHANGE_BACKEND_RETIRE, .row = b });
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
	scene_of_one(&scene, before, 1);
	world_reach(&world, &scene.desired);
	scene_of_one(&scene, after, 2);
	die_before_tables(&world, &scene.desired);
	assert_int_equal(world.ledger.backends[1].state, ROW_USED);
	assert_int_equal(world.ledger.backends[2].state, ROW_DRAINING);
	world_reach(&world, &scene.desired);
	assert_int_equal(world.ledger.backends[2].state, ROW_USED);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_much_is_refused_before_anything_is_written),
		cmocka_unit_test(what_does_not_fit_keeps_nobody_else_back),
		cmocka_unit_test(full_map_swaps_in_two_plans),
		cmocka_unit_test(backend_of_a_service_never_written_comes_to_rest),
		cmocka_unit_test(backend_that_no_table_names_gives_its_room_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
