/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The plan at 10,000 endpoints: the changes for one endpoint, and tables that do not fit. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "ledger.h"
#include "parallax_hash.h"
#include "parallax_table.h"
#include "plan.h"
#include "plan_scene.h"
#include "table_fill.h"
#include "table_shape.h"

#define ENDPOINTS 10000
#define SERVICES 8
#define BACKENDS 32768
#define BUCKETS (1u << 18)

/* The kernel's arrays that the plan reads. */
static struct service services[SERVICES];
static struct backend backends[BACKENDS];
static struct bucket buckets[BUCKETS];
static struct drops drops[SERVICES];
static struct filters filters;
static struct settings settings;

static struct ledger ledger;

static void setup_ledger(uint32_t bucket_count)
{
	struct ledger_memory memory = {
		.services = services, .service_rows = SERVICES, .backends = backends,
		.backend_rows = BACKENDS, .bucket_count = bucket_count,
		.drops = drops, .filters = &filters, .settings = &settings,
	};

	memset(services, 0, sizeof(services));
	memset(backends, 0, sizeof(backends));
	memset(&filters, 0, sizeof(filters));
	memset(&settings, 0, sizeof(settings));
	assert_int_equal(ledger_init(&ledger, &memory), 0);
	assert_int_equal(ledger_rebuild(&ledger, NULL), 0);
}

static void write_info(struct backend *row, const struct backend_info *info)
{
	row->share = info->share;
	row->weight = info->weight;
	row->slots = info->slots;
	row->priority = info->priority;
	row->locality = info->locality;
}

static void apply(const struct change *change)
{
	uint32_t bit;

	assert_int_equal(ledger_apply(&ledger, change), 0);
	switch (change->kind) {
	case CHANGE_BACKEND:
		backends[change->row] = *change->backend;
		break;
	case CHANGE_BACKEND_INFO:
		write_info(&backends[change->row], &change->info);
		break;
	case CHANGE_BACKEND_FLAGS:
		backends[change->row].flags = change->flags;
		break;
	case CHANGE_SLOTS:
		table_buckets(change->slots.table, change->slots.rows, 0, change->slots.size,
			      &buckets[change->slots.offset]);
		break;
	case CHANGE_SERVICE:
		services[change->row] = *change->service;
		break;
	case CHANGE_TABLE:
		services[change->row].table = change->desc;
		break;
	case CHANGE_DESTINATION:
		bit = address_bit(&change->address);
		filters.destinations[bit / 64] |= 1ULL << bit % 64;
		break;
	default: /* entries of hashes: the ledger alone remembers them */
		break;
	}
}

/* One service with `count` endpoints except `without`, the first of weight `first`. */
static const struct view *make_view(struct arena *arena, size_t count, size_t without, double first)
{
	struct view *view = arena_alloc(arena, sizeof(*view));
	double sum = 0;

	view->family = 4;
	view->proto = IPPROTO_TCP;
	view->backends = arena_array(arena, count, sizeof(*view->backends));
	for (size_t i = 0; i < count; i++) {
		struct view_backend *backend = &view->backends[view->backend_count];

		if (i == without)
			continue;
		view->backend_count++;
		*backend = (struct view_backend){
			.addr = { .family = 4, .ip = IP_V4(htonl(0x0a000000u + (uint32_t)i)) },
			.port = 80,
			.network = "network1",
			.network_id = 7,
			.locality = "r/z",
			.weight = i ? 1 : (uint64_t)first,
			.share = i ? 1 : first,
		};
		sum += backend->share;
	}
	for (size_t i = 0; i < view->backend_count; i++)
		view->backends[i].share /= sum;
	return view;
}

