/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Client: into the tunnel. Outer bytes, MSS, and packets that are too large. */
#include "cases.h"

#include <arpa/inet.h>
#include <stdio.h>

/* SACK permitted, timestamps, NOP, window scale: the options that Linux sends after MSS. */
static const uint8_t linux_options[] = {4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7};
static const uint8_t only_timestamps[] = {1, 1, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0};
static const uint8_t end_then_mss[] = {1, 0, 2, 4, 0x23, 0x28};
static const uint8_t mss_of_bad_length[] = {2, 3, 0x23, 1, 1, 1, 1, 1};
static const uint8_t option_of_length_zero[] = {30, 0, 2, 4, 0x23, 0x28};
static const uint8_t option_past_the_end[] = {30, 40, 2, 4, 0x23, 0x28, 1, 1};
static const uint8_t mss_inside_another[] = {30, 6, 2, 4, 0x23, 0x28, 1, 1};
static const uint8_t full_space[36] = {4, 2, 3, 3, 7, 30, 31};

#define OPTIONS(bytes) .options = bytes, .options_len = sizeof(bytes)

/* First packet: the neighbour is resolved by the kernel, so no hardware address is ours. */
#define ENCAPSULATES(...)                                                                          \
	{FROM_POD, .in = TO_VIP(__VA_ARGS__), .verdict = REDIRECT,                                 \
	 .out = TO_VIP(__VA_ARGS__, ANY_MAC, TO_GATEWAY()), .count = COUNT(TO_TUNNEL)}
#define CLAMPS(from, to, ...)                                                                      \
	STEPS({FROM_POD, .in = TO_VIP(A_SYN, .mss = (from), __VA_ARGS__), .verdict = REDIRECT,     \
	       .out = TO_VIP(A_SYN, .mss = (to), __VA_ARGS__, ANY_MAC, TO_GATEWAY()),              \
	       .count = COUNT(TO_TUNNEL)})

#define BY_CACHED_NEXT_HOP .dst_mac = MAC_GATEWAY, .src_mac = MAC_UPLINK
#define BACK_TO_POD .dst_mac = MAC_SLEEP, .src_mac = MAC_NODE

static void setup_far_gateway(struct world *world)
{
	setup_geneve(world);
	world->backends[TCP_ROW].addr = own_ip(FAR_NODE);
}

static void setup_no_route(struct world *world)
{
	setup_geneve(world);
	world->backends[TCP_ROW].addr = own_ip(STRANGER);
}

static void setup_other_tunnel_port(struct world *world)
{
	setup_geneve(world);
	world->backends[TCP_ROW].tunnel_port = htons(7000);
}

static void setup_small_mtu(struct world *world)
{
	setup_geneve(world);
	world->settings->mtu = 1400;
}

static const struct pkt udp_superpacket = UDP_TO_VIP(.len = 2 * LINK_UDP, .no_df = true);
static const struct pkt one_syn = TCP(SLEEP, 1024, VIP, HELLO_PORT, A_SYN);

/* Different flows use different ports of the 64, one flow always the same. */
static bool spread_ports(struct world *world)
{
	static const struct step step = {.program = FROM_POD};
	uint32_t seen[TUNNEL_SOURCE_PORTS] = {0}, used = 0;
	struct port_values ports = {0};
	struct pkt pkt = one_syn;
	struct frame frame;
	int verdict;

	for (uint32_t i = 0; i < 512; i++) {
		uint32_t port;

		pkt.sport = 1024 + i / 2;
		pkt_build(&pkt, &ports, &frame);
		if (frame_run(world, &step, frame.data, &frame.len, &verdict) ||
		    verdict != REDIRECT)
			return false;
		port = frame16(&frame, FRAME_PORTS) - TUNNEL_SOURCE_PORT;
		if (port >= TUNNEL_SOURCE_PORTS) {
			printf("      source port %u\n", port + TUNNEL_SOURCE_PORT);
			return false;
		}
		used += !seen[port]++;
	}
	for (uint32_t i = 0; i < TUNNEL_SOURCE_PORTS; i++)
		if (seen[i] % 2) {
			printf("      a retransmitted SYN changed its port\n");
			return false;
		}
	if (used > 48) /* 256 flows over 64 ports miss one on average */
		return true;
	printf("      only %u of 64 ports used\n", used);
	return false;
}

