/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The reasons by which packets are counted: enum in BPF, names in metrics, texts in the CLI.
 *
 * X(NAME, verdict, "text"); verdict is FORWARD, PASS (handed on untouched) or DROP. The name in
 * metrics and JSON is NAME in lower case.
 */
#ifndef PARALLAX_REASONS_H
#define PARALLAX_REASONS_H

#define REASONS(X)                                                                                 \
	X(TO_LOCAL, FORWARD, "sent to a pod of this network")                                      \
	X(TO_TUNNEL, FORWARD, "encapsulated towards a gateway")                                    \
	X(TO_PASSTHROUGH, FORWARD, "sent to a stock gateway")                                      \
	X(REPLY, FORWARD, "reply translated back to the virtual IP")                               \
	X(FROM_TUNNEL, FORWARD, "reply taken out of a tunnel")                                     \
	X(GATEWAY_IN, FORWARD, "request sent to a pod by the gateway")                             \
	X(GATEWAY_OUT, FORWARD, "reply sent back through the tunnel")                              \
	X(XDP_DECAP, FORWARD, "decapsulated by XDP, to be delivered by TC")                        \
	X(TAKEOVER, PASS, "belongs to a connection older than Parallax")                           \
	X(TTL_EXPIRED, PASS, "TTL expired: left to the stack, which answers")                      \
	X(NO_BACKEND, DROP, "no endpoint available: refused")                                      \
	X(DROP_OVERLOAD, DROP, "drop overload of the control plane: refused")                      \
	X(BACKEND_GONE, DROP, "endpoint left with draining: reset: refused")                       \
	X(NO_FLOW, DROP, "not the start of a connection, and of no flow: refused")                 \
	X(FLOWS_FULL, DROP, "flow table full")                                                     \
	X(PORTS_FULL, DROP, "no free source port")                                                 \
	X(TOO_BIG, DROP, "larger than the tunnel allows: sender notified")                         \
	X(REPLY_LIMIT, DROP, "refused without an answer: rate limit of answers")                   \
	X(NO_ROUTE, DROP, "no route or next hop")                                                  \
	X(NO_ROOM, DROP, "packet cannot be resized")                                               \
	X(TRUNCATED, DROP, "shorter than its headers say")                                         \
	X(FRAGMENT, DROP, "fragment of a packet for a virtual IP or in a tunnel")                  \
	X(BAD_HEADER, DROP, "IP options or another protocol, for a virtual IP or in a tunnel")     \
	X(SPOOFED, DROP, "source address of another pod")                                          \
	X(STALE_ROW, DROP, "service or backend row replaced during the look-up")                   \
	X(TUNNEL_MALFORMED, DROP, "tunnel header malformed")                                       \
	X(TUNNEL_CRITICAL, DROP, "unknown critical tunnel option")                                 \
	X(TUNNEL_VNI, DROP, "tunnel packet of an unknown network")                                 \
	X(TUNNEL_SOURCE, DROP, "tunnel packet from an address not allowed")                        \
	X(TUNNEL_NO_FLOW, DROP, "tunnel packet of no flow of this node")                           \
	X(TUNNEL_SERVICE, DROP, "tunnel packet for an unknown service: refused")                   \
	X(TUNNEL_ECN, DROP, "congestion mark that the inner packet cannot carry (RFC 6040)")       \
	X(TUNNEL_CHECKSUM, DROP, "wrong checksum of a tunnel packet's outer or inner IP header")   \
	X(TUNNEL_TTL, DROP, "TTL of a tunneled packet expired")                                    \
	X(SNAT_NO_FLOW, DROP, "to a SNAT port of the gateway, of no flow")

enum reason {
	REASON_NONE, /* the packet may go on; never counted */
#define X(name, verdict, text) REASON_##name,
	REASONS(X)
#undef X
	REASON_COUNT
};

#endif
