/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The agent: start, what wakes it, stop. */
#include "agent.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent_admin.h"
#include "clock.h"
#include "log.h"
#include "memory.h"

/* A swap of a volume, or a file written in place, comes as several events: what is whole is acted
 * upon at once, and what follows waits until this long after. */
#define DEBOUNCE_NS 10000000ull
/* Looks that find nothing, as at a neighbour's files, may take this part of the time. */
#define IDLE_LOOKS 5
#define NOTE_NS 200000000ull /* what changes for people only */
/* To tell people of hundreds of services takes longer than an update, which must not wait for it. */
#define NOTE_REST 3

/* ------------------------------------------------------------------ what wakes it */

static void look_at(struct agent *agent, uint64_t now_ns, uint64_t at_ns)
{
	uint64_t wait_us = at_ns > now_ns ? (at_ns - now_ns) / 1000 : 0;
	const struct timeval wait = { (time_t)(wait_us / 1000000), (suseconds_t)(wait_us % 1000000) };

	if (agent->look_ns && agent->look_ns <= at_ns)
		return;
	agent->look_ns = at_ns;
	if (wait_us)
		evtimer_add(agent->debounce, &wait);
	else
		event_active(agent->debounce, EV_TIMEOUT, 0); /* a timer may be milliseconds late */
}

/* `whole`: what happened need not be the first part of something. */
static void look_soon(struct agent *agent, bool whole)
{
	uint64_t now = clock_monotonic_ns(), at = whole ? now : now + DEBOUNCE_NS;

	look_at(agent, now, agent->rest_ns > at ? agent->rest_ns : at);
}

void agent_schedule(struct agent *agent)
{
	agent->due = true;
	look_soon(agent, true);
}

static void note_within(struct agent *agent, uint64_t wait_ns)
{
	const struct timeval wait = { (time_t)(wait_ns / 1000000000),
				      (suseconds_t)(wait_ns / 1000 % 1000000) };
	uint64_t at = clock_monotonic_ns() + wait_ns;

	if (agent->note_ns && agent->note_ns <= at)
		return;
	agent->note_ns = at;
	evtimer_add(agent->note, &wait);
}

void agent_note(struct agent *agent)
{
	note_within(agent, NOTE_NS);
}

void agent_note_soon(struct agent *agent)
{
	note_within(agent, DEBOUNCE_NS + agent->note_cost_ns * NOTE_REST);
}

static void on_note(evutil_socket_t fd, short what, void *arg)
{
	uint64_t start = clock_monotonic_ns();
	struct agent *agent = arg;

	(void)fd;
	(void)what;
	agent->note_ns = 0;
	agent_state_write(agent);
	agent_problems_log(agent);
	malloc_trim(0);
	agent->note_cost_ns = clock_monotonic_ns() - start;
}

static void on_debounce(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;
	uint64_t start = clock_monotonic_ns(), end;
	bool changed = false;
	int err;

	(void)fd;
	(void)what;
	evtimer_del(agent->debounce);
	agent->look_ns = 0;
	err = agent_files_reload(agent, AGENT_FILES_TOLD, &changed);
	agent_admin_follow(agent);
	if (err)
		log_error("reading the files again: %s; tried again soon", strerror(-err));
	changed |= agent->due;
	if (!err && changed) {
		agent->due = false;
		agent_apply(agent);
	}
	end = clock_monotonic_ns();
	agent->rest_ns = end + (changed ? DEBOUNCE_NS : (end - start) * IDLE_LOOKS);
}

static void on_file(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;

	(void)fd;
	(void)what;
	file_watch_read(agent->file_watch, &agent->file_events);
	if (agent->file_events.changed)
		look_soon(agent, agent->file_events.whole);
}

/* Those of gateways' host names. */
static void on_addresses(void *arg)
{
	agent_schedule(arg);
}

