/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tunnel headers as a hostile or a newer peer may write them (RFC 8926), ECN (RFC 6040), TTL. */
#include "cases.h"

#include <stdio.h>

#define DELIVERED(...) TCP(SNAT, ANY_SNAT, HELLO2, HELLO_PORT, __VA_ARGS__, FROM_OUTSIDE)
#define ACCEPTS(...)                                                                               \
	STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY(__VA_ARGS__)), .verdict = REDIRECT,          \
	       .out = DELIVERED(A_SYN, ONE_HOP), .count = COUNT(GATEWAY_IN)})
#define ACCEPTS_INNER(...)                                                                         \
	STEPS({UPLINK, .in = TO_VIP(A_SYN, __VA_ARGS__, AT_GATEWAY()), .verdict = REDIRECT,        \
	       .out = DELIVERED(A_SYN, __VA_ARGS__, ONE_HOP), .count = COUNT(GATEWAY_IN)})
#define REFUSES(reason, ...)                                                                       \
	STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY(__VA_ARGS__)), .verdict = SHOT,              \
	       .count = COUNT(reason), .tables = true})
#define REFUSES_INNER(reason, ...)                                                                 \
	STEPS({UPLINK, .in = __VA_ARGS__, .verdict = SHOT, .count = COUNT(reason), .tables = true})
#define FROM(node, network)                                                                        \
	OUTER(node, NODE1_PORT, GATEWAY, TUNNEL_PORT, network, HELLO_ID)

/* RFC 6040 figure 4: the ECN field that goes on, by inner (row) and outer (column); -1: dropped.
 * Fields in the order of their codes: Not-ECT, ECT(1), ECT(0), CE. */
static const int ecn_out[4][4] = {
	{0, 0, 0, -1},
	{1, 1, 1, 3},
	{2, 1, 2, 3},
	{3, 3, 3, 3},
};

#define DSCP 0x28

static const struct step ecn_step = {
	UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = REDIRECT,
	.out = DELIVERED(A_SYN, ONE_HOP), .count = COUNT(GATEWAY_IN),
};

static bool combine_ecn(struct world *world)
{
	struct port_values ports = {0};
	bool good = true;

	for (int i = 0; i < 16; i++) {
		int inner = i / 4, outer = i % 4, want = ecn_out[inner][outer];
		struct outer header = *ecn_step.in.outer;
		struct step step = ecn_step;

		header.tos = outer;
		step.in.outer = &header;
		step.in.tos = DSCP | inner;
		step.out.tos = DSCP | want;
		if (want < 0) {
			step.verdict = SHOT;
			step.count = COUNT(TUNNEL_ECN);
		}
		if (!step_run(world, &step, &ports)) {
			printf("      with inner ECN %d, outer ECN %d\n", inner, outer);
			good = false;
		}
	}
	return good;
}

static const struct pkt last_hop = TO_VIP(A_SYN, .ttl = 1);

