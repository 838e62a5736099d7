/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The door of a pod: requests that a gateway of mode forward sent to it, and the replies. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "compare.h"
#include "family.h"
#include "forward_packets.h"
#include "parallax_hash.h"
#include "parallax_limits.h"

#define NARROW_MTU 1000
#define NARROW_MSS (NARROW_MTU - OWN_OVERHEAD - 8 - OWN_RETURN - TCP_HEADERS)
#define PORTS_TRIED 16

static void admit(struct world *world, uint32_t gateway)
{
	struct allowed_key key = { .prefix = ALLOWED_NETWORK_BITS + IP_MAPPED_BITS + 32,
				   .network = ALLOWED_PEER | OWN_ALLOWED,
				   .addr = own_ip(gateway) };
	uint32_t yes = 1;

	world_update(world, "allowed", &key, &yes);
}

/* A node of network2 with HELLO1, which is no gateway. All clients appear as FOREIGN. */
void setup_door(struct world *world)
{
	uint32_t other = NETWORK1, own = NETWORK2;

	world_update(world, "networks", &other, &(struct network){ .flags = 0 });
	world_update(world, "networks", &own, &(struct network){ .flags = NETWORK_OWN });
	world->settings->network = NETWORK2;
	world->settings->source[OWN_INDEX] = own_ip(FAR_NODE);
	world->settings->door_port = htons(TUNNEL_PORT);
	world->settings->foreign[OWN_INDEX] = own_ip(FOREIGN);
	world->settings->foreign_bits[OWN_INDEX] = 8 * sizeof(struct family_addr);
	admit(world, GATEWAY);
	admit(world, GATEWAY2);
}

static void setup_kept(struct world *world)
{
	setup_door(world);
	world->settings->flags |= SETTING_KEEP_CLIENT;
}

/* Both gateways are known, and may be probed. */
static void setup_two(struct world *world)
{
	uint32_t own = NETWORK2;
	struct network network = { .flags = NETWORK_OWN, .gateway_count = 3,
				   .gateways = { other_ip(GATEWAY2), own_ip(GATEWAY),
						 own_ip(GATEWAY2) } };

	setup_door(world);
	world_update(world, "networks", &own, &network);
}

static void gateway_dies(struct world *world)
{
	world_health(world, GATEWAY, GATEWAY_DOWN);
}

static void other_dies(struct world *world)
{
	world_health(world, GATEWAY2, GATEWAY_DOWN);
}

static void other_keeps(struct world *world)
{
	world->health[world_health(world, GATEWAY2, GATEWAY_UP)].flags = PROBE_ANSWER | PROBE_KEEPS;
	gateway_dies(world);
}

static void first_is_back(struct world *world)
{
	world_health(world, GATEWAY, GATEWAY_UP);
}

static void setup_shut(struct world *world)
{
	setup_door(world);
	world->settings->door_port = 0;
}

/* The gateway of which the answer cannot be sent. */
static void setup_no_way_back(struct world *world)
{
	setup_door(world);
	admit(world, STRANGER);
}

static void setup_one_flow(struct world *world)
{
	setup_door(world);
	world->settings->flows_per_owner = 1;
}

static void setup_narrow(struct world *world)
{
	setup_door(world);
	world->settings->hop_mtu = NARROW_MTU;
}

#define HERE(...) .src_mac = MAC_OUTSIDE, __VA_ARGS__
#define TO_POD1 TO_POD, DEVICE_POD1, DEVICE_UPLINK
#define IN_POD(from, port, ...)                                                                    \
	TCP(from, port, HELLO1, HELLO_PORT, __VA_ARGS__, ONE_HOP, FROM_OUTSIDE)
#define ENTERS(outer, ...)                                                                         \
	{TO_POD1, .in = TO_VIP(__VA_ARGS__, outer), .verdict = NEXT,                               \
	 .out = IN_POD(FOREIGN, CLIENT_PORT, __VA_ARGS__), .count = COUNT(DOOR_IN)}
