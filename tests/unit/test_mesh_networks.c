/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* meshNetworks: Istio's schema, conflicts between networks, and reloading. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"
#include "config_load.h"
#include "mesh_networks.h"
#include "network_id.h"
#include "parallax_limits.h"
#include "problem.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct config plain = {.network = "network1"};

static struct mesh_networks *parse(const struct config *config, const char *text)
{
	struct problems problems = {0};
	struct mesh_networks *mesh = NULL;

	if (mesh_networks_parse(config, "f", text, strlen(text), &mesh, &problems))
		fail_msg("%s", problems_text(&problems));
	assert_int_equal(problems.count, 0);
	return mesh;
}

static const struct mesh_network *find(const struct mesh_networks *mesh, const char *name)
{
	for (size_t i = 0; i < mesh->count; i++)
		if (!strcmp(mesh->networks[i].name, name))
			return &mesh->networks[i];
	fail_msg("no network %s", name);
	return NULL;
}

static void check_split_horizon(const struct mesh_networks *mesh)
{
	const struct mesh_network *one = find(mesh, "network1"), *two = find(mesh, "network2");
	char buf[ADDR_TEXT_MAX];

	assert_int_equal(mesh->count, 2);
	assert_true(one->own && !two->own);
	assert_int_equal(one->registry_count, 1);
	assert_string_equal(one->registries[0], "cluster1");
	assert_int_equal(one->cidr_count, 2);
	assert_string_equal(prefix_format(&one->cidrs[1], buf), "2001:db8::/32");
	assert_int_equal(one->gateway_count, 0);
	assert_int_equal(two->registry_count, 1);
	assert_int_equal(two->gateway_count, 4);
	assert_string_equal(two->gateways[0].address, "192.23.120.32");
	assert_string_equal(addr_format(&two->gateways[0].addr, buf), "192.23.120.32");
	assert_int_equal(two->gateways[0].port, 15443);
	assert_string_equal(two->gateways[0].locality, "us-east1/a");
	assert_true(addr_is_unspecified(&two->gateways[1].addr));
	assert_string_equal(two->gateways[2].address, "GW.example.com.");
	assert_int_equal(two->gateways[2].addr.family, 0);
	assert_null(two->gateways[3].address);
	assert_string_equal(two->gateways[3].registry_service, "gw.istio-system.svc.cluster.local");
	assert_int_equal(two->id, network_id("network2"));
	assert_int_equal(two->transport, TRANSPORT_NONE);
}

/* One document in the spellings that istiod accepts. */
static void reads_istios_schema(void **state)
{
	static const char *const texts[] = {
		"networks:\n"
		"  network2:\n"
		"    endpoints:\n"
		"    - fromRegistry: n2-k8s-config\n"
		"    gateways:\n"
		"    - {address: 192.23.120.32, port: 15443, locality: us-east1/a}\n"
		"    - {address: 0.0.0.0, port: 443}\n"
		"    - {address: GW.example.com., port: 443}\n"
		"    - {registryServiceName: gw.istio-system.svc.cluster.local, port: 443}\n"
		"  network1:\n"
		"    endpoints:\n"
		"    - fromRegistry: cluster1\n"
		"    - fromCidr: 10.10.0.0/16\n"
		"    - fromCidr: 2001:db8::/32\n",
		"meshNetworks: {networks: {network1: {endpoints: [{from_registry: cluster1}, "
		"{from_cidr: 10.10.0.0/16}, {fromCidr: '2001:db8::/32'}], gateways: null}, network2: "
		"{endpoints: [{fromRegistry: n2-k8s-config, fromCidr: null}], gateways: "
		"[{address: 192.23.120.32, port: '15443', locality: us-east1/a}, "
		"{address: 0.0.0.0, port: 443}, {address: GW.example.com., port: 443}, "
		"{registry_service_name: gw.istio-system.svc.cluster.local, port: 443}]}}}",
		"{\"networks\": {\"network1\": {\"endpoints\": [{\"fromRegistry\": \"cluster1\"}, "
		"{\"fromCidr\": \"10.10.0.0/16\"}, {\"fromCidr\": \"2001:db8::/32\"}]}, \"network2\": "
		"{\"endpoints\": [{\"fromRegistry\": \"n2-k8s-config\"}], \"gateways\": "
		"[{\"address\": \"192.23.120.32\", \"port\": 15443, \"locality\": \"us-east1/a\"}, "
		"{\"address\": \"0.0.0.0\", \"port\": 443}, {\"address\": \"GW.example.com.\", \"port\": 443}, "
		"{\"registryServiceName\": \"gw.istio-system.svc.cluster.local\", \"port\": 443}]}}}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct mesh_networks *mesh = parse(&plain, texts[i]);

		check_split_horizon(mesh);
		mesh_networks_free(mesh);
	}
	mesh_networks_free(NULL);
}

