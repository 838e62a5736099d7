/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets of one family in tunnels of the other. */
#include <stdio.h>

#include <bpf/bpf.h>

#include "datagrams.h"

#define MIXED .other_family = true
#define MIXED_MTU (UPLINK_MTU - OTHER_OVERHEAD)
#define MIXED_MSS (MIXED_MTU - TCP_HEADERS)
#define MIXED_UDP (MIXED_MTU - UDP_HEADERS)
#define MIXED_PART PART_OF(MIXED_MTU)

/* ------------------------------------------------------------------ client */

#define SENDS(...)                                                                                 \
	{FROM_POD, .in = TO_VIP(__VA_ARGS__), .verdict = REDIRECT,                                 \
	 .out = TO_VIP(__VA_ARGS__, ANY_MAC, TO_GATEWAY(MIXED)), .count = COUNT(TO_TUNNEL)}
#define HEARS(...)                                                                                 \
	{UPLINK, .in = FROM_VIP(__VA_ARGS__, FROM_GATEWAY(MIXED)), .verdict = REDIRECT,            \
	 .out = FROM_VIP(__VA_ARGS__, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL)}
#define SENDS_UDP(...)                                                                             \
	{FROM_POD, .in = UDP_TO_VIP(__VA_ARGS__), .verdict = REDIRECT,                             \
	 .out = UDP_TO_VIP(__VA_ARGS__, ANY_MAC, TO_OTHER(MIXED)), .count = COUNT(TO_TUNNEL)}
#define HEARS_UDP(...)                                                                             \
	{UPLINK, .in = UDP_FROM_VIP(__VA_ARGS__, FROM_OTHER(MIXED)), .verdict = REDIRECT,          \
	 .out = UDP_FROM_VIP(__VA_ARGS__, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL)}
#define IS_REFUSED(reason, ...)                                                                    \
	{UPLINK, .in = FROM_VIP(A_SYN_ACK, OUTER(__VA_ARGS__, HELLO_ID, MIXED)), .verdict = SHOT,  \
	 .count = COUNT(reason)}
#define BACK_TO_POD .dst_mac = MAC_SLEEP, .src_mac = MAC_NODE
#define FITS .ip_id = 78, .frag = MF, .whole = 1000, .len = 800
#define REST .ip_id = 78, .frag = 101, .from = 800, .len = 200

/* ------------------------------------------------------------------ gateway */

#define ENTERS(...)                                                                                \
	{UPLINK, .in = TO_VIP(__VA_ARGS__, AT_GATEWAY(MIXED)), .verdict = REDIRECT,                \
	 .out = TO_HELLO2(ANY_SNAT, __VA_ARGS__, ONE_HOP, FROM_OUTSIDE),                           \
	 .count = COUNT(GATEWAY_IN)}
#define ENTERS_PLAIN(...)                                                                          \
	{UPLINK, .in = TO_VIP(__VA_ARGS__, AT_GATEWAY()), .verdict = REDIRECT,                     \
	 .out = TO_HELLO2(ANY_SNAT, __VA_ARGS__, ONE_HOP, FROM_OUTSIDE),                           \
	 .count = COUNT(GATEWAY_IN)}
#define ENTERS_UDP(...)                                                                            \
	{UPLINK, .in = UDP_TO_VIP(__VA_ARGS__, OTHER_AT_GATEWAY(MIXED)), .verdict = REDIRECT,      \
	 .out = UDP_TO_HELLO2(__VA_ARGS__, ONE_HOP, FROM_OUTSIDE), .count = COUNT(GATEWAY_IN)}
#define ANSWERS_UDP(...)                                                                           \
	{FROM_POD, DEVICE_POD1, .in = UDP_FROM_HELLO2(__VA_ARGS__), .verdict = REDIRECT,           \
	 .out = UDP_FROM_VIP(__VA_ARGS__, ONE_HOP, ANY_MAC, OTHER_TO_NODE1(MIXED)),                \
	 .count = COUNT(GATEWAY_OUT)}
#define REPLIES_MIXED(...) REPLIES(BACK_TO_NODE1(MIXED), __VA_ARGS__)

/* ------------------------------------------------------------------ paths */

static const struct pkt sent = TO_VIP(SOME_DATA, TO_GATEWAY(MIXED));
static const struct pkt not_sent = TCP(SLEEP, 1, VIP, HELLO_PORT, SOME_DATA, TO_GATEWAY(MIXED));
static const struct pkt answered = FROM_VIP(REPLY_DATA, BACK_TO_NODE1(MIXED));

