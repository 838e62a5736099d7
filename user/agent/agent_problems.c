/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Everything the agent has to complain about; each reason is logged once while it stands. */
#include "agent_problems.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "agent_admin.h"
#include "log.h"

typedef int (*visitor)(void *arg, const char *problem);

static int visit_own(const struct agent *agent, visitor visit, void *arg)
{
	const char *const own[] = {
		agent->config_file.problem, agent->mesh_file.problem, agent->restart_reason,
		agent->apply_problem, agent_admin_problem(agent), agent->watch_problem,
		agent->pins_problem, agent->others_problem,
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(own) / sizeof(*own); i++)
		if (own[i])
			err = visit(arg, own[i]);
	return err;
}

static int visit_picture(const struct agent_picture *picture, visitor visit, void *arg)
{
	const struct agent_rows *rows = &picture->rows;
	int err = rows->problem ? visit(arg, rows->problem) : 0;

	for (size_t i = 0; !err && i < picture->problem_count; i++)
		err = visit(arg, picture->problems[i]);
	for (size_t i = 0; !err && rows->tally.problems && i < rows->count; i++)
		if (rows->items[i].told && rows->items[i].told->problem)
			err = visit(arg, rows->items[i].told->problem);
	return err;
}

static int visit_interface(const struct interface *item, visitor visit, void *arg)
{
	char text[256];

	snprintf(text, sizeof(text), "interface %s: cannot attach at %s: %s", item->name,
		 link_hook_name(item->problem_hook),
		 item->problem == -EBUSY ? "another program is there" : strerror(-item->problem));
	return visit(arg, text);
}

int agent_problems_each(const struct agent *agent, visitor visit, void *arg)
{
	int err = visit_own(agent, visit, arg);

	if (!err)
		err = source_each_problem(agent->source, visit, arg);
	if (!err)
		err = visit_picture(&agent->picture, visit, arg);
	for (size_t i = 0; !err && i < agent->interfaces.count; i++)
		if (agent->interfaces.items[i].problem)
			err = visit_interface(&agent->interfaces.items[i], visit, arg);
	return err;
}

/* ------------------------------------------------------------------ the log */

/* Reasons that stand now, to be compared with those of the last look. */
struct standing {
	char **items;
	size_t count;
	const struct agent *agent;
};

static int log_new(void *arg, const char *problem)
{
	struct standing *standing = arg;
	char **items = realloc(standing->items, (standing->count + 1) * sizeof(*items));
	bool known = false;

	if (!items)
		return -ENOMEM;
	standing->items = items;
	items[standing->count] = strdup(problem);
	if (!items[standing->count])
		return -ENOMEM;
	standing->count++;
	for (size_t i = 0; i < standing->agent->logged_count; i++)
		known |= !strcmp(standing->agent->logged[i], problem);
	if (!known)
		log_warn("%s", problem);
	return 0;
}

void agent_problems_log(struct agent *agent)
{
	struct standing standing = { .agent = agent };

	agent_problems_each(agent, log_new, &standing);
	if (agent->logged_count && !standing.count)
		log_info("all problems are over");
	for (size_t i = 0; i < agent->logged_count; i++)
		free(agent->logged[i]);
	free(agent->logged);
	agent->logged = standing.items;
	agent->logged_count = standing.count;
}
