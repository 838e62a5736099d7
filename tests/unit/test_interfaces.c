/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pure functions of attachment: choice of the uplink, suitability for XDP, names of pins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <net/if_arp.h>

#include "interface_hooks.h"
#include "links.h"

static void xdp_is_for_hardware(void **unused)
{
	const struct {
		enum xdp_mode mode;
		const char *kind, *driver;
		bool suits;
	} rows[] = {
		{ XDP_AUTO, "", "mlx5_core", true },
		{ XDP_AUTO, "", "virtio_net", false },
		{ XDP_AUTO, "", "", false },
		{ XDP_AUTO, "veth", "veth", false },
		{ XDP_AUTO, "vlan", "802.1Q VLAN Support", false },
		{ XDP_AUTO, "bond", "bonding", false },
		{ XDP_AUTO, "bridge", "bridge", false },
		{ XDP_AUTO, "macvlan", "macvlan", false },
		{ XDP_ALWAYS, "veth", "veth", true },
		{ XDP_NEVER, "", "mlx5_core", false },
		{ XDP_SEND, "veth", "veth", true },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (interface_suits_xdp(rows[i].mode, rows[i].kind, rows[i].driver) !=
		    rows[i].suits)
			fail_msg("mode %d, kind '%s', driver '%s'", rows[i].mode, rows[i].kind,
				 rows[i].driver);
}

/* The kinds as rtnetlink has them (IFLA_INFO_KIND); "" is hardware. */
static void only_two_kinds_encrypt(void **unused)
{
	static const char *const others[] = { "",      "tun",        "veth",      "vlan",
					      "bond",  "bridge",     "vxlan",     "geneve",
					      "ipip",  "sit",        "gre",       "vti",
					      "xfrm0", "wireguard2", "WireGuard", "macsec",
					      "dummy", "vrf" };

	(void)unused;
	assert_true(interface_encrypts("wireguard"));
	assert_true(interface_encrypts("xfrm"));
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (interface_encrypts(others[i]))
			fail_msg("'%s' counts as encrypting", others[i]);
}

static void uplink_hook_by_link_layer(void **unused)
{
	(void)unused;
	assert_int_equal(interface_uplink_hook(ARPHRD_ETHER), LINK_UPLINK);
	assert_int_equal(interface_uplink_hook(ARPHRD_NONE), LINK_UPLINK_L3); /* WireGuard, TUN */
	assert_int_equal(interface_uplink_hook(ARPHRD_TUNNEL), LINK_UPLINK_L3);
	assert_int_equal(interface_uplink_hook(ARPHRD_IPGRE), -EPROTONOSUPPORT);
	assert_int_equal(interface_uplink_hook(ARPHRD_INFINIBAND), -EPROTONOSUPPORT);
}

static void uplink_is_the_preferred(void **unused)
{
	struct interface items[] = {
		{ .ifindex = 9, .role = IFACE_UPLINK, .mtu = 1400 },
		{ .ifindex = 2, .role = IFACE_POD, .mtu = 900 },
		{ .ifindex = 5, .role = IFACE_UPLINK, .mtu = 1500 },
	};
	struct interfaces interfaces = { .items = items, .count = 3 };

	(void)unused;
	assert_int_equal(interfaces_uplink(&interfaces)->ifindex,
			 5);                                 /* without an order: the oldest */
	assert_int_equal(interfaces_mtu(&interfaces), 1400); /* a tunnel may leave by either */
	assert_int_equal(interfaces_pods(&interfaces), 1);

	/* The first that is there; a pod's interface is never taken for it. */
	interfaces.survey.uplinks[0].ifindex = 77;
	interfaces.survey.uplinks[1].ifindex = 2;
	interfaces.survey.uplinks[2].ifindex = 9;
	interfaces.survey.uplinks[3].ifindex = 5;
	interfaces.survey.uplink_count = 4;
	assert_int_equal(interfaces_uplink(&interfaces)->ifindex, 9);

	interfaces.count = 0;
	assert_null(interfaces_uplink(&interfaces));
	assert_int_equal(interfaces_mtu(&interfaces), 0);
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
		cmocka_unit_test(xdp_is_for_hardware),
		cmocka_unit_test(only_two_kinds_encrypt),
		cmocka_unit_test(uplink_hook_by_link_layer),
		cmocka_unit_test(uplink_is_the_preferred),
		cmocka_unit_test(names_of_pins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
