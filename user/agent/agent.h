/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The agent: a structure for each of its files, and one member of each in struct agent. Files call only
 * those listed before them. */
#ifndef AGENT_H
#define AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <event2/event.h>

#include "config.h"
#include "dataplane.h"
#include "file_watch.h"
#include "generation.h"
#include "histogram.h"
#include "interfaces.h"
#include "ledger.h"
#include "map_writer.h"
#include "netlink.h"
#include "resolver.h"
#include "source.h"
#include "sweep.h"
#include "tunnel_keys.h"

#define AGENT_TICK_SECONDS 10
/* A swap of a volume, or a file written in place, comes as several events: the first whole file is acted
 * upon at once, later events wait for this long. */
#define RECONCILE_DEBOUNCE_NS 10000000ull

struct admin;
struct agent;
struct prober;
struct usage_table;

/* ------------------------------------------------------------------ state */

/* The configuration and the files it names; the source has its own. */
struct watched_file {
	char *path;           /* NULL: none */
	uint64_t fingerprint; /* of the file as it was last read */
	uint64_t seen;        /* of the file as it is now */
	char *problem;        /* NULL: it was read without errors */
};

struct watched_files {
	struct config *config; /* replaced at reload */
	uint64_t config_loads;
	uint64_t
		networks_version; /* differs with the configuration and the addresses of gateways */
	time_t config_loaded;        /* when `config` was taken over */
	struct config *start_config; /* limits and interfaces take effect at start; may be the same */
	const char *restart_reason;  /* why the new configuration needs a restart; or NULL */
	struct watched_file config_file, mesh_file, keys_file;
	struct tunnel_keys *keys; /* the last that could be read; NULL: none */
	uint64_t keys_loads;
	char *pending_path;       /* of the source that a refused configuration names; NULL: none */
	struct file_watch *watch; /* NULL: changes are seen at the next tick */
	int watch_error;          /* why there is none */
	char *watch_problem;      /* why files cannot be watched; or NULL */
	struct file_events events; /* since the last reload */
};

/* The maps, and the record of their contents. */
struct kernel_state {
	struct dataplane *dataplane;
	struct map_writer *writer;
	struct ledger ledger;
	uint32_t hz;
};

/* The keys that the kernel holds. */
struct admission {
	uint64_t
		written; /* fingerprint of what they were built from; 0: not written by this agent */
	bool clock_wrong;    /* CLOCK_REALTIME is obviously not the time */
	const char *problem; /* why the last write failed; or NULL */
};

/* The look at routes to gateways that are to be behind devices that encrypt. */
struct encryption {
	struct event *timer;
	void (*on_change)(struct agent *agent);
	const struct mesh_networks
		*mesh; /* that was looked at last, at looked_ns of CLOCK_MONOTONIC */
	uint64_t looked_ns;
};

/* Clients on the node itself. */
struct node_clients {
	char *problem; /* why they are not served; or NULL */
	bool lost;     /* somebody deleted the pair */
};

/* The pin directory. */
struct pin_keeper {
	int lock_fd;
	bool made;             /* this process made the directory */
	bool leaving;          /* the loop ends: uninstalled, or displaced by another agent */
	char *problem;         /* why pins that were removed cannot be made again; or NULL */
	char *foreign_problem; /* a foreign data plane on our interfaces; or NULL */
	bool displaced;        /* another agent took the directory */
};

struct reconciler {
	struct event *due_event, *stale_event;
	uint64_t due_ns;  /* CLOCK_MONOTONIC, when due_event fires; 0: it is not scheduled */
	uint64_t rest_ns; /* not before then */
	bool due;         /* for another reason than a changed file */
	struct generation generation; /* the last that was applied, in part or whole */
	bool applied;  /* the kernel holds all of it */
	bool serving;  /* programs are attached */
	bool complete; /* the kernel has once held everything that was wanted */
	char *problem; /* why the last plan was not carried out; or NULL */
	char *ipv6_problem;     /* why IPv6 is not carried although it is needed; or NULL */
	uint64_t ipv6_retry_ns; /* CLOCK_MONOTONIC: loading its programs is not tried before */
	uint64_t since_ns; /* CLOCK_MONOTONIC: arrival of the oldest change not applied yet; 0: none */
	struct histogram apply, convergence; /* of updates; from the arrival of a change */
	struct addr_pair address;            /* of the node, at the last build */
	uint8_t tunnels;                     /* build_input_tunnels() of the last build */
	uint64_t updates, built; /* plans with changes; services whose views were computed */
	time_t last_update;
};

/* The status in its map. */
struct publisher {
	struct event *event;
	bool scheduled;
	uint64_t rest_ns;  /* CLOCK_MONOTONIC: the next run is not before */
	uint64_t *records; /* sorted: services that stand in the map */
	size_t record_count;
	size_t omitted; /* services whose status could not be written */
	bool failed;    /* for another reason than a full map: tried again at the next tick */
	bool all;       /* statuses may have come or gone since the last run */
};

struct problem_log {
	char **items; /* that stood at the last look; each is logged once while it stands */
	size_t count;
};

struct sweeper {
	struct event *event;
	struct sweep sweep; /* under way while `event` is pending */
	size_t map;         /* index of `counts` */
	bool again;         /* start once more when this sweep is over */
	struct sweep_gone gone; /* interfaces of pods */
	uint32_t
		counts[2 *
		       FAMILIES]; /* in `flows` and `embryonic` of each family, at the last sweep */
};

