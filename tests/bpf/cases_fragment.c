/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fragments on all paths, and packets that are cut to fit into a tunnel. */
#include <netinet/in.h>
#include <stdio.h>

#include <bpf/bpf.h>

#include "datagrams.h"

/* A datagram of 2,000 bytes in two. */
#define FIRST .ip_id = 77, .frag = MF, .whole = 2000, .len = 1472
#define LATER .ip_id = 77, .frag = 185, .from = 1472, .len = 528

/* ------------------------------------------------------------------ paths */

#define STACK(...)                                                                                 \
	{FROM_POD, .in = UDP_TO_VIP(__VA_ARGS__), .verdict = NEXT,                                 \
	 .out = UDP_TO_HELLO1(__VA_ARGS__), .count = COUNT(TO_LOCAL)}
#define STACK_BACK(...)                                                                            \
	{TO_POD, .in = UDP_FROM_HELLO1(__VA_ARGS__), .verdict = NEXT,                              \
	 .out = UDP_FROM_VIP(__VA_ARGS__), .count = COUNT(REPLY)}
#define REDIRECTED(...)                                                                            \
	{FROM_POD, .in = UDP_TO_VIP(__VA_ARGS__), .verdict = REDIRECT,                             \
	 .out = UDP_TO_HELLO1(__VA_ARGS__, ONE_HOP), .count = COUNT(TO_LOCAL)}
#define REDIRECTED_BACK(...)                                                                       \
	{FROM_POD, DEVICE_POD1, .in = UDP_FROM_HELLO1(__VA_ARGS__), .verdict = REDIRECT,           \
	 .out = UDP_FROM_VIP(__VA_ARGS__, ONE_HOP), .count = COUNT(REPLY)}
#define TUNNEL(...)                                                                                \
	{FROM_POD, .in = UDP_TO_VIP(__VA_ARGS__), .verdict = REDIRECT,                             \
	 .out = UDP_TO_VIP(__VA_ARGS__, ANY_MAC, TO_OTHER()), .count = COUNT(TO_TUNNEL)}
#define TUNNEL_BACK(...)                                                                           \
	{UPLINK, .in = UDP_FROM_VIP(__VA_ARGS__, FROM_OTHER()), .verdict = REDIRECT,               \
	 .out = UDP_FROM_VIP(__VA_ARGS__, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL)}
#define GATEWAY_IN(...)                                                                            \
	{UPLINK, .in = UDP_TO_VIP(__VA_ARGS__, OTHER_AT_GATEWAY()), .verdict = REDIRECT,           \
	 .out = UDP_TO_HELLO2(__VA_ARGS__, ONE_HOP, FROM_OUTSIDE), .count = COUNT(GATEWAY_IN)}
#define GATEWAY_OUT(...)                                                                           \
	{FROM_POD, DEVICE_POD1, .in = UDP_FROM_HELLO2(__VA_ARGS__), .verdict = REDIRECT,           \
	 .out = UDP_FROM_VIP(__VA_ARGS__, ONE_HOP, ANY_MAC, OTHER_TO_NODE1()),                     \
	 .count = COUNT(GATEWAY_OUT)}
#define ELSEWHERE_IN(...)                                                                          \
	{UPLINK, .in = UDP_TO_VIP(__VA_ARGS__, OTHER_AT_GATEWAY()), .verdict = REDIRECT,           \
	 .out = UDP(SNAT, ANY_SNAT, HELLO2_ELSEWHERE, HELLO_PORT, __VA_ARGS__, ONE_HOP,            \
		    FROM_OUTSIDE, ANY_MAC),                                                        \
	 .count = COUNT(GATEWAY_IN)}
#define ELSEWHERE_OUT(...)                                                                         \
	{UPLINK,                                                                                   \
	 .in = UDP(HELLO2_ELSEWHERE, HELLO_PORT, SNAT, ANY_SNAT, __VA_ARGS__, FROM_OUTSIDE),       \
	 .verdict = REDIRECT, .count = COUNT(GATEWAY_OUT),                                         \
	 .out = UDP_FROM_VIP(__VA_ARGS__, ONE_HOP, FROM_OUTSIDE, ANY_MAC, OTHER_TO_NODE1())}
#define FITS .ip_id = 78, .frag = MF, .whole = 1000, .len = 800
#define REST .ip_id = 78, .frag = 101, .from = 800, .len = 200

/* ------------------------------------------------------------------ cut */

