/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The files of the agent: configuration, meshNetworks and assignments, read again when they change. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "agent.h"
#include "config_load.h"
#include "file_fingerprint.h"
#include "log.h"
#include "mesh_resolve.h"
#include "problem.h"
#include "text.h"

static void set_problem(struct watched_file *file, const struct problems *problems)
{
	text_take(&file->problem, problems ? problems_join(problems_text(problems)) : NULL);
}

/* Whether the file is another than the one that was read. */
static bool is_new(struct watched_file *file)
{
	file->seen = file->path ? file_fingerprint(file->path) : 0;
	return file->seen != file->fingerprint;
}

/* Without memory it is read again at the next look. */
static int record_read(struct watched_file *file, int err)
{
	if (err != -ENOMEM)
		file->fingerprint = file->seen;
	return err;
}

/* ------------------------------------------------------------------ configuration */

static const char *needs_restart(const struct config *old, const struct config *new)
{
	if (memcmp(&old->limits, &new->limits, sizeof(old->limits)))
		return "limits changed: they take effect after a restart";
	if (!text_lists_equal(old->pod_patterns, old->pod_pattern_count, new->pod_patterns,
			      new->pod_pattern_count) ||
	    !text_lists_equal(old->uplink_patterns, old->uplink_pattern_count, new->uplink_patterns,
			      new->uplink_pattern_count) ||
	    old->attach != new->attach || old->xdp != new->xdp || old->profile != new->profile ||
	    old->host != new->host || !text_equal(old->cni_conf_dir, new->cni_conf_dir))
		return "interfaces changed: they take effect after a restart";
	return NULL;
}

/* Keys of another file. */
static void forget_keys(struct agent *agent)
{
	tunnel_keys_free(agent->files.keys);
	agent->files.keys = NULL;
	agent->files.keys_file.fingerprint = 0;
	agent->files.keys_loads++;
	set_problem(&agent->files.keys_file, NULL);
}

static int use_config(struct agent *agent, struct config *config)
{
	bool same_keys = text_equal(agent->files.keys_file.path, config->tunnel.keys_file);
	bool same_mesh = text_equal(agent->files.mesh_file.path, config->mesh_networks_file);
	int err = text_set(&agent->files.mesh_file.path, config->mesh_networks_file);

	if (!err)
		err = text_set(&agent->files.keys_file.path, config->tunnel.keys_file);
	if (!err)
		err = source_use(agent->source, config);
	if (err) {
		config_free(config);
		return err;
	}
	config_free(agent->files.config);
	agent->files.config = config;
	agent->files.config_loads++;
	agent->files.config_loaded = time(NULL);
	log_follow(config->log.level, config->log.format);
	if (!agent->files.start_config)
		agent->files.start_config = config_hold(config);
	agent->files.restart_reason = needs_restart(agent->files.start_config, config);
	set_problem(&agent->files.config_file, NULL);
	set_problem(&agent->files.mesh_file, NULL);
	/* Of before it was read; another file is read again, once it is watched. */
	agent->files.mesh_file.fingerprint = same_mesh ? agent->files.mesh_file.seen : 0;
	if (!same_keys)
		forget_keys(agent);
	return 0;
}

/* A change of the source is part of the change of its file: all of it waits until the new source can be
 * read. At the start there is nothing better to serve. */
static int check_source(struct agent *agent, const struct config *config, struct problems *problems)
{
	const char *path = config->eds_path;

	if (!agent->files.config || !path || text_equal(path, source_watch_path(agent->source)) ||
	    !access(path, R_OK))
		return 0;
	problems_add(problems, agent->config_path, config->eds_line, config->eds_column,
		     "source.files.path: %s: %s; the configuration before serves on", path,
		     strerror(errno));
	return text_set(&agent->files.pending_path, path) ? -ENOMEM : -EINVAL;
}

/* A fault of meshNetworksFile is reported for that file, not for the configuration: it is read by
 * itself then. */
static int load_config(struct agent *agent, bool *ret_changed)
{
	struct problems problems = {};
	struct config *config;
	int err = config_load(agent->config_path, &config, &problems);

	*ret_changed = true;
	text_take(&agent->files.pending_path, NULL);
	if (!err) {
		err = check_source(agent, config, &problems);
		if (err)
			config_free(config);
		else
			err = use_config(agent, config);
	}
	if (err && err != -ENOMEM)
		set_problem(&agent->files.config_file, &problems);
	problems_done(&problems);
	return err;
}

static int load_mesh(struct agent *agent, bool *ret_changed)
{
	struct problems problems = {};
	struct mesh_networks *mesh;
	int err = mesh_networks_load(agent->files.config, &mesh, &problems);

	*ret_changed = true;
	if (!err) {
		mesh_networks_free(agent->files.config->mesh);
		agent->files.config->mesh = mesh;
		set_problem(&agent->files.mesh_file, NULL);
	} else if (err != -ENOMEM) {
		set_problem(&agent->files.mesh_file, &problems);
	}
	problems_done(&problems);
	return err;
}

