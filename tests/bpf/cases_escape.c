/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is about to leave by an uplink: packets for virtual IPs are refused, all others go. */
#include "cases.h"

#include <netinet/in.h>

#define BACK_TO_SENDER .no_window = true, .dst_mac = MAC_SLEEP, .src_mac = MAC_NODE
#define ANSWER(segment, ...)                                                                       \
	STEPS({TO_UPLINK, .in = TO_VIP(segment), .verdict = REDIRECT,                              \
	       .out = FROM_VIP(__VA_ARGS__, BACK_TO_SENDER), .count = COUNT(ESCAPED),              \
	       .tables = true})
#define LEAVES(...) STEPS({TO_UPLINK, .in = __VA_ARGS__, .verdict = NEXT, .tables = true})
#define STAYS(reason, ...)                                                                         \
	STEPS({TO_UPLINK, .in = __VA_ARGS__, .verdict = SHOT, .count = COUNT(reason),              \
	       .tables = true})

/* One macro argument for several fields. */
#define FIELDS(...) __VA_ARGS__

static const struct pkt lonely_datagram = UDP_TO_VIP(.len = 100);

static const struct test_case rows[] = {
	{"escape: data in mid-stream gets RST with its own number", setup_local,
	 ANSWER(FIELDS(SOME_DATA), .flags = RST, .seq = 5001)},
	{"escape: a SYN gets RST", setup_local, ANSWER(FIELDS(A_SYN), .flags = RST | ACK, .ack = 1001)},
	{"escape: without an endpoint, too", setup_nobody,
	 ANSWER(FIELDS(AN_ACK), .flags = RST, .seq = 5001)},
	{"escape: a RST is never answered", setup_local,
	 STAYS(ESCAPED, TO_VIP(.flags = RST, .seq = 7))},
	{"escape: UDP gets ICMP port unreachable", setup_local,
	 STEPS({TO_UPLINK, .in = UDP_TO_VIP(.len = 100), .verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 3, .quote = &lonely_datagram, .quote_len = 28,
			    .dst_mac = MAC_SLEEP, .src_mac = MAC_NODE),
		.count = COUNT(ESCAPED), .tables = true})},
	{"escape: a fragment", setup_local, STAYS(FRAGMENT, TO_VIP(SOME_DATA, .frag = MF))},
	{"escape: IP options", setup_local, .ipv4 = HEADER_OPTIONS, STAYS(BAD_HEADER, TO_VIP(A_SYN, .ip_options = 1))},
	{"escape: a port that no service has leaves", setup_local,
	 LEAVES(TCP(SLEEP, CLIENT_PORT, VIP, HELLO_PORT + 1, A_SYN))},
	{"escape: ICMP to a virtual IP leaves", setup_local, LEAVES(ICMP(SLEEP, VIP, 8, 0, .len = 40))},
	{"escape: a pod's address leaves", setup_local, LEAVES(TO_HELLO1(SOME_DATA))},
	{"escape: a virtual IP within a tunnel leaves", setup_geneve,
	 LEAVES(TO_VIP(SOME_DATA, AT_GATEWAY()))},
	{"escape: another EtherType leaves", setup_local, LEAVES(TO_VIP(SOME_DATA, .ethertype = 0x88b5))},
};

REGISTER_CASES(rows);
