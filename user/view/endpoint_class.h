/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Classifies an endpoint: the network it is in, and whether it can be used from here. Part of
 * view_build. */
#ifndef ENDPOINT_CLASS_H
#define ENDPOINT_CLASS_H

#include <stdbool.h>

#include "assignment.h"
#include "reachability.h"
#include "view.h"

struct endpoint_class {
	enum excluded reason;               /* EXCLUDED_NONE: it takes part in the shares */
	const struct socket_addr *address;  /* used or shown; NULL: it has none */
	const struct reachability *network; /* NULL: not in the mesh; our own if reason is NONE */
	const char *network_name; /* also of one that is not in the mesh; NULL: not named */
	bool gateway;                       /* rewritten by the control plane, or of meshNetworks */
	bool remote;                        /* of another network, whether usable or not */
	bool down;                          /* it, or every gateway to it, is known to be down */
};

/* The first rule that matches decides: a gateway of meshNetworks; the network that its metadata, then
 * its locality's metadata names; the network of its registry (the cluster in its workload);
 * fromCidr; else our own network. */
void endpoint_classify(const struct reachability_map *map, const struct locality *locality,
		       const struct endpoint *endpoint, struct endpoint_class *ret);

#endif