static const struct test_case rows[] = {
	{"header: version 1", setup_gateway, REFUSES(TUNNEL_MALFORMED, .version = 1)},
	{"header: inner Ethernet", setup_gateway, REFUSES(TUNNEL_MALFORMED, .protocol = 0x6558)},
	{"header: inner packet of the other family", setup_gateway, REFUSES(TUNNEL_MALFORMED, .protocol = OTHER_ETHERTYPE)},
	{"header: no option at all", setup_gateway, REFUSES(TUNNEL_MALFORMED, .no_service = true)},
	{"header: options longer than they are", setup_gateway,
	 REFUSES(TUNNEL_MALFORMED, .option_length_add = TOO_LONG)},
	{"header: options one word shorter than they are", setup_gateway,
	 REFUSES(TUNNEL_MALFORMED, .option_length_add = -1)},
	{"header: options as long as they can be said to be", setup_gateway,
	 REFUSES(TUNNEL_MALFORMED, .option_length_add = 60)},
	{"header: unknown critical option behind", setup_gateway,
	 REFUSES(TUNNEL_CRITICAL, .option_type = 0x86, .option_class = 0xff00, .option_words = 3)},
	{"header: unknown critical option before", setup_gateway,
	 REFUSES(TUNNEL_CRITICAL, .option_type = 0x80, .option_class = 0x0102, .option_words = 0,
		 .option_first = true)},
	{"header: critical option of another class with our type", setup_gateway,
	 REFUSES(TUNNEL_CRITICAL, .option_type = 0x81, .option_class = 0x0102, .option_words = 2,
		 .option_first = true)},
	{"header: unknown critical option alone", setup_gateway,
	 REFUSES(TUNNEL_CRITICAL, .option_type = 0x83, .option_class = 0xff00, .option_words = 2,
		 .no_service = true)},
	{"header: other options, but no service", setup_gateway,
	 REFUSES(TUNNEL_MALFORMED, .option_type = 0x05, .option_class = 0xff00, .option_words = 2,
		 .no_service = true)},
	{"header: unknown option behind is passed over", setup_gateway,
	 ACCEPTS(.option_type = 0x07, .option_class = 0xff00, .option_words = 4)},
	{"header: unknown option before is passed over", setup_gateway,
	 ACCEPTS(.option_type = 0x01, .option_class = 0x0102, .option_words = 1,
		 .option_first = true)},
	{"header: unknown empty option is passed over", setup_gateway,
	 ACCEPTS(.option_type = 0x01, .option_class = 0x0102, .option_first = true)},
	{"header: an option of the greatest length is passed over", setup_gateway,
	 ACCEPTS(.option_type = 0x01, .option_class = 0x0102, .option_words = 31,
		 .option_first = true)},
	{"header: an endpoint id is read", setup_gateway,
	 ACCEPTS(.option_type = 0x03, .option_class = 0xff00, .option_words = 1)},
	{"header: an endpoint id before the service", setup_gateway,
	 ACCEPTS(.option_type = 0x03, .option_class = 0xff00, .option_words = 1,
		 .option_first = true)},
	{"header: an endpoint id of another length is passed over", setup_gateway,
	 ACCEPTS(.option_type = 0x03, .option_class = 0xff00, .option_words = 2)},
	{"header: reserved flags are ignored", setup_gateway, ACCEPTS(.flags = 0x3f)},
	{"header: a probe is not delivered", setup_gateway,
	 REFUSES(TUNNEL_MALFORMED, .flags = 0x80)},
	{"header: outer checksum present", setup_gateway, ACCEPTS(.udp_sum = true)},
	{"header: outer TTL at its end has arrived", setup_gateway, ACCEPTS(.ttl = 1)},
	{"header: outer without DF", setup_gateway, .ipv4 = NO_DF, ACCEPTS(.no_df = true)},
	{"header: fragments of outer packets are left to the stack", setup_gateway,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY(.frag = MF)), .verdict = NEXT},
	       {UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY(.frag = 100)), .verdict = NEXT})},
	{"header: a wrong checksum of the outer header", setup_gateway, .ipv4 = HEADER_CHECKSUM,
	 REFUSES(TUNNEL_CHECKSUM, .bad_ip_sum = 1)},
	{"header: a wrong outer checksum does not move the peer", setup_gateway, .ipv4 = HEADER_CHECKSUM,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = REDIRECT,
		.out = DELIVERED(A_SYN, ONE_HOP), .count = COUNT(GATEWAY_IN)},
	       {UPLINK,
		.in = TO_VIP(AN_ACK, OUTER(NODE3, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,
					   HELLO_ID, .bad_ip_sum = 1)),
		.verdict = SHOT, .count = COUNT(TUNNEL_CHECKSUM)},
	       {FROM_POD, DEVICE_POD1, .in = TCP(HELLO2, HELLO_PORT, SNAT, ANY_SNAT, A_SYN_ACK),
		.verdict = REDIRECT, .out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC, BACK_TO_NODE1()),
		.count = COUNT(GATEWAY_OUT)})},
	{"header: unknown network", setup_gateway,
	 REFUSES_INNER(TUNNEL_VNI, TO_VIP(A_SYN, FROM(NODE1, UNKNOWN_NETWORK)))},
	{"header: network 0", setup_gateway,
	 REFUSES_INNER(TUNNEL_VNI, TO_VIP(A_SYN, FROM(NODE1, 0)))},
	{"header: a source that may not enter", setup_gateway,
	 REFUSES_INNER(TUNNEL_SOURCE, TO_VIP(A_SYN, FROM(STRANGER, NETWORK1)))},
	{"header: a source that may not enter, unknown service", setup_gateway,
	 REFUSES_INNER(TUNNEL_SOURCE,
		       TO_VIP(A_SYN, OUTER(STRANGER, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,
					   UNKNOWN_ID)))},
	{"inner: longer than its frame", setup_gateway,
	 REFUSES_INNER(TRUNCATED, TO_VIP(A_SYN, .ip_length_add = 1, AT_GATEWAY()))},
	{"inner: shorter than its headers", setup_gateway,
	 REFUSES_INNER(TRUNCATED, TO_VIP(A_SYN, .ip_length_add = -1, AT_GATEWAY()))},
	{"inner: what follows it is trimmed", setup_gateway,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, .len = 9, .padding = 7, AT_GATEWAY()),
		.verdict = REDIRECT, .out = DELIVERED(A_SYN, .len = 9, ONE_HOP),
		.count = COUNT(GATEWAY_IN), .ip_bytes_unknown = true})},
	{"inner: a wrong header checksum opens no flow", setup_gateway, .ipv4 = HEADER_CHECKSUM,
	 REFUSES_INNER(TUNNEL_CHECKSUM, TO_VIP(A_SYN, .bad_ip_sum = 1, AT_GATEWAY()))},
	{"inner: a wrong header checksum of UDP", setup_gateway, .ipv4 = HEADER_CHECKSUM,
	 REFUSES_INNER(TUNNEL_CHECKSUM,
		       UDP_TO_VIP(.len = 8, .bad_ip_sum = 0x100,
				  OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,
					OTHER_ID)))},
	{"inner: a wrong header checksum does not touch the flow", setup_gateway, .ipv4 = HEADER_CHECKSUM,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = REDIRECT,
		.out = DELIVERED(A_SYN, ONE_HOP), .count = COUNT(GATEWAY_IN), .tables = true,
		.embryonic = 2, .state = STATE(OPENING)},
	       {UPLINK, .in = TO_VIP(.flags = RST, .bad_ip_sum = 0xfffe, AT_GATEWAY()),
		.verdict = SHOT, .count = COUNT(TUNNEL_CHECKSUM), .tables = true, .embryonic = 2,
		.state = STATE(OPENING)})},
	{"inner: a header checksum whose sum carries twice is right", setup_gateway, .ipv4 = HEADER_CHECKSUM,
	 ACCEPTS_INNER(.ip_id = 0xffff, .tos = 0xfc, .len = 9)},
	{"inner: a later fragment before the first", setup_gateway,
	 REFUSES_INNER(FRAGMENT, TO_VIP(A_SYN, .frag = 7, .len = 40, AT_GATEWAY()))},
	{"inner: IP options", setup_gateway, .ipv4 = HEADER_OPTIONS,
	 REFUSES_INNER(BAD_HEADER, TO_VIP(A_SYN, .ip_options = 1, AT_GATEWAY()))},
	{"inner: neither TCP nor UDP", setup_gateway,
	 REFUSES_INNER(BAD_HEADER, {.proto = 132, .saddr = SLEEP, .daddr = VIP, .len = 40,
				    AT_GATEWAY()})},
	{"inner: ICMP to the gateway", setup_gateway,
	 REFUSES_INNER(TUNNEL_NO_FLOW, ICMP(SLEEP, VIP, 8, 0, .len = 40, AT_GATEWAY()))},
	{"inner: not the IP version it is said to be", setup_gateway,
	 REFUSES_INNER(BAD_HEADER, TO_VIP(A_SYN, .ip_version = PLAIN_FAMILY == 6 ? 4 : 6, AT_GATEWAY()))},
	{"inner: TTL 1 ends at the gateway, which says so", setup_gateway,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, .ttl = 1, AT_GATEWAY()), .verdict = REDIRECT,
		.out = ICMP(SNAT, SLEEP, 11, 0, .quote = &last_hop, .quote_len = 40, ANY_MAC,
			    BACK_TO_NODE1()),
		.count = COUNT(TUNNEL_TTL), .tables = true})},
	{"inner: TTL 1 of a source that may not enter ends in silence", setup_gateway,
	 REFUSES_INNER(TUNNEL_SOURCE, TO_VIP(A_SYN, .ttl = 1, FROM(STRANGER, NETWORK1)))},
	{"inner: TTL 2 reaches the pod", setup_gateway,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, .ttl = 2, AT_GATEWAY()), .verdict = REDIRECT,
		.out = DELIVERED(A_SYN, .ttl = 1), .count = COUNT(GATEWAY_IN)})},
	{"inner: TTL 1 of a reply ends at the gateway", setup_gateway,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = REDIRECT,
		.out = DELIVERED(A_SYN, ONE_HOP), .count = COUNT(GATEWAY_IN)},
	       {FROM_POD, DEVICE_POD1,
		.in = TCP(HELLO2, HELLO_PORT, SNAT, ANY_SNAT, A_SYN_ACK, .ttl = 1),
		.verdict = SHOT, .count = COUNT(TUNNEL_TTL)})},
	{"ecn: all combinations of inner and outer", setup_gateway, .run = combine_ecn},
};

REGISTER_CASES(rows);
