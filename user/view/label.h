/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which network an endpoint is in, and whether it can be used from here. Part of view_build. */
#ifndef LABEL_H
#define LABEL_H

#include <stdbool.h>

#include "assignment.h"
#include "reach.h"
#include "view.h"

struct label {
	enum excluded reason;              /* EXCLUDED_NONE: it takes part in the shares */
	const struct socket_addr *address; /* the one that is used or shown; NULL: it has none */
	const struct reach *network;       /* NULL: none of the mesh; own network if reason is NONE */
	bool gateway;                      /* rewritten by the control plane, or in the gateway table */
	bool remote;                       /* of another network, whether usable or not */
	bool down;                         /* it or its way is known to be down */
};

/* Design: "View: the split-horizon rule", first match. */
void label_endpoint(const struct reach_map *map, const struct locality *locality,
		    const struct endpoint *endpoint, struct label *ret);

#endif
