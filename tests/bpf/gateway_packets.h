/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets that the rows of the gateway role share. */
#ifndef GATEWAY_PACKETS_H
#define GATEWAY_PACKETS_H

#include "cases.h"

#define TO_HELLO2(port, ...) TCP(SNAT, port, HELLO2, HELLO_PORT, __VA_ARGS__)
#define FROM_HELLO2(port, ...) TCP(HELLO2, HELLO_PORT, SNAT, port, __VA_ARGS__)

#define OPENS OPENS_IN(.embryonic = 2)
#define OPENS_AGAIN OPENS_IN(.flows = 2)
#define OPENS_IN(...)                                                                              \
	{UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = REDIRECT,                           \
	 .out = TO_HELLO2(ANY_SNAT, A_SYN, ONE_HOP, FROM_OUTSIDE), .count = COUNT(GATEWAY_IN),     \
	 .tables = true, __VA_ARGS__, .state = STATE(OPENING), .flags = FLAGS(0)}
#define ANSWERS                                                                                    \
	{FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, A_SYN_ACK), .verdict = REDIRECT,       \
	 .out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC, BACK_TO_NODE1()),                            \
	 .count = COUNT(GATEWAY_OUT), .state = STATE(OPENING), .flags = FLAGS(FLOW_ANSWERED)}
/* The client's answer to the SYN-ACK establishes. */
#define CONFIRMS                                                                                   \
	{UPLINK, .in = TO_VIP(AN_ACK, AT_GATEWAY()), .verdict = REDIRECT,                          \
	 .out = TO_HELLO2(ANY_SNAT, AN_ACK, ONE_HOP, FROM_OUTSIDE), .count = COUNT(GATEWAY_IN),    \
	 .tables = true, .flows = 2, .state = STATE(ESTABLISHED)}
#define CONNECTS OPENS, ANSWERS, CONFIRMS
#define CONNECTS_AGAIN OPENS_AGAIN, ANSWERS, CONFIRMS
/* As ANSWERS, once the way to NODE1 is known. */
#define REPLIES(outer_to, ...)                                                                     \
	{FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, __VA_ARGS__), .verdict = REDIRECT,     \
	 .out = FROM_VIP(__VA_ARGS__, ONE_HOP, ANY_MAC, outer_to), .count = COUNT(GATEWAY_OUT)}
#define FROM_NODE3(...)                                                                            \
	OUTER(NODE3, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK3, HELLO_ID, __VA_ARGS__)

#endif
