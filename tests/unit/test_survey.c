/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The roles of interfaces by the configuration or by default routes, and the ranges of pods by routes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>

#include "survey.h"

static struct survey survey;

static enum iface_role role(const struct config *config, const char *name, const char *kind,
			    uint32_t ifindex)
{
	struct netlink_link link = { .ifindex = ifindex, .type = ARPHRD_ETHER };

	strcpy(link.name, name);
	strcpy(link.kind, kind);
	return survey_role(&survey, config, &link);
}

static void see_route(const char *to, uint8_t type, uint32_t ifindex, const char *name, uint32_t metric)
{
	struct netlink_route route = { .type = type, .ifindex = ifindex, .metric = metric,
				       .direct = true };

	assert_int_equal(prefix_parse(to, &route.to), 0);
	survey_see_route(&survey, &route, name);
}

static void forget(void)
{
	survey = EMPTY_SURVEY;
}

/* ------------------------------------------------------------------ roles */

static void roles_by_pattern(void **unused)
{
	const char *pods[] = { "veth*", "lxc?" }, *uplinks[] = { "eth0" };
	const struct config config = { .profile = CNI_NONE, .pod_patterns = pods, .pod_pattern_count = 2,
				       .uplink_patterns = uplinks, .uplink_pattern_count = 1 };

	(void)unused;
	forget();
	assert_int_equal(role(&config, "veth12ab", "veth", 7), IFACE_POD);
	assert_int_equal(role(&config, "lxc1", "dummy", 7), IFACE_POD); /* whatever its kind */
	assert_int_equal(role(&config, "lxc12", "veth", 7), 0);
	assert_int_equal(role(&config, "eth0", "", 2), IFACE_UPLINK);
	assert_int_equal(role(&config, "eth01", "", 2), 0);
	assert_int_equal(role(&config, "lo", "", 1), 0);
}

static void every_other_interface_is_a_pods(void **unused)
{
	const char *all[] = { "*" }, *uplinks[] = { "eth0", "veth-up" };
	const struct config config = { .profile = CNI_NONE, .pod_patterns = all, .pod_pattern_count = 1,
				       .uplink_patterns = uplinks, .uplink_pattern_count = 2 };
	const struct config both = { .profile = CNI_NONE, .pod_patterns = all, .pod_pattern_count = 1,
				     .uplink_patterns = all, .uplink_pattern_count = 1 };
	const struct netlink_link wireguard = { .name = "wg0", .kind = "wireguard", .type = ARPHRD_NONE };

	(void)unused;
	forget();
	assert_int_equal(role(&config, "eth0", "", 2), IFACE_UPLINK);
	assert_int_equal(role(&config, "veth-up", "veth", 3), IFACE_UPLINK);
	assert_int_equal(role(&config, "veth1", "veth", 4), IFACE_POD);
	assert_int_equal(role(&config, "lo", "", 1), 0);
	assert_int_equal(role(&both, "lo", "", 1), 0);
	assert_int_equal(survey_role(&survey, &config, &wireguard), 0); /* no Ethernet headers */
}

static void roles_by_survey(void **unused)
{
	const struct config config = { .profile = CNI_AUTO };

	(void)unused;
	forget();
	see_route("0.0.0.0/0", RTN_UNICAST, 3, "veth-wan", 0);
	assert_int_equal(role(&config, "veth-wan", "veth", 3), IFACE_UPLINK); /* not a pod's, as its name says */
	assert_int_equal(role(&config, "veth12ab", "veth", 4), IFACE_POD);
	assert_int_equal(role(&config, "cali12ab", "veth", 5), IFACE_POD);
	assert_int_equal(role(&config, "eth1", "", 6), 0);
	assert_int_equal(role(&config, "cni0", "bridge", 7), 0);
	assert_int_equal(role(&config, "lo", "", 1), 0);
}

/* A list overrules its own half of what is found. */
static void lists_overrule(void **unused)
{
	const char *pods[] = { "tap*" }, *uplinks[] = { "bond0" };
	const struct config listed_pods = { .profile = CNI_CALICO, .pod_patterns = pods,
					    .pod_pattern_count = 1 };
	const struct config listed_uplinks = { .profile = CNI_CALICO, .uplink_patterns = uplinks,
					       .uplink_pattern_count = 1 };

	(void)unused;
	forget();
	see_route("0.0.0.0/0", RTN_UNICAST, 2, "eth0", 0);
	assert_int_equal(role(&listed_pods, "tap1", "tun", 5), IFACE_POD);
	assert_int_equal(role(&listed_pods, "cali1", "veth", 6), 0);
	assert_int_equal(role(&listed_pods, "eth0", "", 2), IFACE_UPLINK);
	assert_int_equal(role(&listed_uplinks, "cali1", "veth", 6), IFACE_POD);
	assert_int_equal(role(&listed_uplinks, "eth0", "", 2), 0);
	assert_int_equal(role(&listed_uplinks, "bond0", "bond", 9), IFACE_UPLINK);
	assert_string_equal(survey_uplink_from(&survey, &listed_pods, 2), "default route");
	assert_string_equal(survey_uplink_from(&survey, &listed_uplinks, 9), "configuration");
}