#define ROUTER_SAYS(to, quoted)                                                                    \
	{UPLINK, .verdict = NEXT,                                                                  \
	 .in = ICMP(ROUTER, to, 3, 4, .family = OTHER_FAMILY, .quote = &(quoted), .icmp_mtu = 1400)}

static bool path_is(struct world *world, uint32_t addr, uint32_t mtu)
{
	struct ip_addr key = other_ip(addr);
	struct path path = { 0 };

	bpf_map_lookup_elem(world_map_fd(world, "paths"), &key, &path);
	return path.mtu == mtu || (printf("      the path has MTU %u\n", path.mtu), false);
}

static bool path_to_gateway(struct world *world)
{
	return path_is(world, GATEWAY, 1400);
}

static bool path_unknown(struct world *world)
{
	return path_is(world, GATEWAY, 0);
}

static bool path_to_client(struct world *world)
{
	return path_is(world, NODE1, 1400);
}

static const struct pkt to_vip = UDP_TO_VIP(.len = 10);
static const struct pkt from_vip = UDP_FROM_VIP(.len = 10);
static const struct pkt to_hello2 = UDP_TO_HELLO2(.len = 10);
static const struct pkt from_hello2 = UDP_FROM_HELLO2(.len = 10);
static const struct pkt big = UDP_TO_VIP(.len = MIXED_UDP + 1);
static const struct pkt big_reply = FROM_HELLO2(ANY_SNAT, .flags = ACK, .len = LINK_MSS);
static const struct pkt last_hop = TO_VIP(A_SYN, .ttl = 1);

