/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keys and time of tunnel packets, from the file and the clock to the kernel. */
#include <string.h>
#include <time.h>

#include <xxhash.h>

#include "agent.h"
#include "clock.h"
#include "key_rows.h"
#include "key_writer.h"
#include "log.h"

/* Programs count jiffies from here on. With a clock that is obviously wrong they go on as before. */
static void follow_clock(struct agent *agent)
{
	struct timespec now;
	uint32_t jiffies;

	clock_gettime(CLOCK_REALTIME, &now);
	agent->admission.clock_wrong = now.tv_sec < EPOCH_CLOCK_MIN;
	if (agent->admission.clock_wrong ||
	    clock_jiffies(dataplane_now_fd(agent->kernel.dataplane), &jiffies))
		return;
	map_writer_epoch(agent->kernel.writer,
			 epoch_word((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec,
				    jiffies, agent->kernel.hz));
}

/* Everything that rows and flags depend on. */
static uint64_t fingerprint(const struct agent *agent, uint32_t flags)
{
	const uint64_t parts[] = { agent->files.keys_loads, agent->files.networks_version,
				   keys_expired(agent->files.keys, time(NULL)), flags };
	uint64_t hash = XXH3_64bits(parts, sizeof(parts));

	return hash ? hash : 1;
}

static int write_keys(struct agent *agent, uint32_t flags)
{
	const struct mesh_networks *mesh = agent->files.config->mesh;
	struct key_row *rows;
	size_t count;
	int err = key_rows_build(flags ? agent->files.keys : NULL, mesh, time(NULL), &rows, &count);

	if (err)
		return err;
	if (key_rows_own(rows, count, mesh))
		flags |= ADMISSION_HOP;
	err = map_writer_keys(agent->kernel.writer, rows, count, flags);
	key_rows_free(rows, count);
	return err;
}

static bool is_encrypted(const struct mesh_networks *mesh)
{
	for (size_t i = 0; i < mesh->count; i++)
		if (mesh->networks[i].encrypted)
			return true;
	return false;
}

void admission_follow(struct agent *agent)
{
	const struct settings *settings = map_writer_memory(agent->kernel.writer).settings;
	uint32_t flags, held;
	uint64_t now;
	int err;

	map_writer_encrypted(agent->kernel.writer, is_encrypted(agent->files.config->mesh));
	if (agent->files.config->tunnel.keys_file)
		follow_clock(agent);
	flags = admission_flags(agent->files.config, settings->epoch);
	held = settings->admission & ~ADMISSION_ENCRYPTED;
	/* Of a file that this agent never could read, the keys of the agent before serve on. */
	if (flags && held && !agent->files.keys)
		return;
	now = fingerprint(agent, flags);
	if (agent->admission.written == now || (!flags && !held))
		return;
	err = write_keys(agent, flags);
	agent->admission.problem = err ? strerror(-err) : NULL;
	agent->admission.written = err ? 0 : now;
}
