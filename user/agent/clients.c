/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Clients on the node itself, and in pods of its network. */
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "change.h"
#include "host_clients.h"

static void set_problem(struct agent *agent, const char *text)
{
	free(agent->clients.problem);
	agent->clients.problem = text ? strdup(text) : NULL;
}

void clients_make(struct agent *agent, bool again)
{
	char reason[HOST_CLIENTS_REASON];

	if (!agent->files.start_config->host) {
		if (again)
			host_clients_remove(agent->pin_dir);
		return;
	}
	set_problem(agent, host_clients_make(agent->pin_dir, interfaces_mtu(&agent->interfaces),
					     again, reason) ?
				   reason :
				   NULL);
}

/* The IPv4 ones of the virtual addresses; NULL without memory. */
static __be32 *ipv4_addresses(const struct ledger_list *vips, size_t *ret_count)
{
	const struct ip_addr *items = vips->items;
	__be32 *list = calloc(vips->count + 1, sizeof(*list));

	*ret_count = 0;
	for (size_t i = 0; list && i < vips->count; i++)
		if (ip_is_v4(&items[i]))
			list[(*ret_count)++] = ip_v4(&items[i]);
	return list;
}

void clients_route(struct agent *agent)
{
	const struct settings *settings = map_writer_memory(agent->kernel.writer).settings;
	char reason[HOST_CLIENTS_REASON];
	__be32 *vips;
	size_t count;

	if (!agent->files.start_config->host || agent->clients.problem)
		return;
	vips = ipv4_addresses(&agent->kernel.ledger.addresses, &count);
	if (!vips || host_clients_route(ip_v4(&settings->source[IP_V4_INDEX]), vips, count, reason))
		set_problem(agent, vips ? reason : "out of memory");
	free(vips);
}

void clients_follow(struct agent *agent, const struct change_list *list)
{
	bool concerned = false;

	for (size_t i = 0; i < list->count; i++)
		concerned |= list->items[i].kind == CHANGE_SETTINGS ||
			     list->items[i].kind == CHANGE_ADDRESS_ADD ||
			     list->items[i].kind == CHANGE_ADDRESS_REMOVE;
	if (concerned && agent->reconciler.serving)
		clients_route(agent);
}
