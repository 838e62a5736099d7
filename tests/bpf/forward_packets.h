/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets of gateways of mode forward, at client, gateway and pod. */
#ifndef FORWARD_PACKETS_H
#define FORWARD_PACKETS_H

#include "cases.h"

#define ENDPOINT 0x1e2d3c4b
#define KNOWS .endpoint = ENDPOINT, .room = true
#define CARRIES .endpoint = ENDPOINT, .back = NODE1, .back_port = NODE1_PORT, .pod_port = HELLO_PORT

/* At a pod's door: from a gateway, and back by it. The pod is HELLO1. */
#define BY(gateway, ...)                                                                           \
	OUTER(gateway, NODE1_PORT, HELLO1, TUNNEL_PORT, NETWORK1, HELLO_ID, __VA_ARGS__)
#define BACK_BY(gateway, ...)                                                                      \
	OUTER(HELLO1, ANY_TUNNEL_PORT, gateway, TUNNEL_PORT, NETWORK2, HELLO_ID, __VA_ARGS__)
#define REFUSED_BY(gateway, ...)                                                                   \
	OUTER(HELLO1, TUNNEL_PORT, gateway, TUNNEL_PORT, NETWORK2, HELLO_ID, __VA_ARGS__)

#endif
