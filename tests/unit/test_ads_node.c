/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The node's identity for istiod, which takes from it the IP families of the addresses that it names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ads_node.h"
#include "arena.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char *metadata(const struct xds_node *node, const char *key)
{
	for (size_t i = 0; i < node->metadata_count; i++)
		if (!strcmp(node->metadata[i].key, key))
			return node->metadata[i].value;
	return NULL;
}

static void addresses_of_both_families(void **unused)
{
	static const struct {
		const char *configured, *v4, *v6, *id, *ips;
	} rows[] = {
		{ NULL, "10.0.0.1", "", "10.0.0.1", "10.0.0.1" },
		{ NULL, "10.0.0.1", "fd00::1", "10.0.0.1", "10.0.0.1,fd00::1" },
		{ NULL, "", "fd00::1", "fd00::1", "fd00::1" },
		{ "10.0.0.9", "10.0.0.1", "fd00::1", "10.0.0.9", "10.0.0.9,fd00::1" },
		{ "fd00::9", "10.0.0.1", "fd00::1", "fd00::9", "fd00::9,10.0.0.1" },
		{ "fd00::9", "", "fd00::1", "fd00::9", "fd00::9" },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct config config = { .ads.node.ip = rows[i].configured };
		struct ads_machine machine = { .name = "n1" };
		struct xds_node node;

		strcpy(machine.ip, rows[i].v4);
		strcpy(machine.ip6, rows[i].v6);
		assert_int_equal(ads_node_make(&config, &machine, "network1", NULL, &node), 0);
		assert_string_equal(metadata(&node, "INSTANCE_IPS"), rows[i].ips);
		assert_ptr_equal(strstr(node.id, rows[i].id), node.id + strlen("sidecar~"));
		arena_free(node.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(addresses_of_both_families) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
