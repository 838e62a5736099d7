/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The plan: a simulation that checks each prefix of thousands of random plans as a packet would
 * read the maps. PLAN_SEED and PLAN_ROUNDS set it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "plan_scene.h"

static uint64_t random_state;

static uint32_t pick(uint32_t below)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)((random_state >> 33) % below);
}

/* A packet that read a row and a table descriptor at some step and is still under way. */
struct held_desc {
	uint32_t row;
	struct service service; /* of the row then */
	table_desc desc;
	struct bucket buckets[MODEL_TABLE / BUCKET_SLOTS];
	uint16_t generations[MODEL_TABLE];
};

#define HELD_DESCS 256

static struct held_desc held_descs[HELD_DESCS];
static size_t held_count;

/* Cases that the simulation must have met to be valid. */
static size_t seen_kinds[CHANGE_VIP_REMOVE + 1];

static uint64_t slot_of(const struct held_desc *held, uint32_t i)
{
	return held->buckets[i / BUCKET_SLOTS].slot[i % BUCKET_SLOTS];
}

/* Of the backend row that the entry names; 0 without an entry. */
static uint16_t generation_of(const struct plan_model *model, uint64_t entry)
{
	return TABLE_IS_ENTRY(entry) ? model->backends[TABLE_ENTRY_ROW(entry)].generation : 0;
}

static void hold_desc(const struct plan_model *model, uint32_t r, table_desc desc)
{
	const struct service *row = &model->services[r];
	struct held_desc *held = held_descs;

	for (; held < held_descs + held_count; held++)
		if (held->row == r && held->service.id == row->id && held->desc == desc)
			return;
	if (held_count < HELD_DESCS)
		held_count++;
	else
		held = &held_descs[pick(HELD_DESCS)];
	*held = (struct held_desc){ .row = r, .service = *row, .desc = desc };
	memcpy(held->buckets, &model->buckets[TABLE_OFFSET(desc)],
	       TABLE_BUCKETS(desc) * sizeof(struct bucket));
	for (uint32_t i = 0; i < TABLE_BUCKETS(desc) * BUCKET_SLOTS; i++)
		held->generations[i] = generation_of(model, slot_of(held, i));
}

static void hold_descs(const struct plan_model *model)
{
	for (uint32_t r = 0; r < MODEL_SERVICES; r++) {
		if (!plan_model_named(model, r))
			continue;
		hold_desc(model, r, model->services[r].table);
		hold_desc(model, r, model->services[r].local_table);
	}
}

static const char *held_desc_check(const struct plan_model *model, const struct held_desc *held)
{
	const struct service *row = &model->services[held->row];

	if (row->id != held->service.id || ip_v4(&row->vip) != ip_v4(&held->service.vip))
		return "the service row means another service";
	if (memcmp(held->buckets, &model->buckets[TABLE_OFFSET(held->desc)],
		   TABLE_BUCKETS(held->desc) * sizeof(struct bucket)))
		return "the buckets were written over";
	for (uint32_t i = 0; i < TABLE_BUCKETS(held->desc) * BUCKET_SLOTS; i++) {
		uint16_t generation = generation_of(model, slot_of(held, i));

		if (generation && generation != held->generations[i])
			return "the backend row means another backend";
	}
	return NULL;
}

static void check_held_descs(const struct plan_model *model)
{
	for (size_t i = 0; i < held_count; i++) {
		const char *wrong = held_desc_check(model, &held_descs[i]);

		if (wrong)
			fail_msg("for a packet on its way %s", wrong);
	}
}

static bool same_answer(const struct model_answer *a, const struct model_answer *b)
{
	return a->found == b->found && a->size == b->size && !b->stale &&
	       !memcmp(a->slots, b->slots, sizeof(a->slots));
}

/* The answer that a scene wants for a packet. */
static void wanted_answer(const struct scene *scene, size_t s, int side, struct model_answer *ret)
{
	const struct scene_service *part = &scene->parts[s];

	*ret = (struct model_answer){ .found = true, .size = (uint32_t)part->tables[side].total };
	for (uint32_t i = 0; i < ret->size; i++) {
		uint32_t backend = TABLE_ENTRY_ROW(part->entries[side][i]);

		ret->slots[i].addr = ip_v4(&part->backends[side][backend].addr.ip);
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
		scene_set_view(scene, s, side, octets, count, 5 + pick(3) * 8);
		scene_set_drops(scene, s, side, pick(4));
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
		/* Some services swap VIPs. */
		scene_set_service(scene, s, gateway_only ? 0 :
				  VIP + id / 2 * 2 + (id + pick(4) / 3) % 2, id);
		for (size_t other = 0; other < s; other++)
			if (ip_v4(&scene->services[other].key.vip.ip) ==
				    ip_v4(&scene->services[s].key.vip.ip) &&
			    !gateway_only)
				goto next;
		random_views(scene, s);
		if (gateway_only || pick(2))
			scene_set_local(scene, s);
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
	key.vip.ip = IP_V4(htonl(VIP + (uint32_t)index));
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
				      &ret->client[ntohl(ip_v4(&service->key.vip.ip)) - VIP]);
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
		/* An id that is being removed may see its row's new table once more. */
		if (!same_answer(&old->gateway[i], &now->gateway[i]) &&
		    !same_answer(&new->gateway[i], &now->gateway[i]) &&
		    !same_answer(&new->unlisted[i], &now->gateway[i]))
			fail_msg("id %zu reads neither old nor new", i);
	}
}

/* Applies up to `steps` changes, and after each reads the maps as packets would. */
static void walk(struct world *world, const struct change_list *list, size_t steps,
		 const struct scene *scene)
{
	struct answers old, now, new;

	take_answers(&world->model, &old);
	scene_answers(scene, &new);
	for (size_t i = 0; i < steps && i < list->count; i++) {
		seen_kinds[list->items[i].kind]++;
		if (list->items[i].kind == CHANGE_RCU_SYNC)
			held_count = 0;
		hold_descs(&world->model);
		world_apply(world, &list->items[i]);
		check_held_descs(&world->model);
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
	if (world_build(world, &scene.desired, &list)) {
		++*refused;
		return;
	}
	if (!list.count)
		return;
	if (pick(4) == 0) { /* killed on the way, and started again */
		walk(world, &list, pick((uint32_t)list.count), &scene);
		world_rebuild(world);
		if (world_build(world, &scene.desired, &list) || !list.count)
			return;
	}
	walk(world, &list, list.count, &scene);
	assert_int_equal(world_build(world, &scene.desired, &list), 0);
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
	assert_true(seen_kinds[CHANGE_RCU_SYNC] && seen_kinds[CHANGE_BACKEND_RETIRE] &&
		    seen_kinds[CHANGE_VIP_MOVE] && seen_kinds[CHANGE_SERVICE_CLEAR]);
	world_done(&world);
}

/* A scene with only the services that change. */
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

/* Both plans give the same maps, byte by byte. */
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
		errs[0] = world_build(&worlds[0], &scene->desired, &lists[0]);
		errs[1] = world_build(&worlds[1], all ? &scene->desired : &part, &lists[1]);
		assert_int_equal(errs[0], errs[1]);
		parts += !all && !errs[0];
		for (int w = 0; w < 2 && !errs[w]; w++)
			world_apply_all(&worlds[w], &lists[w]);
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
		cmocka_unit_test(every_prefix_reads_old_or_new),
		cmocka_unit_test(part_equals_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