/* A stream that is there again at once would else leave no line in the log. */
static void on_source(void *arg, bool contents, bool failed)
{
	struct agent *agent = arg;

	if (failed && agent->serving)
		agent_problems_log(agent);
	if (contents)
		agent_schedule(agent);
	else
		agent_note(agent);
}

static int visit_link(void *arg, const struct netlink_link *link)
{
	struct agent *agent = arg;
	bool changed = false;
	int err = interfaces_on_link(&agent->interfaces, link, &changed);

	if (changed)
		agent_schedule(agent);
	return err;
}

static void read_links(struct agent *agent)
{
	bool addresses = false, changed = false;
	int err = netlink_watch_read(agent->netlink_watch, visit_link, agent, &addresses);

	if (err) {
		log_warn("messages about interfaces were lost (%s): looking at all of them",
			 strerror(-err));
		interfaces_resync(&agent->interfaces, &changed);
	}
	if (addresses || changed)
		agent_schedule(agent);
}

static void on_link(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	read_links(arg);
}

static void look_at_interfaces(struct agent *agent, bool *ret_changed)
{
	int err;

	read_links(agent);
	err = interfaces_resync(&agent->interfaces, ret_changed);
	if (err)
		log_warn("looking at the interfaces: %s", strerror(-err));
}

/* What no event told of: a pin or filter that somebody removed, a file on a file system without inotify,
 * a write that failed. */
static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;
	bool changed = false;

	(void)fd;
	(void)what;
	if (!agent_pins_keep(agent))
		look_at_interfaces(agent, &changed);
	if (agent_files_reload(agent, AGENT_FILES_ALL, &changed) || changed || agent->apply_problem)
		agent_schedule(agent);
	if (agent->others_problem) {
		agent_others_look(agent);
		agent_note(agent);
	}
	if (agent_admin_problem(agent)) {
		agent_admin_follow(agent);
		agent_note(agent);
	}
	agent_sweep(agent);
}

static void on_hangup(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;
	bool changed = false;

	(void)fd;
	(void)what;
	log_info("SIGHUP: reading everything again");
	if (agent_files_reload(agent, AGENT_FILES_AGAIN, &changed))
		log_error("reading the files again failed");
	agent_schedule(agent);
}

static void on_terminate(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;

	(void)what;
	log_info("signal %d: leaving; the data plane stays", (int)fd);
	event_base_loopbreak(agent->base);
}

/* ------------------------------------------------------------------ start */

static int watch(struct agent *agent, int fd, short what, event_callback_fn callback)
{
	struct event *event = event_new(agent->base, fd, (short)(what | EV_PERSIST), callback, agent);

	if (!event)
		return -ENOMEM;
	agent->watchers[agent->watcher_count++] = event;
	return event_add(event, NULL) ? -ENOMEM : 0;
}

static int watch_all(struct agent *agent)
{
	const struct timeval tick = { AGENT_TICK_SECONDS, 0 };
	int err = watch(agent, SIGTERM, EV_SIGNAL, on_terminate);

	if (!err)
		err = watch(agent, SIGINT, EV_SIGNAL, on_terminate);
	if (!err)
		err = watch(agent, SIGHUP, EV_SIGNAL, on_hangup);
	if (!err && agent->file_watch)
		err = watch(agent, file_watch_fd(agent->file_watch), EV_READ, on_file);
	if (!err)
		err = watch(agent, netlink_watch_fd(agent->netlink_watch), EV_READ, on_link);
	agent->debounce = evtimer_new(agent->base, on_debounce, agent);
	agent->note = evtimer_new(agent->base, on_note, agent);
	agent->tick = event_new(agent->base, -1, EV_PERSIST, on_tick, agent);
	if (err || !agent->debounce || !agent->note || !agent->tick || event_add(agent->tick, &tick))
		return err ? err : -ENOMEM;
	return 0;
}

