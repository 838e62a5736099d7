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

void clients_route(struct agent *agent)
{
	const struct settings *settings = map_writer_memory(agent->kernel.writer).settings;
	const struct ledger_list *vips = &agent->kernel.ledger.addresses;
	char reason[HOST_CLIENTS_REASON];

	if (!agent->files.start_config->host || agent->clients.problem)
		return;
	if (host_clients_route(settings->source, vips->items, vips->count, reason))
		set_problem(agent, reason);
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
