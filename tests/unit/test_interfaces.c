/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pure functions of attachment: roles by pattern, suitability for XDP, names of pins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <net/if_arp.h>

#include "interfaces.h"
#include "links.h"

static void roles_by_pattern(void **unused)
{
	const char *pods[] = { "veth*", "lxc?" }, *uplinks[] = { "eth0", "veth-up" };
	const struct config config = { .pod_patterns = pods, .pod_pattern_count = 2,
				       .uplink_patterns = uplinks, .uplink_pattern_count = 2 };

	(void)unused;
	assert_int_equal(interfaces_role(&config, "veth12ab"), IFACE_POD);
	assert_int_equal(interfaces_role(&config, "lxc1"), IFACE_POD);
	assert_int_equal(interfaces_role(&config, "lxc12"), 0);
	assert_int_equal(interfaces_role(&config, "eth0"), IFACE_UPLINK);
	assert_int_equal(interfaces_role(&config, "eth01"), 0);
	assert_int_equal(interfaces_role(&config, "lo"), 0);
}

static void every_other_interface_is_a_pods(void **unused)
{
	const char *all[] = { "*" }, *uplinks[] = { "eth0", "veth-up" };
	const struct config config = { .pod_patterns = all,
				       .pod_pattern_count = 1,
				       .uplink_patterns = uplinks,
				       .uplink_pattern_count = 2 };
	const struct config no_uplink = { .pod_patterns = all,
					  .pod_pattern_count = 1,
					  .uplink_patterns = all,
					  .uplink_pattern_count = 1 };

	(void)unused;
	assert_int_equal(interfaces_role(&config, "eth0"), IFACE_UPLINK);
	assert_int_equal(interfaces_role(&config, "veth-up"), IFACE_UPLINK);
	assert_int_equal(interfaces_role(&config, "veth1"), IFACE_POD);
	assert_int_equal(interfaces_role(&config, "lo"), 0);
	assert_int_equal(interfaces_role(&no_uplink, "lo"), 0);
}

static void xdp_is_for_hardware(void **unused)
{
	const struct {
		enum xdp_mode mode;
		const char *kind, *driver;
		bool suits;
	} rows[] = {
		{ XDP_AUTO, "", "mlx5_core", true },  { XDP_AUTO, "", "virtio_net", false },
		{ XDP_AUTO, "", "", false },	      { XDP_AUTO, "veth", "veth", false },
		{ XDP_AUTO, "vlan", "802.1Q VLAN Support", false },
		{ XDP_AUTO, "bond", "bonding", false }, { XDP_AUTO, "bridge", "bridge", false },
		{ XDP_AUTO, "macvlan", "macvlan", false }, { XDP_ALWAYS, "veth", "veth", true },
		{ XDP_NEVER, "", "mlx5_core", false },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (interfaces_suits_xdp(rows[i].mode, rows[i].kind, rows[i].driver) !=
		    rows[i].suits)
			fail_msg("mode %d, kind '%s', driver '%s'", rows[i].mode, rows[i].kind,
				 rows[i].driver);
}

static void uplink_hook_by_link_layer(void **unused)
{
	(void)unused;
	assert_int_equal(interfaces_uplink_hook(ARPHRD_ETHER), LINK_UPLINK);
	assert_int_equal(interfaces_uplink_hook(ARPHRD_NONE), LINK_UPLINK_L3); /* WireGuard, TUN */
	assert_int_equal(interfaces_uplink_hook(ARPHRD_TUNNEL), LINK_UPLINK_L3);
	assert_int_equal(interfaces_uplink_hook(ARPHRD_IPGRE), -EPROTONOSUPPORT);
	assert_int_equal(interfaces_uplink_hook(ARPHRD_INFINIBAND), -EPROTONOSUPPORT);
}

static void uplink_is_the_first(void **unused)
{
	struct interface items[] = {
		{ .ifindex = 9, .role = IFACE_UPLINK },
		{ .ifindex = 2, .role = IFACE_POD },
		{ .ifindex = 5, .role = IFACE_UPLINK },
	};
	struct interfaces interfaces = { .items = items, .count = 3 };

	(void)unused;
	assert_int_equal(interfaces_uplink(&interfaces)->ifindex, 5);
	interfaces.count = 0;
	assert_null(interfaces_uplink(&interfaces));
}

static void names_of_pins(void **unused)
{
	enum link_hook hook = LINK_XDP;
	uint32_t ifindex = 77;

	(void)unused;
	assert_true(link_parse_pin("link_12_from_pod", &ifindex, &hook));
	assert_int_equal(ifindex, 12);
	assert_int_equal(hook, LINK_FROM_POD);
	assert_true(link_parse_pin("link_12_uplink_l3", &ifindex, &hook));
	assert_int_equal(hook, LINK_UPLINK_L3);
	assert_true(link_parse_pin("filter_3_uplink", &ifindex, &hook));
	assert_int_equal(ifindex, 3);
	assert_int_equal(hook, LINK_UPLINK);
	assert_false(link_parse_pin("filters", &ifindex, &hook));
	assert_false(link_parse_pin("prog_px_uplink", &ifindex, &hook));
	assert_false(link_parse_pin("link_x_uplink", &ifindex, &hook));
	assert_false(link_parse_pin("link_4_other", &ifindex, &hook));
	assert_int_equal(ifindex, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roles_by_pattern),
		cmocka_unit_test(every_other_interface_is_a_pods),
		cmocka_unit_test(xdp_is_for_hardware),
		cmocka_unit_test(uplink_hook_by_link_layer),
		cmocka_unit_test(uplink_is_the_first),
		cmocka_unit_test(names_of_pins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
