/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The plan: tables of old and new states. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan_scene.h"

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
	scene_of_one(&scene, octets, 2);
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, sizeof(expected) / sizeof(*expected));
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(list.items[i].kind, expected[i]);
	world_apply_all(&world, &list);
	assert_int_equal(world.model.services[0].captured_ns, 77);
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
	scene_of_one(&scene, octets, 3);
	world_reach(&world, &scene.desired);
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 0);
	world_rebuild(&world);
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 0);
	world_done(&world);
}

static void one_more_backend_keeps_the_others(void **unused)
{
	const uint32_t before[] = { 1, 3 }, after[] = { 1, 2, 3 };
	struct change_list list;
	struct scene scene;
	struct world world;
	table_desc old;

	(void)unused;
	world_new(&world);
	scene_of_one(&scene, before, 2);
	world_reach(&world, &scene.desired);
	old = world.model.services[0].table;
	scene_of_one(&scene, after, 3);
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
	assert_int_equal(count_changes(&list, CHANGE_BACKEND), 1);
	assert_int_equal(count_changes(&list, CHANGE_SLOTS), 1);
	assert_int_equal(count_changes(&list, CHANGE_TABLE), 1);
	assert_int_equal(count_changes(&list, CHANGE_RCU_SYNC), 0);
	assert_int_equal(list.items[list.count - 1].kind, CHANGE_TABLE);
	world_apply_all(&world, &list);
	assert_int_equal(ip_v4(&world.model.backends[1].addr), htonl(0x0a0a0001));
	assert_int_equal(world.model.backends[1].generation, 1);
	assert_int_not_equal(TABLE_OFFSET(world.model.services[0].table), TABLE_OFFSET(old));
	assert_int_equal(TABLE_GENERATION(world.model.services[0].table),
			 TABLE_GENERATION(old) + 1);
	world_done(&world);
}

/* Changes when one of `count` endpoints of one service is replaced, with `services` in place. */
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
		scene_set_service(&scene, s, VIP + (uint32_t)s, s + 1);
		scene_set_view(&scene, s, 0, before, s ? 1 : count, 13);
	}
	world_reach(&world, &scene.desired);
	after[count - 1] = 9;
	scene_set_view(&scene, 0, 0, after, count, 13);
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
	assert_int_equal(count_changes(&list, CHANGE_BACKEND), 1);
	assert_int_equal(count_changes(&list, CHANGE_BACKEND_FLAGS), 1);
	assert_int_equal(count_changes(&list, CHANGE_SLOTS), 1);
	assert_int_equal(count_changes(&list, CHANGE_TABLE), 1);
	world_apply_all(&world, &list);
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
	scene_of_one(&scene, octets, 2);
	world_reach(&world, &scene.desired);
	scene.parts[0].backends[0][0].weight = 9;
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
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
	scene_of_one(&scene, both, 2);
	world_reach(&world, &scene.desired);
	scene_of_one(&scene, both, 1);
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.items[list.count - 1].kind, CHANGE_BACKEND_FLAGS);
	world_apply_all(&world, &list);
	assert_int_equal(world.model.backends[2].flags, BACKEND_DRAINING);
	assert_int_equal(world.model.backends[2].generation, 1);
	scene_of_one(&scene, both, 2);
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
	assert_int_equal(count_changes(&list, CHANGE_BACKEND), 0);
	world_apply_all(&world, &list);
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
	scene_of_one(&scene, octets, 1);
	world_reach(&world, &scene.desired);
	scene_of_one(&scene, octets, 0);
	world_reach(&world, &scene.desired);
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
	scene_of_one(&scene, octets, 1);
	world_reach(&world, &scene.desired);
	scene.desired.service_count = 0;
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
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
	scene_of_one(&scene, octets, 1);
	world_reach(&world, &scene.desired);
	scene_of_one(&scene, others, 1);
	scene.services[0].key.id = 2;
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
	for (size_t i = 0; i < list.count; i++) {
		world_apply(&world, &list.items[i]);
		plan_model_client(&world.model, &scene.services[0].key, &answer);
		assert_true(answer.found && !answer.stale && answer.size == 13);
	}
	assert_int_equal(count_changes(&list, CHANGE_VIP_MOVE), 1);
	assert_int_equal(count_changes(&list, CHANGE_VIP_REMOVE), 0);
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
	scene_of_one(&scene, octets, 1);
	scene.desired.settings = (struct settings){ .network = 5, .listen_port = htons(6081) };
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.items[0].kind, CHANGE_SETTINGS);
	assert_int_equal(list.items[0].settings->listen_port, 0);
	assert_int_equal(list.items[list.count - 1].kind, CHANGE_SETTINGS);
	assert_int_equal(list.items[list.count - 1].settings->listen_port, htons(6081));
	world_apply_all(&world, &list);
	world.model.settings.follow_until = 99; /* the CLI's */
	world.model.settings.drops_until = 98;
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 0);
	scene.desired.settings.listen_port = 0;
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.items[0].settings->follow_until, 99);
	assert_int_equal(list.items[0].settings->drops_until, 98);
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
	scene.networks[0] = (struct desired_network){ 5, { .flags = NETWORK_OWN }, "network1" };
	scene.networks[1] = (struct desired_network){ 6, { .flags = 0 }, "network2" };
	scene.gateways[0].key.network = 6;
	scene.gateways[0].value.port = htons(15443);
	scene.allowed[0] = (struct allowed_key){ IP_MAPPED_BITS + 24, 0, IP_V4(htonl(0xc0170000)) };
	scene.desired.network_count = 2;
	scene.desired.gateway_count = scene.desired.allowed_count = 1;
	world_reach(&world, &scene.desired);
	assert_int_equal(world.model.network_count, 2);
	assert_int_equal(world.model.name_count, 2);
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 0);
	scene.desired.network_count = 1;
	scene.desired.gateway_count = scene.desired.allowed_count = 0;
	world_reach(&world, &scene.desired);
	assert_int_equal(world.model.network_count, 1);
	assert_int_equal(world.model.name_count, 1);
	assert_int_equal(world.model.gateway_count + world.model.allowed_count, 0);
	world_done(&world);
}

