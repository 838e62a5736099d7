/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether the name of our own network is a mistake. */
#ifndef OWN_NETWORK_H
#define OWN_NETWORK_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "service_rows.h"

/* Whether meshNetworks has a rule for our own network, or has no other network. */
bool own_network_is_named(const struct mesh_networks *mesh);

/* The network of meshNetworks whose name is nearest to our own; NULL: none is near. */
const char *own_network_near(const struct config *config);

/* Writes the problem that nothing knows our own network: meshNetworks has other networks only, and every
 * endpoint lies in one of them, so that all traffic leaves. Returns false when there is none. Pure. */
bool own_network_unknown(const struct config *config, const struct service_rows *rows, char *buf,
			 size_t size);

#endif