int agent_load(struct agent *agent)
{
	int err = resolver_new(agent->base, lookup_system, on_addresses, agent, &agent->resolver);

	agent->watch_error = file_watch_new(&agent->file_watch);
	if (!err)
		err = netlink_watch_new(&agent->netlink_watch);
	if (!err)
		err = source_new(agent->base, on_source, agent, &agent->source);
	if (err) {
		log_error("cannot watch interfaces and names: %s", strerror(-err));
		return err;
	}
	err = agent_files_load(agent);
	if (err)
		log_error("%s", agent->config_file.problem ? agent->config_file.problem :
							     strerror(-err));
	return err;
}

static void note(void *arg, const char *text)
{
	(void)arg;
	log_warn("%s", text);
}

static int open_kernel(struct agent *agent)
{
	char reason[DATAPLANE_REASON];
	struct map_writer_fds fds;
	struct ledger_memory memory;
	int err = dataplane_open(agent->pin_dir, &agent->config->limits, note, agent,
				 &agent->dataplane, reason);

	if (err) {
		log_error("%s", reason);
		return err;
	}
	fds = dataplane_fds(agent->dataplane);
	err = map_writer_new(&fds, &agent->writer);
	if (err)
		return err;
	map_writer_set_version(agent->writer);
	memory = map_writer_memory(agent->writer);
	err = ledger_init(&agent->ledger, &memory);
	if (!err)
		err = map_writer_resync(agent->writer, &agent->ledger);
	agent->hz = memory.settings->hz;
	if (!err && !agent->hz)
		err = clock_measure_hz(dataplane_now_fd(agent->dataplane), &agent->hz);
	return err;
}

/* The tables come last: on empty maps the programs pass everything, and no flow begins before each
 * interface that its replies may come by is attached. The settings need the interfaces as well. */
static int attach(struct agent *agent)
{
	bool changed = false;
	int err;

	interfaces_init(&agent->interfaces, agent->pin_dir, agent->start_config, agent->dataplane);
	err = interfaces_resync(&agent->interfaces, &changed);
	if (!err)
		err = agent_files_resolve(agent);
	if (!err)
		err = agent_apply(agent);
	if (err == -ENOSPC)
		err = 0; /* told already; what was there before serves on */
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

int agent_start(struct agent *agent)
{
	int err = open_kernel(agent);

	if (!err)
		err = attach(agent);
	if (!err)
		err = watch_all(agent);
	if (err) {
		log_error("cannot start: %s", strerror(-err));
		return err;
	}
	agent_sweep(agent);
	agent_others_look(agent);
	agent_admin_follow(agent);
	agent->serving = true;
	agent_state_write(agent);
	agent_problems_log(agent);
	log_info("serving network '%s': %zu interfaces, %s maps", agent->config->network,
		 agent->interfaces.count,
		 dataplane_adopted(agent->dataplane) ? "adopted" : "new");
	memory_give_back();
	notify_ready();
	return 0;
}

/* ------------------------------------------------------------------ stop */

void agent_stop(struct agent *agent)
{
	for (size_t i = 0; i < agent->watcher_count; i++)
		event_free(agent->watchers[i]);
	if (agent->debounce)
		event_free(agent->debounce);
	if (agent->note)
		event_free(agent->note);
	if (agent->tick)
		event_free(agent->tick);
	if (agent->stale)
		event_free(agent->stale);
	agent_sweep_done(agent);
	agent_admin_done(agent);
	agent_picture_done(&agent->picture);
	interfaces_done(&agent->interfaces);
	netlink_watch_free(agent->netlink_watch);
	file_watch_free(agent->file_watch);
	agent_files_done(agent);
	resolver_free(agent->resolver);
	ledger_done(&agent->ledger);
	map_writer_free(agent->writer);
	dataplane_close(agent->dataplane);
	for (size_t i = 0; i < agent->logged_count; i++)
		free(agent->logged[i]);
	free(agent->logged);
	free(agent->apply_problem);
	free(agent->watch_problem);
	free(agent->pins_problem);
	free(agent->others_problem);
}