/* Drop overloads: categories are written before service.drop, changes touch differences only, and a
 * restart changes nothing. */
static void drops_follow(void **unused)
{
	static struct view_drop drops[10];
	const uint32_t octets[] = { 1, 2 };
	struct change_list list;
	struct scene scene;
	struct world world;

	(void)unused;
	world_new(&world);
	scene_of_one(&scene, octets, 2);
	world_reach(&world, &scene.desired);
	assert_int_equal(world.model.services[0].drop, 0);
	for (int i = 0; i < 10; i++)
		drops[i] = (struct view_drop){ .category = "category", .ratio = 0.5 };
	drops[0].category = "throttle\n";
	drops[0].ratio = 0.6;
	scene.parts[0].views[0].drops = drops;
	scene.parts[0].views[0].drop_count = 2;
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 3); /* name, categories, service.drop */
	assert_int_equal(list.items[2].kind, CHANGE_DROP);
	world_apply_all(&world, &list);
	assert_int_equal(world.model.services[0].drop, (uint64_t)(0.8 * 4294967296.0 + 0.5));
	assert_int_equal(world.model.drops[0].upto[0], (uint64_t)(0.6 * 4294967296.0 + 0.5));
	world.model.drops[0].refused[0] = 17;
	world_rebuild(&world);
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 0);
	drops[0].ratio = 1;
	world_reach(&world, &scene.desired);
	assert_true(world.model.services[0].drop == 1ULL << 32);
	assert_int_equal(world.model.drops[0].refused[0], 17); /* the same categories: counts go on */
	scene.parts[0].views[0].drop_count = 10;
	drops[0].ratio = 0.5;
	world_reach(&world, &scene.desired);
	assert_int_equal(world.model.services[0].drop, (1ULL << 32) - (1ULL << 22));
	assert_int_equal(world.model.drops[0].refused[0], 0);
	scene.services[0].keep = true;
	scene.services[0].view = NULL;
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 0);
	scene.services[0].keep = false;
	scene.services[0].view = &scene.parts[0].views[0];
	scene.parts[0].views[0].drop_count = 0;
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 1);
	world_apply_all(&world, &list);
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
	scene_of_one(&scene, client, 2);
	scene_set_local(&scene, 0);
	scene_set_view(&scene, 0, 1, local, 1, 5);
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
	assert_int_equal(count_changes(&list, CHANGE_BACKEND), 2);
	assert_int_equal(count_changes(&list, CHANGE_SLOTS), 2);
	world_done(&world);
}