/* Of a file that cannot be read, or has a fault, the keys before serve on. */
static int load_keys(struct agent *agent, bool *ret_changed)
{
	struct problems problems = {};
	struct tunnel_keys *keys;
	int err = tunnel_keys_read(agent->files.keys_file.path, &keys, &problems);

	*ret_changed = true;
	if (!err) {
		tunnel_keys_free(agent->files.keys);
		agent->files.keys = keys;
		agent->files.keys_loads++;
		set_problem(&agent->files.keys_file, NULL);
		log_info("%zu keys for tunnels", keys->count);
	} else if (err != -ENOMEM) {
		set_problem(&agent->files.keys_file, &problems);
	}
	problems_done(&problems);
	return err;
}

/* ------------------------------------------------------------------ all of them */

int files_resolve(struct agent *agent)
{
	const struct ledger_list *held = &agent->kernel.ledger.gateways;
	int err = mesh_resolve(agent->files.config->mesh, agent->resolver, held->items, held->count);
	uint64_t version =
		XXH3_64bits_withSeed(&agent->files.config_loads, sizeof(agent->files.config_loads),
				     desired_view_inputs(agent->files.config, FAMILIES_BOTH));

	agent->files.networks_version = version;
	return err ? err : source_follow(agent->source, agent->files.config, version);
}

static int reload_source(struct agent *agent, enum reload which, bool *ret_changed)
{
	struct file_events *events = &agent->files.events;
	bool watched = which == RELOAD_TOLD && agent->files.watch && !agent->files.watch_problem;
	int err = source_read(agent->source, which == RELOAD_ALL ? SOURCE_READ_ALL :
									  SOURCE_READ_CHANGED,
			      watched ? events : NULL, ret_changed);

	events->changed = events->whole = events->more = false;
	events->count = 0;
	return err;
}

/* Without a watch, changes are found at the next tick. */
static void watch(struct agent *agent)
{
	const char *paths[] = { agent->files.config_file.path, agent->files.mesh_file.path,
				agent->files.pending_path, agent->files.keys_file.path,
				source_watch_path(agent->source) };
	int err = agent->files.watch ? file_watch_set(agent->files.watch, paths,
						     sizeof(paths) / sizeof(*paths)) :
				      agent->files.watch_error;

	free(agent->files.watch_problem);
	agent->files.watch_problem = NULL;
	if (err && asprintf(&agent->files.watch_problem, "files cannot be watched (%s): what changes in "
			    "them is seen up to %d s later", strerror(-err), AGENT_TICK_SECONDS) < 0)
		agent->files.watch_problem = NULL;
}

/* Whether the file that a refused configuration waits for can be read now. */
static bool can_proceed(const struct agent *agent)
{
	return agent->files.pending_path && !access(agent->files.pending_path, R_OK);
}

/* The configuration, then meshNetworks, which with a configuration that it breaks counts by itself. */
static int reload_configuration(struct agent *agent, enum reload which, bool *ret_changed)
{
	bool new_config = is_new(&agent->files.config_file) || which == RELOAD_ALL ||
			  can_proceed(agent);
	bool new_mesh = is_new(&agent->files.mesh_file);
	int err = 0;

	if (new_config || (new_mesh && agent->files.config_file.problem)) {
		err = record_read(&agent->files.config_file, load_config(agent, ret_changed));
		watch(agent); /* it may name other files */
		if (!err)
			new_mesh = is_new(&agent->files.mesh_file);
	}
	if (new_mesh && new_config && err)
		return record_read(&agent->files.mesh_file, err);
	if (new_mesh && err != -ENOMEM)
		err = record_read(&agent->files.mesh_file, load_mesh(agent, ret_changed));
	return err;
}

/* Each file is watched before it is read: a change in between is an event that waits. */
int files_reload(struct agent *agent, enum reload which, bool *ret_changed)
{
	int err;

	watch(agent);
	err = reload_configuration(agent, which, ret_changed);
	if (err != -ENOMEM && agent->files.keys_file.path &&
	    (is_new(&agent->files.keys_file) || which == RELOAD_ALL))
		err = record_read(&agent->files.keys_file, load_keys(agent, ret_changed));
	if (err != -ENOMEM)
		err = reload_source(agent, which, ret_changed);
	return err ? err : files_resolve(agent);
}

int files_load(struct agent *agent)
{
	bool changed;
	int err = text_set(&agent->files.config_file.path, agent->config_path);

	if (err)
		return err;
	watch(agent);
	is_new(&agent->files.config_file);
	err = record_read(&agent->files.config_file, load_config(agent, &changed));
	return err ? err : files_reload(agent, RELOAD_CHANGED, &changed);
}

static void file_done(struct watched_file *file)
{
	free(file->path);
	free(file->problem);
	*file = (struct watched_file){};
}

void files_done(struct agent *agent)
{
	struct watched_files *files = &agent->files;

	file_done(&files->config_file);
	file_done(&files->mesh_file);
	file_done(&files->keys_file);
	tunnel_keys_free(files->keys);
	files->keys = NULL;
	free(files->watch_problem);
	free(files->pending_path);
	config_free(files->start_config);
	config_free(files->config);
	files->config = files->start_config = NULL;
}
