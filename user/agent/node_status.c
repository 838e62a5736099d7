/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the agent found on its node, for its status. */
#include <errno.h>

#include "agent.h"
#include "arena.h"
#include "cni_profile.h"
#include "status.h"

static void list_uplinks(const struct interfaces *interfaces, struct arena *arena, struct node_status *ret)
{
	const struct interface *first = interfaces_uplink(interfaces);
	struct found_text *list = arena_array(arena, interfaces->count, sizeof(*list));

	for (size_t pass = 0; list && pass < 2; pass++)
		for (size_t i = 0; i < interfaces->count; i++) {
			const struct interface *item = &interfaces->items[i];

			if (item->role != IFACE_UPLINK || (item == first) != (pass == 0))
				continue;
			list[ret->uplink_count++] = (struct found_text){
				item->name, survey_uplink_from(&interfaces->survey, interfaces->config,
							       item->ifindex),
			};
		}
	ret->uplinks = list;
}

static void list_ranges(const struct survey *survey, struct arena *arena, struct node_status *ret)
{
	struct found_text *list = arena_array(arena, survey->range_count, sizeof(*list));
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; list && i < survey->range_count; i++)
		list[ret->pod_range_count++] = (struct found_text){
			arena_strdup(arena, prefix_format(&survey->ranges[i].range, text)),
			survey->ranges[i].from,
		};
	ret->pod_ranges = list;
}

/* NULL without an address. */
static const char *text_of(struct arena *arena, const struct addr *addr)
{
	char text[ADDR_TEXT_MAX];

	return addr->family ? arena_strdup(arena, addr_format(addr, text)) : NULL;
}

int status_node(const struct agent *agent, struct arena *arena, struct node_status *ret)
{
	const struct interfaces *interfaces = &agent->interfaces;
	const struct cni_signs *signs = &interfaces->survey.signs;
	const struct addr_pair *address = &agent->reconciler.address;
	bool known = signs->cni != CNI_NONE;

	*ret = (struct node_status){
		.profile = interfaces->config->profile == CNI_NONE ?
				   NULL :
				   cni_name(interfaces->config->profile),
		.cni = known ? cni_name(signs->cni) : NULL,
		.cni_from = known ? signs->from : NULL,
		.address = text_of(arena, &address->v4),
		.address6 = text_of(arena, &address->v6),
		.mtu = interfaces_mtu(interfaces),
	};
	list_uplinks(interfaces, arena, ret);
	list_ranges(&interfaces->survey, arena, ret);
	return ret->uplinks && ret->pod_ranges ? 0 : -ENOMEM;
}
