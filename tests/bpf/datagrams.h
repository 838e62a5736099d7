/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Datagrams of hello and of the other service, on all paths. */
#ifndef DATAGRAMS_H
#define DATAGRAMS_H

#include "gateway_packets.h"

#define UDP_TO_HELLO1(...) UDP(SLEEP, CLIENT_PORT, HELLO1, HELLO_PORT, __VA_ARGS__)
#define UDP_FROM_HELLO1(...) UDP(HELLO1, HELLO_PORT, SLEEP, CLIENT_PORT, __VA_ARGS__)
#define UDP_TO_HELLO2(...) UDP(SNAT, ANY_SNAT, HELLO2, HELLO_PORT, __VA_ARGS__)
#define UDP_FROM_HELLO2(...) UDP(HELLO2, HELLO_PORT, SNAT, ANY_SNAT, __VA_ARGS__)
#define TO_OTHER(...)                                                                              \
	OUTER(NODE1, ANY_TUNNEL_PORT, GATEWAY, TUNNEL_PORT, NETWORK1, OTHER_ID, __VA_ARGS__)
#define FROM_OTHER(...)                                                                            \
	OUTER(GATEWAY, TUNNEL_PORT, NODE1, ANY_TUNNEL_PORT, NETWORK2, OTHER_ID, __VA_ARGS__)
#define OTHER_AT_GATEWAY(...)                                                                      \
	OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1, OTHER_ID, __VA_ARGS__)
#define OTHER_TO_NODE1(...)                                                                        \
	OUTER(GATEWAY, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2, OTHER_ID, __VA_ARGS__)

/* A datagram that is cut for a tunnel of `mtu` bytes: what a part carries at most behind its headers, a
 * multiple of 8; the mark of how much was sent; and the whole as it comes in again, over IPv6 as a fragment. */
#define PART_OF(mtu) (((mtu) - OWN_HLEN - (PLAIN_FAMILY == 6 ? 8 : 0)) & ~7)
#define SENT(bytes) .mark = SPLIT_MARK | (bytes)
#define AGAIN .ip_id = 9, .no_df = true, .atomic = true

#endif