static const struct test_case rows[] = {
	{"mixed: a whole connection", setup_mixed_client, .mixed = true,
	 STEPS(SENDS(A_SYN), HEARS(A_SYN_ACK), SENDS(AN_ACK), SENDS(SOME_DATA), HEARS(REPLY_DATA),
	       SENDS(CLIENT_FIN), HEARS(SERVER_FIN))},
	{"mixed: UDP there and back", setup_mixed_client, .mixed = true,
	 STEPS(SENDS_UDP(.len = 33), HEARS_UDP(.len = 200), SENDS_UDP(.len = 0))},
	{"mixed: fragments", setup_mixed_client, .mixed = true,
	 STEPS(SENDS_UDP(FITS), SENDS_UDP(REST), HEARS_UDP(FITS), HEARS_UDP(REST))},
	{"mixed: the MSS is clamped both ways", setup_mixed_client, .mixed = true,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN, .mss = 1460), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, .mss = MIXED_MSS, ANY_MAC, TO_GATEWAY(MIXED)),
		.count = COUNT(TO_TUNNEL)},
	       {UPLINK, .in = FROM_VIP(A_SYN_ACK, .mss = 1460, FROM_GATEWAY(MIXED)),
		.verdict = REDIRECT, .out = FROM_VIP(A_SYN_ACK, .mss = MIXED_MSS, FROM_OUTSIDE),
		.count = COUNT(FROM_TUNNEL)})},
	{"mixed: the largest that fits", setup_mixed_client, .mixed = true,
	 STEPS(SENDS_UDP(.len = MIXED_UDP))},
	{"mixed: a datagram of one byte more is cut", setup_mixed_client, .mixed = true,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.ip_id = 9, .no_df = true, .len = MIXED_UDP + 1),
		.verdict = REDIRECT, .count = COUNT(TO_TUNNEL), .ip_bytes_unknown = true,
		.out = UDP_TO_VIP(.ip_id = 9, .any_id = true, .frag = MF, .whole = MIXED_UDP + 1,
				  .len = MIXED_PART - 8, ANY_MAC, TO_OTHER(MIXED))},
	       {FROM_POD, .in = UDP_TO_VIP(AGAIN, .len = MIXED_UDP + 1), SENT(MIXED_PART),
		.verdict = REDIRECT, .count = COUNT(TO_TUNNEL), .ip_bytes_unknown = true,
		.out = UDP_TO_VIP(.ip_id = 9, .frag = MIXED_PART / 8, .from = MIXED_PART - 8,
				  .len = MIXED_UDP + 9 - MIXED_PART, ANY_MAC, TO_OTHER(MIXED))})},
	{"mixed: or told, if it must not be", setup_mixed_client, .mixed = true, .ipv4 = DF_SET,
	 STEPS(SENDS_UDP(.len = MIXED_UDP),
	       {FROM_POD, .in = UDP_TO_VIP(.len = MIXED_UDP + 1), .verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 4, .icmp_mtu = MIXED_MTU, .quote = &big,
			    .quote_len = 28, BACK_TO_POD),
		.count = COUNT(TOO_BIG)})},
	{"mixed: TOS and congestion", setup_mixed_client, .mixed = true,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN, .tos = 0xba), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, .tos = 0xba, ANY_MAC, TO_GATEWAY(MIXED, .tos = 0xba)),
		.count = COUNT(TO_TUNNEL)},
	       {UPLINK, .in = FROM_VIP(A_SYN_ACK, .tos = 2, FROM_GATEWAY(MIXED, .tos = 3)),
		.verdict = REDIRECT, .out = FROM_VIP(A_SYN_ACK, .tos = 3, FROM_OUTSIDE),
		.count = COUNT(FROM_TUNNEL)})},
	{"mixed: the gateway's RST", setup_mixed_client, .mixed = true,
	 STEPS(SENDS(A_SYN), HEARS(.flags = RST | ACK, .ack = 1001))},
	{"mixed: the gateway's ICMP error", setup_mixed_client, .mixed = true,
	 STEPS(SENDS_UDP(.len = 10),
	       {UPLINK, .in = ICMP(VIP, SLEEP, 3, 3, .quote = &to_vip, FROM_OTHER(MIXED)),
		.verdict = REDIRECT, .count = COUNT(ICMP_ERROR),
		.out = ICMP(VIP, SLEEP, 3, 3, .quote = &to_vip, FROM_OUTSIDE)})},
	{"mixed: the client's ICMP error", setup_mixed_client, .mixed = true,
	 STEPS(SENDS_UDP(.len = 10),
	       {FROM_POD, .in = ICMP(SLEEP, VIP, 3, 3, .quote = &from_vip), .verdict = REDIRECT,
		.out = ICMP(SLEEP, VIP, 3, 3, .quote = &from_vip, ANY_MAC, TO_OTHER(MIXED)),
		.count = COUNT(ICMP_ERROR)})},
	{"mixed: who may answer", setup_mixed_client, .mixed = true,
	 STEPS(SENDS(A_SYN),
	       IS_REFUSED(TUNNEL_SOURCE, STRANGER, TUNNEL_PORT, NODE1, ANY_TUNNEL_PORT, NETWORK2),
	       IS_REFUSED(TUNNEL_SOURCE, GATEWAY, 1234, NODE1, ANY_TUNNEL_PORT, NETWORK2),
	       IS_REFUSED(TUNNEL_VNI, GATEWAY, TUNNEL_PORT, NODE1, ANY_TUNNEL_PORT, NETWORK3),
	       {UPLINK, .in = FROM_VIP(A_SYN_ACK, OUTER(GATEWAY2, TUNNEL_PORT, NODE1,
							ANY_TUNNEL_PORT, NETWORK2, HELLO_ID, MIXED)),
		.verdict = REDIRECT, .out = FROM_VIP(A_SYN_ACK, FROM_OUTSIDE),
		.count = COUNT(FROM_TUNNEL)})},
	{"mixed: a gateway of the network answers over the other family", setup_mixed_client, .mixed = true,
	 STEPS(SENDS(A_SYN),
	       {UPLINK, .in = FROM_VIP(A_SYN_ACK, FROM_GATEWAY()), .verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL)})},
	{"mixed: XDP, and TC behind it", setup_mixed_client, .mixed = true,
	 STEPS(SENDS(A_SYN),
	       {XDP, .live = DEVICE_POD0, .in = FROM_VIP(A_SYN_ACK, FROM_GATEWAY(MIXED)),
		.verdict = REDIRECT, .out = FROM_VIP(A_SYN_ACK, FROM_OUTSIDE),
		.count = COUNT(FROM_TUNNEL)})},
	{"mixed: a router's word about our tunnel", setup_mixed_client, .mixed = true,
	 STEPS(SENDS(A_SYN), ROUTER_SAYS(NODE1, sent)), .run = path_to_gateway},
	{"mixed: a router's word about what we did not send", setup_mixed_client, .mixed = true,
	 STEPS(SENDS(A_SYN), ROUTER_SAYS(NODE1, not_sent)), .run = path_unknown},

	{"mixed gateway: a whole connection", setup_mixed_gateway, .mixed = true,
	 STEPS(ENTERS(A_SYN), REPLIES_MIXED(A_SYN_ACK), ENTERS(AN_ACK), ENTERS(SOME_DATA),
	       REPLIES_MIXED(REPLY_DATA))},
	{"mixed gateway: UDP, and fragments", setup_mixed_gateway, .mixed = true,
	 STEPS(ENTERS_UDP(.len = 40), ANSWERS_UDP(.len = 50), ENTERS_UDP(FITS), ENTERS_UDP(REST),
	       ANSWERS_UDP(FITS), ANSWERS_UDP(REST))},
	{"mixed gateway: the MSS is clamped both ways", setup_mixed_gateway, .mixed = true,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, .mss = 1460, AT_GATEWAY(MIXED)), .verdict = REDIRECT,
		.out = TO_HELLO2(ANY_SNAT, A_SYN, .mss = MIXED_MSS, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)},
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, A_SYN_ACK, .mss = 1460),
		.verdict = REDIRECT, .count = COUNT(GATEWAY_OUT),
		.out = FROM_VIP(A_SYN_ACK, .mss = MIXED_MSS, ONE_HOP, ANY_MAC,
				BACK_TO_NODE1(MIXED))})},
	{"mixed gateway: refusals", setup_mixed_gateway, .mixed = true,
	 STEPS({UPLINK, .in = TO_VIP(SOME_DATA, AT_GATEWAY(MIXED)), .verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST, .seq = 5001, .no_window = true, ANY_MAC,
				BACK_TO_NODE1(MIXED)),
		.count = COUNT(NO_FLOW), .ip_bytes_unknown = true},
	       {UPLINK, .in = UDP_TO_VIP(.len = 10, AT_GATEWAY(MIXED)), .verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 3, .quote = &to_vip, .quote_len = 28, ANY_MAC,
			    BACK_TO_NODE1(MIXED)),
		.count = COUNT(TUNNEL_SERVICE), .ip_bytes_unknown = true},
	       {UPLINK, .in = TO_VIP(A_SYN, .ttl = 1, AT_GATEWAY(MIXED)), .verdict = REDIRECT,
		.out = ICMP(SNAT, SLEEP, 11, 0, .quote = &last_hop, .quote_len = 40, ANY_MAC,
			    BACK_TO_NODE1(MIXED)),
		.count = COUNT(TUNNEL_TTL), .ip_bytes_unknown = true})},
	{"mixed gateway: a reply too big for the tunnel", setup_mixed_gateway, .mixed = true,
	 STEPS(ENTERS(A_SYN),
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, .flags = ACK, .len = LINK_MSS),
		.verdict = REDIRECT,
		.out = ICMP(SNAT, HELLO2, 3, 4, .icmp_mtu = MIXED_MTU, .quote = &big_reply,
			    .quote_len = 40, BACK_TO_POD),
		.count = COUNT(TOO_BIG)})},
	{"mixed gateway: ICMP errors both ways", setup_mixed_gateway, .mixed = true,
	 STEPS(ENTERS_UDP(.len = 10),
	       {UPLINK,
		.in = ICMP(SLEEP, VIP, 3, 3, .quote = &from_vip, OTHER_AT_GATEWAY(MIXED)),
		.verdict = REDIRECT, .count = COUNT(ICMP_ERROR),
		.out = ICMP(SNAT, HELLO2, 3, 3, .quote = &from_hello2, ONE_HOP, FROM_OUTSIDE)},
	       {FROM_POD, DEVICE_POD1, .in = ICMP(HELLO2, SNAT, 3, 3, .quote = &to_hello2),
		.verdict = REDIRECT, .count = COUNT(ICMP_ERROR),
		.out = ICMP(VIP, SLEEP, 3, 3, .quote = &to_vip, ONE_HOP, ANY_MAC,
			    OTHER_TO_NODE1(MIXED))})},
	{"mixed gateway: a source that may not enter", setup_mixed_gateway, .mixed = true,
	 STEPS({UPLINK, .verdict = SHOT, .count = COUNT(TUNNEL_SOURCE), .tables = true,
		.in = TO_VIP(A_SYN, OUTER(STRANGER, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,
					  HELLO_ID, MIXED))})},
	{"mixed gateway: answers follow the client to the other family", setup_mixed_gateway,
	 .mixed = true,
	 STEPS(ENTERS(A_SYN), REPLIES_MIXED(A_SYN_ACK), ENTERS_PLAIN(AN_ACK),
	       REPLIES(BACK_TO_NODE1(), REPLY_DATA), ENTERS(AN_ACK), REPLIES_MIXED(REPLY_DATA))},
	{"mixed gateway: XDP, and TC behind it", setup_mixed_gateway, .mixed = true,
	 STEPS({XDP, .live = DEVICE_POD1, .in = TO_VIP(A_SYN, AT_GATEWAY(MIXED)),
		.verdict = REDIRECT, .out = TO_HELLO2(ANY_SNAT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN)},
	       REPLIES_MIXED(A_SYN_ACK))},
	{"mixed gateway: a router's word about our answers", setup_mixed_gateway, .mixed = true,
	 STEPS(ENTERS(A_SYN), REPLIES_MIXED(A_SYN_ACK), ROUTER_SAYS(GATEWAY, answered)),
	 .run = path_to_client},
};

REGISTER_CASES(rows);
