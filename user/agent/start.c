/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The agent: start and stop, in the order that traffic needs. */
#include "agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin.h"
#include "clock.h"
#include "encryption.h"
#include "log.h"
#include "memory.h"
#include "probes.h"
#include "problems.h"
#include "usage.h"

/* ------------------------------------------------------------------ start */

int agent_load(struct agent *agent)
{
	int err = loop_open(agent);

	if (err) {
		log_error("cannot watch interfaces and names: %s", strerror(-err));
		return err;
	}
	err = files_load(agent);
	if (err)
		log_error("%s", agent->files.config_file.problem ? agent->files.config_file.problem :
								   strerror(-err));
	return err;
}

static void log_note(void *arg, const char *text)
{
	log_info("%s", text);
}

static int open_kernel(struct agent *agent)
{
	struct kernel_state *kernel = &agent->kernel;
	char reason[DATAPLANE_REASON];
	struct map_fds fds;
	int err = dataplane_open(agent->pin_dir, &agent->files.config->limits, log_note, agent,
				 &kernel->dataplane, reason);

	if (err) {
		log_error("%s", reason);
		return err;
	}
	fds = dataplane_fds(kernel->dataplane);
	err = map_writer_new(&fds, &kernel->writer);
	if (err)
		return err;
	map_writer_set_version(kernel->writer);
	err = map_writer_resync(kernel->writer, &kernel->ledger);
	kernel->hz = map_writer_memory(kernel->writer).settings->hz;
	if (!err && !kernel->hz)
		err = clock_measure_hz(dataplane_now_fd(kernel->dataplane), &kernel->hz);
	return err;
}

/* The tables come last: on empty maps the programs pass everything, and no flow begins before every
 * interface that its replies may come by is attached. The settings need the interfaces as well. */
static int attach(struct agent *agent)
{
	bool changed = false;
	int err;

	interfaces_init(&agent->interfaces, agent->pin_dir, agent->files.start_config,
			agent->kernel.dataplane);
	clients_make(agent, true);
	err = interfaces_resync(&agent->interfaces, agent->files.config, &changed);
	if (!err)
		err = files_resolve(agent);
	if (!err)
		err = reconcile(agent);
	if (err == -ENOSPC)
		err = 0; /* a standing problem; the old set serves on */
	if (!err)
		clients_route(agent);
	agent->interfaces.watching = true;
	return err;
}

/* Protocol of sd_notify(3). */
static void notify_ready(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (!path || strlen(path) >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, strlen(path));
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, "READY=1", 7, MSG_NOSIGNAL, (struct sockaddr *)&to,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path))) < 0)
		log_warn("telling the service manager: %s", strerror(errno));
	close(fd);
}

static int start_serving(struct agent *agent)
{
	int err = open_kernel(agent);

	if (!err)
		err = publish_open(agent);
	if (!err)
		err = probes_open(agent, schedule_reconcile);
	if (!err)
		err = usage_open(agent);
	if (!err)
		err = attach(agent);
	return err ? err : loop_start(agent);
}

int agent_start(struct agent *agent)
{
	int err = start_serving(agent);

	if (err) {
		log_error("cannot start: %s", strerror(-err));
		return err;
	}
	sweep_flows(agent);
	foreign_look(agent);
	admin_follow(agent);
	probes_tell(agent);
	agent->reconciler.serving = true;
	publish(agent);
	log_info("serving network '%s': %zu interfaces, %s maps", agent->files.config->network,
		 agent->interfaces.count,
		 dataplane_adopted(agent->kernel.dataplane) ? "adopted" : "new");
	memory_give_back();
	notify_ready();
	return 0;
}

/* ------------------------------------------------------------------ stop */

void agent_stop(struct agent *agent)
{
	loop_done(agent);
	publish_done(agent);
	sweep_flows_done(agent);
	admin_done(agent);
	encryption_done(agent);
	reconcile_done(agent);
	probes_done(agent);
	source_free(agent->source);
	files_done(agent);
	interfaces_done(&agent->interfaces);
	ledger_done(&agent->kernel.ledger);
	map_writer_free(agent->kernel.writer);
	dataplane_close(agent->kernel.dataplane);
	problems_forget(agent);
	free(agent->clients.problem);
	free(agent->pins.problem);
	free(agent->pins.foreign_problem);
}
