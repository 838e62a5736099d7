/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The networks whose endpoints are requested: ours, and each that can be entered. */
#include "ads_views.h"

#include <errno.h>
#include <string.h>

#include "arena.h"
#include "gateway_fault.h"

static bool is_usable(const struct mesh_network *network)
{
	if (network->flat)
		return true;
	/* The control plane names stock gateways by itself. */
	if (network->transport == TRANSPORT_PASSTHROUGH && !network->gateway_count)
		return true;
	for (size_t g = 0; g < network->gateway_count; g++) {
		const struct gateway_fault *fault = gateway_fault(network, &network->gateways[g],
								  FAMILIES_BOTH);

		/* A route may be back at any time. */
		if (!fault || fault->reason == EXCLUDED_NOT_ENCRYPTED)
			return true;
	}
	return false;
}

int ads_views_make(struct arena *arena, const struct mesh_networks *mesh, const char *own,
		   struct ads_views *ret)
{
	struct ads_views views = { .networks = arena_array(arena, mesh->count + 1,
							   sizeof(*views.networks)) };
	const char *text = own;

	if (!views.networks)
		return -ENOMEM;
	views.networks[views.count++] = arena_strdup(arena, own);
	for (size_t i = 0; i < mesh->count; i++) {
		const struct mesh_network *network = &mesh->networks[i];

		if (network->own || !is_usable(network))
			continue;
		views.networks[views.count] = arena_strdup(arena, network->name);
		text = arena_printf(arena, "%s,%s", text, network->name);
		if (!views.networks[views.count++] || !text)
			return -ENOMEM;
	}
	views.text = mesh->count > 1 ? arena_strdup(arena, text) : NULL;
	if (!views.networks[0] || (mesh->count > 1 && !views.text))
		return -ENOMEM;
	*ret = views;
	return 0;
}

bool ads_views_have(const struct ads_views *views, const char *network)
{
	for (size_t i = 0; i < views->count; i++)
		if (!strcmp(views->networks[i], network))
			return true;
	return false;
}