static void always_has_our_own_network(void **state)
{
	static const char *const texts[] = {"{}", "networks: {}", "networks:", "meshNetworks: {}",
					    "networks: {network1: {}}", "networks: {network1: }",
					    "networks: {network1: {endpoints: [], gateways: []}}"};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct mesh_networks *mesh = parse(&plain, texts[i]);

		assert_int_equal(mesh->count, 1);
		assert_string_equal(mesh->networks[0].name, "network1");
		assert_true(mesh->networks[0].own);
		assert_int_equal(mesh->networks[0].id, 0x09c427);
		mesh_networks_free(mesh);
	}
}

static void sorts_by_name(void **state)
{
	static const char *const names[] = {"a", "b", "network0", "network1", "network10", "z"};
	struct mesh_networks *mesh =
		parse(&plain, "networks: {z: {}, network10: {}, b: {}, network0: {}, a: {}}");

	(void)state;
	assert_int_equal(mesh->count, COUNT(names));
	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(mesh->networks[i].name, names[i]);
	mesh_networks_free(mesh);
}

static void applies_transports_ids_and_flat(void **state)
{
	struct config_transport transports[] = { { "b", TRANSPORT_GENEVE, 6081, REQUIRE_DEFAULT },
						 { "c", TRANSPORT_PASSTHROUGH, 0, REQUIRE_DEFAULT },
						 { "gone", TRANSPORT_GENEVE, 1, REQUIRE_DEFAULT } };
	struct config_network_id ids[] = {{"c", 77}, {"gone", 78}};
	const char *one[] = {"network1", "b"}, *two[] = {"b", "c"};
	struct config_flat flat[] = {{one, 2}, {two, 2}};
	const struct config config = {.network = "network1", .transports = transports,
				      .transport_count = 3, .network_ids = ids,
				      .network_id_count = 2, .flat = flat, .flat_count = 2};
	struct mesh_networks *mesh = parse(&config, "networks: {b: {}, c: {}, d: {}}");

	(void)state;
	assert_int_equal(find(mesh, "b")->transport, TRANSPORT_GENEVE);
	assert_int_equal(find(mesh, "b")->tunnel_port, 6081);
	assert_int_equal(find(mesh, "c")->transport, TRANSPORT_PASSTHROUGH);
	assert_int_equal(find(mesh, "d")->transport, TRANSPORT_NONE);
	assert_int_equal(find(mesh, "c")->id, 77);
	assert_true(find(mesh, "b")->flat);
	assert_false(find(mesh, "c")->flat); /* flat with b, not with our own */
	assert_false(find(mesh, "d")->flat);
	assert_false(find(mesh, "network1")->flat);
	mesh_networks_free(mesh);
}

