/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether the name of our own network is a mistake. */
#include "own_network.h"

#include <stdio.h>

#include "suggest.h"

/* Our network is always in the list; without a rule if meshNetworks does not name it. */
bool own_network_is_named(const struct mesh_networks *mesh)
{
	for (size_t i = 0; i < mesh->count; i++) {
		const struct mesh_network *network = &mesh->networks[i];

		if (network->own)
			return mesh->count == 1 || network->registry_count ||
			       network->cidr_count || network->gateway_count;
	}
	return true;
}

const char *own_network_near(const struct config *config)
{
	struct suggestion near = { .word = config->network };

	for (size_t i = 0; i < config->mesh->count; i++)
		if (!config->mesh->networks[i].own)
			suggest_offer(&near, config->mesh->networks[i].name);
	return near.name;
}

static bool all_are_remote(const struct service_rows *rows)
{
	bool remote = false;

	for (size_t i = 0; i < rows->count; i++) {
		if (rows->items[i].has_own)
			return false;
		remote |= rows->items[i].has_remote;
	}
	return remote;
}

bool own_network_unknown(const struct config *config, const struct service_rows *rows, char *buf,
			 size_t size)
{
	const char *near = own_network_near(config);
	int length;

	if (own_network_is_named(config->mesh) || !all_are_remote(rows))
		return false;
	length = snprintf(buf, size, "network '%.63s': meshNetworks has no rule for it, and no endpoint "
			  "lies in it, so that all traffic leaves this network", config->network);
	if (near && length > 0 && (size_t)length < size)
		snprintf(buf + length, size - (size_t)length, "; did you mean '%.63s'?", near);
	return true;
}
