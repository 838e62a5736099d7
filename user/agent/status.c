/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The agent's status as plain data, for its map and its pages. */
#include "status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "agent.h"
#include "arena.h"
#include "netns.h"
#include "problems.h"
#include "status_json.h"

static int add_problem(void *arg, const char *reason, const char *problem)
{
	struct status_scratch *scratch = arg;
	const char **list = realloc(scratch->problems,
				    (scratch->problem_count + 1) * sizeof(*list));

	if (!list)
		return -ENOMEM;
	scratch->problems = list;
	list[scratch->problem_count] = arena_strdup(scratch->arena, problem);
	return list[scratch->problem_count++] ? 0 : -ENOMEM;
}

static struct interface_status *list_interfaces(const struct interfaces *interfaces,
						struct arena *arena)
{
	struct interface_status *list = arena_array(arena, interfaces->count, sizeof(*list));

	for (size_t i = 0; list && i < interfaces->count; i++) {
		const struct interface *item = &interfaces->items[i];

		list[i] = (struct interface_status){
			.name = item->name,
			.ifindex = item->ifindex,
			.role = item->role,
			.xdp = item->xdp,
			.attach = link_kind_name(item->attached),
			.problem = item->problem ? strerror(-item->problem) : NULL,
		};
	}
	return list;
}

static int fill_scratch(const struct agent *agent, struct status_scratch *scratch)
{
	int err;

	*scratch = (struct status_scratch){ .arena = arena_new(0) };
	if (!scratch->arena)
		return -ENOMEM;
	err = source_status(agent->source, scratch->arena, &scratch->source);
	return err ? err : problems_each(agent, add_problem, scratch);
}

int status_collect(const struct agent *agent, struct status_scratch *scratch,
		   struct agent_status *ret)
{
	const struct watched_files *files = &agent->files;
	int err = fill_scratch(agent, scratch);

	if (err)
		return err;
	*ret = (struct agent_status){
		.started = agent->started,
		.last_update = agent->reconciler.last_update,
		.updates = agent->reconciler.updates,
		.config_path = agent->config_path,
		.pin_dir = agent->pin_dir,
		.network = files->config->network,
		.cluster = files->config->cluster,
		.mesh_path = files->mesh_file.path,
		.mesh_problem = files->mesh_file.problem,
		.tunnel = &files->config->tunnel,
		.keys = files->keys,
		.source = &scratch->source,
		.mesh = files->config->mesh,
		.tunnels = agent->reconciler.tunnels,
		.problems = scratch->problems,
		.problem_count = scratch->problem_count,
		.interfaces = list_interfaces(&agent->interfaces, scratch->arena),
		.interface_count = agent->interfaces.count,
		.netns = netns_number(),
		.omitted = agent->publisher.omitted,
	};
	return ret->interfaces ? status_node(agent, scratch->arena, &ret->node) : -ENOMEM;
}

void status_done(struct status_scratch *scratch)
{
	arena_free(scratch->arena);
	free(scratch->problems);
}

json_t *status_whole(const struct agent *agent)
{
	const struct service_rows *rows = &agent->reconciler.generation.rows;
	struct status_scratch scratch = {};
	struct agent_status status;
	json_t *state = status_collect(agent, &scratch, &status) ? NULL : status_agent_json(&status);
	json_t *services = json_array();

	for (size_t i = 0; state && i < rows->count; i++)
		if (rows->items[i].status)
			json_array_append_new(services, status_service_json(&rows->items[i].key,
									    rows->items[i].status));
	if (state)
		json_object_set(state, "services", services);
	json_decref(services);
	status_done(&scratch);
	return state;
}