static void setup_narrow_pods(struct world *world)
{
	setup_geneve(world);
	world->health[world_health(world, GATEWAY, GATEWAY_UP)].mtu = 1300;
}

static const struct test_case rows[] = {
	{"encap: every outer byte", setup_geneve, STEPS(ENCAPSULATES(A_SYN, .mss = 1300))},
	{"encap: the second packet takes the cached next hop", setup_geneve,
	 STEPS(ENCAPSULATES(A_SYN),
	       {FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, BY_CACHED_NEXT_HOP, TO_GATEWAY()),
		.count = COUNT(TO_TUNNEL)})},
	{"encap: a gateway behind a router", setup_far_gateway,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, ANY_MAC,
			      OUTER(NODE1, ANY_TUNNEL_PORT, FAR_NODE, TUNNEL_PORT, NETWORK1,
				    HELLO_ID)),
		.count = COUNT(TO_TUNNEL)},
	       {FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, .dst_mac = MAC_ROUTER, .src_mac = MAC_UPLINK,
			      OUTER(NODE1, ANY_TUNNEL_PORT, FAR_NODE, TUNNEL_PORT, NETWORK1,
				    HELLO_ID)),
		.count = COUNT(TO_TUNNEL)})},
	{"encap: a gateway with another tunnel port", setup_other_tunnel_port,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, ANY_MAC,
			      OUTER(NODE1, ANY_TUNNEL_PORT, GATEWAY, 7000, NETWORK1, HELLO_ID)),
		.count = COUNT(TO_TUNNEL)})},
	{"encap: no route to the gateway", setup_no_route,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = SHOT, .count = COUNT(NO_ROUTE)})},
	{"encap: UDP, and its service id", setup_geneve,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = 120, .no_df = true, .ip_id = 7),
		.verdict = REDIRECT,
		.out = UDP_TO_VIP(.len = 120, .no_df = true, .ip_id = 7, ANY_MAC,
				  OUTER(NODE1, ANY_TUNNEL_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,
					OTHER_ID)),
		.count = COUNT(TO_TUNNEL)})},
	{"encap: TOS and ECN are copied out, the inner TTL stays", setup_geneve,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN, .tos = 0xb9, .ttl = 17), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, .tos = 0xb9, .ttl = 17, ANY_MAC, TO_GATEWAY(.tos = 0xb9)),
		.count = COUNT(TO_TUNNEL)})},
	{"encap: CE is copied out", setup_geneve,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.tos = 3, .len = 9), .verdict = REDIRECT,
		.out = UDP_TO_VIP(.tos = 3, .len = 9, ANY_MAC,
				  OUTER(NODE1, ANY_TUNNEL_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,
					OTHER_ID, .tos = 3)),
		.count = COUNT(TO_TUNNEL)})},
	{"encap: a wrong inner checksum stays wrong", setup_geneve,
	 STEPS(ENCAPSULATES(A_SYN, .mss = 1300),
	       {FROM_POD, .in = TO_VIP(A_SYN, .mss = 1300, .bad_sum = 0x0202), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, .mss = 1300, .bad_sum = 0x0202, BY_CACHED_NEXT_HOP, TO_GATEWAY()),
		.count = COUNT(TO_TUNNEL)})},
	{"encap: a wrong inner checksum stays wrong by as much when clamped", setup_geneve,
	 STEPS(ENCAPSULATES(A_SYN),
	       {FROM_POD, .in = TO_VIP(A_SYN, .mss = LINK_MSS, .bad_sum = 0x0202), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, .mss = INNER_MSS, .bad_sum = 0x0202, BY_CACHED_NEXT_HOP,
			      TO_GATEWAY()),
		.count = COUNT(TO_TUNNEL)})},
	{"encap: the MSS is that of the gateway's pods if it is less", setup_narrow_pods,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN, .mss = LINK_MSS), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, .mss = 1300 - OWN_HLEN - 20, ANY_MAC, TO_GATEWAY()),
		.count = COUNT(TO_TUNNEL)},
	       {UPLINK, .in = FROM_VIP(A_SYN_ACK, .mss = LINK_MSS, FROM_GATEWAY()),
		.verdict = REDIRECT, .count = COUNT(FROM_TUNNEL),
		.out = FROM_VIP(A_SYN_ACK, .mss = 1300 - OWN_HLEN - 20, FROM_OUTSIDE)})},
	{"encap: Ethernet padding is no part of the tunnel", setup_geneve,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = 2, .padding = 16), .verdict = REDIRECT,
		.out = UDP_TO_VIP(.len = 2, .padding = 16, ANY_MAC,
				  OUTER(NODE1, ANY_TUNNEL_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,
					OTHER_ID, .padding_outside = true)),
		.count = COUNT(TO_TUNNEL)})},
	{"encap: flows spread over the 64 ports", setup_geneve, .run = spread_ports},
	{"encap: TTL at its end goes to the stack", setup_geneve,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN, .ttl = 1), .verdict = NEXT,
		.count = COUNT(TTL_EXPIRED)})},
	{"mss: alone", setup_geneve, CLAMPS(LINK_MSS, INNER_MSS, .len = 0)},
	{"mss: one above", setup_geneve, CLAMPS(INNER_MSS + 1, INNER_MSS, .len = 0)},
	{"mss: exactly fits", setup_geneve, CLAMPS(INNER_MSS, INNER_MSS, .len = 0)},
	{"mss: one below is not raised", setup_geneve,
	 CLAMPS(INNER_MSS - 1, INNER_MSS - 1, .len = 0)},
	{"mss: small already", setup_geneve, CLAMPS(536, 536, .len = 0)},
	{"mss: the largest", setup_geneve, CLAMPS(65535, INNER_MSS, .len = 0)},
	{"mss: before others", setup_geneve, CLAMPS(LINK_MSS, INNER_MSS, OPTIONS(linux_options))},
	{"mss: after two NOPs", setup_geneve, CLAMPS(LINK_MSS, INNER_MSS, .pad_before_mss = 2)},
	{"mss: at an odd place", setup_geneve, CLAMPS(LINK_MSS, INNER_MSS, .pad_before_mss = 1)},
	{"mss: at an odd place, before others", setup_geneve,
	 CLAMPS(8960, INNER_MSS, .pad_before_mss = 3, OPTIONS(only_timestamps))},
	{"mss: the last of 40 bytes", setup_geneve, CLAMPS(LINK_MSS, INNER_MSS, .pad_before_mss = 36)},
	{"mss: the first of 40 bytes", setup_geneve, CLAMPS(LINK_MSS, INNER_MSS, OPTIONS(full_space))},
	{"mss: with data on the SYN", setup_geneve, CLAMPS(LINK_MSS, INNER_MSS, .len = 33)},
	{"mss: SYN with ECN flags", setup_geneve,
	 STEPS({FROM_POD, .in = TO_VIP(.flags = SYN | ECE | 0x80, .mss = LINK_MSS),
		.verdict = REDIRECT,
		.out = TO_VIP(.flags = SYN | ECE | 0x80, .mss = INNER_MSS, ANY_MAC, TO_GATEWAY()),
		.count = COUNT(TO_TUNNEL)})},
	{"mss: no options", setup_geneve, STEPS(ENCAPSULATES(A_SYN))},
	{"mss: other options only", setup_geneve,
	 STEPS(ENCAPSULATES(A_SYN, OPTIONS(only_timestamps)))},
	{"mss: behind the end of options", setup_geneve,
	 STEPS(ENCAPSULATES(A_SYN, OPTIONS(end_then_mss)))},
	{"mss: of a wrong length", setup_geneve,
	 STEPS(ENCAPSULATES(A_SYN, OPTIONS(mss_of_bad_length)))},
	{"mss: behind an option of length 0", setup_geneve,
	 STEPS(ENCAPSULATES(A_SYN, OPTIONS(option_of_length_zero)))},
	{"mss: behind an option that leaves the header", setup_geneve,
	 STEPS(ENCAPSULATES(A_SYN, OPTIONS(option_past_the_end)))},
	{"mss: look-alike inside another option", setup_geneve,
	 STEPS(ENCAPSULATES(A_SYN, OPTIONS(mss_inside_another)))},
	{"mss: by a smaller link", setup_small_mtu, CLAMPS(LINK_MSS, 1400 - OWN_OVERHEAD - TCP_HEADERS, .len = 0)},
	{"size: the largest that fits", setup_geneve,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = INNER_UDP), .verdict = REDIRECT,
		.out = UDP_TO_VIP(.len = INNER_UDP, ANY_MAC,
				  OUTER(NODE1, ANY_TUNNEL_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,
					OTHER_ID)),
		.count = COUNT(TO_TUNNEL)})},
	{"size: one byte more gets ICMP with the right MTU", setup_geneve, .ipv4 = DF_SET,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = INNER_UDP + 1), .verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 4, .icmp_mtu = INNER_MTU, BACK_TO_POD,
			    .quote = &(const struct pkt)UDP_TO_VIP(.len = INNER_UDP + 1),
			    .quote_len = 28),
		.count = COUNT(TOO_BIG)})},
	{"size: a TCP segment gets ICMP that quotes its whole header", setup_geneve,
	 STEPS(ENCAPSULATES(A_SYN),
	       {FROM_POD, .in = TO_VIP(.flags = ACK, .seq = 1001, .ack = 1, .len = LINK_MSS),
		.verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 4, .icmp_mtu = INNER_MTU, BACK_TO_POD,
			    .quote = &(const struct pkt)TO_VIP(.flags = ACK, .seq = 1001,
							       .ack = 1, .len = LINK_MSS),
			    .quote_len = 40),
		.count = COUNT(TOO_BIG)})},
	{"size: segments of a superpacket that do not fit", setup_geneve,
	 STEPS(ENCAPSULATES(A_SYN),
	       {FROM_POD, .gso_size = LINK_MSS,
		.in = TO_VIP(.flags = ACK, .seq = 1001, .ack = 1, .len = 2 * LINK_MSS),
		.verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 4, .icmp_mtu = INNER_MTU, BACK_TO_POD,
			    .quote = &(const struct pkt)TO_VIP(.flags = ACK, .seq = 1001,
							       .ack = 1, .len = 2 * LINK_MSS),
			    .quote_len = 40),
		.count = COUNT(TOO_BIG)})},
	/* test_run makes no TCP superpacket, and the kernel refuses to grow its packet: the row
	 * shows only that the length of the packet is no reason to refuse it. */
	{"size: segments of a superpacket that fit", setup_geneve,
	 STEPS(ENCAPSULATES(A_SYN),
	       {FROM_POD, .gso_size = INNER_MSS,
		.in = TO_VIP(.flags = ACK, .seq = 1001, .ack = 1, .len = 2 * INNER_MSS),
		.verdict = SHOT, .count = COUNT(NO_ROOM)})},
	/* Programs cannot segment. The kernel of a sender that hears of the MTU makes no such packets. */
	{"size: segments of a UDP superpacket, which cannot be cut", setup_geneve,
	 STEPS({FROM_POD, .gso_size = LINK_UDP, .in = UDP_TO_VIP(.len = 2 * LINK_UDP, .no_df = true),
		.verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 4, .icmp_mtu = INNER_MTU, BACK_TO_POD,
			    .quote = &udp_superpacket, .quote_len = 28),
		.count = COUNT(TOO_BIG)})},
	{"size: by a smaller link", setup_small_mtu, .ipv4 = DF_SET,
	 STEPS({FROM_POD, .in = UDP_TO_VIP(.len = 1400 - UDP_HEADERS), .verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 4, .icmp_mtu = 1400 - OWN_OVERHEAD, BACK_TO_POD,
			    .quote = &(const struct pkt)UDP_TO_VIP(.len = 1400 - UDP_HEADERS),
			    .quote_len = 28),
		.count = COUNT(TOO_BIG)})},
};

REGISTER_CASES(rows);