static void encryption_is_required_of_others(void **state)
{
	static const struct {
		enum requirement all, of_b;
		bool b, c;
	} rows[] = {
		{ REQUIRE_DEFAULT, REQUIRE_DEFAULT, false, false },
		{ REQUIRE_NONE, REQUIRE_DEFAULT, false, false },
		{ REQUIRE_DEFAULT, REQUIRE_ENCRYPTED, true, false },
		{ REQUIRE_ENCRYPTED, REQUIRE_DEFAULT, true, true },
		{ REQUIRE_ENCRYPTED, REQUIRE_NONE, false, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config_transport transports[] = { { "b", TRANSPORT_GENEVE, 6081,
							   rows[i].of_b } };
		const struct config config = { .network = "network1",
					       .transports = transports,
					       .transport_count = 1,
					       .tunnel.require = rows[i].all };
		struct mesh_networks *mesh = parse(&config, "networks: {b: {}, c: {}}");

		if (find(mesh, "b")->encrypted != rows[i].b ||
		    find(mesh, "c")->encrypted != rows[i].c)
			fail_msg("row %zu", i);
		assert_false(find(mesh, "network1")->encrypted);
		mesh_networks_free(mesh);
	}
}

#define GATEWAYS(list) "networks: {a: {gateways: [" list "]}}"
#define TWO(x, y) "networks:\n  a: {" x "}\n  b: {" y "}\n"
#define CIDR(x) "endpoints: [{fromCidr: " x "}]"
#define GATEWAY(x) "gateways: [{" x "}]"

static const struct {
	const char *text, *problem;
} errors[] = {
	{"[]", "f:1:1: expected a mapping with networks, found a list"},
	{"network: {}", "f:1:1: unknown key 'network', did you mean 'networks'?"},
	{"networks: []", "f:1:11: networks: expected a mapping of networks, found a list"},
	{"networks: {a: []}", "f:1:15: a: expected a mapping with endpoints and gateways, found a list"},
	{"networks: {a: {gateway: []}}", "f:1:16: unknown key 'gateway', did you mean 'gateways'?"},
	{"networks: {'': {}}", "f:1:16: expected a network name of 1 to 255 bytes"},
	{"networks: {a: {endpoints: [{}]}}", "f:1:28: expected either fromRegistry or fromCidr"},
	{"networks: {a: {endpoints: [{fromCidr: 10.0.0.0/8, fromRegistry: c}]}}", "f:1:28: expected either fromRegistry or fromCidr"},
	{"networks: {a: {endpoints: [{fromRegistry: null}]}}", "f:1:28: expected either fromRegistry or fromCidr"},
	{"networks: {a: {endpoints: [{fromRegistry: [c]}]}}", "f:1:43: fromRegistry: expected a text, found a list"},
	{"networks: {a: {endpoints: [{fromRegistry: 5}]}}", "f:1:43: fromRegistry: expected a text (put it in quotes), found 5"},
	{"networks: {a: {endpoints: [{fromCidr: 10.0.0.0/33}]}}", "f:1:39: fromCidr: expected an address range"},
	{"networks: {a: {endpoints: [{fromCidr: 10.0.0.1/8}]}}", "f:1:39: fromCidr: expected an address range"},
	{"networks: {a: {endpoints: [{fromCidr: 10.0.0.0/8, from_cidr: 11.0.0.0/8}]}}", "f:1:51: the same key in its other spelling"},
	/* the broken file of the live edit */
	{"networks:\n  network2:\n    gateways: 192.23.120.32\n", "f:3:15: gateways: expected a list of gateways, found 192.23.120.32"},
	{GATEWAYS("{address: 192.0.2.1}"), "f:1:27: missing key 'port'"},
	{GATEWAYS("{address: 192.0.2.1, port: null}"), "f:1:27: missing key 'port'"},
	{GATEWAYS("{address: 192.0.2.1, port: 0}"), "f:1:54: port: expected a port from 1 to 65535, found 0"},
	{GATEWAYS("{address: 192.0.2.1, port: 65536}"), "f:1:54: port: expected a port from 1 to 65535, found 65536"},
	{GATEWAYS("{address: 192.0.2.256, port: 80}"), "f:1:37: address: expected an IP address or a host name, found 192.0.2.256"},
	{GATEWAYS("{address: '192.0.2.1:80', port: 80}"), "f:1:37: address: expected an IP address or a host name, found \"192.0.2.1:80\""},
	{GATEWAYS("{address: 224.0.0.1, port: 80}"), "f:1:37: address: expected the address of a host, found 224.0.0.1"},
	{GATEWAYS("{address: 127.0.0.1, port: 80}"), "f:1:37: address: expected the address of a host, found 127.0.0.1"},
	{GATEWAYS("{port: 80}"), "f:1:27: expected either address or registryServiceName"},
	{GATEWAYS("{address: 192.0.2.1, registryServiceName: a.b, port: 80}"), "f:1:27: expected either address or registryServiceName"},
	/* conflicts between networks */
	{TWO(CIDR("10.0.0.0/8"), CIDR("10.10.0.0/16")), "f:3:30: fromCidr: 10.10.0.0/16 of network 'b' overlaps 10.0.0.0/8 of network 'a' on line 2"},
	{TWO(CIDR("10.10.0.0/16"), CIDR("10.0.0.0/8")), "f:3:30: fromCidr: 10.0.0.0/8 of network 'b' overlaps 10.10.0.0/16 of network 'a' on line 2"},
	{TWO(CIDR("10.0.0.0/8"), CIDR("10.0.0.0/8")), "f:3:30: fromCidr: 10.0.0.0/8 of network 'b' overlaps 10.0.0.0/8 of network 'a' on line 2"},
	{TWO("endpoints: [{fromCidr: 10.0.0.0/8}, {fromCidr: 10.1.0.0/16}]", CIDR("10.1.2.0/24")), "f:3:30: fromCidr: 10.1.2.0/24 of network 'b' overlaps 10.1.0.0/16 of network 'a' on line 2"},
	{TWO("endpoints: [{fromCidr: 0.0.0.0/0}, {fromCidr: 10.1.0.0/16}]", CIDR("11.0.0.0/8")), "f:3:30: fromCidr: 11.0.0.0/8 of network 'b' overlaps 0.0.0.0/0 of network 'a' on line 2"},
	{TWO("endpoints: [{fromRegistry: c}]", "endpoints: [{fromRegistry: c}]"), "f:3:34: fromRegistry: registry 'c' already belongs to network 'a' on line 2"},
	{TWO(GATEWAY("address: 192.0.2.1, port: 80"), GATEWAY("address: 192.0.2.1, port: 80")), "f:3:18: this address and port is already a gateway of network 'a' on line 2"},
	{TWO(GATEWAY("address: gw.example, port: 80"), GATEWAY("address: GW.Example., port: 80")), "f:3:18: this address and port is already a gateway of network 'a' on line 2"},
	{GATEWAYS("{address: 192.0.2.1, port: 80}, {address: '::ffff:192.0.2.1', port: 80}"), "f:1:59: this address and port is already a gateway of network 'a' on line 1"},
	/* ids: both pairs were found by search */
	{"networks: {net-2584064: {}}", "f:1:12: network 'net-2584064' has the id 0, which means none: set networkIds"},
	{"networks:\n  net-282: {}\n  net-2416: {}\n", "f:2:3: network 'net-282' has the same id 9202851 as 'net-2416': set networkIds"},
};

static void reports_each_error_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct mesh_networks *mesh = (void *)1;
		struct problems problems = {0};

		assert_int_equal(mesh_networks_parse(&plain, "f", errors[i].text,
						     strlen(errors[i].text), &mesh, &problems),
				 -EINVAL);
		if (problems.count != 1 || strncmp(problems_text(&problems), errors[i].problem,
						   strlen(errors[i].problem)))
			fail_msg("%s\ngives    %sexpected %s", errors[i].text,
				 problems_text(&problems), errors[i].problem);
		assert_ptr_equal(mesh, (void *)1);
		problems_done(&problems);
	}
}

