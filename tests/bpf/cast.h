/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses, ports and ids of the two-cluster scenario in the packet tables. */
#ifndef CAST_H
#define CAST_H

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

/* network1: NODE1, its pods, the service. */
#define SLEEP IP(10, 10, 0, 89)
#define HELLO1 IP(10, 10, 0, 90)
#define OTHER_POD IP(10, 10, 0, 91) /* runs no backend */
#define NEIGHBOUR IP(10, 10, 0, 94) /* HELLO1 but for the third bit, on the same device */
#define VIP IP(10, 20, 194, 146)
#define VIP2 IP(10, 20, 194, 147)
#define NODE1 IP(192, 23, 110, 10)

/* network2: two gateways, and behind the first a pod with the same address as HELLO1. */
#define GATEWAY IP(192, 23, 120, 32)
#define GATEWAY2 IP(192, 23, 120, 33)
#define STOCK IP(192, 23, 120, 40)
#define HELLO2 IP(10, 10, 0, 90)
#define HELLO2_ELSEWHERE IP(10, 10, 7, 7) /* on another node of network2 */
#define SNAT IP(172, 31, 255, 1)

/* network3: entered from another node, whose pods reuse network1's addresses. */
#define NODE3 IP(192, 23, 130, 10)
#define GATEWAY3 IP(192, 23, 130, 30)

/* HOST_CLIENT, in host order. */
#define NODE_CLIENT IP(169, 254, 80, 88)

#define FAR_NODE IP(198, 51, 100, 9) /* reached through ROUTER */
#define ROUTER IP(192, 23, 0, 1)
#define MAPPED IP(255, 255, 10, 89) /* over IPv6 IPv4-mapped: nobody's in either family */
#define STRANGER IP(203, 0, 113, 7)

#define HELLO_PORT 5000
#define STOCK_PORT 15443
#define TUNNEL_PORT 6081
#define CLIENT_PORT 40123

#define NETWORK1 0x1a2b3cu
#define NETWORK2 0x4d5e6fu
#define NETWORK3 0x0000a7u
#define UNKNOWN_NETWORK 0x777777u

#define HELLO_ID 0x8877665544332211ULL
#define OTHER_ID 0x0123456789abcdefULL
#define UNKNOWN_ID 0xdeadbeefcafef00dULL

/* SNAT ports of the gateway. */
#define SNAT_FIRST 30000
#define SNAT_LAST 30063

#define UPLINK_MTU 1500

/* Hardware addresses of both ends of each link. */
enum mac {
	MAC_DEFAULT, /* by the packet's direction: see pkt.c */
	MAC_ANY,     /* not compared: the kernel fills it in after the program (redirect_neigh) */
	MAC_NODE,
	MAC_SLEEP,
	MAC_HELLO,
	MAC_OUTSIDE,
	MAC_GATEWAY,
	MAC_NODE1,
	MAC_ROUTER,
	MAC_UPLINK,
	MAC_POD0_DEV,
	MAC_POD1_DEV,
	MAC_COUNT
};

#endif
