/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The files of the agent: configuration, meshNetworks and assignments, read again when they change. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "agent.h"
#include "config_load.h"
#include "file_fingerprint.h"
#include "log.h"
#include "mesh_resolve.h"
#include "problem.h"
#include "text.h"

static int set_path(struct agent_file *file, const char *path)
{
	char *copy = path ? strdup(path) : NULL;

	if (path && !copy)
		return -ENOMEM;
	free(file->path);
	file->path = copy;
	return 0;
}

static void set_problem(struct agent_file *file, const struct problems *problems)
{
	free(file->problem);
	file->problem = problems ? problems_join(problems_text(problems)) : NULL;
}

/* Whether the file is another than the one that was read. */
static bool is_new(struct agent_file *file)
{
	file->seen = file->path ? file_fingerprint(file->path) : 0;
	return file->seen != file->signature;
}

/* Without memory it is read again at the next look. */
static int note_read(struct agent_file *file, int err)
{
	if (err != -ENOMEM)
		file->signature = file->seen;
	return err;
}

/* ------------------------------------------------------------------ configuration */

static bool same_texts(const char **a, size_t a_count, const char **b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (strcmp(a[i], b[i]))
			return false;
	return true;
}

static const char *needs_restart(const struct config *old, const struct config *new)
{
	if (memcmp(&old->limits, &new->limits, sizeof(old->limits)))
		return "limits changed: they take effect after `parallaxctl uninstall` and a "
		       "restart";
	if (!same_texts(old->pod_patterns, old->pod_pattern_count, new->pod_patterns,
			new->pod_pattern_count) ||
	    !same_texts(old->uplink_patterns, old->uplink_pattern_count, new->uplink_patterns,
			new->uplink_pattern_count) ||
	    old->attach != new->attach || old->xdp != new->xdp)
		return "interfaces changed: they take effect after a restart";
	return NULL;
}

static int use_config(struct agent *agent, struct config *config)
{
	bool same_mesh = text_equal(agent->mesh_file.path, config->mesh_networks_file);
	int err = set_path(&agent->mesh_file, config->mesh_networks_file);

	if (!err)
		err = source_use(agent->source, config);
	if (err) {
		config_free(config);
		return err;
	}
	if (agent->config != agent->start_config)
		config_free(agent->config);
	agent->config = config;
	agent->config_loads++;
	if (!agent->start_config)
		agent->start_config = config;
	agent->restart_reason = needs_restart(agent->start_config, config);
	set_problem(&agent->config_file, NULL);
	set_problem(&agent->mesh_file, NULL);
	/* Of before it was read; another file is read again, once it is watched. */
	agent->mesh_file.signature = same_mesh ? agent->mesh_file.seen : 0;
	return 0;
}

/* A broken meshNetworksFile is its own fault, not the configuration's: that is told by reading it
 * by itself. */
static int load_config(struct agent *agent, bool *ret_changed)
{
	struct problems problems = {};
	struct config *config;
	int err = config_load(agent->config_path, &config, &problems);

	*ret_changed = true;
	if (!err)
		err = use_config(agent, config);
	else if (err != -ENOMEM)
		set_problem(&agent->config_file, &problems);
	problems_done(&problems);
	return err;
}

static int load_mesh(struct agent *agent, bool *ret_changed)
{
	struct problems problems = {};
	struct mesh_networks *mesh;
	int err = mesh_networks_load(agent->config, &mesh, &problems);

	*ret_changed = true;
	if (!err) {
		mesh_networks_free(agent->config->mesh);
		agent->config->mesh = mesh;
		set_problem(&agent->mesh_file, NULL);
	} else if (err != -ENOMEM) {
		set_problem(&agent->mesh_file, &problems);
	}
	problems_done(&problems);
	return err;
}

/* ------------------------------------------------------------------ all of them */

int agent_files_resolve(struct agent *agent)
{
	const struct ledger_list *held = &agent->ledger.gateways;
	int err = mesh_resolve(agent->config->mesh, agent->resolver, held->items, held->count);
	uint64_t version = XXH3_64bits_withSeed(&agent->config_loads, sizeof(agent->config_loads),
						agent_surroundings(agent));

	return err ? err : source_follow(agent->source, agent->config, version);
}

static int reload_source(struct agent *agent, enum agent_files which, bool *ret_changed)
{
	struct file_events *events = &agent->file_events;
	bool watched = which == AGENT_FILES_TOLD && agent->file_watch && !agent->watch_problem;
	int err = source_read(agent->source, which == AGENT_FILES_AGAIN ? SOURCE_READ_ALL :
									  SOURCE_READ_CHANGED,
			      watched ? events : NULL, ret_changed);

	events->changed = events->whole = events->more = false;
	events->count = 0;
	return err;
}

/* Without watches, files are looked at from time to time. */
static void watch(struct agent *agent)
{
	const char *paths[] = { agent->config_file.path, agent->mesh_file.path,
				source_watch_path(agent->source) };
	int err = agent->file_watch ? file_watch_set(agent->file_watch, paths,
						     sizeof(paths) / sizeof(*paths)) :
				      agent->watch_error;

	free(agent->watch_problem);
	agent->watch_problem = NULL;
	if (err && asprintf(&agent->watch_problem, "files cannot be watched (%s): what changes in "
			    "them is seen up to %d s later", strerror(-err), AGENT_TICK_SECONDS) < 0)
		agent->watch_problem = NULL;
}

/* The configuration, then meshNetworks, which with a configuration that it breaks counts by itself. */
static int reload_configuration(struct agent *agent, enum agent_files which, bool *ret_changed)
{
	bool new_config = is_new(&agent->config_file) || which == AGENT_FILES_AGAIN;
	bool new_mesh = is_new(&agent->mesh_file);
	int err = 0;

	if (new_config || (new_mesh && agent->config_file.problem)) {
		err = note_read(&agent->config_file, load_config(agent, ret_changed));
		watch(agent); /* it may name other files */
		if (!err)
			new_mesh = is_new(&agent->mesh_file);
	}
	if (new_mesh && new_config && err)
		return note_read(&agent->mesh_file, err);
	if (new_mesh && err != -ENOMEM)
		err = note_read(&agent->mesh_file, load_mesh(agent, ret_changed));
	return err;
}

/* Each file is watched before it is read: a change in between is an event that waits. */
int agent_files_reload(struct agent *agent, enum agent_files which, bool *ret_changed)
{
	int err;

	watch(agent);
	err = reload_configuration(agent, which, ret_changed);
	if (err != -ENOMEM)
		err = reload_source(agent, which, ret_changed);
	return err ? err : agent_files_resolve(agent);
}

int agent_files_load(struct agent *agent)
{
	bool changed;
	int err = set_path(&agent->config_file, agent->config_path);

	if (err)
		return err;
	watch(agent);
	is_new(&agent->config_file);
	err = note_read(&agent->config_file, load_config(agent, &changed));
	return err ? err : agent_files_reload(agent, AGENT_FILES_ALL, &changed);
}

static void file_done(struct agent_file *file)
{
	free(file->path);
	free(file->problem);
	*file = (struct agent_file){};
}

void agent_files_done(struct agent *agent)
{
	source_free(agent->source);
	agent->source = NULL;
	file_done(&agent->config_file);
	file_done(&agent->mesh_file);
	if (agent->start_config != agent->config)
		config_free(agent->start_config);
	config_free(agent->config);
	agent->config = agent->start_config = NULL;
}