#define PART PART_OF(INNER_MTU)
#define CUT_FIRST(length)                                                                          \
	{FROM_POD, .in = UDP_TO_VIP(.ip_id = 9, .no_df = true, .len = length),                     \
	 .verdict = REDIRECT, .count = COUNT(TO_TUNNEL), .ip_bytes_unknown = true,                 \
	 .out = UDP_TO_VIP(.ip_id = 9, .any_id = true, .frag = MF, .whole = length,                \
			   .len = PART - 8, ANY_MAC, TO_OTHER())}
#define CUT_LATER(length, sent, more, part)                                                        \
	{FROM_POD, .in = UDP_TO_VIP(AGAIN, .len = length), SENT(sent), .verdict = REDIRECT,        \
	 .count = COUNT(TO_TUNNEL), .ip_bytes_unknown = true,                                      \
	 .out = UDP_TO_VIP(.ip_id = 9, .frag = (more) | (sent) / 8, .from = (sent) - 8,            \
			   .len = part, ANY_MAC, TO_OTHER())}

static const struct pkt whole = UDP_TO_VIP(.len = LINK_UDP);
static const struct pkt extended = UDP_TO_VIP(EXT({EXT_DESTINATION, 1, 0}), .len = LINK_UDP);

static void setup_elsewhere(struct world *world)
{
	world_become_gateway(world);
	world_service_of(world, VIP, IPPROTO_UDP, OTHER_ID, BACKEND_LOCAL, HELLO2_ELSEWHERE,
			 HELLO_PORT);
}

static void clear_flows(struct world *world)
{
	static const char *const maps[] = {"flows", "embryonic"};
	struct flow_key key;

	for (int i = 0; i < 2; i++)
		while (!bpf_map_get_next_key(world_map_fd(world, maps[i]), NULL, &key))
			world_delete(world, maps[i], &key);
}

/* The bytes of the gateway's answers are those of the datagram, cut or not. */
static bool answer_counted_once(struct world *world)
{
	static const char *const maps[] = {"flows", "embryonic"};
	struct flow_key key;
	struct flow flow;

	for (int i = 0; i < 2; i++) {
		int fd = world_map_fd(world, maps[i]);

		for (void *last = NULL; !bpf_map_get_next_key(fd, last, &key); last = &key) {
			bpf_map_lookup_elem(fd, &key, &flow);
			if ((key.zone & 0xff) >> 1 != FLOW_GATEWAY_REPLY)
				continue;
			if (flow.bytes == UPLINK_MTU)
				return true;
			printf("      %llu bytes\n", (unsigned long long)flow.bytes);
		}
	}
	return false;
}

/* Let six seconds pass for all fragments that are remembered. */
static void forget(struct world *world)
{
	int fd = world_map_fd(world, "fragments");
	uint8_t key[64], value[16];
	uint32_t *seen = (uint32_t *)(value + 4);

	for (bool more = !bpf_map_get_next_key(fd, NULL, key); more;
	     more = !bpf_map_get_next_key(fd, key, key)) {
		bpf_map_lookup_elem(fd, key, value);
		*seen -= 6 * world->hz;
		bpf_map_update_elem(fd, key, value, BPF_ANY);
	}
}

