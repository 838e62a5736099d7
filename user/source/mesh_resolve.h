/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Replaces host names of gateways in meshNetworks by their addresses. */
#ifndef MESH_RESOLVE_H
#define MESH_RESOLVE_H

#include "config.h"
#include "desired.h"
#include "resolver.h"

/* Asks for the host names among the gateways and fills in what is known of them; a name with
 * several addresses becomes as many gateways, as istiod makes them. To be called after each load
 * of `mesh` and after each answer. A name that was never answered stands for what the kernel holds
 * of its network and port. Returns 0 or -errno. */
int mesh_resolve(struct mesh_networks *mesh, struct resolver *resolver,
		 const struct desired_gateway *held, size_t held_count);

#endif