/* ------------------------------------------------------------------ uplinks */

static void default_routes_in_order(void **unused)
{
	(void)unused;
	forget();
	see_route("::/0", RTN_UNICAST, 9, "eth2", 10);
	see_route("0.0.0.0/0", RTN_UNICAST, 4, "bond0", 200);
	see_route("0.0.0.0/0", RTN_UNICAST, 5, "eth0.100", 100);
	see_route("::/0", RTN_UNICAST, 5, "eth0.100", 1024); /* has one of IPv4 already */
	see_route("::/0", RTN_UNREACHABLE, 1, "lo", 4294967295u);
	see_route("0.0.0.0/0", RTN_BLACKHOLE, 0, "", 0);
	see_route("0.0.0.0/0", RTN_UNICAST, 1, "lo", 0);
	assert_int_equal(survey.uplink_count, 3);
	assert_int_equal(survey.uplinks[0].ifindex, 5); /* the smaller metric */
	assert_int_equal(survey.uplinks[1].ifindex, 4);
	assert_int_equal(survey.uplinks[2].ifindex, 9); /* IPv6 only */
	assert_string_equal(survey.uplinks[2].from, "IPv6 default route");
	for (uint32_t i = 0; i < 20; i++)
		see_route("0.0.0.0/0", RTN_UNICAST, 100 + i, "eth9", 0);
	assert_int_equal(survey.uplink_count, SURVEY_UPLINKS);
}

/* ------------------------------------------------------------------ ranges of pods */

static void assert_range(size_t i, const char *range, const char *from)
{
	char text[ADDR_TEXT_MAX];

	assert_true(i < survey.range_count);
	assert_string_equal(prefix_format(&survey.ranges[i].range, text), range);
	assert_string_equal(survey.ranges[i].from, from);
}

static void ranges_by_routes(void **unused)
{
	(void)unused;
	forget();
	see_route("10.10.0.0/24", RTN_UNICAST, 3, "cni0", 0);
	see_route("10.10.0.64/26", RTN_BLACKHOLE, 0, "", 0); /* within the first */
	see_route("10.11.0.0/26", RTN_BLACKHOLE, 0, "", 0);
	see_route("10.12.0.0/24", RTN_UNICAST, 4, "cilium_host", 0);
	see_route("10.13.0.0/24", RTN_UNICAST, 2, "eth0", 0);     /* another node's */
	see_route("fe80::/64", RTN_UNICAST, 3, "cni0", 256);
	see_route("fd00:10::/64", RTN_UNICAST, 3, "cni0", 256);
	assert_int_equal(survey.range_count, 4);
	assert_range(0, "10.10.0.0/24", "route by cni0");
	assert_range(1, "10.11.0.0/26", "blackhole route");
	assert_range(2, "10.12.0.0/24", "route by cilium_host");
	assert_range(3, "fd00:10::/64", "route by cni0");
}

/* ptp and the clouds' CNIs have routes to single pods only. */
static void routes_to_single_pods(void **unused)
{
	char text[ADDR_TEXT_MAX];

	(void)unused;
	forget();
	see_route("10.10.0.89/32", RTN_UNICAST, 3, "veth1", 0);
	see_route("10.10.0.90/32", RTN_UNICAST, 4, "eni0a1b2c3d4e5", 0);
	see_route("10.99.0.1/32", RTN_UNICAST, 2, "eth0", 0);
	see_route("fd00:10::89/128", RTN_UNICAST, 3, "veth1", 0);
	see_route("fd00:10::8a/128", RTN_UNICAST, 4, "veth2", 0);
	see_route("fe80::1/128", RTN_UNICAST, 3, "veth1", 0);
	assert_int_equal(survey.routed[0].count, 2);
	assert_string_equal(prefix_format(&survey.routed[0].range, text), "10.10.0.88/30");
	assert_int_equal(survey.routed[1].count, 2);
	assert_string_equal(prefix_format(&survey.routed[1].range, text), "fd00:10::88/126");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roles_by_pattern),
		cmocka_unit_test(every_other_interface_is_a_pods),
		cmocka_unit_test(roles_by_survey),
		cmocka_unit_test(lists_overrule),
		cmocka_unit_test(default_routes_in_order),
		cmocka_unit_test(ranges_by_routes),
		cmocka_unit_test(routes_to_single_pods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