static void accepts_what_is_not_a_conflict(void **state)
{
	static const char *const texts[] = {
		TWO(CIDR("10.0.0.0/9"), CIDR("10.128.0.0/9")),
		TWO(CIDR("10.0.0.0/8"), CIDR("'::/0'")),
		"networks: {a: {endpoints: [{fromCidr: 10.0.0.0/8}, {fromCidr: 10.1.0.0/16}]}}",
		"networks: {a: {endpoints: [{fromRegistry: c}, {fromRegistry: c}]}}",
		TWO(GATEWAY("address: 192.0.2.1, port: 80"), GATEWAY("address: 192.0.2.1, port: 81")),
		/* 0.0.0.0: not known yet */
		TWO(GATEWAY("address: 0.0.0.0, port: 443"), GATEWAY("address: 0.0.0.0, port: 443")),
		TWO(GATEWAY("registryServiceName: gw.a, port: 1"), GATEWAY("registryServiceName: gw.a, port: 1")),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		mesh_networks_free(parse(&plain, texts[i]));
}

static void bounds_the_number_of_networks(void **state)
{
	char *text = malloc(MAX_NETWORKS * 20 + 20), *at = text;
	struct mesh_networks *mesh;
	struct problems problems = {0};

	(void)state;
	at += sprintf(at, "{\"networks\":{");
	for (int i = 0; i < MAX_NETWORKS; i++)
		at += sprintf(at, "%s\"n%d\":{}", i ? "," : "", i);
	strcpy(at, "}}");
	assert_int_equal(mesh_networks_parse(&plain, "f", text, strlen(text), &mesh, &problems),
			 -EINVAL);
	assert_non_null(strstr(problems_text(&problems), "expected fewer than 4096 networks"));
	problems_done(&problems);
	free(text);
}

struct files {
	char dir[32], config[64], mesh[64];
};

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int make_files(void **state)
{
	static struct files files;

	strcpy(files.dir, "/tmp/px-mesh-XXXXXX");
	if (!mkdtemp(files.dir))
		return -1;
	sprintf(files.config, "%s/parallax.yaml", files.dir);
	sprintf(files.mesh, "%s/mesh.yaml", files.dir);
	*state = &files;
	return 0;
}

static int remove_files(void **state)
{
	struct files *files = *state;

	unlink(files->config);
	unlink(files->mesh);
	return rmdir(files->dir);
}

static struct config *load(const char *path)
{
	struct problems problems = {0};
	struct config *config = NULL;

	if (config_load(path, &config, &problems))
		fail_msg("%s", problems_text(&problems));
	return config;
}

/* The number of gateways of network2 after a reload, or the error. */
static int reload(const struct config *config, char *text, size_t size)
{
	struct problems problems = {0};
	struct mesh_networks *mesh;
	int err = mesh_networks_load(config, &mesh, &problems), count = 0;

	snprintf(text, size, "%s", problems_text(&problems));
	problems_done(&problems);
	if (err)
		return err;
	for (size_t i = 0; i < mesh->count; i++)
		if (!strcmp(mesh->networks[i].name, "network2")) {
			assert_int_equal(mesh->networks[i].transport, TRANSPORT_GENEVE);
			count = (int)mesh->networks[i].gateway_count;
		}
	mesh_networks_free(mesh);
	return count;
}

/* The edits of the scenario: placeholder, address, none, broken, two. */
static void follows_edits_of_its_file(void **state)
{
	const struct files *files = *state;
	char problem[500], expected[200];
	struct config *config;

	put(files->config, "network: network1\nmeshNetworksFile: mesh.yaml\n"
			   "transports: {network2: {mode: geneve}}\n");
	put(files->mesh, "networks: {network2: {gateways: [{address: 0.0.0.0, port: 443}]}}\n");
	config = load(files->config);
	assert_string_equal(config->mesh_networks_file, files->mesh);
	assert_int_equal(config->mesh->count, 2);
	put(files->mesh, "networks: {network2: {gateways: [{address: 1.2.3.4, port: 1}, "
			 "{address: 1.2.3.5, port: 1}]}}\n");
	assert_int_equal(reload(config, problem, sizeof(problem)), 2);
	put(files->mesh, "networks: {}\n");
	assert_int_equal(reload(config, problem, sizeof(problem)), 0);
	put(files->mesh, "networks:\n  network2:\n    gateways: 192.23.120.32\n");
	assert_int_equal(reload(config, problem, sizeof(problem)), -EINVAL);
	snprintf(expected, sizeof(expected), "%s:3:15: gateways: expected a list", files->mesh);
	assert_int_equal(strncmp(problem, expected, strlen(expected)), 0);
	unlink(files->mesh);
	assert_int_equal(reload(config, problem, sizeof(problem)), -ENOENT);
	assert_int_equal(config->mesh->count, 2); /* the caller's is unchanged */
	config_free(config);
}

/* A configuration that names a network which has left meshNetworksFile still starts. */
static void starts_while_a_network_is_away(void **state)
{
	const struct files *files = *state;
	struct config *config;

	put(files->config, "network: network1\nmeshNetworksFile: mesh.yaml\n"
			   "transports: {network2: {mode: geneve}}\n");
	put(files->mesh, "networks: {}\n");
	config = load(files->config);
	assert_int_equal(config->mesh->count, 1);
	config_free(config);
}

static void follows_edits_inline(void **state)
{
	const struct files *files = *state;
	struct config *config;
	char problem[500];

	put(files->config, "network: network1\nmeshNetworks: {networks: {network2: {}}}\n"
			   "transports: {network2: {mode: geneve}}\n");
	config = load(files->config);
	put(files->config, "network: network1\nmeshNetworks: {networks: {network2: {gateways: "
			   "[{address: 1.2.3.4, port: 1}]}}}\ntransports: {network2: {mode: geneve}}\n");
	assert_int_equal(reload(config, problem, sizeof(problem)), 1);
	put(files->config, "network: network1\nmeshNetworks: {networks: {network2: {gateways: 5}}}\n");
	assert_int_equal(reload(config, problem, sizeof(problem)), -EINVAL);
	assert_non_null(strstr(problem, ":2:48: gateways: expected a list"));
	config_free(config);
}

/* A name may lead anywhere; the agent and `check` look at the same gateways. */
static void tunnels_that_must_be_encrypted(void **state)
{
	static const struct {
		const char *address; /* NULL: not known */
		enum transport_mode transport;
		bool encrypted, needs;
	} rows[] = {
		{ "192.0.2.2", TRANSPORT_GENEVE, true, true },
		{ "2001:db8::2", TRANSPORT_GENEVE, true, true },
		{ "192.0.2.2", TRANSPORT_GENEVE, false, false },
		{ "192.0.2.2", TRANSPORT_PASSTHROUGH, true, false },
		{ "192.0.2.2", TRANSPORT_NONE, true, false },
		{ NULL, TRANSPORT_GENEVE, true, false },
		{ "0.0.0.0", TRANSPORT_GENEVE, true, false },
		{ "127.0.0.1", TRANSPORT_GENEVE, true, false },
		{ "::1", TRANSPORT_GENEVE, true, false },
		{ "224.0.0.1", TRANSPORT_GENEVE, true, false },
		{ "fe80::1", TRANSPORT_GENEVE, true, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct mesh_network network = { .transport = rows[i].transport,
						      .encrypted = rows[i].encrypted };
		struct mesh_gateway gateway = {};

		if (rows[i].address)
			assert_int_equal(addr_parse(rows[i].address, &gateway.addr), 0);
		if (mesh_gateway_needs_encryption(&network, &gateway) != rows[i].needs)
			fail_msg("row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_istios_schema),
		cmocka_unit_test(always_has_our_own_network),
		cmocka_unit_test(sorts_by_name),
		cmocka_unit_test(applies_transports_ids_and_flat),
		cmocka_unit_test(encryption_is_required_of_others),
		cmocka_unit_test(tunnels_that_must_be_encrypted),
		cmocka_unit_test(reports_each_error_with_its_place),
		cmocka_unit_test(accepts_what_is_not_a_conflict),
		cmocka_unit_test(bounds_the_number_of_networks),
		cmocka_unit_test_setup_teardown(follows_edits_of_its_file, make_files,
						remove_files),
		cmocka_unit_test_setup_teardown(starts_while_a_network_is_away, make_files,
						remove_files),
		cmocka_unit_test_setup_teardown(follows_edits_inline, make_files, remove_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
