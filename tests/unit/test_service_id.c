/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Service ids, network ids and cluster names. The hashes were computed by `xxhsum -H3`. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "assignment.h"
#include "cluster_name.h"
#include "network_id.h"
#include "service_id.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct {
	uint16_t port;
	uint8_t proto;
	const char *subset, *host;
	uint64_t id;
} services[] = {
	{5000, IPPROTO_TCP, "", "helloworld.sample.svc.cluster.local", 0x970e28c016864519},
	{5000, IPPROTO_TCP, "", "HelloWorld.sample.SVC.cluster.local.", 0x970e28c016864519},
	{53, IPPROTO_UDP, "v1", "dns.kube-system.svc.cluster.local", 0x1587d00ba3fd9780},
};

static void services_have_the_ids_of_the_wire_format(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(services); i++)
		assert_true(service_id(services[i].port, services[i].proto, services[i].subset,
				       services[i].host) == services[i].id);
}

static void every_part_of_a_service_counts(void **state)
{
	uint64_t id = service_id(5000, IPPROTO_TCP, "", "a.b");

	(void)state;
	assert_true(service_id(5001, IPPROTO_TCP, "", "a.b") != id);
	assert_true(service_id(5000, IPPROTO_UDP, "", "a.b") != id);
	assert_true(service_id(5000, IPPROTO_TCP, "v1", "a.b") != id);
	assert_true(service_id(5000, IPPROTO_TCP, "", "a.c") != id);
}

static void networks_have_24_bits(void **state)
{
	(void)state;
	assert_int_equal(network_id("network1"), 0x09c427);
	assert_int_equal(network_id("network2"), 0xb339d1);
	assert_int_equal(network_id(""), 0xd394c2);
	assert_int_equal(network_id("net-2584064"), 0); /* refused by the configuration */
}

static void parses_cluster_names(void **state)
{
	struct cluster_name name;

	(void)state;
	assert_int_equal(cluster_name_parse("outbound|5000||helloworld.sample.svc.cluster.local",
					    &name), 0);
	assert_int_equal(name.port, 5000);
	assert_string_equal(name.subset, "");
	assert_string_equal(name.host, "helloworld.sample.svc.cluster.local");
	assert_int_equal(cluster_name_parse("outbound|65535|v1|Reviews.Default.", &name), 0);
	assert_int_equal(name.port, 65535);
	assert_string_equal(name.subset, "v1");
	assert_string_equal(name.host, "reviews.default");
}

static void refuses_other_names(void **state)
{
	static const char *const names[] = {
		"", "outbound", "outbound|", "outbound|5000", "outbound|5000|", "outbound|5000||",
		"outbound|5000||.", "outbound|0||a.b", "outbound|65536||a.b", "outbound|||a.b",
		"outbound|05||a.b", "outbound|+5||a.b", "outbound|5 ||a.b", "outbound|99999999||a",
		"outbound|5000||a|b", "inbound|5000||", "Outbound|5000||a.b", " outbound|5000||a.b",
		"outbound_.5000_._.helloworld.sample.svc.cluster.local", "PassthroughCluster",
		"BlackHoleCluster", "helloworld.sample:5000",
	};
	struct cluster_name name = {.port = 7};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		if (cluster_name_parse(names[i], &name) != -EINVAL)
			fail_msg("'%s' was taken", names[i]);
	assert_int_equal(name.port, 7);
}

static void refuses_names_that_do_not_fit(void **state)
{
	struct cluster_name name;
	char text[700] = {0};

	(void)state;
	strcpy(text, "outbound|80|");
	memset(text + strlen(text), 's', 256);
	strcat(text, "|host");
	assert_int_equal(cluster_name_parse(text, &name), -EINVAL);
	memset(text, 0, sizeof(text));
	strcpy(text, "outbound|80||");
	memset(text + strlen(text), 'h', 255);
	assert_int_equal(cluster_name_parse(text, &name), 0);
	assert_int_equal(strlen(name.host), 255);
	text[strlen("outbound|80||") + 255] = 'h';
	assert_int_equal(cluster_name_parse(text, &name), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(services_have_the_ids_of_the_wire_format),
		cmocka_unit_test(every_part_of_a_service_counts),
		cmocka_unit_test(networks_have_24_bits),
		cmocka_unit_test(parses_cluster_names),
		cmocka_unit_test(refuses_other_names),
		cmocka_unit_test(refuses_names_that_do_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
