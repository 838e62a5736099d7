/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The packets and setups that the rows of several files share. */
#ifndef CASES_H
#define CASES_H

#include "family.h"
#include "run.h"

/* Registers the rows of a file in bpf_tests; no list of files is kept elsewhere. */
#define REGISTER_CASES(rows)                                                                       \
	static void __attribute__((constructor)) register_##rows(void)                             \
	{                                                                                          \
		static struct case_list list = {                                                   \
			.cases = rows, .count = sizeof(rows) / sizeof((rows)[0])};                 \
                                                                                                   \
		cases_register(&list);                                                             \
	}                                                                                          \
	_Static_assert(sizeof(rows), "takes the semicolon")

/* setup.c: HELLO at VIP:5000, TCP and UDP, carried out by ... */
void setup_local(struct world *world);       /* HELLO1 */
void setup_redirect(struct world *world);    /* HELLO1, with delivery: redirect */
void setup_hairpin(struct world *world);     /* SLEEP itself */
void setup_geneve(struct world *world);      /* GATEWAY */
void setup_passthrough(struct world *world); /* STOCK */
void setup_nobody(struct world *world);      /* no backend */
void setup_two_vips(struct world *world);    /* HELLO1, also at VIP2 */
void setup_two_stock(struct world *world);   /* STOCK, also at VIP2 */
/* This node is GATEWAY; behind it HELLO2, on this node. */
void setup_gateway(struct world *world);
void setup_many_snat_ports(struct world *world); /* 10,000 of them */
/* The same as setup_geneve() and setup_gateway() with tunnels of the other family: for rows with .mixed. */
void setup_mixed_client(struct world *world);
void setup_mixed_gateway(struct world *world);

/* Rows of setup_*(): TCP has the first service and backend, UDP the second. */
#define TCP_ROW 1
#define UDP_ROW 2

/* Packets of the scenario. */
#define TO_VIP(...) TCP(SLEEP, CLIENT_PORT, VIP, HELLO_PORT, __VA_ARGS__)
#define TO_HELLO1(...) TCP(SLEEP, CLIENT_PORT, HELLO1, HELLO_PORT, __VA_ARGS__)
#define FROM_HELLO1(...) TCP(HELLO1, HELLO_PORT, SLEEP, CLIENT_PORT, __VA_ARGS__)
#define FROM_VIP(...) TCP(VIP, HELLO_PORT, SLEEP, CLIENT_PORT, __VA_ARGS__)
#define UDP_TO_VIP(...) UDP(SLEEP, CLIENT_PORT, VIP, HELLO_PORT, __VA_ARGS__)
#define UDP_FROM_VIP(...) UDP(VIP, HELLO_PORT, SLEEP, CLIENT_PORT, __VA_ARGS__)

#define A_SYN .flags = SYN, .seq = 1000
#define A_SYN_ACK .flags = SYN | ACK, .seq = 5000, .ack = 1001
#define AN_ACK .flags = ACK, .seq = 1001, .ack = 5001
#define CLIENT_RST .flags = RST, .seq = 1001
#define CLIENT_FIN .flags = FIN | ACK, .seq = 1001, .ack = 5001
#define SERVER_FIN .flags = FIN | ACK, .seq = 5001, .ack = 1001
#define SOME_DATA .flags = PSH | ACK, .seq = 1001, .ack = 5001, .len = 101
#define REPLY_DATA .flags = PSH | ACK, .seq = 5001, .ack = 1102, .len = 77

/* Outer headers: from NODE1 to the gateway and back, and the same at the gateway, whose client has
 * a fixed source port. */
#define TO_GATEWAY(...)                                                                            \
	OUTER(NODE1, ANY_TUNNEL_PORT, GATEWAY, TUNNEL_PORT, NETWORK1, HELLO_ID, __VA_ARGS__)
#define FROM_GATEWAY(...)                                                                          \
	OUTER(GATEWAY, TUNNEL_PORT, NODE1, ANY_TUNNEL_PORT, NETWORK2, HELLO_ID, __VA_ARGS__)
#define NODE1_PORT 61450
#define AT_GATEWAY(...)                                                                            \
	OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1, HELLO_ID, __VA_ARGS__)
#define BACK_TO_NODE1(...)                                                                         \
	OUTER(GATEWAY, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2, HELLO_ID, __VA_ARGS__)

/* Words by which a lie about the options is seen: the inner header, read as options, is none. */
#define TOO_LONG (PLAIN_FAMILY == 6 ? 3 : 1)

#define FROM_OUTSIDE .src_mac = MAC_OUTSIDE
#define ANY_MAC .dst_mac = MAC_ANY
#define ONE_HOP .ttl = 63 /* we are a router on this path */

#endif
