/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The reasons by which packets are counted: enum in BPF, names in metrics, texts in the CLI.
 *
 * X(NAME, verdict, hooks, "text"); verdict is FORWARD, PASS (handed on untouched) or DROP; hooks are
 * those at which a packet can meet its end by this reason: metrics have one series for each, and the
 * packet tables hold them complete. The name in metrics and JSON is NAME in lower case.
 */
#ifndef PARALLAX_REASONS_H
#define PARALLAX_REASONS_H

#define AT_FROM_POD (1u << HOOK_FROM_POD)
#define AT_TO_POD (1u << HOOK_TO_POD)
#define AT_UPLINK (1u << HOOK_UPLINK)
#define AT_XDP (1u << HOOK_XDP)
#define AT_PODS (AT_FROM_POD | AT_TO_POD)
#define AT_POD_UPLINK (AT_FROM_POD | AT_UPLINK)

#define REASONS(X)                                                                                 \
	X(TO_LOCAL, FORWARD, AT_FROM_POD, "sent to a pod of this network")                         \
	X(TO_TUNNEL, FORWARD, AT_FROM_POD, "encapsulated towards a gateway")                       \
	X(TO_PASSTHROUGH, FORWARD, AT_FROM_POD, "sent to a stock gateway")                         \
	X(REPLY, FORWARD, AT_PODS, "reply translated back to the virtual IP")                      \
	X(FROM_TUNNEL, FORWARD, AT_UPLINK, "reply taken out of a tunnel")                          \
	X(GATEWAY_IN, FORWARD, AT_UPLINK | AT_XDP, "request sent to a pod by the gateway")         \
	X(GATEWAY_OUT, FORWARD, AT_POD_UPLINK | AT_XDP, "reply sent back through the tunnel")      \
	X(PROBE_ANSWERED, FORWARD, AT_UPLINK | AT_XDP,                                             \
	  "probe of another node, answered by the gateway")                                        \
	X(PROBE_BACK, FORWARD, AT_UPLINK, "answer of a gateway to a probe")                        \
	X(DOOR_IN, FORWARD, AT_TO_POD, "request of another network, for this pod")                 \
	X(DOOR_OUT, FORWARD, AT_FROM_POD, "reply to another network, by a gateway")                \
	X(ICMP_ERROR, FORWARD, AT_PODS | AT_UPLINK, "ICMP error about a packet of a flow")         \
	X(XDP_DECAP, FORWARD, AT_XDP, "decapsulated by XDP, to be delivered by TC")                \
	X(TAKEOVER, PASS, AT_FROM_POD, "belongs to a connection older than Parallax")              \
	X(TTL_EXPIRED, PASS, AT_FROM_POD, "TTL expired: left to the stack, which answers")         \
	X(NO_BACKEND, DROP, AT_POD_UPLINK, "no endpoint available: refused")                       \
	X(DROP_OVERLOAD, DROP, AT_FROM_POD, "drop overload of the control plane: refused")         \
	X(BACKEND_GONE, DROP, AT_FROM_POD, "endpoint left with draining: reset: refused")          \
	X(NO_FLOW, DROP, AT_PODS | AT_UPLINK,                                                      \
	  "not the start of a connection, and of no flow: refused")                                \
	X(ESCAPED, DROP, AT_UPLINK, "about to leave the node with a virtual IP: refused")          \
	X(FLOWS_FULL, DROP, AT_PODS | AT_UPLINK, "flow table full")                                \
	X(FLOWS_SHARE, DROP, AT_PODS | AT_UPLINK,                                                  \
	  "sender has as many flows as limits.flowsPerPod allows: refused")                        \
	X(PEERS_FULL, DROP, AT_PODS | AT_UPLINK, "no room for one more IPv6 address of tunnels")   \
	X(PORTS_FULL, DROP, AT_PODS | AT_UPLINK, "no free source port")                            \
	X(TOO_BIG, DROP, AT_POD_UPLINK, "larger than the tunnel allows: sender notified")          \
	X(REPLY_LIMIT, DROP, AT_PODS | AT_UPLINK | AT_XDP,                                         \
	  "refused without an answer: rate limit of answers")                                      \
	X(NO_ROUTE, DROP, AT_PODS | AT_UPLINK, "no route or next hop")                             \
	X(NOT_ENCRYPTED, DROP, AT_PODS | AT_UPLINK,                                                \
	  "about to leave by a device that does not encrypt")                                      \
	X(NO_ROOM, DROP, AT_PODS | AT_UPLINK | AT_XDP, "packet cannot be resized")                 \
	X(TRUNCATED, DROP, AT_PODS | AT_UPLINK, "shorter than its headers say")                    \
	X(FRAGMENT, DROP, AT_PODS | AT_UPLINK,                                                     \
	  "fragment that came before the first of its packet")                                     \
	X(BAD_HEADER, DROP, AT_PODS | AT_UPLINK,                                                   \
	  "IP options, extension headers or another protocol, for a virtual IP or in a tunnel")    \
	X(SPOOFED, DROP, AT_PODS | AT_UPLINK, "source address that is not the sender's")           \
	X(CHECKSUM, DROP, AT_PODS | AT_UPLINK, "first packet of a flow, with a wrong checksum")    \
	X(STALE_ROW, DROP, AT_POD_UPLINK, "service or backend row replaced during the look-up")    \
	X(TUNNEL_MALFORMED, DROP, AT_TO_POD | AT_UPLINK, "tunnel header malformed")                \
	X(TUNNEL_CRITICAL, DROP, AT_TO_POD | AT_UPLINK, "unknown critical tunnel option")          \
	X(TUNNEL_VNI, DROP, AT_TO_POD | AT_UPLINK | AT_XDP, "tunnel packet of an unknown network") \
	X(TUNNEL_SOURCE, DROP, AT_UPLINK | AT_XDP, "tunnel packet from an address not allowed")    \
	X(TUNNEL_NOT_ENCRYPTED, DROP, AT_UPLINK | AT_XDP,                                          \
	  "tunnel packet that came in by a device that does not encrypt")                          \
	X(TUNNEL_UNSIGNED, DROP, AT_TO_POD | AT_UPLINK | AT_XDP,                                   \
	  "tunnel packet without the tag of a key")                                                \
	X(TUNNEL_KEY, DROP, AT_TO_POD | AT_UPLINK | AT_XDP,                                        \
	  "tunnel packet with a tag of a key that its network does not have here")                 \
	X(TUNNEL_EPOCH, DROP, AT_TO_POD | AT_UPLINK | AT_XDP,                                      \
	  "tunnel packet signed at another time")                                                  \
	X(TUNNEL_FORGED, DROP, AT_TO_POD | AT_UPLINK | AT_XDP, "tunnel packet with a wrong tag")   \
	X(TUNNEL_NO_FLOW, DROP, AT_TO_POD | AT_UPLINK, "tunnel packet of no flow of this node")    \
	X(TUNNEL_SERVICE, DROP, AT_UPLINK, "tunnel packet for an unknown service: refused")        \
	X(TUNNEL_ENDPOINT, DROP, AT_UPLINK, "reply of a pod that is no endpoint of its service")   \
	X(TUNNEL_ECN, DROP, AT_TO_POD | AT_UPLINK,                                                 \
	  "congestion mark that the inner packet cannot carry (RFC 6040)")                         \
	X(TUNNEL_CHECKSUM, DROP, AT_TO_POD | AT_UPLINK,                                            \
	  "wrong checksum of a tunnel packet's outer or inner IP header")                          \
	X(TUNNEL_TTL, DROP, AT_PODS | AT_UPLINK, "TTL of a tunneled packet expired")               \
	X(SNAT_NO_FLOW, DROP, AT_POD_UPLINK, "to a SNAT port of the gateway, of no flow")

enum reason {
	REASON_NONE, /* the packet may go on; never counted */
#define X(name, ...) REASON_##name,
	REASONS(X)
#undef X
		REASON_COUNT
};

enum hook { HOOK_FROM_POD, HOOK_TO_POD, HOOK_UPLINK, HOOK_XDP, HOOK_COUNT };

#endif
