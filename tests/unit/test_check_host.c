/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Findings of `parallaxctl check` on values given. */
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "check.h"
#include "config.h"

/* Result of the last finding of that name; "none" without. */
static const char *result_of(const struct check_list *list, const char *name)
{
	const char *result = "none";
	json_t *item;
	size_t i;

	json_array_foreach(list->items, i, item)
		if (!strcmp(json_string_value(json_object_get(item, "name")), name))
			result = json_string_value(json_object_get(item, "result"));
	return result;
}

static void kernel_floor(void **state)
{
	static const struct {
		const char *release, *result;
	} rows[] = {
		{ "5.15.0-91-generic", "ok" }, { "5.15", "ok" },      { "6.1.0", "ok" },
		{ "10.0.1", "ok" },            { "5.14.21", "fail" }, { "4.19.0-el8", "fail" },
		{ "5.4.0", "fail" },           { "strange", "skip" }, { "", "skip" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct check_list list = {};

		check_release(&list, rows[i].release);
		assert_string_equal(result_of(&list, "kernel"), rows[i].result);
		assert_int_equal(list.unfit, !strcmp(rows[i].result, "fail"));
		json_decref(list.items);
	}
}

static void capabilities_by_name(void **state)
{
	const uint64_t all = 1ull << CAP_BPF | 1ull << CAP_NET_ADMIN | 1ull << CAP_PERFMON;
	struct check_list list = {};

	(void)state;
	check_capabilities(&list, all);
	assert_false(list.unfit);
	assert_int_equal(json_array_size(list.items), 3);
	json_decref(list.items);

	list = (struct check_list){};
	check_capabilities(&list, all & ~(1ull << CAP_PERFMON));
	assert_true(list.unfit);
	assert_string_equal(result_of(&list, "CAP_BPF"), "ok");
	assert_string_equal(result_of(&list, "CAP_NET_ADMIN"), "ok");
	assert_string_equal(result_of(&list, "CAP_PERFMON"), "fail");
	json_decref(list.items);
}

/* Only our own network's ranges contain addresses of local pods. */
static void snat_inside_a_pod_range(void **state)
{
	struct prefix own[2], other;
	struct mesh_network networks[2] = {
		{ .name = "network1", .own = true, .cidrs = own, .cidr_count = 2 },
		{ .name = "network2", .cidrs = &other, .cidr_count = 1 },
	};
	struct mesh_networks mesh = { .networks = networks, .count = 2 };
	static const struct {
		const char *snat, *result;
	} rows[] = {
		{ "172.31.255.1", "ok" }, { "10.10.3.4", "warn" }, { "10.11.0.0", "warn" },
		{ "10.12.0.1", "ok" },    { "10.20.0.1", "ok" },
	};

	(void)state;
	assert_int_equal(prefix_parse("10.10.0.0/16", &own[0]), 0);
	assert_int_equal(prefix_parse("10.11.0.0/16", &own[1]), 0);
	assert_int_equal(prefix_parse("10.20.0.0/16", &other), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct check_list list = {};
		struct addr snat;
		struct config config = { .mesh = &mesh,
					 .gateway = { .snat = &snat, .snat_count = 1 } };

		assert_int_equal(addr_parse(rows[i].snat, &snat), 0);
		check_snat(&list, &config);
		assert_int_equal(json_array_size(list.items), 1);
		assert_string_equal(result_of(&list, "snat"), rows[i].result);
		assert_false(list.unfit); /* a warning only */
		json_decref(list.items);
	}
}

/* 127.0.0.1 is the machine's own. */
static void snat_ports_are_told(void **state)
{
	static const struct {
		const char *snat[2], *text;
	} rows[] = {
		{ { NULL },
		  "4032, above those of the node: as many connections to one endpoint at a time, "
		  "and up to 2016 new ones a second, 67 where the endpoint closes first" },
		{ { "172.31.255.1", "172.31.255.2" },
		  "129024, of addresses of its own: as many connections to one endpoint at a time, and up "
		  "to 64512 new ones a second, 2150 where the endpoint closes first" },
		{ { "172.31.255.1", "127.0.0.1" },
		  "8064, above those of the node: as many connections to one endpoint at a time, and up to "
		  "4032 new ones a second, 134 where the endpoint closes first" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct addr snat[2];
		struct config config = { .gateway = { .snat = snat } };
		struct check_list list = {};

		while (config.gateway.snat_count < 2 && rows[i].snat[config.gateway.snat_count]) {
			size_t n = config.gateway.snat_count++;

			assert_int_equal(addr_parse(rows[i].snat[n], &snat[n]), 0);
		}
		check_snat_ports(&list, &config);
		assert_string_equal(json_string_value(
					    json_object_get(json_array_get(list.items, 0), "text")),
				    rows[i].text);
		assert_int_equal(json_array_size(list.items), 1);
		json_decref(list.items);
	}
}

/* Connections of one family do not take the other's ports. */
static void snat_ports_of_each_family(void **state)
{
	struct addr snat[3];
	struct config config = { .gateway = { .snat = snat, .snat_count = 3 } };
	struct check_list list = {};

	(void)state;
	assert_int_equal(addr_parse("172.31.255.1", &snat[0]), 0);
	assert_int_equal(addr_parse("2001:db8::1", &snat[1]), 0);
	assert_int_equal(addr_parse("2001:db8::2", &snat[2]), 0);
	check_snat_ports(&list, &config);
	assert_int_equal(json_array_size(list.items), 2);
	assert_non_null(strstr(json_string_value(json_object_get(json_array_get(list.items, 0), "text")),
			       "64512 of IPv4, of addresses of its own"));
	assert_non_null(strstr(json_string_value(json_object_get(json_array_get(list.items, 1), "text")),
			       "129024 of IPv6, of addresses of its own"));
	json_decref(list.items);
}

static void snat_of_each_family_spoken_of(void **state)
{
	static const struct {
		const char *snat, *cidr, *text; /* NULL: nothing to tell */
	} rows[] = {
		{ "172.31.255.1", "10.10.0.0/16", NULL },
		{ "172.31.255.1", "fd00:10::/64",
		  "no IPv6 address: connections to this network's "
		  "IPv6 pods are refused" },
		{ "2001:db8::1", "10.10.0.0/16",
		  "no IPv4 address: connections to this network's "
		  "IPv4 pods are refused" },
		{ NULL, "fd00:10::/64", NULL }, /* the node's own, of each family */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct prefix cidr;
		struct mesh_network own = {
			.name = "network1", .own = true, .cidrs = &cidr, .cidr_count = 1
		};
		struct mesh_networks mesh = { .networks = &own, .count = 1 };
		struct addr snat;
		struct config config = { .mesh = &mesh, .gateway = { .snat = &snat } };
		struct check_list list = { .items = json_array() };

		assert_int_equal(prefix_parse(rows[i].cidr, &cidr), 0);
		config.gateway.snat_count = rows[i].snat && !addr_parse(rows[i].snat, &snat);
		check_snat_families(&list, &config);
		assert_int_equal(json_array_size(list.items), !!rows[i].text);
		if (rows[i].text)
			assert_string_equal(json_string_value(
						    json_object_get(json_array_get(list.items, 0),
								    "text")),
					    rows[i].text);
		json_decref(list.items);
	}
}

/* With a slip in `network`, the pods of this very node would be another network's. */
static void cluster_of_another_network(void **state)
{
	const char *first = "cluster1", *second[] = { "cluster2", "cluster3" };
	struct mesh_network networks[2] = {
		{ .name = "network1", .own = true, .registries = &first, .registry_count = 1 },
		{ .name = "network2", .registries = second, .registry_count = 2 },
	};
	struct mesh_networks mesh = { .networks = networks, .count = 2 };
	static const struct {
		const char *cluster, *result;
	} rows[] = {
		{ "cluster1", "ok" },
		{ "cluster3", "fail" },
		{ "cluster4", "none" },
		{ NULL, "none" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config config = { .network = "network1", .cluster = rows[i].cluster,
					 .mesh = &mesh };
		struct check_list list = {};

		check_cluster(&list, &config);
		assert_string_equal(result_of(&list, "cluster"), rows[i].result);
		assert_int_equal(list.unfit, !strcmp(rows[i].result, "fail"));
		json_decref(list.items);
	}
}

static void network_that_mesh_networks_names(void **state)
{
	struct mesh_network networks[2] = { { .name = "netwrok1", .own = true },
					    { .name = "network1" } };
	struct mesh_networks mesh = { .networks = networks, .count = 2 };
	struct config config = { .network = "netwrok1", .mesh = &mesh };
	struct check_list list = {};

	(void)state;
	check_network(&list, &config);
	assert_string_equal(result_of(&list, "network"), "warn");
	json_decref(list.items);
	list = (struct check_list){};
	networks[0].cidr_count = 1;
	check_network(&list, &config);
	assert_string_equal(result_of(&list, "network"), "ok");
	json_decref(list.items);
}

/* A directory on an ordinary file system cannot hold pins, and check names it. */
static void pin_dir_off_bpffs(void **state)
{
	struct check_list list = {};

	(void)state;
	check_host(&list, "/proc/self");
	assert_string_equal(result_of(&list, "bpffs"), "fail");
	assert_true(list.unfit);
	assert_string_not_equal(result_of(&list, "btf"), "none");
	assert_string_not_equal(result_of(&list, "forwarding"), "none");
	assert_string_not_equal(result_of(&list, "tcx"), "none");
	json_decref(list.items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_floor),
		cmocka_unit_test(capabilities_by_name),
		cmocka_unit_test(network_that_mesh_networks_names),
		cmocka_unit_test(snat_inside_a_pod_range),
		cmocka_unit_test(snat_ports_are_told),
		cmocka_unit_test(snat_ports_of_each_family),
		cmocka_unit_test(snat_of_each_family_spoken_of),
		cmocka_unit_test(cluster_of_another_network),
		cmocka_unit_test(pin_dir_off_bpffs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
