/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reasons at a hook where no other file meets them, so that pairs.c sees every pair. */
#include <arpa/inet.h>
#include <stdio.h>

#include "flow_packets.h"
#include "parallax_hash.h"
#include "parallax_limits.h"

#define ANY_PORTS 64 /* more than the programs try */
#define ELSEWHERE(...) TCP(HELLO2_ELSEWHERE, HELLO_PORT, SNAT, ANY_SNAT, __VA_ARGS__)

/* draining: reset */
static void backend_leaves(struct world *world)
{
	world->settings->flags |= SETTING_RESET;
	world->backends[TCP_ROW].flags |= BACKEND_DRAINING;
}

/* The reply keys of all source ports that the flow to VIP2 could get belong to other flows. */
static void take_every_port(struct world *world)
{
	struct flow_key wanted = {.saddr = own_addr(SLEEP), .daddr = own_addr(VIP2),
				  .sport = htons(CLIENT_PORT), .dport = htons(HELLO_PORT),
				  .zone = FLOW_ZONE(0, FLOW_CLIENT, 0)};

	for (uint32_t i = 0; i < ANY_PORTS; i++) {
		uint32_t hash = flow_hash(&wanted, (uint8_t)i, wanted.zone);
		struct flow_key key = {.saddr = own_addr(HELLO1), .daddr = own_addr(SLEEP),
				       .sport = htons(HELLO_PORT),
				       .dport = htons((uint16_t)(1024 + hash_slot(hash, 65536 - 1024))),
				       .zone = FLOW_ZONE(0, FLOW_REPLY, 0)};
		struct flow flow = {.tag = flow_tag(&key), .state = FLOW_ESTABLISHED,
				    .seen = world_ticks(world), .backend = 1, .generation = 1,
				    .service = TCP_ROW};

		world_put_flow(world, "flows", &key, &flow);
	}
}

static void setup_pod_elsewhere(struct world *world)
{
	setup_gateway(world);
	world->backends[TCP_ROW].addr = own_ip(HELLO2_ELSEWHERE);
}

static void setup_pod_nowhere(struct world *world)
{
	setup_gateway(world);
	world->backends[TCP_ROW].addr = own_ip(STRANGER);
}

static void setup_gateway_and_stale_row(struct world *world)
{
	setup_gateway(world);
	world->backends[TCP_ROW].service_id = UNKNOWN_ID;
}

static const struct pkt unknown_service =
	TO_VIP(A_SYN, OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1, UNKNOWN_ID));

/* More refusals than answers allowed, at the gateway. */
static bool gateway_rate_limit(struct world *world)
{
	static const struct step step = {.program = UPLINK};
	struct port_values ports = {0};
	struct counts counts;
	struct frame frame;
	int verdict;

	for (uint32_t i = 0; i < 3 * REPLIES_PER_SECOND; i++) {
		pkt_build(&unknown_service, &ports, &frame);
		if (frame_run(world, &step, frame.data, &frame.len, &verdict))
			return false;
	}
	world_counts(world, &counts);
	return counts.packets[COUNTER(HOOK_UPLINK, REASON_TUNNEL_SERVICE)] >= REPLIES_PER_SECOND &&
	       counts.packets[COUNTER(HOOK_UPLINK, REASON_REPLY_LIMIT)] > 0;
}

static const struct test_case rows[] = {
	{"reset: a connection ends when its endpoint left", setup_local,
	 STEPS(CONNECTS,
	       {FROM_POD, .before = backend_leaves, .in = TO_VIP(SOME_DATA), .verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST, .seq = 5001, .no_window = true, .dst_mac = MAC_SLEEP,
				.src_mac = MAC_NODE),
		.count = COUNT(BACKEND_GONE), .tables = true})},
	{"clash: every source port that is tried is taken", setup_two_vips,
	 STEPS(OPENS,
	       {FROM_POD, .before = take_every_port,
		.in = TCP(SLEEP, CLIENT_PORT, VIP2, HELLO_PORT, A_SYN), .verdict = SHOT,
		.count = COUNT(PORTS_FULL)})},
	{"gateway: a reply from another node that does not fit", setup_pod_elsewhere,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = REDIRECT,
		.out = TCP(SNAT, ANY_SNAT, HELLO2_ELSEWHERE, HELLO_PORT, A_SYN, ONE_HOP, ANY_MAC),
		.count = COUNT(GATEWAY_IN)},
	       {UPLINK, .in = ELSEWHERE(.flags = ACK, .len = LINK_MSS), .verdict = REDIRECT,
		.out = ICMP(SNAT, HELLO2_ELSEWHERE, 3, 4, .icmp_mtu = INNER_MTU,
			    .quote = &(const struct pkt)ELSEWHERE(.flags = ACK, .len = LINK_MSS),
			    .quote_len = 40, .dst_mac = MAC_SLEEP, .src_mac = MAC_NODE),
		.count = COUNT(TOO_BIG)})},
	{"gateway: no route to the pod", setup_pod_nowhere,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = SHOT,
		.count = COUNT(NO_ROUTE)})},
	{"gateway: the backend's row went to another service", setup_gateway_and_stale_row,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = SHOT,
		.count = COUNT(STALE_ROW), .tables = true})},
	{"gateway: no more refusals than the rate allows", setup_gateway,
	 .run = gateway_rate_limit},
};

REGISTER_CASES(rows);
