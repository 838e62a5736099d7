/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The MTU of the path to the other end of a tunnel: what routers say about tunnel packets. */
#include "datagrams.h"

#include <stdio.h>

#include <bpf/bpf.h>

/* The largest packets of 1,400 bytes in the tunnel. */
#define INNER (1400 - OWN_OVERHEAD)
#define BIG (INNER_MSS - 12) /* of a TCP segment: too big for 1,400 bytes */
#define SAYS_1400 .icmp_mtu = 1400

static const struct pkt sent = TO_VIP(SOME_DATA, TO_GATEWAY());
static const struct pkt answered = FROM_VIP(REPLY_DATA, BACK_TO_NODE1());
static const struct pkt from_elsewhere =
	TO_VIP(SOME_DATA, OUTER(FAR_NODE, ANY_TUNNEL_PORT, GATEWAY, TUNNEL_PORT, NETWORK1, HELLO_ID));
static const struct pkt to_elsewhere =
	TO_VIP(SOME_DATA, OUTER(NODE1, ANY_TUNNEL_PORT, FAR_NODE, TUNNEL_PORT, NETWORK1, HELLO_ID));
static const struct pkt other_port =
	TO_VIP(SOME_DATA, OUTER(NODE1, 1234, GATEWAY, TUNNEL_PORT, NETWORK1, HELLO_ID));
static const struct pkt no_flow =
	TCP(SLEEP, 1, VIP, HELLO_PORT, SOME_DATA, TO_GATEWAY());
#define FRAGMENT .ip_id = 7, .frag = MF, .whole = 2000, .len = 1000
static const struct pkt fragment = UDP_TO_VIP(FRAGMENT, TO_OTHER());
static const struct pkt unknown_service =
	FROM_VIP(REPLY_DATA, OUTER(GATEWAY, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2, UNKNOWN_ID));
static const struct pkt big = TO_VIP(.flags = ACK, .seq = 1001, .ack = 5001, .len = BIG);

#define TUNNELS(...)                                                                               \
	{FROM_POD, .in = TO_VIP(__VA_ARGS__), .verdict = REDIRECT,                                 \
	 .out = TO_VIP(__VA_ARGS__, ANY_MAC, TO_GATEWAY()), .count = COUNT(TO_TUNNEL)}
#define ROUTER_SAYS(to, quoted, ...)                                                               \
	{UPLINK, .in = ICMP(ROUTER, to, 3, 4, .quote = &(quoted), __VA_ARGS__), .verdict = NEXT}
#define TOO_BIG(quoted, limit)                                                                     \
	{FROM_POD, .in = TO_VIP(.flags = ACK, .seq = 1001, .ack = 5001, .len = BIG),              \
	 .verdict = REDIRECT, .count = COUNT(TOO_BIG),                                             \
	 .out = ICMP(VIP, SLEEP, 3, 4, .icmp_mtu = limit, .quote = &(quoted), .quote_len = 40,     \
		     .src_mac = MAC_NODE, .dst_mac = MAC_SLEEP)}
#define SAID_NOTHING TUNNELS(.flags = ACK, .seq = 1001, .ack = 5001, .len = BIG)

static bool path_is(struct world *world, uint32_t addr, uint32_t mtu)
{
	struct ip_addr key = own_ip(addr);
	struct path path = {0};

	bpf_map_lookup_elem(world_map_fd(world, "paths"), &key, &path);
	if (path.mtu == mtu)
		return true;
	printf("      the path has MTU %u, want %u\n", path.mtu, mtu);
	return false;
}

static void ten_minutes_pass(struct world *world)
{
	struct ip_addr key = own_ip(GATEWAY);
	struct path path = {0};

	bpf_map_lookup_elem(world_map_fd(world, "paths"), &key, &path);
	path.stamp -= (PATH_SECONDS + 1) * world->hz;
	world_update(world, "paths", &key, &path);
}

/* The agent's probes found out, long ago. */
static void probes_found(struct world *world)
{
	struct path path = { .mtu = 1400, .origin = PATH_PROBED };
	struct ip_addr key = own_ip(GATEWAY);

	path.stamp = world_ticks(world) - (PATH_SECONDS + 1) * world->hz;
	world_update(world, "paths", &key, &path);
	world->settings->narrow_paths = 1;
}

static bool gateway_at_least(struct world *world)
{
	return path_is(world, GATEWAY, OWN_PATH_MIN);
}

static bool gateway_at_base(struct world *world)
{
	return path_is(world, GATEWAY, OWN_PATH_BASE);
}

static bool gateway_at_1400(struct world *world)
{
	return path_is(world, GATEWAY, 1400);
}

static bool client_at_1400(struct world *world)
{
	return path_is(world, NODE1, 1400);
}

static void client_said_1400(struct world *world)
{
	struct path path = { .mtu = 1400, .origin = PATH_PEER, .stamp = world_ticks(world) };
	struct ip_addr key = own_ip(NODE1);

	world_update(world, "paths", &key, &path);
	world->settings->narrow_paths = 1;
}

static bool router_said_so(struct world *world)
{
	struct ip_addr key = own_ip(NODE1);
	struct path path = {0};

	bpf_map_lookup_elem(world_map_fd(world, "paths"), &key, &path);
	return path.mtu == 1400 && path.told == 1400 && path.origin == PATH_ROUTER;
}

static bool client_unknown(struct world *world)
{
	return path_is(world, NODE1, 0);
}

