/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Endpoint ids: what they depend on, and endpoints that share one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <xxhash.h>

#include "endpoint_ids.h"

static struct addr addr(const char *text)
{
	struct addr parsed = {};

	assert_int_equal(addr_parse(text, &parsed), 0);
	return parsed;
}

static uint32_t id(uint64_t service, const char *text, uint16_t port)
{
	struct addr parsed = addr(text);

	return endpoint_id(service, &parsed, port);
}

/* Gateways of other versions must agree: the bytes are part of the wire format. */
static void ids_are_hashes_of_address_and_port(void **unused)
{
	const uint8_t v4[] = { 10, 10, 0, 90, 5000 >> 8, 5000 & 255 };
	const uint8_t v6[] = { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 80 };

	(void)unused;
	assert_int_equal(id(77, "10.10.0.90", 5000),
			 (uint32_t)XXH3_64bits_withSeed(v4, sizeof(v4), 77));
	assert_int_equal(id(77, "2001:db8::7", 80),
			 (uint32_t)XXH3_64bits_withSeed(v6, sizeof(v6), 77));
	assert_int_not_equal(id(77, "10.10.0.90", 5000), id(78, "10.10.0.90", 5000));
	assert_int_not_equal(id(77, "10.10.0.90", 5000), id(77, "10.10.0.90", 5001));
	assert_int_not_equal(id(77, "10.10.0.90", 5000), id(77, "10.10.0.91", 5000));
}

/* Two ports of one address with the same id within service 1, by trying. */
static void find_collision(struct addr *at, uint16_t *ret_a, uint16_t *ret_b,
			   struct addr *ret_other)
{
	enum { SLOTS = 1 << 19, TRIES = 300000 };
	static struct {
		uint32_t id, n;
	} seen[SLOTS];
	struct addr tried = *at;

	memset(seen, 0, sizeof(seen));
	for (uint32_t n = 1; n < TRIES; n++) {
		uint32_t hash, slot;

		tried.ip.word[3] = __builtin_bswap32(0x0a000000 + (n >> 8));
		hash = endpoint_id(1, &tried, (uint16_t)(1 + (n & 255)));
		for (slot = hash & (SLOTS - 1); seen[slot].n; slot = (slot + 1) & (SLOTS - 1))
			if (seen[slot].id == hash) {
				*ret_b = (uint16_t)(1 + (n & 255));
				*ret_other = tried;
				*ret_a = (uint16_t)(1 + (seen[slot].n & 255));
				tried.ip.word[3] =
					__builtin_bswap32(0x0a000000 + (seen[slot].n >> 8));
				*at = tried;
				return;
			}
		seen[slot].id = hash;
		seen[slot].n = n;
	}
	fail_msg("no collision among %d endpoints", TRIES);
}

static void the_later_of_two_with_one_id_is_taken_out(void **unused)
{
	struct addr first = addr("10.0.0.1"), second = {};
	uint16_t port = 0, other_port = 0;
	struct view_backend backends[3] = {};
	struct view view = { .backends = backends, .backend_count = 3 };
	const struct view_backend *gone;

	(void)unused;
	find_collision(&first, &port, &other_port, &second);
	backends[0] = (struct view_backend){ .addr = first, .port = port };
	backends[1] = (struct view_backend){ .addr = second, .port = other_port };
	backends[2] = (struct view_backend){ .addr = addr("192.0.2.1"), .port = 9 };
	gone = endpoint_ids_set(&view, 1);
	assert_non_null(gone);
	assert_true(addr_equal(&gone->addr, &second));
	assert_int_equal(view.backend_count, 2);
	assert_true(addr_equal(&backends[0].addr, &first));
	assert_int_equal(backends[1].port, 9);
	assert_null(endpoint_ids_set(&view, 1));
	assert_int_equal(backends[0].endpoint, endpoint_id(1, &first, port));
}

/* One endpoint in two priorities is no collision. */
static void equal_endpoints_share_their_id(void **unused)
{
	struct view_backend backends[2] = {
		{ .addr = addr("10.0.0.1"), .port = 80 },
		{ .addr = addr("10.0.0.1"), .port = 80, .priority = 1 }
	};
	struct view view = { .backends = backends, .backend_count = 2 };

	(void)unused;
	assert_null(endpoint_ids_set(&view, 5));
	assert_int_equal(view.backend_count, 2);
	assert_int_equal(backends[0].endpoint, backends[1].endpoint);
	assert_int_not_equal(backends[0].endpoint, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_hashes_of_address_and_port),
		cmocka_unit_test(the_later_of_two_with_one_id_is_taken_out),
		cmocka_unit_test(equal_endpoints_share_their_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