#define LEAVES(outer_to, ...)                                                                      \
	{FROM_POD, DEVICE_POD1, .in = TCP(HELLO1, HELLO_PORT, FOREIGN, CLIENT_PORT, __VA_ARGS__),  \
	 .verdict = REDIRECT, .out = FROM_VIP(__VA_ARGS__, ONE_HOP, ANY_MAC, outer_to),            \
	 .count = COUNT(DOOR_OUT)}
#define CONNECTS                                                                                   \
	ENTERS(BY(GATEWAY, CARRIES), A_SYN), LEAVES(BACK_BY(GATEWAY, CARRIES), A_SYN_ACK),         \
		ENTERS(BY(GATEWAY, CARRIES), AN_ACK)
#define IS_THE_PODS_OWN(...) {TO_POD1, .in = __VA_ARGS__, .verdict = NEXT, .tables = true}
#define IS_DROPPED(reason, ...)                                                                    \
	{TO_POD1, .in = __VA_ARGS__, .verdict = SHOT, .count = COUNT(reason), .tables = true}
#define ROUTER_SAYS(gateway, port)                                                                 \
	{TO_POD1,                                                                                  \
	 .in = ICMP(ROUTER, HELLO1, 3, 4, .icmp_mtu = 1400,                                        \
		    .quote = &(const struct pkt)FROM_VIP(                                          \
			    REPLY_DATA, OUTER(HELLO1, NODE1_PORT, gateway, port, NETWORK2,         \
					      HELLO_ID, CARRIES))),                                \
	 .verdict = NEXT}
#define UDP_BY(gateway, ...)                                                                       \
	OUTER(gateway, NODE1_PORT, HELLO1, TUNNEL_PORT, NETWORK1, OTHER_ID, __VA_ARGS__)
#define UDP_ENTERS(length)                                                                         \
	{TO_POD1, .in = UDP_TO_VIP(.len = length, UDP_BY(GATEWAY, CARRIES)), .verdict = NEXT,      \
	 .out = UDP(FOREIGN, CLIENT_PORT, HELLO1, HELLO_PORT, .len = length, ONE_HOP,              \
		    FROM_OUTSIDE),                                                                 \
	 .count = COUNT(DOOR_IN)}

/* The address of settings.foreign and the port that a client's SYN gets. */
static bool foreign_of(struct world *world, uint32_t vni, struct family_addr *ret)
{
	struct flow_key key = { .saddr = own_addr(SLEEP) };
	uint64_t hash = walk_hash(&key, 0, vni);

#if PLAIN_FAMILY == 6
	world->settings->foreign_bits[OWN_INDEX] = 64;
	*ret = (struct family_addr){ { htonl(0x20010db8), 0, (uint32_t)(hash >> 32),
				       (uint32_t)hash } };
#else
	world->settings->foreign[OWN_INDEX] = own_ip(IP(198, 18, 0, 0));
	world->settings->foreign_bits[OWN_INDEX] = 15;
	*ret = (struct family_addr){ { htonl(IP(198, 18, 0, 0) | ((uint32_t)hash & 0x1ffff)) } };
#endif
	return true;
}

struct wanted {
	struct family_addr addr;
	bool found;
};

static void see_foreign(const struct flow_key *key, struct flow *flow, void *data)
{
	struct wanted *wanted = data;

	if (FLOW_ROLE(key->zone) == FLOW_DOOR &&
	    !memcmp(&flow->nat.saddr, &wanted->addr, sizeof(wanted->addr)))
		wanted->found = true;
}

static const struct pkt of_network1 = TO_VIP(A_SYN, BY(GATEWAY, CARRIES));
static const struct pkt of_network3 = TO_VIP(A_SYN, OUTER(GATEWAY, NODE1_PORT, HELLO1, TUNNEL_PORT,
							  NETWORK3, HELLO_ID, CARRIES));

