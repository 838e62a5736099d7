/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The one list of what can become of a packet: enum in BPF, names in metrics, texts in the CLI.
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
	X(GATEWAY_IN, FORWARD, "entered this network through our gateway")                         \
	X(GATEWAY_OUT, FORWARD, "reply sent back through the tunnel")                              \
	X(XDP_DECAP, FORWARD, "decapsulated by XDP, delivery left to TC")                           \
	X(TAKEOVER, PASS, "belongs to a connection older than Parallax")                           \
	X(TTL_EXPIRED, PASS, "TTL at its end, the stack answers")                                  \
	X(NO_BACKEND, DROP, "no endpoint can be picked: refused")                                  \
	X(DROP_OVERLOAD, DROP, "the control plane sheds load (drop overload): refused")            \
	X(BACKEND_GONE, DROP, "its endpoint left and draining is reset: refused")                  \
	X(NO_FLOW, DROP, "not the start of a connection and no flow known: refused")               \
	X(FLOWS_FULL, DROP, "flow table full")                                                     \
	X(PORTS_FULL, DROP, "no source port free")                                                 \
	X(TOO_BIG, DROP, "does not fit the tunnel: sender told so")                                \
	X(REPLY_LIMIT, DROP, "refused in silence: reply rate limit")                               \
	X(NO_ROUTE, DROP, "no route or next hop")                                                  \
	X(NO_ROOM, DROP, "packet cannot be resized")                                               \
	X(TRUNCATED, DROP, "shorter than its headers say")                                         \
	X(FRAGMENT, DROP, "fragment of a packet for a virtual IP")                                 \
	X(BAD_HEADER, DROP, "IP options or headers we do not carry, for a virtual IP")             \
	X(SPOOFED, DROP, "source address of another pod")                                          \
	X(STALE_ROW, DROP, "table row changed under the reader")                                   \
	X(TUNNEL_MALFORMED, DROP, "tunnel header malformed")                                       \
	X(TUNNEL_CRITICAL, DROP, "unknown critical tunnel option")                                 \
	X(TUNNEL_VNI, DROP, "tunnel packet of an unknown network")                                 \
	X(TUNNEL_SOURCE, DROP, "tunnel packet from an address not allowed")                        \
	X(TUNNEL_NO_FLOW, DROP, "tunnel packet for no flow we opened")                             \
	X(TUNNEL_SERVICE, DROP, "tunnel packet for a service we do not have: refused")             \
	X(TUNNEL_ECN, DROP, "congestion mark that the inner packet cannot carry (RFC 6040)")       \
	X(TUNNEL_CHECKSUM, DROP, "wrong checksum of a tunnel packet's outer or inner IP header")   \
	X(TUNNEL_TTL, DROP, "TTL at its end inside the tunnel")                                    \
	X(SNAT_NO_FLOW, DROP, "for one of our SNAT ports, of no flow we know")

enum reason {
	REASON_NONE, /* the packet may go on; never counted */
#define X(name, verdict, text) REASON_##name,
	REASONS(X)
#undef X
	REASON_COUNT
};

#endif
