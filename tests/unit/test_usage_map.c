/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the agent does with a real map `usage`. Skipped without root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/bpf.h>

#include "hash_reader.h"
#include "parallax_flow.h"
#include "usage_map.h"

#define ROOM 4 /* two of them for the key of zeros */

/* By one gateway to two services, by another, and to a pod. */
static const struct usage_key
	hello = { .service_id = 5, .from = 1, .to = 2, .kind = BACKEND_GENEVE, .backend = IP_V4(7) },
	other = { .service_id = 6, .from = 1, .to = 2, .kind = BACKEND_GENEVE, .backend = IP_V4(7) },
	second = { .service_id = 5, .from = 1, .to = 2, .kind = BACKEND_GENEVE, .backend = IP_V4(8) },
	pod = { .service_id = 5, .from = 1, .to = 1, .backend = IP_V4(9), .client = IP_V4(3) };

static int fd;

static int make(void **state)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_NO_PREALLOC);

	(void)state;
	fd = bpf_map_create(BPF_MAP_TYPE_HASH, "usage", sizeof(struct usage_key),
			    sizeof(struct usage), ROOM, &options);
	if (fd >= 0)
		usage_map_begin(fd);
	return 0;
}

static int destroy(void **state)
{
	(void)state;
	if (fd >= 0)
		close(fd);
	return 0;
}

/* As a program adds a flow that ends. */
static void ends(const struct usage_key *key)
{
	const struct usage usage = { 1, 10, 100, 2, 3 };

	assert_int_equal(bpf_map_update_elem(fd, key, &usage, BPF_NOEXIST), 0);
}

struct sum {
	const struct usage_key *key;
	struct usage total;
	uint32_t elements;
};

static int add_if_same(void *arg, const void *key, const void *value)
{
	const struct usage_key *of = key;
	struct sum *sum = arg;

	sum->elements++;
	if (of->from == sum->key->from && of->to == sum->key->to &&
	    (of->kind == BACKEND_LOCAL || ip_equal(&of->backend, &sum->key->backend)))
		usage_add(&sum->total, value);
	return 0;
}

/* Whether so many flows count for networks and gateway of the key, in so many elements of all. */
static void counts(const struct usage_key *key, uint64_t flows, uint32_t elements)
{
	struct sum sum = { .key = key };

	assert_int_equal(hash_reader_walk(fd, sizeof(struct usage_key), sizeof(struct usage),
					  add_if_same, &sum),
			 0);
	assert_int_equal(sum.total.flows, flows);
	assert_int_equal(sum.total.sent, 10 * flows);
	assert_int_equal(sum.total.received_packets, 3 * flows);
	assert_int_equal(sum.elements, elements);
}

static void networks_keep_what_a_service_counted(void **state)
{
	(void)state;
	if (fd < 0)
		skip();
	ends(&hello);
	usage_map_add(fd, &hello, &(struct usage){ 2, 20, 200, 4, 6 });
	counts(&hello, 3, 4);
	usage_map_forget(fd, &hello);
	counts(&hello, 3, 3);
	ends(&other);
	usage_map_forget(fd, &other);
	counts(&hello, 4, 3);
	ends(&second);
	usage_map_forget(fd, &second);
	counts(&hello, 4, 4);
	counts(&second, 1, 4);
}

static void pods_are_forgotten(void **state)
{
	struct usage usage;
	const struct usage_key kept = { .from = 1, .to = 1, .agent = 1 };

	(void)state;
	if (fd < 0)
		skip();
	ends(&pod);
	usage_map_forget(fd, &pod);
	assert_int_equal(bpf_map_lookup_elem(fd, &kept, &usage), 0);
	assert_int_equal(usage.flows, 1);
	counts(&pod, 1, 3);
}

/* Without room for one more pair, flows count for the key of zeros. */
static void nothing_is_lost_without_room(void **state)
{
	static const struct usage_key none = { .agent = 1 };
	struct usage usage;

	(void)state;
	if (fd < 0)
		skip();
	ends(&hello);
	ends(&second);
	usage_map_add(fd, &other, &(struct usage){ .flows = 1 });
	assert_int_equal(bpf_map_lookup_elem(fd, &none, &usage), 0);
	assert_int_equal(usage.flows, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(networks_keep_what_a_service_counted, make, destroy),
		cmocka_unit_test_setup_teardown(pods_are_forgotten, make, destroy),
		cmocka_unit_test_setup_teardown(nothing_is_lost_without_room, make, destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