/* A service of the gateway side alone, whose endpoints have ids. */
static void scene_of_endpoints(struct scene *scene, const uint32_t *octets, size_t count)
{
	scene_new(scene, 1);
	scene_set_service(scene, 0, 0, 1);
	scene_set_local(scene, 0);
	scene_set_view(scene, 0, 1, octets, count, 13);
	for (size_t i = 0; i < count; i++)
		scene->parts[0].backends[1][i].endpoint = 100 + octets[i];
}

static uint32_t endpoint_row(const struct world *world, uint32_t endpoint)
{
	for (size_t i = 0; i < world->model.endpoint_count; i++)
		if (world->model.endpoints[i].key.endpoint == endpoint)
			return world->model.endpoints[i].row;
	return NO_ROW;
}

/* An entry stays with the row of an endpoint that left: packets of its connections name it. */
static void endpoints_have_entries_as_long_as_rows(void **unused)
{
	const uint32_t both[] = { 1, 2 }, one[] = { 2 };
	struct change_list list;
	struct scene scene;
	struct world world;

	(void)unused;
	world_new(&world);
	scene_of_endpoints(&scene, both, 2);
	world_reach(&world, &scene.desired);
	assert_int_equal(world.model.endpoint_count, 2);
	assert_int_equal(world.model.endpoints[0].key.service_id, 1);
	assert_int_equal(world.model.endpoints[0].key.family, 4);
	assert_int_equal(world.model.backends[endpoint_row(&world, 102)].endpoint, 102);
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 0);

	scene_of_endpoints(&scene, one, 1);
	world_reach(&world, &scene.desired);
	assert_int_equal(world.model.backends[endpoint_row(&world, 101)].flags, BACKEND_DRAINING);
	world_rebuild(&world);
	assert_int_equal(world_build(&world, &scene.desired, &list), 0);
	assert_int_equal(list.count, 0);
	world_done(&world);
}

/* The agent was told to forward only later, or an entry was left behind. */
static void endpoints_are_repaired(void **unused)
{
	const uint32_t octets[] = { 1, 2 };
	struct scene scene;
	struct world world;

	(void)unused;
	world_new(&world);
	scene_of_endpoints(&scene, octets, 2);
	for (int i = 0; i < 2; i++)
		scene.parts[0].backends[1][i].endpoint = 0;
	world_reach(&world, &scene.desired);
	assert_int_equal(world.model.endpoint_count, 0);
	world.model.endpoints[world.model.endpoint_count++] = (struct model_endpoint){ { 1, 77, 4 },
										       1 };
	world_rebuild(&world);
	scene_of_endpoints(&scene, octets, 2);
	world_reach(&world, &scene.desired);
	assert_int_equal(world.model.endpoint_count, 2);
	assert_int_equal(endpoint_row(&world, 77), NO_ROW);
	assert_int_equal(world.model.backends[endpoint_row(&world, 101)].endpoint, 101);
	world_done(&world);
}

/* The row of an endpoint that left longest ago goes to a new one, its entry before it. */
static void an_entry_goes_before_its_row(void **unused)
{
	struct change_list list;
	struct scene scene;
	struct world world;
	uint32_t octet = 1;
	size_t removed = 0;

	(void)unused;
	world_new(&world);
	for (; octet < 3 * MODEL_BACKENDS; octet++) {
		scene_of_endpoints(&scene, &octet, 1);
		assert_int_equal(world_build(&world, &scene.desired, &list), 0);
		removed += count_changes(&list, CHANGE_ENDPOINT_REMOVE);
		world_apply_all(&world, &list);
		assert_true(world.model.endpoint_count < MODEL_BACKENDS);
		assert_int_not_equal(endpoint_row(&world, 100 + octet), NO_ROW);
	}
	assert_true(removed > 0);
	world_done(&world);
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
		cmocka_unit_test(drops_follow),
		cmocka_unit_test(pod_of_both_sides_is_one_row),
		cmocka_unit_test(endpoints_have_entries_as_long_as_rows),
		cmocka_unit_test(endpoints_are_repaired),
		cmocka_unit_test(an_entry_goes_before_its_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
