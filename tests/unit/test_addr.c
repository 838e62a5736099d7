/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses, prefixes and host names. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "addr.h"
#include "host_name.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* `printed` is NULL if the text is refused. */
static const struct {
	const char *text, *printed;
	uint8_t family;
} addresses[] = {
	{"10.10.0.90", "10.10.0.90", 4},
	{"0.0.0.0", "0.0.0.0", 4},
	{"255.255.255.255", "255.255.255.255", 4},
	{"2001:DB8::1", "2001:db8::1", 6},
	{"::", "::", 6},
	{"::ffff:192.0.2.1", "192.0.2.1", 4},
	{"::ffff:c000:201", "192.0.2.1", 4},
	{"", NULL, 0},
	{"10.10.0", NULL, 0},
	{"10.10.0.256", NULL, 0},
	{"10.10.0.90 ", NULL, 0},
	{" 10.10.0.90", NULL, 0},
	{"010.0.0.1", NULL, 0},
	{"10.0.0.1.2", NULL, 0},
	{"0x0a000001", NULL, 0},
	{"10.0.0.1:80", NULL, 0},
	{"[::1]", NULL, 0},
	{"fe80::1%eth0", NULL, 0},
	{"1::2::3", NULL, 0},
	{"12345::", NULL, 0},
	{"helloworld.sample", NULL, 0},
};

static void parses_addresses(void **state)
{
	char buf[ADDR_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++) {
		struct addr addr = {.family = 99};

		if (!addresses[i].printed) {
			assert_int_equal(addr_parse(addresses[i].text, &addr), -EINVAL);
			assert_int_equal(addr.family, 99);
			continue;
		}
		assert_int_equal(addr_parse(addresses[i].text, &addr), 0);
		assert_int_equal(addr.family, addresses[i].family);
		assert_string_equal(addr_format(&addr, buf), addresses[i].printed);
	}
}

static void keeps_network_order_mapped(void **state)
{
	static const uint8_t expected[16] = { [10] = 0xff, [11] = 0xff, [12] = 10, 1, 2, 3 };
	struct addr addr;

	(void)state;
	memset(&addr, 0xff, sizeof(addr));
	assert_int_equal(addr_parse("10.1.2.3", &addr), 0);
	assert_int_equal(ip_v4(&addr.ip), htonl(0x0a010203));
	assert_memory_equal(&addr.ip, expected, sizeof(expected));
	assert_int_equal(addr_parse("2001:db8::1", &addr), 0);
	assert_int_equal(ip_v4(&addr.ip), 0);
	assert_int_equal(addr_of_ip(&addr.ip).family, 6);
	assert_int_equal(addr_of_ip(&(struct ip_addr){}).family, 0);
}

static const struct {
	const char *text, *printed;
} prefixes[] = {
	{"10.10.0.0/16", "10.10.0.0/16"},
	{"0.0.0.0/0", "0.0.0.0/0"},
	{"192.0.2.1/32", "192.0.2.1/32"},
	{"10.0.0.128/25", "10.0.0.128/25"},
	{"2001:db8::/32", "2001:db8::/32"},
	{"::/0", "::/0"},
	{"::ffff:10.0.0.0/104", "10.0.0.0/8"},
	{"10.10.0.1/16", NULL},
	{"10.0.0.128/24", NULL},
	{"2001:db8::1/64", NULL},
	{"10.10.0.0", NULL},
	{"10.10.0.0/", NULL},
	{"10.10.0.0/33", NULL},
	{"10.10.0.0/016", NULL},
	{"10.10.0.0/-1", NULL},
	{"10.10.0.0/16 ", NULL},
	{"10.10.0.0/16/16", NULL},
	{"10.10.0.0/4294967312", NULL},
	{"::/129", NULL},
	{"/16", NULL},
	{"::ffff:10.0.0.0/95", NULL},
};

