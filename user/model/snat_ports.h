/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The source ports that a gateway takes of each address of gateway.snat. */
#ifndef SNAT_PORTS_H
#define SNAT_PORTS_H

#include "parallax_wire.h"

#define SNAT_FIRST_DEDICATED 1024
/* An address of the node's own is shared with its sockets: the ports above the usual local port range
 * and the tunnel's ports. */
#define SNAT_FIRST_SHARED (TUNNEL_SOURCE_PORT + TUNNEL_SOURCE_PORTS)
#define SNAT_LAST 65535

#endif
