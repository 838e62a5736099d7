/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every problem of the agent, in one walk; each is logged once while it stands. */
#include "problems.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "encryption.h"
#include "key_rows.h"
#include "log.h"
#include "own_network.h"
#include "probes.h"

/* Problems of services that are listed one by one. */
#define SERVICE_PROBLEMS_MAX 64

typedef problem_visitor *visitor;

static int visit_own(const struct agent *agent, visitor visit, void *arg)
{
	const struct watched_files *files = &agent->files;
	const struct {
		const char *reason, *problem;
	} own[] = {
		{ "InvalidConfiguration", files->config_file.problem },
		{ "InvalidConfiguration", files->mesh_file.problem },
		{ "InvalidKeys", files->keys_file.problem },
		{ "RestartRequired", files->restart_reason },
		{ "UpdateRefused", agent->reconciler.problem },
		{ "IPv6NotCarried", agent->reconciler.ipv6_problem },
		{ "ListenerFailed", agent->admin_problem },
		{ "ListenerFailed", agent->metrics_problem },
		{ "FilesUnwatched", files->watch_problem },
		{ "PinsLost", agent->pins.problem },
		{ "ForeignDataPlane", agent->pins.foreign_problem },
		{ "CannotAttach", agent->clients.problem },
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(own) / sizeof(*own); i++)
		if (own[i].problem)
			err = visit(arg, own[i].reason, own[i].problem);
	return err;
}

static int visit_omitted(size_t count, visitor visit, void *arg)
{
	char text[96];

	snprintf(text, sizeof(text), "%zu more services have problems: `parallaxctl services` lists "
		 "them", count);
	return visit(arg, "ServiceProblem", text);
}

static int visit_services(const struct service_rows *rows, visitor visit, void *arg)
{
	size_t count = 0;
	int err = rows->problem ? visit(arg, "ServiceProblem", rows->problem) : 0;

	for (size_t i = 0; !err && i < rows->count; i++) {
		const struct service_status *status = rows->items[i].status;

		if (status && status->problem && count++ < SERVICE_PROBLEMS_MAX)
			err = visit(arg, "ServiceProblem", status->problem);
	}
	if (!err && count > SERVICE_PROBLEMS_MAX)
		err = visit_omitted(count - SERVICE_PROBLEMS_MAX, visit, arg);
	return err;
}

static int visit_generation(const struct generation *generation, visitor visit, void *arg)
{
	int err = visit_services(&generation->rows, visit, arg);

	for (size_t i = 0; !err && i < generation->problem_count; i++)
		err = visit(arg, "NodeProblem", generation->problems[i]);
	return err;
}

static int visit_network(const struct agent *agent, visitor visit, void *arg)
{
	char text[320];

	return own_network_unknown(agent->files.config, &agent->reconciler.generation.rows, text,
				   sizeof(text)) ?
		       visit(arg, "NetworkUnknown", text) :
		       0;
}

static int visit_keys(const struct agent *agent, visitor visit, void *arg)
{
	const struct config *config = agent->files.config;
	char text[128];
	int err = 0;

	if (!config->tunnel.keys_file)
		return 0;
	if (agent->admission.clock_wrong)
		err = visit(
			arg, "ClockWrong",
			"the clock of this node is obviously wrong: tunnel packets are signed and "
			"believed by its last good time, or not at all");
	if (!err && agent->admission.problem) {
		snprintf(text, sizeof(text), "writing the keys failed: %s; tried again soon",
			 agent->admission.problem);
		err = visit(arg, "UpdateRefused", text);
	}
	return err ? err : key_problems(agent->files.keys, config, time(NULL), visit, arg);
}

static int visit_interface(const struct interface *item, visitor visit, void *arg)
{
	char text[256];

	if (item->problem == -EPROTONOSUPPORT)
		snprintf(text, sizeof(text),
			 "interface %s: its frames begin with neither an Ethernet "
			 "nor an IP header, so it cannot be an uplink",
			 item->name);
	else
		snprintf(text, sizeof(text), "interface %s: cannot attach at %s: %s", item->name,
			 link_hook_name(item->problem_hook),
			 item->problem == -EBUSY ? "another program is there" :
						   strerror(-item->problem));
	return visit(arg, "CannotAttach", text);
}

/* Hooks that only this process keeps attached. */
static int visit_unpinned(const struct interfaces *interfaces, visitor visit, void *arg)
{
	const struct interface *first = NULL;
	char text[256], more[32] = "";
	size_t count = 0;

	for (size_t i = 0; i < interfaces->count; i++)
		if (interfaces->items[i].unpinned && !count++)
			first = &interfaces->items[i];
	if (!count)
		return 0;
	if (count > 1)
		snprintf(more, sizeof(more), ", and %zu more", count - 1);
	snprintf(text, sizeof(text),
		 "interface %s%s: hooks cannot be pinned (%s), and are detached when "
		 "this agent ends",
		 first->name, more, strerror(-first->unpinned));
	return visit(arg, "CannotAttach", text);
}

/* Problems of the source have no reasons of their own. */
struct source_visit {
	visitor visit;
	void *arg;
};

static int visit_source(void *arg, const char *problem)
{
	const struct source_visit *source = arg;

	return source->visit(source->arg, "SourceProblem", problem);
}

int problems_each(const struct agent *agent, visitor visit, void *arg)
{
	struct source_visit source = { visit, arg };
	int err = visit_own(agent, visit, arg);

	if (!err)
		err = source_each_problem(agent->source, visit_source, &source);
	if (!err)
		err = visit_generation(&agent->reconciler.generation, visit, arg);
	if (!err)
		err = visit_network(agent, visit, arg);
	if (!err)
		err = probes_each_problem(agent, visit, arg);
	if (!err)
		err = encryption_each_problem(agent, visit, arg);
	if (!err)
		err = visit_keys(agent, visit, arg);
	for (size_t i = 0; !err && i < agent->interfaces.count; i++)
		if (agent->interfaces.items[i].problem)
			err = visit_interface(&agent->interfaces.items[i], visit, arg);
	if (!err)
		err = visit_unpinned(&agent->interfaces, visit, arg);
	return err;
}

/* ------------------------------------------------------------------ the log */

/* Problems that stand now, and those of the last look. */
struct comparison {
	struct problem_log now;
	const struct problem_log *before;
};

static bool is_logged(const struct problem_log *log, const char *problem)
{
	for (size_t i = 0; i < log->count; i++)
		if (!strcmp(log->items[i], problem))
			return true;
	return false;
}

static int log_new(void *arg, const char *reason, const char *problem)
{
	struct comparison *comparison = arg;
	struct problem_log *now = &comparison->now;
	char **items = realloc(now->items, (now->count + 1) * sizeof(*items));

	if (!items)
		return -ENOMEM;
	now->items = items;
	items[now->count] = strdup(problem);
	if (!items[now->count])
		return -ENOMEM;
	now->count++;
	if (!is_logged(comparison->before, problem))
		log_warn("%s", problem);
	return 0;
}

void problems_forget(struct agent *agent)
{
	for (size_t i = 0; i < agent->problems.count; i++)
		free(agent->problems.items[i]);
	free(agent->problems.items);
	agent->problems = (struct problem_log){};
}

void problems_log(struct agent *agent)
{
	struct comparison comparison = { .before = &agent->problems };

	problems_each(agent, log_new, &comparison);
	if (agent->problems.count && !comparison.now.count)
		log_info("all problems are over");
	problems_forget(agent);
	agent->problems = comparison.now;
}