static void parses_prefixes(void **state)
{
	char buf[ADDR_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		struct prefix prefix = {.bits = 99};
		int err = prefix_parse(prefixes[i].text, &prefix);

		assert_int_equal(err, prefixes[i].printed ? 0 : -EINVAL);
		if (err)
			assert_int_equal(prefix.bits, 99);
		else
			assert_string_equal(prefix_format(&prefix, buf), prefixes[i].printed);
	}
}

static const struct {
	const char *text, *printed;
	uint16_t port;
} endpoints[] = {
	{"10.10.0.90:5000", "10.10.0.90:5000", 5000},
	{"[2001:db8::1]:65535", "[2001:db8::1]:65535", 65535},
	{"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
	 "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", 65535},
	{"10.10.0.90", NULL, 0},
	{"10.10.0.90:", NULL, 0},
	{"10.10.0.90:0", NULL, 0},
	{"10.10.0.90:65536", NULL, 0},
	{"10.10.0.90:5000x", NULL, 0},
	{"10.10.0.90:+5", NULL, 0},
	{"2001:db8::1:80", NULL, 0},
	{"[10.0.0.1]:80", NULL, 0},
	{"[2001:db8::1]80", NULL, 0},
	{"[2001:db8::1", NULL, 0},
	{":80", NULL, 0},
	{"", NULL, 0},
};

static void parses_address_and_port(void **state)
{
	char buf[ADDR_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(endpoints); i++) {
		struct addr addr;
		uint16_t port = 7;
		int err = addr_port_parse(endpoints[i].text, &addr, &port);

		assert_int_equal(err, endpoints[i].printed ? 0 : -EINVAL);
		assert_int_equal(port, err ? 7 : endpoints[i].port);
		if (!err)
			assert_string_equal(addr_port_format(&addr, port, buf),
					    endpoints[i].printed);
	}
}

static const struct {
	const char *text;
	bool unspecified, loopback, usable;
} kinds[] = {
	{"0.0.0.0", true, false, false},	{"::", true, false, false},
	{"127.0.0.1", false, true, false},	{"127.255.255.254", false, true, false},
	{"::1", false, true, false},		{"224.0.0.1", false, false, false},
	{"239.255.255.255", false, false, false}, {"255.255.255.255", false, false, false},
	{"ff02::1", false, false, false},	{"10.10.0.90", false, false, true},
	{"223.255.255.255", false, false, true}, {"2001:db8::1", false, false, true},
	{"128.0.0.1", false, false, true},	{"::2", false, false, true},
};

static void tells_kinds_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct addr addr;

		assert_int_equal(addr_parse(kinds[i].text, &addr), 0);
		assert_int_equal(addr_is_unspecified(&addr), kinds[i].unspecified);
		assert_int_equal(addr_is_loopback(&addr), kinds[i].loopback);
		assert_int_equal(addr_is_usable(&addr), kinds[i].usable);
	}
	assert_false(addr_is_usable(&(struct addr){0}));
	assert_false(addr_is_unspecified(&(struct addr){0}));
}

static const struct {
	const char *prefix, *address;
	bool inside;
} contained[] = {
	{"10.10.0.0/16", "10.10.255.255", true}, {"10.10.0.0/16", "10.11.0.0", false},
	{"10.10.0.0/17", "10.10.128.0", false},	 {"10.10.0.0/17", "10.10.127.255", true},
	{"0.0.0.0/0", "255.1.2.3", true},	 {"0.0.0.0/0", "::1", false},
	{"::/0", "10.0.0.1", false},		 {"192.0.2.1/32", "192.0.2.1", true},
	{"192.0.2.1/32", "192.0.2.0", false},	 {"2001:db8::/33", "2001:db8:8000::", false},
	{"2001:db8::/33", "2001:db8:7fff::1", true},
};