static struct desired_service make_service(struct arena *arena, uint32_t number,
					   const struct view *view)
{
	struct desired_service service = {
		.key = { .vip = { .family = 4, .ip = IP_V4(htonl(0x0a140000u + number)) },
			 .port = 80,
			 .proto = IPPROTO_TCP,
			 .family = 4,
			 .id = 100 + number },
		.cluster = "outbound|80||a.ns.svc",
		.view = view,
	};
	struct table *table = arena_alloc(arena, sizeof(*table));
	uint32_t shape, local_shape;

	ledger_table_shapes(&ledger, &service.key, &shape, &local_shape);
	assert_int_equal(table_fill(view, table_shape(view, shape), table, arena), 0);
	service.table = table;
	return service;
}

/* Plans for one service and applies the plan. Returns the number of changes. */
static size_t reach(const struct view *view, struct arena *arena)
{
	struct desired_service service = make_service(arena, 1, view);
	struct desired desired = { .services = &service, .service_count = 1 };
	struct change_list list;
	const char *reason;

	assert_int_equal(plan_whole(&ledger, &desired, 1, arena, &list, &reason), 0);
	for (size_t i = 0; i < list.count; i++)
		apply(&list.items[i]);
	return list.count;
}

static void one_changed_endpoint_is_few_changes(void **state)
{
	struct arena *arena = arena_new(0);

	(void)state;
	setup_ledger(BUCKETS);
	assert_true(reach(make_view(arena, ENDPOINTS, SIZE_MAX, 1), arena) > ENDPOINTS);
	assert_int_equal(reach(make_view(arena, ENDPOINTS, SIZE_MAX, 1), arena), 0);
	/* Removed: a table, the descriptor that publishes it, the backend's flags. */
	assert_in_range(reach(make_view(arena, ENDPOINTS, 5000, 1), arena), 3, 4);
	/* Added again: its display values, too. */
	assert_in_range(reach(make_view(arena, ENDPOINTS, SIZE_MAX, 1), arena), 3, 5);
	/* Twice the weight. */
	assert_in_range(reach(make_view(arena, ENDPOINTS, SIZE_MAX, 2), arena), 3, 4);
	/* One more than before. */
	assert_in_range(reach(make_view(arena, ENDPOINTS + 1, SIZE_MAX, 2), arena), 3, 5);
	ledger_done(&ledger);
	arena_free(arena);
}

/* Display values stay within a hundredth, however many small changes come. */
static void info_does_not_drift(void **state)
{
	struct arena *arena = arena_new(0);
	const struct view *view = NULL;

	(void)state;
	setup_ledger(BUCKETS);
	for (size_t count = 1000; count > 900; count -= 5) {
		view = make_view(arena, count, SIZE_MAX, 1);
		reach(view, arena);
	}
	for (uint32_t b = 1; b < BACKENDS; b++) {
		double exact = view->backends[0].share * 1e9;

		if (!backends[b].generation || backends[b].flags & BACKEND_DRAINING)
			continue;
		assert_true(backends[b].share > exact * 0.989);
		assert_true(backends[b].share < exact * 1.011);
	}
	ledger_done(&ledger);
	arena_free(arena);
}

/* Tables that do not fit are refused before anything is written, with the limit by name. */
static void too_many_slots_are_refused(void **state)
{
	struct arena *arena = arena_new(0);
	const struct view *view = make_view(arena, 10, SIZE_MAX, 1);
	struct desired_service wanted[2];
	struct desired desired = { .services = wanted, .service_count = 2 };
	struct change_list list = {};
	const char *reason = NULL;

	(void)state;
	setup_ledger(60);
	wanted[0] = make_service(arena, 1, view);
	wanted[1] = make_service(arena, 2, view);
	assert_int_equal(plan_whole(&ledger, &desired, 1, arena, &list, &reason), -ENOSPC);
	assert_int_equal(list.count, 0);
	assert_non_null(reason);
	assert_non_null(strstr(reason, "limits.slots"));
	desired.service_count = 1;
	assert_int_equal(plan_whole(&ledger, &desired, 1, arena, &list, &reason), 0);
	ledger_done(&ledger);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_changed_endpoint_is_few_changes),
		cmocka_unit_test(info_does_not_drift),
		cmocka_unit_test(too_many_slots_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
