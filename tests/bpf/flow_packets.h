/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Steps of a connection to HELLO1 over the stack, with their effect on the flow tables. The
 * client's answer to the SYN-ACK establishes. */
#ifndef FLOW_PACKETS_H
#define FLOW_PACKETS_H

#include "cases.h"

#define OPENS                                                                                      \
	{FROM_POD, .in = TO_VIP(A_SYN), .verdict = NEXT, .out = TO_HELLO1(A_SYN),                  \
	 .count = COUNT(TO_LOCAL), .tables = true, .embryonic = 2, .state = STATE(OPENING),        \
	 .flags = FLAGS(0)}
#define ANSWERS                                                                                    \
	{TO_POD, .in = FROM_HELLO1(A_SYN_ACK), .verdict = NEXT, .out = FROM_VIP(A_SYN_ACK),        \
	 .count = COUNT(REPLY), .tables = true, .embryonic = 2, .state = STATE(OPENING),           \
	 .flags = FLAGS(FLOW_ANSWERED)}
#define CONFIRMS                                                                                   \
	{FROM_POD, .in = TO_VIP(AN_ACK), .verdict = NEXT, .out = TO_HELLO1(AN_ACK),                \
	 .count = COUNT(TO_LOCAL), .tables = true, .flows = 2, .state = STATE(ESTABLISHED)}
#define CONNECTS OPENS, ANSWERS, CONFIRMS
/* Number of entries in each table. */
#define PROMOTED .tables = true, .flows = 2
#define EMBRYONIC .tables = true, .embryonic = 2
#define CLIENT_SENDS(tcp_flags, becomes, ...)                                                      \
	{FROM_POD, .in = TO_VIP(.flags = tcp_flags, .seq = 1001, .ack = 5001), .verdict = NEXT,    \
	 .out = TO_HELLO1(.flags = tcp_flags, .seq = 1001, .ack = 5001),                           \
	 .count = COUNT(TO_LOCAL), .state = STATE(becomes), __VA_ARGS__}
#define SERVER_SENDS(tcp_flags, becomes, ...)                                                      \
	{TO_POD, .in = FROM_HELLO1(.flags = tcp_flags, .seq = 5001, .ack = 1001), .verdict = NEXT, \
	 .out = FROM_VIP(.flags = tcp_flags, .seq = 5001, .ack = 1001), .count = COUNT(REPLY),     \
	 .state = STATE(becomes), __VA_ARGS__}

#endif