static void finds_addresses_in_prefixes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(contained); i++) {
		struct prefix prefix;
		struct addr addr;

		assert_int_equal(prefix_parse(contained[i].prefix, &prefix), 0);
		assert_int_equal(addr_parse(contained[i].address, &addr), 0);
		assert_int_equal(prefix_contains(&prefix, &addr), contained[i].inside);
	}
}

static const struct {
	const char *a, *b;
	bool overlap;
} overlaps[] = {
	{"10.10.0.0/16", "10.10.3.0/24", true},	 {"10.10.0.0/16", "10.10.0.0/16", true},
	{"10.10.0.0/16", "10.11.0.0/16", false}, {"0.0.0.0/0", "10.0.0.0/8", true},
	{"0.0.0.0/0", "::/0", false},		 {"10.0.0.0/25", "10.0.0.128/25", false},
};

static void finds_overlaps_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(overlaps); i++) {
		struct prefix a, b;

		assert_int_equal(prefix_parse(overlaps[i].a, &a), 0);
		assert_int_equal(prefix_parse(overlaps[i].b, &b), 0);
		assert_int_equal(prefix_overlaps(&a, &b), overlaps[i].overlap);
		assert_int_equal(prefix_overlaps(&b, &a), overlaps[i].overlap);
	}
}

static void orders_addresses(void **state)
{
	static const char *const sorted[] = {"0.0.0.0", "9.255.255.255", "10.0.0.1", "10.0.1.0",
					     "::1", "2001:db8::"};

	(void)state;
	for (size_t i = 0; i < COUNT(sorted); i++)
		for (size_t j = 0; j < COUNT(sorted); j++) {
			struct addr a, b;
			int order;

			assert_int_equal(addr_parse(sorted[i], &a), 0);
			assert_int_equal(addr_parse(sorted[j], &b), 0);
			order = addr_compare(&a, &b);
			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
			assert_int_equal(addr_equal(&a, &b), i == j);
		}
}

static const struct {
	const char *text;
	bool valid;
} hosts[] = {
	{"helloworld.sample.svc.cluster.local", true},
	{"gateway.example.com.", true},
	{"GW1", true},
	{"_sip._tcp.example.com", true},
	{"1.example", true},
	{"10.0.0.300", false},
	{"10", false},
	{"", false},
	{".", false},
	{"a..b", false},
	{".a", false},
	{"a..", false},
	{"-a.b", false},
	{"a-.b", false},
	{"a b", false},
	{"*.local", false},
	{"a:80", false},
	{"h\xc3\xa9.example", false},
	{"a23456789-123456789-123456789-123456789-123456789-123456789-123", true},
	{"a23456789-123456789-123456789-123456789-123456789-123456789-1234", false},
};

static void checks_host_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(hosts); i++)
		if (host_name_valid(hosts[i].text) != hosts[i].valid)
			fail_msg("'%s'", hosts[i].text);
}

static void bounds_host_names(void **state)
{
	char name[300], normal[HOST_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 2 ? '.' : 'A';
	name[253] = '\0'; /* ends in a letter; 253 bytes are the limit of DNS */
	assert_true(host_name_valid(name));
	name[253] = '.';
	name[254] = 'a';
	name[255] = '\0';
	assert_false(host_name_valid(name));
	name[255] = '.';
	assert_int_equal(host_name_normal(name, sizeof(name), normal), HOST_NAME_SIZE - 1);
	assert_int_equal(host_name_normal("GW.Example.", 11, normal), 10);
	assert_string_equal(normal, "gw.example");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_addresses),
		cmocka_unit_test(keeps_network_order_mapped),
		cmocka_unit_test(parses_prefixes),
		cmocka_unit_test(parses_address_and_port),
		cmocka_unit_test(tells_kinds_apart),
		cmocka_unit_test(finds_addresses_in_prefixes),
		cmocka_unit_test(finds_overlaps_both_ways),
		cmocka_unit_test(orders_addresses),
		cmocka_unit_test(checks_host_names),
		cmocka_unit_test(bounds_host_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