static const struct test_case rows[] = {
	{"fragment: to a local pod through the stack, and back", setup_local,
	 STEPS(STACK(FIRST), STACK(LATER), STACK_BACK(FIRST), STACK_BACK(LATER))},
	{"fragment: to a local pod past the stack, and back", setup_redirect,
	 STEPS(REDIRECTED(FIRST), REDIRECTED(LATER), REDIRECTED_BACK(FIRST),
	       REDIRECTED_BACK(LATER))},
	{"fragment: to a stock gateway", setup_passthrough,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(FIRST), .verdict = NEXT, .count = COUNT(TO_PASSTHROUGH),
		.out = UDP(SLEEP, CLIENT_PORT, STOCK, STOCK_PORT, FIRST)},
	       {FROM_POD, .in = UDP_TO_VIP(LATER), .verdict = NEXT, .count = COUNT(TO_PASSTHROUGH),
		.out = UDP(SLEEP, CLIENT_PORT, STOCK, STOCK_PORT, LATER)})},
	{"fragment: to the caller itself", setup_hairpin,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(FIRST), .verdict = REDIRECT, .count = COUNT(TO_LOCAL),
		.out = UDP(VIP, CLIENT_PORT, SLEEP, HELLO_PORT, FIRST, ONE_HOP)},
	       {FROM_POD, .in = UDP_TO_VIP(LATER), .verdict = REDIRECT, .count = COUNT(TO_LOCAL),
		.out = UDP(VIP, CLIENT_PORT, SLEEP, HELLO_PORT, LATER, ONE_HOP)})},
	{"fragment: into the tunnel, and out of it", setup_geneve,
	 STEPS(TUNNEL(FITS), TUNNEL(REST), TUNNEL_BACK(FITS), TUNNEL_BACK(REST))},
	{"fragment: at the gateway, there and back", setup_gateway,
	 STEPS(GATEWAY_IN(FITS), GATEWAY_IN(REST), GATEWAY_OUT(FITS), GATEWAY_OUT(REST))},
	{"fragment: at the gateway, of a pod of another node", setup_elsewhere,
	 STEPS(ELSEWHERE_IN(FITS), ELSEWHERE_IN(REST), ELSEWHERE_OUT(FITS), ELSEWHERE_OUT(REST))},
	{"fragment: TCP", setup_local,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN, .ip_id = 5, .frag = MF, .len = 36), .verdict = NEXT,
		.out = TO_HELLO1(A_SYN, .ip_id = 5, .frag = MF, .len = 36),
		.count = COUNT(TO_LOCAL)},
	       {FROM_POD, .in = TO_VIP(.ip_id = 5, .frag = 7, .len = 9), .verdict = NEXT,
		.out = TO_HELLO1(.ip_id = 5, .frag = 7, .len = 9), .count = COUNT(TO_LOCAL)})},
	{"fragment: without a checksum", setup_local, .ipv4 = NO_CHECKSUM,
	 STEPS(STACK(FIRST, .zero_sum = true), STACK(LATER))},
	{"fragment: in the middle of others", setup_local,
	 STEPS(STACK(FIRST), STACK(.ip_id = 77, .frag = MF | 10, .len = 80), STACK(LATER))},
	{"fragment: before the first", setup_local,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(LATER), .verdict = SHOT, .count = COUNT(FRAGMENT),
		.tables = true},
	       STACK(FIRST), STACK(LATER))},
	{"fragment: of another packet, or of another protocol", setup_local,
	 STEPS(STACK(FIRST),
	       {FROM_POD, .in = UDP_TO_VIP(.ip_id = 76, .frag = 185, .len = 528), .verdict = SHOT,
		.count = COUNT(FRAGMENT)},
	       {FROM_POD, .in = TO_VIP(.ip_id = 77, .frag = 185, .len = 528), .verdict = SHOT,
		.count = COUNT(FRAGMENT)})},
	{"fragment: from another pod", setup_local,
	 STEPS(STACK(FIRST),
	       {FROM_POD, DEVICE_POD1, .in = UDP_TO_VIP(LATER), .verdict = SHOT,
		.count = COUNT(FRAGMENT)})},
	{"fragment: from another network", setup_gateway,
	 STEPS(GATEWAY_IN(FITS),
	       {UPLINK,
		.in = UDP_TO_VIP(REST, OUTER(NODE3, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK3,
					     OTHER_ID)),
		.verdict = SHOT, .count = COUNT(FRAGMENT)})},
	{"fragment: later than five seconds", setup_local,
	 STEPS(STACK(FIRST),
	       {FROM_POD, .in = UDP_TO_VIP(LATER), .before = forget, .verdict = SHOT,
		.count = COUNT(FRAGMENT)})},
	{"fragment: the first is too short for its ports", setup_local,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.frag = MF, .len = 40, .ip_length_add = -41),
		.verdict = SHOT, .count = COUNT(TRUNCATED)})},
	{"fragment: with IP options", setup_local, .ipv4 = HEADER_OPTIONS,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(FIRST, .ip_options = 1), .verdict = SHOT,
		.count = COUNT(BAD_HEADER)})},
	{"fragment: a later one opens no flow", setup_local,
	 STEPS(STACK(FIRST),
	       {FROM_POD, .in = UDP_TO_VIP(LATER), .before = clear_flows, .verdict = SHOT,
		.count = COUNT(FRAGMENT), .tables = true})},
	{"fragment: an answer's to the SNAT address before the first", setup_gateway,
	 STEPS({UPLINK, .in = UDP_FROM_HELLO2(LATER), .verdict = SHOT, .count = COUNT(FRAGMENT)},
	       {FROM_POD, DEVICE_POD1, .in = UDP_FROM_HELLO2(LATER), .verdict = SHOT,
		.count = COUNT(FRAGMENT)})},
	{"cut: a datagram without DF into two", setup_geneve,
	 STEPS(CUT_FIRST(LINK_UDP), CUT_LATER(LINK_UDP, PART, 0, LINK_UDP + 8 - PART))},
	{"cut: into three", setup_geneve,
	 STEPS(CUT_FIRST(2900), CUT_LATER(2900, PART, MF, PART),
	       CUT_LATER(2900, 2 * PART, 0, 2900 + 8 - 2 * PART))},
	{"cut: with the mark of more than there is", setup_geneve,
	 STEPS(CUT_FIRST(LINK_UDP),
	       {FROM_POD, .in = UDP_TO_VIP(AGAIN, .len = LINK_UDP), SENT(LINK_UDP + 8),
		.verdict = SHOT, .count = COUNT(NO_ROOM)})},
	{"cut: not with DF", setup_geneve, .ipv4 = DF_SET,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = LINK_UDP), .verdict = REDIRECT,
		.count = COUNT(TOO_BIG),
		.out = ICMP(VIP, SLEEP, 3, 4, .icmp_mtu = INNER_MTU, .quote = &whole, .quote_len = 28,
			    .src_mac = MAC_NODE, .dst_mac = MAC_SLEEP)})},
	{"cut: a fragment that is too big itself", setup_geneve,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(FIRST), .verdict = REDIRECT, .count = COUNT(TO_TUNNEL),
		.ip_bytes_unknown = true,
		.out = UDP_TO_VIP(.ip_id = 77, .frag = MF, .whole = 2000, .len = PART - 8, ANY_MAC,
				  TO_OTHER())},
	       {FROM_POD, .in = UDP_TO_VIP(FIRST), SENT(PART), .verdict = REDIRECT,
		.count = COUNT(TO_TUNNEL), .ip_bytes_unknown = true,
		.out = UDP_TO_VIP(.ip_id = 77, .frag = MF | PART / 8, .from = PART - 8,
				  .len = 1480 - PART, ANY_MAC, TO_OTHER())},
	       TUNNEL(LATER))},
	{"cut: a later fragment that is too big", setup_geneve,
	 STEPS(TUNNEL(.ip_id = 78, .frag = MF, .whole = 3000, .len = 1000),
	       {FROM_POD, .in = UDP_TO_VIP(.ip_id = 78, .frag = 126, .from = 1000, .len = 1480),
		.verdict = REDIRECT, .count = COUNT(TO_TUNNEL), .ip_bytes_unknown = true,
		.out = UDP_TO_VIP(.ip_id = 78, .frag = MF | 126, .from = 1000, .len = PART, ANY_MAC,
				  TO_OTHER())},
	       {FROM_POD, .in = UDP_TO_VIP(.ip_id = 78, .frag = 126, .from = 1000, .len = 1480),
		SENT(PART), .verdict = REDIRECT, .count = COUNT(TO_TUNNEL),
		.ip_bytes_unknown = true,
		.out = UDP_TO_VIP(.ip_id = 78, .frag = 126 + PART / 8, .from = 1000 + PART,
				  .len = 1480 - PART, ANY_MAC, TO_OTHER())})},
	{"cut: a later fragment with DF is not answered", setup_geneve, .ipv4 = DF_SET,
	 STEPS(TUNNEL(FITS),
	       {FROM_POD, .in = UDP_TO_VIP(.ip_id = 78, .frag = DF | 101, .len = 1480),
		.verdict = SHOT, .count = COUNT(TOO_BIG)})},
	{"cut: an answer at the gateway", setup_gateway,
	 STEPS(GATEWAY_IN(.len = 10),
	       {FROM_POD, DEVICE_POD1, .in = UDP_FROM_HELLO2(.no_df = true, .len = LINK_UDP),
		.verdict = REDIRECT, .count = COUNT(GATEWAY_OUT), .ip_bytes_unknown = true,
		.out = UDP_FROM_VIP(.any_id = true, .frag = MF, .whole = LINK_UDP, .len = PART - 8,
				    ONE_HOP, ANY_MAC, OTHER_TO_NODE1())},
	       {FROM_POD, DEVICE_POD1, .in = UDP_FROM_HELLO2(AGAIN, .len = LINK_UDP), SENT(PART),
		.verdict = REDIRECT, .count = COUNT(GATEWAY_OUT), .ip_bytes_unknown = true,
		.out = UDP_FROM_VIP(.ip_id = 9, .frag = PART / 8, .from = PART - 8,
				    .len = LINK_UDP + 8 - PART, ONE_HOP, ANY_MAC, OTHER_TO_NODE1()),
		.after = answer_counted_once})},
	{"cut: not with extension headers, which each part would have", setup_geneve,
	 .ipv6 = EXTENSIONS,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(EXT({EXT_DESTINATION, 1, 0}), .len = LINK_UDP),
		.verdict = REDIRECT, .count = COUNT(TOO_BIG),
		.out = ICMP(VIP, SLEEP, 3, 4, .icmp_mtu = INNER_MTU, .quote = &extended,
			    .quote_len = 36, .src_mac = MAC_NODE, .dst_mac = MAC_SLEEP)})},
};

REGISTER_CASES(rows);