/* Clients of equal address in two networks get two addresses. */
static bool run_foreign(struct world *world)
{
	struct step step = { .program = TO_POD, .device = DEVICE_POD1, .from = DEVICE_UPLINK };
	const struct pkt *packets[] = { &of_network1, &of_network3 };
	const uint32_t networks[] = { NETWORK1, NETWORK3 };

	for (int i = 0; i < 2; i++) {
		struct wanted wanted = {};
		struct flow_visit visit = { see_foreign, &wanted };

		foreign_of(world, networks[i], &wanted.addr);
		if (run_pkt(world, &step, packets[i], NULL) != NEXT)
			return fail("packet %d was not let in", i);
		world_flows(world, "embryonic", &visit);
		if (!wanted.found)
			return fail("client %d has not the address of its hash", i);
	}
	return true;
}

static const struct pkt of_no_flow = TO_VIP(SOME_DATA, BY(GATEWAY, CARRIES));
static const struct pkt of_stranger = TO_VIP(SOME_DATA, BY(STRANGER, CARRIES));

/* Both the refusal and the end of the answer are counted. */
static bool run_no_way_back(struct world *world)
{
	struct step step = { .program = TO_POD, .device = DEVICE_POD1, .from = DEVICE_UPLINK };
	struct counts counts;

	if (run_pkt(world, &step, &of_stranger, NULL) != SHOT)
		return fail("the packet was not dropped");
	world_counts(world, &counts);
	return counts.packets[COUNTER(HOOK_TO_POD, REASON_NO_FLOW)] == 1 &&
	       counts.packets[COUNTER(HOOK_TO_POD, REASON_NO_ROUTE)] == 1;
}

static bool run_rate_limit(struct world *world)
{
	struct step step = { .program = TO_POD, .device = DEVICE_POD1, .from = DEVICE_UPLINK };
	struct counts counts;

	for (uint32_t i = 0; i < 3 * REPLIES_PER_SECOND; i++)
		run_pkt(world, &step, &of_no_flow, NULL);
	world_counts(world, &counts);
	return counts.packets[COUNTER(HOOK_TO_POD, REASON_NO_FLOW)] >= REPLIES_PER_SECOND &&
	       counts.packets[COUNTER(HOOK_TO_POD, REASON_REPLY_LIMIT)] > 0;
}

/* The reply keys of all ports that the client could appear with belong to other flows. */
static void take_every_port(struct world *world)
{
	struct flow_key wanted = { .saddr = own_addr(SLEEP), .daddr = own_addr(VIP),
				   .sport = htons(CLIENT_PORT), .dport = htons(HELLO_PORT),
				   .zone = FLOW_ZONE(NETWORK1, FLOW_DOOR, 0) };

	for (uint32_t i = 0; i < PORTS_TRIED; i++) {
		uint32_t hash = flow_hash(&wanted, (uint8_t)i, wanted.zone);
		uint16_t port = i ? (uint16_t)(1024 + hash_slot(hash, 65536 - 1024)) : CLIENT_PORT;
		struct flow_key key = { .saddr = own_addr(HELLO1), .daddr = own_addr(FOREIGN),
					.sport = htons(HELLO_PORT), .dport = htons(port),
					.zone = FLOW_ZONE(0, FLOW_DOOR_REPLY, 0) };
		struct flow flow = { .tag = flow_tag(&key), .state = FLOW_ESTABLISHED,
				     .action = FLOW_NAT_ENCAP, .network = NETWORK3,
				     .seen = world_ticks(world) };

		world_put_flow(world, "flows", &key, &flow);
	}
}

static void no_row_is_free(struct world *world)
{
	for (uint32_t i = 0; i < MAX_PEERS; i++)
		world->peers[i] = (struct peer){ .addr = { { 1, 2, 3, i } },
						 .used = world_ticks(world) | 1 };
}

/* Of the gateway, the endpoint and, over IPv6, of each address of the client. */
static bool peers_are_kept(struct world *world)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < MAX_PEERS; i++) {
		used += world->peers[i].used != 0;
		if (world->peers[i].used && world->peers[i].passing)
			return false;
	}
	return used == (PLAIN_FAMILY == 6 ? 4 : 2);
}

