/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The networks whose endpoints are requested: ours, and each that can be entered. */
#ifndef ADS_VIEWS_H
#define ADS_VIEWS_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"

struct arena;

struct ads_views {
	const char **networks; /* ours first */
	size_t count;
	const char *text; /* REQUESTED_NETWORK_VIEW; NULL: meshNetworks names no other network */
};

/* A network without a usable gateway, not flat with ours, is excluded, so that its pods' raw
 * addresses do not even come here; one entered by passthrough may name none, since the control
 * plane names stock gateways by itself. Strings live in the arena. Returns 0 or -ENOMEM. */
int ads_views_make(struct arena *arena, const struct mesh_networks *mesh, const char *own,
		   struct ads_views *ret);
bool ads_views_have(const struct ads_views *views, const char *network);

#endif
