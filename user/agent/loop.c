/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Everything that wakes the agent: files, interfaces, names, the source, the tick, signals. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "admin.h"
#include "agent.h"
#include "clock.h"
#include "encryption.h"
#include "host_pair.h"
#include "log.h"
#include "probes.h"
#include "problems.h"

/* After a look that found nothing, as at a neighbour's files, the next waits this many times longer than
 * the look took. */
#define IDLE_REST 5

/* ------------------------------------------------------------------ files and the source */

/* The way to a gateway that is new may lead by another interface, which becomes an uplink. */
static void follow_networks(struct agent *agent, bool *ret_changed)
{
	if (agent->loop.networks_version == agent->files.networks_version)
		return;
	agent->loop.networks_version = agent->files.networks_version;
	interfaces_resync(&agent->interfaces, agent->files.config, ret_changed);
}

/* A problem that is over does not stand in the status until something else is published. */
static void follow_listeners(struct agent *agent)
{
	bool had_problem = agent->admin_problem || agent->metrics_problem;

	admin_follow(agent);
	if (had_problem)
		publish_soon(agent);
}

static void on_due(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;
	struct reconciler *reconciler = &agent->reconciler;
	uint64_t start = clock_monotonic_ns(), end;
	bool changed = false;
	int err;

	evtimer_del(reconciler->due_event);
	reconciler->due_ns = 0;
	err = files_reload(agent, RELOAD_TOLD, &changed);
	follow_listeners(agent);
	if (err)
		log_error("reading the files again: %s; tried again soon", strerror(-err));
	changed |= reconciler->due;
	reconciler->due = changed; /* also after an error, which hides it from the next look */
	follow_networks(agent, &changed);
	if (!err && changed) {
		reconciler->due = false;
		reconcile(agent);
	}
	if (!err && !changed)
		reconciler->since_ns = 0;
	end = clock_monotonic_ns();
	reconciler->rest_ns = end + (changed ? RECONCILE_DEBOUNCE_NS : (end - start) * IDLE_REST);
}

static void on_file(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;
	struct file_events *events = &agent->files.events;

	file_watch_read(agent->files.watch, events);
	if (events->changed)
		schedule_look(agent, events->whole);
}

/* A stream that is back at once leaves no problem to log later. */
static void on_source(void *arg, bool contents, bool failed)
{
	struct agent *agent = arg;

	if (failed && agent->reconciler.serving)
		problems_log(agent);
	if (contents)
		schedule_reconcile(agent);
	else
		publish_soon(agent);
}

/* Host names of gateways have other addresses. */
static void on_addresses(void *arg)
{
	schedule_reconcile(arg);
}

/* ------------------------------------------------------------------ interfaces */

static int visit_link(void *arg, const struct netlink_link *link)
{
	struct agent *agent = arg;
	bool changed = false;
	int err = interfaces_on_link(&agent->interfaces, link, &changed);

	agent->clients.lost |= link->gone && host_pair_is_far(link->name);
	if (changed)
		schedule_reconcile(agent);
	if (changed && link->gone && agent->reconciler.serving)
		sweep_gone(agent, link->ifindex);
	return err;
}

static void read_links(struct agent *agent)
{
	struct netlink_changes changes = {};
	bool changed = false;
	int err = netlink_watch_read(agent->loop.netlink, visit_link, agent, &changes);

	if (err)
		log_warn("messages about interfaces were lost (%s): looking at all of them",
			 strerror(-err));
	if (err || changes.default_routes)
		interfaces_resync(&agent->interfaces, agent->files.config, &changed);
	if (changes.addresses || changed)
		schedule_reconcile(agent);
}

static void look_at_interfaces(struct agent *agent, bool *ret_changed)
{
	int err;

	agent->clients.lost = false;
	clients_make(agent, false);
	read_links(agent);
	err = interfaces_resync(&agent->interfaces, agent->files.config, ret_changed);
	clients_route(agent);
	if (err)
		log_warn("looking at the interfaces: %s", strerror(-err));
}

static void on_link(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;
	bool changed = false;

	if (pins_leaving(agent))
		return;
	read_links(agent);
	if (agent->clients.lost)
		look_at_interfaces(agent, &changed);
	if (changed)
		schedule_reconcile(agent);
}