static const struct test_case rows[] = {
	{"door: a connection", setup_door,
	 STEPS(CONNECTS, ENTERS(BY(GATEWAY, CARRIES), SOME_DATA),
	       LEAVES(BACK_BY(GATEWAY, CARRIES), REPLY_DATA))},
	{"door: it is established as at a gateway", setup_door,
	 STEPS({TO_POD1, .in = TO_VIP(A_SYN, BY(GATEWAY, CARRIES)), .verdict = NEXT,
		.out = IN_POD(FOREIGN, CLIENT_PORT, A_SYN), .count = COUNT(DOOR_IN),
		.tables = true, .embryonic = 2, .state = STATE(OPENING)},
	       LEAVES(BACK_BY(GATEWAY, CARRIES), A_SYN_ACK),
	       {TO_POD1, .in = TO_VIP(AN_ACK, BY(GATEWAY, CARRIES)), .verdict = NEXT,
		.out = IN_POD(FOREIGN, CLIENT_PORT, AN_ACK), .count = COUNT(DOOR_IN),
		.tables = true, .flows = 2, .state = STATE(ESTABLISHED)})},
	{"door: the client's own address is kept if wanted", setup_kept,
	 STEPS({TO_POD1, .in = TO_VIP(A_SYN, BY(GATEWAY, CARRIES)), .verdict = NEXT,
		.out = IN_POD(SLEEP, CLIENT_PORT, A_SYN), .count = COUNT(DOOR_IN)},
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO1(A_SYN_ACK), .verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC, BACK_BY(GATEWAY, CARRIES)),
		.count = COUNT(DOOR_OUT)})},
	{"door: replies follow the gateway of the last request", setup_door,
	 STEPS(CONNECTS, ENTERS(BY(GATEWAY2, CARRIES), SOME_DATA),
	       LEAVES(BACK_BY(GATEWAY2, CARRIES), REPLY_DATA),
	       ENTERS(BY(GATEWAY, CARRIES), .flags = ACK, .seq = 1102, .ack = 5078),
	       LEAVES(BACK_BY(GATEWAY, CARRIES), .flags = ACK, .seq = 5078, .ack = 1102))},
	{"door: replies follow the client to another outer address and port", setup_door,
	 STEPS(CONNECTS,
	       ENTERS(BY(GATEWAY, .endpoint = ENDPOINT, .back = NODE3, .back_port = 1555,
			 .pod_port = HELLO_PORT),
		      SOME_DATA),
	       LEAVES(BACK_BY(GATEWAY, .endpoint = ENDPOINT, .back = NODE3, .back_port = 1555,
			      .pod_port = HELLO_PORT),
		      REPLY_DATA)), .run = peers_are_kept},
	{"door: replies leave a gateway that is dead", setup_two,
	 STEPS(CONNECTS,
	       {FROM_POD, DEVICE_POD1, .before = gateway_dies,
		.in = TCP(HELLO1, HELLO_PORT, FOREIGN, CLIENT_PORT, REPLY_DATA), .verdict = REDIRECT,
		.out = FROM_VIP(REPLY_DATA, ONE_HOP, ANY_MAC, BACK_BY(GATEWAY2, CARRIES)),
		.count = COUNT(DOOR_OUT)},
	       {FROM_POD, DEVICE_POD1, .before = first_is_back,
		.in = TCP(HELLO1, HELLO_PORT, FOREIGN, CLIENT_PORT, REPLY_DATA), .verdict = REDIRECT,
		.out = FROM_VIP(REPLY_DATA, ONE_HOP, ANY_MAC, BACK_BY(GATEWAY2, CARRIES)),
		.count = COUNT(DOOR_OUT)},
	       ENTERS(BY(GATEWAY, CARRIES), .flags = ACK, .seq = 1001, .ack = 5078),
	       LEAVES(BACK_BY(GATEWAY, CARRIES), .flags = ACK, .seq = 5078, .ack = 1001))},
	{"door: replies stay where nobody else lives", setup_two,
	 STEPS(CONNECTS,
	       {FROM_POD, DEVICE_POD1, .before = gateway_dies,
		.in = TCP(HELLO1, HELLO_PORT, FOREIGN, CLIENT_PORT, REPLY_DATA), .verdict = REDIRECT,
		.out = FROM_VIP(REPLY_DATA, ONE_HOP, ANY_MAC, BACK_BY(GATEWAY2, CARRIES)),
		.count = COUNT(DOOR_OUT)},
	       {FROM_POD, DEVICE_POD1, .before = other_dies,
		.in = TCP(HELLO1, HELLO_PORT, FOREIGN, CLIENT_PORT, REPLY_DATA), .verdict = REDIRECT,
		.out = FROM_VIP(REPLY_DATA, ONE_HOP, ANY_MAC, BACK_BY(GATEWAY2, CARRIES)),
		.count = COUNT(DOOR_OUT)})},
	{"door: nor do they move to one that keeps its own connections", setup_two,
	 STEPS(CONNECTS,
	       {FROM_POD, DEVICE_POD1, .before = other_keeps,
		.in = TCP(HELLO1, HELLO_PORT, FOREIGN, CLIENT_PORT, REPLY_DATA), .verdict = REDIRECT,
		.out = FROM_VIP(REPLY_DATA, ONE_HOP, ANY_MAC, BACK_BY(GATEWAY, CARRIES)),
		.count = COUNT(DOOR_OUT)})},
	{"door: no row of peers is free", setup_door,
	 STEPS({TO_POD1, .before = no_row_is_free, .in = TO_VIP(A_SYN, BY(GATEWAY, CARRIES)),
		.verdict = SHOT, .count = COUNT(PEERS_FULL), .tables = true})},
	{"door: another gateway's death moves nothing", setup_two,
	 STEPS(CONNECTS,
	       {FROM_POD, DEVICE_POD1, .before = other_dies,
		.in = TCP(HELLO1, HELLO_PORT, FOREIGN, CLIENT_PORT, REPLY_DATA), .verdict = REDIRECT,
		.out = FROM_VIP(REPLY_DATA, ONE_HOP, ANY_MAC, BACK_BY(GATEWAY, CARRIES)),
		.count = COUNT(DOOR_OUT)})},
	{"door: no other gateway is known", setup_door,
	 STEPS(CONNECTS,
	       {FROM_POD, DEVICE_POD1, .before = gateway_dies,
		.in = TCP(HELLO1, HELLO_PORT, FOREIGN, CLIENT_PORT, REPLY_DATA), .verdict = REDIRECT,
		.out = FROM_VIP(REPLY_DATA, ONE_HOP, ANY_MAC, BACK_BY(GATEWAY, CARRIES)),
		.count = COUNT(DOOR_OUT)})},
	{"door: a packet out of the window moves nothing", setup_door,
	 STEPS(CONNECTS, ENTERS(BY(GATEWAY2, CARRIES), .flags = ACK, .seq = 70000, .ack = 5001),
	       LEAVES(BACK_BY(GATEWAY, CARRIES), REPLY_DATA))},
	{"door: the MSS is clamped both ways", setup_narrow,
	 STEPS({TO_POD1, .in = TO_VIP(A_SYN, .mss = 1460, BY(GATEWAY, CARRIES)), .verdict = NEXT,
		.out = IN_POD(FOREIGN, CLIENT_PORT, A_SYN,
			      .mss = NARROW_MSS),
		.count = COUNT(DOOR_IN)},
	       {FROM_POD, DEVICE_POD1,
		.in = TCP(HELLO1, HELLO_PORT, FOREIGN, CLIENT_PORT, A_SYN_ACK, .mss = 1460),
		.verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK,
				.mss = NARROW_MSS,
				ONE_HOP, ANY_MAC, BACK_BY(GATEWAY, CARRIES)),
		.count = COUNT(DOOR_OUT)})},
	{"door: a router's word about the way to the gateway", setup_door,
	 STEPS(CONNECTS, ROUTER_SAYS(STRANGER, TUNNEL_PORT), ROUTER_SAYS(GATEWAY, TUNNEL_PORT + 1),
	       LEAVES(BACK_BY(GATEWAY, CARRIES), .flags = ACK, .seq = 5001, .ack = 1001, .len = 1340),
	       ROUTER_SAYS(GATEWAY, TUNNEL_PORT),
	       {FROM_POD, DEVICE_POD1,
		.in = TCP(HELLO1, HELLO_PORT, FOREIGN, CLIENT_PORT, .flags = ACK, .seq = 5001,
			  .ack = 1001, .len = 1340),
		.verdict = REDIRECT,
		.out = ICMP(FOREIGN, HELLO1, 3, 4,
			    .icmp_mtu = 1400 - OWN_OVERHEAD - 8 - OWN_RETURN, .quote_len = 40,
			    .quote = &(const struct pkt)TCP(HELLO1, HELLO_PORT, FOREIGN, CLIENT_PORT,
							    .flags = ACK, .seq = 5001, .ack = 1001,
							    .len = 1340),
			    .src_mac = MAC_NODE, .dst_mac = MAC_SLEEP),
		.count = COUNT(TOO_BIG)})},
	{"door: UDP", setup_door,
	 STEPS(UDP_ENTERS(40), UDP_ENTERS(41),
	       {FROM_POD, DEVICE_POD1, .in = UDP(HELLO1, HELLO_PORT, FOREIGN, CLIENT_PORT, .len = 50),
		.verdict = REDIRECT,
		.out = UDP_FROM_VIP(.len = 50, ONE_HOP, ANY_MAC,
				    OUTER(HELLO1, ANY_TUNNEL_PORT, GATEWAY, TUNNEL_PORT, NETWORK2,
					  OTHER_ID, CARRIES)),
		.count = COUNT(DOOR_OUT), .tables = true, .flows = 2})},
	{"door: two clients that appear as one get two ports", setup_door,
	 STEPS(ENTERS(BY(GATEWAY, CARRIES), A_SYN),
	       {TO_POD1,
		.in = TO_VIP(A_SYN, OUTER(GATEWAY, NODE1_PORT, HELLO1, TUNNEL_PORT, NETWORK3,
					  HELLO_ID, CARRIES)),
		.verdict = NEXT, .out = IN_POD(FOREIGN, ANY_CLASH, A_SYN), .count = COUNT(DOOR_IN),
		.tables = true, .embryonic = 4})},
	{"door: an address by hash stands for a client", setup_door, .run = run_foreign},
	{"door: a SYN to another pod of the node opens another flow", setup_door,
	 STEPS(CONNECTS,
	       {TO_POD1,
		.in = TO_VIP(A_SYN, OUTER(GATEWAY, NODE1_PORT, OTHER_POD, TUNNEL_PORT, NETWORK1,
					  HELLO_ID, CARRIES)),
		.verdict = NEXT,
		.out = TCP(FOREIGN, CLIENT_PORT, OTHER_POD, HELLO_PORT, A_SYN, ONE_HOP,
			   FROM_OUTSIDE),
		.count = COUNT(DOOR_IN), .tables = true, .embryonic = 2})},

	{"door: other packets to that port are the pod's own", setup_door,
	 STEPS(IS_THE_PODS_OWN(UDP(STRANGER, 4000, HELLO1, TUNNEL_PORT, .len = 100)),
	       IS_THE_PODS_OWN(UDP(GATEWAY, 4000, HELLO1, TUNNEL_PORT, .len = 100)),
	       IS_THE_PODS_OWN(TO_VIP(A_SYN, BY(STRANGER, CARRIES))),
	       IS_THE_PODS_OWN(TO_VIP(A_SYN, BY(GATEWAY))),
	       IS_THE_PODS_OWN(TO_VIP(A_SYN, BY(GATEWAY, CARRIES, .version = 1))),
	       IS_THE_PODS_OWN(TO_VIP(A_SYN, BY(GATEWAY, CARRIES, .flags = 0x80))),
	       IS_THE_PODS_OWN(TO_VIP(A_SYN, BY(GATEWAY, CARRIES, .option_length_add = -1))),
	       IS_THE_PODS_OWN(TO_VIP(A_SYN, BY(GATEWAY, CARRIES, .option_length_add = 40))),
	       IS_THE_PODS_OWN(TCP(GATEWAY, 4000, HELLO1, TUNNEL_PORT, A_SYN)))},
	{"door: it is shut without a port", setup_shut,
	 STEPS(IS_THE_PODS_OWN(TO_VIP(A_SYN, BY(GATEWAY, CARRIES))))},
	{"door: a pod sends no tunnel packets to gateways itself", setup_door,
	 STEPS({FROM_POD, DEVICE_POD1, .in = UDP(HELLO1, 4000, GATEWAY, TUNNEL_PORT, .len = 60),
		.verdict = SHOT, .count = COUNT(SPOOFED)},
	       {FROM_POD, DEVICE_POD1,
		.in = UDP(HELLO1, 4000, GATEWAY, TUNNEL_PORT, .len = 60, .zero_sum = true),
		.verdict = SHOT, .count = COUNT(SPOOFED)},
	       {FROM_POD, DEVICE_POD1, .in = UDP(HELLO1, 4000, STRANGER, TUNNEL_PORT, .len = 60),
		.verdict = NEXT})},
	{"door: no flow and no SYN: RST by the gateway", setup_door,
	 STEPS({TO_POD1, .in = TO_VIP(SOME_DATA, BY(GATEWAY, CARRIES)), .verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST, .seq = 5001, .no_window = true, ANY_MAC,
				REFUSED_BY(GATEWAY, CARRIES)),
		.count = COUNT(NO_FLOW), .tables = true})},
	{"door: the TTL ends here", setup_door,
	 STEPS({TO_POD1, .in = TO_VIP(A_SYN, .ttl = 1, BY(GATEWAY, CARRIES)), .verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 11, 0, .quote_len = 40,
			    .quote = &(const struct pkt)TO_VIP(A_SYN, .ttl = 1), ANY_MAC,
			    REFUSED_BY(GATEWAY, CARRIES)),
		.count = COUNT(TUNNEL_TTL)})},
	{"door: an answer to a gateway that no route leads to", setup_no_way_back,
	 .run = run_no_way_back},
	{"door: no more answers than the rate allows", setup_door, .run = run_rate_limit},
	{"door: every source port that is tried is taken", setup_door,
	 STEPS({TO_POD1, .before = take_every_port, .in = TO_VIP(A_SYN, BY(GATEWAY, CARRIES)),
		.verdict = SHOT, .count = COUNT(PORTS_FULL)})},
	{"door: a client over its share", setup_one_flow,
	 STEPS(CONNECTS,
	       {TO_POD1,
		.in = TCP(SLEEP, CLIENT_PORT + 1, VIP, HELLO_PORT, A_SYN, BY(GATEWAY, CARRIES)),
		.verdict = REDIRECT,
		.out = TCP(VIP, HELLO_PORT, SLEEP, CLIENT_PORT + 1, .flags = RST | ACK, .ack = 1001,
			   .no_window = true, ANY_MAC, REFUSED_BY(GATEWAY, CARRIES)),
		.count = COUNT(FLOWS_SHARE)})},
	{"door: malformed packets of a gateway", setup_door,
	 STEPS(IS_DROPPED(TUNNEL_CRITICAL,
			  TO_VIP(A_SYN, BY(GATEWAY, CARRIES, .option_type = 0x90,
					   .option_class = 0xff00))),
	       IS_DROPPED(TUNNEL_MALFORMED,
			  TO_VIP(A_SYN, BY(GATEWAY, CARRIES, .protocol = OTHER_ETHERTYPE))),
	       IS_DROPPED(TRUNCATED, TO_VIP(A_SYN, .ip_length_add = 1, BY(GATEWAY, CARRIES))),
	       IS_DROPPED(FRAGMENT, UDP_TO_VIP(.frag = 100, .len = 80, UDP_BY(GATEWAY, CARRIES))),
	       IS_DROPPED(CHECKSUM, TO_VIP(A_SYN, .bad_sum = 1, BY(GATEWAY, CARRIES))),
	       IS_DROPPED(BAD_HEADER,
			  {.proto = 132, .saddr = SLEEP, .daddr = VIP, .len = 30, BY(GATEWAY, CARRIES)}),
	       IS_DROPPED(TUNNEL_VNI,
			  TO_VIP(A_SYN, OUTER(GATEWAY, NODE1_PORT, HELLO1, TUNNEL_PORT,
					      UNKNOWN_NETWORK, HELLO_ID, CARRIES))),
	       IS_DROPPED(SPOOFED, TCP(IP(127, 0, 0, 1), CLIENT_PORT, VIP, HELLO_PORT, A_SYN,
				       BY(GATEWAY, CARRIES))),
	       IS_DROPPED(TUNNEL_NO_FLOW,
			  ICMP(SLEEP, VIP, 3, 3,
			       .quote = &(const struct pkt)FROM_VIP(REPLY_DATA),
			       BY(GATEWAY, CARRIES))))},
	{"door: a wrong checksum of the inner header", setup_door, .ipv4 = HEADER_CHECKSUM,
	 STEPS(IS_DROPPED(TUNNEL_CHECKSUM,
			  TO_VIP(A_SYN, .bad_ip_sum = 1, BY(GATEWAY, CARRIES))))},
	{"door: a congestion mark that the packet cannot carry", setup_door,
	 STEPS({TO_POD1, .in = TO_VIP(A_SYN, BY(GATEWAY, CARRIES, .tos = 3)), .verdict = SHOT,
		.count = COUNT(TUNNEL_ECN)})},
	{"door: a congestion mark arrives", setup_door,
	 STEPS({TO_POD1, .in = TO_VIP(A_SYN, .tos = 2, BY(GATEWAY, CARRIES, .tos = 3)),
		.verdict = NEXT, .out = IN_POD(FOREIGN, CLIENT_PORT, A_SYN, .tos = 3),
		.count = COUNT(DOOR_IN)})},
	{"door: the client's ICMP error reaches the pod", setup_door,
	 STEPS(UDP_ENTERS(40),
	       {TO_POD1,
		.in = ICMP(SLEEP, VIP, 3, 3, .quote = &(const struct pkt)UDP_FROM_VIP(.len = 8),
			   UDP_BY(GATEWAY, CARRIES)),
		.verdict = NEXT,
		.out = ICMP(FOREIGN, HELLO1, 3, 3,
			    .quote = &(const struct pkt)UDP(HELLO1, HELLO_PORT, FOREIGN,
							    CLIENT_PORT, .len = 8),
			    ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(ICMP_ERROR)})},
	{"door: the pod's ICMP error reaches the client", setup_door,
	 STEPS(UDP_ENTERS(40),
	       {FROM_POD, DEVICE_POD1,
		.in = ICMP(HELLO1, FOREIGN, 3, 3,
			   .quote = &(const struct pkt)UDP(FOREIGN, CLIENT_PORT, HELLO1,
							   HELLO_PORT, .len = 40, ONE_HOP)),
		.verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 3,
			    .quote = &(const struct pkt)UDP_TO_VIP(.len = 40, ONE_HOP),
			    ONE_HOP, ANY_MAC,
			    OUTER(HELLO1, ANY_TUNNEL_PORT, GATEWAY, TUNNEL_PORT, NETWORK2, OTHER_ID,
				  CARRIES)),
		.count = COUNT(ICMP_ERROR)})},
};
REGISTER_CASES(rows);
