/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Client: a source address of another pod, where no reverse path filter would see it. */
#include "cases.h"

/* SLEEP lives behind DEVICE_POD0. */
#define FORGES(reason, ...)                                                                        \
	STEPS({FROM_POD, DEVICE_POD1, .in = __VA_ARGS__, .verdict = SHOT, .count = COUNT(reason),  \
	       .tables = true})

static const struct test_case rows[] = {
	{"spoof: into the tunnel", setup_geneve, FORGES(SPOOFED, TO_VIP(A_SYN))},
	{"spoof: UDP into the tunnel", setup_geneve, FORGES(SPOOFED, UDP_TO_VIP(.len = 3))},
	{"spoof: directly into a pod", setup_redirect, FORGES(SPOOFED, TO_VIP(A_SYN))},
	{"spoof: UDP directly into a pod", setup_redirect, FORGES(SPOOFED, UDP_TO_VIP(.len = 3))},
	{"spoof: a hairpin of another pod", setup_hairpin, FORGES(SPOOFED, TO_VIP(A_SYN))},
	{"spoof: the true owner still gets its flow", setup_geneve,
	 STEPS({FROM_POD, DEVICE_POD1, .in = TO_VIP(A_SYN), .verdict = SHOT,
		.count = COUNT(SPOOFED), .tables = true},
	       {FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, ANY_MAC, TO_GATEWAY()), .count = COUNT(TO_TUNNEL),
		.tables = true, .embryonic = 2})},
	{"spoof: two addresses of one pod are both its own", setup_geneve,
	 STEPS({FROM_POD, DEVICE_POD1, .in = TCP(HELLO1, CLIENT_PORT, VIP, HELLO_PORT, A_SYN),
		.verdict = REDIRECT,
		.out = TCP(HELLO1, CLIENT_PORT, VIP, HELLO_PORT, A_SYN, ANY_MAC, TO_GATEWAY()),
		.count = COUNT(TO_TUNNEL)},
	       {FROM_POD, DEVICE_POD1, .in = TCP(OTHER_POD, CLIENT_PORT, VIP, HELLO_PORT, A_SYN),
		.verdict = REDIRECT,
		.out = TCP(OTHER_POD, CLIENT_PORT, VIP, HELLO_PORT, A_SYN, .dst_mac = MAC_GATEWAY,
			   .src_mac = MAC_UPLINK,
			   OUTER(NODE1, ANY_TUNNEL_PORT_B, GATEWAY, TUNNEL_PORT, NETWORK1,
				 HELLO_ID)),
		.count = COUNT(TO_TUNNEL)})},
	/* A pod may route for others; only other pods' addresses are known to be forged. */
	{"spoof: an address that is no pod's", setup_geneve,
	 STEPS({FROM_POD, DEVICE_POD1, .in = TCP(FAR_NODE, CLIENT_PORT, VIP, HELLO_PORT, A_SYN),
		.verdict = REDIRECT,
		.out = TCP(FAR_NODE, CLIENT_PORT, VIP, HELLO_PORT, A_SYN, ANY_MAC, TO_GATEWAY()),
		.count = COUNT(TO_TUNNEL)})},
	{"spoof: the stack judges for itself", setup_local,
	 STEPS({FROM_POD, DEVICE_POD1, .in = TO_VIP(A_SYN), .verdict = NEXT,
		.out = TO_HELLO1(A_SYN), .count = COUNT(TO_LOCAL)})},
	{"spoof: the stack judges the way to a stock gateway", setup_passthrough,
	 STEPS({FROM_POD, DEVICE_POD1, .in = TO_VIP(A_SYN), .verdict = NEXT,
		.out = TCP(SLEEP, CLIENT_PORT, STOCK, STOCK_PORT, A_SYN),
		.count = COUNT(TO_PASSTHROUGH)})},
};

REGISTER_CASES(rows);