/* ------------------------------------------------------------------ the tick */

static void keep_pins(struct agent *agent, bool *ret_changed)
{
	bool had_problem = agent->pins.problem;
	int err = pins_keep(agent);

	if (agent->pins.leaving)
		return;
	if (err || had_problem)
		publish_soon(agent);
	look_at_interfaces(agent, ret_changed); /* which need no pins */
}

static void retry_problems(struct agent *agent)
{
	if (agent->publisher.failed)
		publish_soon(agent);
	if (agent->pins.foreign_problem) {
		foreign_look(agent);
		publish_soon(agent);
	}
	if (agent->admin_problem || agent->metrics_problem)
		follow_listeners(agent);
}

/* Finds changes without an event: pins or filters that somebody removed, files on a file system without
 * inotify, a write that failed. */
static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;
	bool changed = false;

	keep_pins(agent, &changed);
	if (agent->pins.leaving)
		return;
	if (files_reload(agent, RELOAD_CHANGED, &changed) || changed || agent->reconciler.due ||
	    agent->reconciler.problem || ipv6_retry_due(agent))
		schedule_reconcile(agent);
	admission_follow(agent);
	retry_problems(agent);
	log_flush(false);
	probes_tell(agent);
	sweep_flows(agent);
}

/* ------------------------------------------------------------------ signals */

static void on_hangup(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;
	bool changed = false;

	log_info("SIGHUP: reading everything again");
	keep_pins(agent, &changed);
	if (agent->pins.leaving)
		return;
	if (files_reload(agent, RELOAD_ALL, &changed))
		log_error("reading the files again failed");
	schedule_reconcile(agent);
}

static void on_terminate(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;

	log_info("signal %d: leaving; the data plane stays", (int)fd);
	event_base_loopbreak(agent->base);
}

/* ------------------------------------------------------------------ start and stop */

int loop_open(struct agent *agent)
{
	int err = resolver_new(agent->base, lookup_system, on_addresses, agent, &agent->resolver);

	agent->files.watch_error = file_watch_new(&agent->files.watch);
	if (!err)
		err = netlink_watch_new(&agent->loop.netlink);
	if (!err)
		err = reconcile_open(agent, on_due);
	if (!err)
		err = encryption_open(agent, schedule_reconcile);
	if (!err)
		err = source_new(agent->base, on_source, agent, &agent->source);
	return err;
}

static int watch(struct agent *agent, int fd, short what, event_callback_fn callback)
{
	struct loop *loop = &agent->loop;
	struct event *event = event_new(agent->base, fd, (short)(what | EV_PERSIST), callback, agent);

	if (!event)
		return -ENOMEM;
	loop->watchers[loop->watcher_count++] = event;
	return event_add(event, NULL) ? -ENOMEM : 0;
}

static int watch_signals(struct agent *agent)
{
	int err = watch(agent, SIGTERM, EV_SIGNAL, on_terminate);

	if (!err)
		err = watch(agent, SIGINT, EV_SIGNAL, on_terminate);
	return err ? err : watch(agent, SIGHUP, EV_SIGNAL, on_hangup);
}

int loop_start(struct agent *agent)
{
	const struct timeval tick = { AGENT_TICK_SECONDS, 0 };
	int err = watch_signals(agent);

	if (!err && agent->files.watch)
		err = watch(agent, file_watch_fd(agent->files.watch), EV_READ, on_file);
	if (!err)
		err = watch(agent, mnl_socket_get_fd(agent->loop.netlink), EV_READ, on_link);
	agent->loop.tick = event_new(agent->base, -1, EV_PERSIST, on_tick, agent);
	if (!err && (!agent->loop.tick || event_add(agent->loop.tick, &tick)))
		err = -ENOMEM;
	return err;
}

void loop_done(struct agent *agent)
{
	for (size_t i = 0; i < agent->loop.watcher_count; i++)
		event_free(agent->loop.watchers[i]);
	if (agent->loop.tick)
		event_free(agent->loop.tick);
	netlink_watch_free(agent->loop.netlink);
	file_watch_free(agent->files.watch);
	resolver_free(agent->resolver);
}