struct usage_counts {
	struct usage_table *shown; /* of the last sweep; NULL: none yet */
	struct usage_table *next;  /* of the sweep under way */
	size_t clock;              /* of the search for services that are gone */
	struct pin_array peers;    /* struct peer, by row */
};

struct loop {
	uint64_t networks_version; /* for which interfaces were looked at */
	struct event *tick;
	struct event *watchers[8];
	size_t watcher_count;
	struct mnl_socket *netlink;
};

struct agent {
	const char *config_path, *pin_dir;
	time_t started;
	struct event_base *base;
	struct watched_files files;
	struct resolver *resolver;
	struct source *source;
	struct kernel_state kernel;
	struct admission admission;
	struct encryption encryption;
	struct interfaces interfaces;
	struct node_clients clients;
	struct pin_keeper pins;
	struct admin *admin;
	const char *admin_problem, *metrics_problem; /* why a listener is not as configured; or NULL */
	struct prober *prober;
	struct problem_log problems;
	struct publisher publisher;
	struct reconciler reconciler;
	struct sweeper sweeper;
	struct usage_counts usage;
	struct loop loop;
};

/* ------------------------------------------------------------------ watch_files.c */

/* Reads the configuration and the files it names; any problem is an error. Returns 0 or -errno. */
int files_load(struct agent *agent);
/* Fills in addresses of gateways named by host name: until the first answer, those the kernel has. Then
 * passes the wanted networks and services to the source. Returns 0 or -errno. */
int files_resolve(struct agent *agent);
enum reload {
	RELOAD_TOLD, /* files that the watch named */
	RELOAD_CHANGED,
	RELOAD_ALL,
};
/* Reads files again; *ret_changed is set, never cleared, when something must be applied. Returns 0 or
 * -ENOMEM. */
int files_reload(struct agent *agent, enum reload which, bool *ret_changed);
void files_done(struct agent *agent);

/* ------------------------------------------------------------------ pins.c, foreign.c */

/* Restores pins that were removed. Ends the loop after an uninstall, or when another agent took
 * the directory. Returns 0 or -errno. */
int pins_keep(struct agent *agent);
/* Whether the agent leaves; ends the loop after an uninstall. Nothing may be attached or pinned then. */
bool pins_leaving(struct agent *agent);
/* Looks for a foreign data plane on our interfaces. */
void foreign_look(struct agent *agent);

/* ------------------------------------------------------------------ clients.c */

/* Makes what leads the node's own packets to our programs, or removes it if the configuration does not
 * want it. Before interfaces_resync(), which attaches the programs. `again`: after a start. */
void clients_make(struct agent *agent, bool again);
/* Leads the packets for the virtual addresses in the maps, if they may have changed: always, or by the
 * changes just made. */
void clients_route(struct agent *agent);
void clients_follow(struct agent *agent, const struct change_list *list);

/* ------------------------------------------------------------------ publish.c */

/* Writes the status now, or once the current event is handled, with as much rest after the last time as
 * its cost asks for. */
void publish(struct agent *agent);
void publish_soon(struct agent *agent);
int publish_open(struct agent *agent);
void publish_done(struct agent *agent);

/* ------------------------------------------------------------------ admission.c */

/* Tells the programs the time, and the keys if others are to be used than before. A failure is a problem,
 * and is tried again at the next tick. */
void admission_follow(struct agent *agent);

/* ------------------------------------------------------------------ reconcile.c */

/* Builds the next generation and brings the kernel to it. Returns 0 or -errno: the old set serves
 * on. */
int reconcile(struct agent *agent);
/* Schedules due_event. `whole`: the event completes a change, so that there is nothing to wait for. */
void schedule_look(struct agent *agent, bool whole);
/* The same for another reason than a changed file. */
void schedule_reconcile(struct agent *agent);
/* Whether the programs of IPv6 could not be loaded, and it is time to try again. */
bool ipv6_retry_due(const struct agent *agent);
int reconcile_open(struct agent *agent, event_callback_fn on_due);
void reconcile_done(struct agent *agent);

/* ------------------------------------------------------------------ sweep.c */

/* Starts to sweep flows that are idle or whose pod is gone, at the latest when the sweep that is under
 * way is over. Forgets that there were narrow paths when there are none any more. */
void sweep_flows(struct agent *agent);
/* The same after an interface was deleted. */
void sweep_gone(struct agent *agent, uint32_t ifindex);
void sweep_flows_done(struct agent *agent);

/* ------------------------------------------------------------------ loop.c */

/* Opens the watches of names, interfaces, files and the source. Returns 0 or -errno. */
int loop_open(struct agent *agent);
/* Registers everything that wakes the agent. Returns 0 or -errno. */
int loop_start(struct agent *agent);
void loop_done(struct agent *agent);

/* ------------------------------------------------------------------ start.c */

/* parallaxd.c hands over an agent with paths and base set. Reads the configuration and the files it
 * names, and touches nothing else. Logs why it fails; returns 0 or -errno. */
int agent_load(struct agent *agent);
/* After agent_load(), with the lock set. Logs why it fails; returns 0 or -errno. */
int agent_start(struct agent *agent);
/* Leaves everything pinned and attached. */
void agent_stop(struct agent *agent);

#endif
