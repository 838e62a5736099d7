/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets of gateways of mode forward, at client, gateway and pod. */
#ifndef FORWARD_PACKETS_H
#define FORWARD_PACKETS_H

#include "cases.h"

#define ENDPOINT 0x1e2d3c4b
#define KNOWS .endpoint = ENDPOINT, .room = true
#define CARRIES .endpoint = ENDPOINT, .back = NODE1, .back_port = NODE1_PORT, .pod_port = HELLO_PORT

/* GATEWAY in mode forward; the same with a pod of its own; a node of network2 with HELLO1, which is no gateway. */
void add_endpoint(struct world *world, uint32_t row, uint32_t endpoint);
void setup_forward(struct world *world);
void setup_forward_xdp(struct world *world); /* whose device sends in XDP */
void setup_own_pod(struct world *world);
void setup_door(struct world *world);
/* Both gateways, of that network. */
void know_gateways(struct world *world, uint32_t network, uint32_t flags);

#define FOREIGN IP(198, 18, 0, 1) /* stands for a client at the pod */

/* At the gateway: on to a pod's door, and from there. */
#define TO_DOOR(pod, ...)                                                                          \
	OUTER(GATEWAY, NODE1_PORT, pod, TUNNEL_PORT, NETWORK1, HELLO_ID, .back = NODE1,            \
	      .back_port = NODE1_PORT, .pod_port = HELLO_PORT, __VA_ARGS__)
#define FROM_DOOR(pod, ...)                                                                        \
	OUTER(pod, NODE1_PORT + 1, GATEWAY, TUNNEL_PORT, NETWORK2, HELLO_ID, .back = NODE1,        \
	      .back_port = NODE1_PORT, .pod_port = HELLO_PORT, __VA_ARGS__)

/* At a pod's door: from a gateway, and back by it. The pod is HELLO1. */
#define BY(gateway, ...)                                                                           \
	OUTER(gateway, NODE1_PORT, HELLO1, TUNNEL_PORT, NETWORK1, HELLO_ID, __VA_ARGS__)
#define BACK_BY(gateway, ...)                                                                      \
	OUTER(HELLO1, ANY_TUNNEL_PORT, gateway, TUNNEL_PORT, NETWORK2, HELLO_ID, __VA_ARGS__)
#define REFUSED_BY(gateway, ...)                                                                   \
	OUTER(HELLO1, TUNNEL_PORT, gateway, TUNNEL_PORT, NETWORK2, HELLO_ID, __VA_ARGS__)

#endif