static const struct test_case rows[] = {
	{"path: a router's word about our tunnel counts for the next packet", setup_geneve,
	 STEPS(TUNNELS(A_SYN), SAID_NOTHING, ROUTER_SAYS(NODE1, sent, SAYS_1400),
	       TOO_BIG(big, INNER))},
	{"path: and for the MSS", setup_geneve,
	 STEPS(TUNNELS(A_SYN), ROUTER_SAYS(NODE1, sent, SAYS_1400),
	       {FROM_POD, .in = TO_VIP(A_SYN, .mss = LINK_MSS), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, .mss = INNER - TCP_HEADERS, ANY_MAC, TO_GATEWAY()),
		.count = COUNT(TO_TUNNEL)},
	       {UPLINK, .in = FROM_VIP(A_SYN_ACK, .mss = LINK_MSS, FROM_GATEWAY()),
		.verdict = REDIRECT, .count = COUNT(FROM_TUNNEL),
		.out = FROM_VIP(A_SYN_ACK, .mss = INNER - TCP_HEADERS, FROM_OUTSIDE)})},
	{"path: after ten minutes the uplink's MTU is tried again", setup_geneve,
	 STEPS(TUNNELS(A_SYN), ROUTER_SAYS(NODE1, sent, SAYS_1400),
	       {FROM_POD, .in = TO_VIP(.flags = ACK, .seq = 1001, .ack = 5001, .len = BIG),
		.before = ten_minutes_pass, .verdict = REDIRECT, .count = COUNT(TO_TUNNEL),
		.out = TO_VIP(.flags = ACK, .seq = 1001, .ack = 5001, .len = BIG, ANY_MAC,
			      TO_GATEWAY())},
	       ROUTER_SAYS(NODE1, sent, SAYS_1400), TOO_BIG(big, INNER))},
	{"path: what probes found holds until they find something else", setup_geneve,
	 STEPS(TUNNELS(A_SYN),
	       {FROM_POD, .in = TO_VIP(.flags = ACK, .seq = 1001, .ack = 5001, .len = BIG),
		.before = probes_found, .verdict = REDIRECT, .count = COUNT(TOO_BIG),
		.out = ICMP(VIP, SLEEP, 3, 4, .icmp_mtu = INNER, .quote = &big, .quote_len = 40,
			    .src_mac = MAC_NODE, .dst_mac = MAC_SLEEP)})},
	{"path: a larger word later raises nothing", setup_geneve,
	 STEPS(TUNNELS(A_SYN), ROUTER_SAYS(NODE1, sent, SAYS_1400),
	       ROUTER_SAYS(NODE1, sent, .icmp_mtu = 1480), TOO_BIG(big, INNER))},
	{"path: not below the least", setup_geneve,
	 STEPS(TUNNELS(A_SYN), ROUTER_SAYS(NODE1, sent, .icmp_mtu = 68)), .run = gateway_at_least},
	{"path: a router that does not say how much", setup_geneve,
	 STEPS(TUNNELS(A_SYN), ROUTER_SAYS(NODE1, sent, .icmp_mtu = 0)), .run = gateway_at_base},
	{"path: nobody is believed about packets that we did not send", setup_geneve,
	 STEPS(TUNNELS(A_SYN), ROUTER_SAYS(NODE1, no_flow, SAYS_1400),
	       ROUTER_SAYS(NODE1, from_elsewhere, SAYS_1400),
	       ROUTER_SAYS(NODE1, to_elsewhere, SAYS_1400),
	       ROUTER_SAYS(NODE1, other_port, SAYS_1400),
	       ROUTER_SAYS(NODE1, sent, SAYS_1400, .quote_len = 68), SAID_NOTHING)},
	{"path: nor is another error, or a damaged one", setup_geneve,
	 STEPS(TUNNELS(A_SYN),
	       {UPLINK, .in = ICMP(ROUTER, NODE1, 3, 1, .quote = &sent, SAYS_1400), .verdict = NEXT},
	       {UPLINK, .in = ICMP(ROUTER, NODE1, 11, 4, .quote = &sent, SAYS_1400), .verdict = NEXT},
	       ROUTER_SAYS(NODE1, sent, SAYS_1400, .bad_sum = 1), SAID_NOTHING)},
	{"path: about a fragment", setup_geneve,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(FRAGMENT), .verdict = REDIRECT,
		.out = UDP_TO_VIP(FRAGMENT, ANY_MAC, TO_OTHER()), .count = COUNT(TO_TUNNEL)},
	       ROUTER_SAYS(NODE1, fragment, SAYS_1400)),
	 .run = gateway_at_1400},
	{"path: of the gateway's answers", setup_gateway,
	 STEPS(OPENS, ANSWERS, ROUTER_SAYS(GATEWAY, answered, SAYS_1400)), .run = client_at_1400},
	{"path: what the client's node said is the router's word from then on", setup_gateway,
	 STEPS(OPENS, ANSWERS,
	       {UPLINK, .before = client_said_1400,
		.in = ICMP(ROUTER, GATEWAY, 3, 4, .quote = &answered, SAYS_1400), .verdict = NEXT}),
	 .run = router_said_so},
	{"path: not of a service that it does not know", setup_gateway,
	 STEPS(OPENS, ANSWERS, ROUTER_SAYS(GATEWAY, unknown_service, SAYS_1400)),
	 .run = client_unknown},
};

REGISTER_CASES(rows);
