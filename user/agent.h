/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The agent: what it holds, and the parts of it that call the steps from left to right. */
#ifndef AGENT_H
#define AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <event2/event.h>

#include "ads_source.h"
#include "arena.h"
#include "config.h"
#include "dataplane.h"
#include "desired.h"
#include "file_source.h"
#include "file_watch.h"
#include "interfaces.h"
#include "ledger.h"
#include "map_writer.h"
#include "netlink.h"
#include "resolver.h"
#include "sweep.h"

/* Reasons shown at once; each is logged once while it stands. */
#define AGENT_PROBLEMS_MAX 64
#define AGENT_LEFT_OUT_MAX 1000
#define AGENT_SERVICES_MAX 400

#define AGENT_TICK_SECONDS 10
#define AGENT_WORDS_MAX 2000 /* backends told one by one, of all services */

/* The last word on one service: what should be in the kernel. */
struct agent_word {
	uint32_t said;  /* endpoints */
	uint32_t count; /* backends */
	uint64_t digest;
	struct socket_addr *backends; /* as many as are shown */
	uint32_t shown;
};

/* What became of one configured or known service, for people. */
struct agent_service {
	const char *host;
	const char *cluster;
	struct addr vip; /* family 0: by id alone */
	uint16_t port;
	uint8_t proto;
	const char *state; /* "serving", "no_endpoints", "waiting", "stale", "kept", "refused" */
	struct view_priority *priorities;
	size_t priority_count;
	struct agent_word word;
};

struct agent_left_out {
	const char *cluster;
	struct addr addr;
	uint16_t port;
	enum left_out reason;
	bool again; /* told of another row already */
};

/* What a service row was made from, and what was told of it. */
struct agent_print {
	uint64_t key;   /* agent_print_key() */
	uint64_t print; /* equal ones give an equal row */
	uint32_t service; /* in agent_picture.services, or AGENT_UNTOLD */
	uint32_t left_out, left_out_count;
	bool wanted; /* it has a row */
};

#define AGENT_UNTOLD UINT32_MAX

/* By key; services without one are built again. */
struct agent_prints {
	struct agent_print *items;
	size_t count;
	uint32_t *places; /* item + 1, or 0; open addressing */
	uint32_t mask;
};

/* One look at configuration and assignments. */
struct agent_picture {
	struct arena *arena; /* views, tables and the plan; gone once they are applied */
	struct arena *kept;  /* what is shown: everything below but `desired` */
	struct desired desired;
	struct agent_service *services;
	size_t service_count, word_count;
	size_t untold; /* services beyond AGENT_SERVICES_MAX */
	struct agent_left_out *left_out;
	size_t left_out_count;
	struct agent_prints prints;
	size_t built; /* services whose views were made anew */
	bool applied; /* the kernel holds all of it */
	uint64_t stale_at_ns; /* CLOCK_MONOTONIC: when the next assignment goes stale; 0: never */
	const char *problems[AGENT_PROBLEMS_MAX];
	size_t problem_count;
};

/* A file that is watched, and what is wrong with it. */
struct agent_file {
	char *path; /* NULL: none */
	uint64_t signature; /* when it was read last */
	uint64_t seen;      /* at the last look */
	char *problem; /* NULL: read well */
};

struct agent {
	const char *config_path, *pin_dir;
	int lock_fd;
	time_t started;
	struct event_base *base;
	struct event *debounce, *tick, *note, *stale;
	uint64_t look_ns;   /* CLOCK_MONOTONIC, when `debounce` is due; 0: it is not */
	uint64_t rest_ns;   /* not before then */
	uint64_t note_ns;   /* the same of `note` */
	uint64_t note_cost_ns; /* how long the last one took */
	struct event *watchers[8];
	size_t watcher_count;

	struct config *config;       /* replaced at reload */
	struct config *start_config; /* limits and interfaces; may be the same */
	struct agent_file config_file, mesh_file, eds_file;
	const char *restart_reason; /* what the new configuration wants and only a restart gives */
	struct file_source *source; /* NULL: not from files */
	struct ads_source *ads;     /* NULL: not from a control plane */
	uint64_t ads_failures;      /* streams that ended, at the last look */
	struct file_word file_word;    /* told since the last look */
	struct file_watch *file_watch; /* NULL: what changed is seen at the next tick */
	int watch_error;               /* why there is none */
	char *watch_problem;           /* why files cannot be watched; or NULL */
	struct resolver *resolver;

	struct dataplane *dataplane;
	struct map_writer *writer;
	struct ledger ledger;
	uint32_t hz;
	uint32_t flow_counts[2]; /* in `flows` and `half_open`, as last swept */
	struct sweep sweep;      /* under way while `sweep_timer` is pending */
	size_t sweep_map;        /* which of the two */
	struct event *sweep_timer;
	struct interfaces interfaces;
	struct netlink_watch *netlink_watch;
	char *pins_problem; /* why pins that were removed cannot be made again; or NULL */
	char *others_problem; /* another data plane on our interfaces; or NULL */
	bool ousted;        /* another agent took the pin directory */

	struct agent_admin *admin; /* NULL: no admin server */
	struct agent_picture picture; /* what was last applied or refused */
	bool due;                     /* something else than a file wants a look */
	char *apply_problem;          /* why the last plan was not carried out */
	bool serving;
	uint64_t updates, built; /* built: services, in all looks */
	time_t last_update;
	bool complete; /* the kernel has once held all that was asked for */
	char **logged; /* reasons that stood at the last look */
	size_t logged_count;
};

/* parallaxd.c hands over an agent with paths and base set. Reads the configuration and what it
 * names, touching nothing else. Logs why it fails; returns 0 or -errno. */
int agent_load(struct agent *agent);
/* After agent_load(), with the lock set. Logs why it fails; returns 0 or -errno. */
int agent_start(struct agent *agent);
/* Leaves everything pinned and attached. */
void agent_stop(struct agent *agent);

/* Configuration files. agent_files_load() is for the start: any problem is an error. */
int agent_files_load(struct agent *agent);
/* Host names of gateways, as far as they are known; until the first answer, as the kernel has them. */
int agent_files_resolve(struct agent *agent);
enum agent_files {
	AGENT_FILES_TOLD,  /* as far as the watch told of something */
	AGENT_FILES_ALL,   /* those that changed */
	AGENT_FILES_AGAIN, /* changed or not */
};
/* Looks at the watched files; *ret_changed when something is to be applied. */
int agent_files_reload(struct agent *agent, enum agent_files which, bool *ret_changed);
/* Without watches, files are looked at from time to time. */
void agent_files_watch(struct agent *agent);
void agent_files_done(struct agent *agent);

/* Makes pins again that somebody removed. Ends the loop when that was an uninstall, or when another
 * agent took the directory. Returns 0 or -errno. */
int agent_pins_keep(struct agent *agent);

/* Looks for another data plane on our interfaces. */
void agent_others_look(struct agent *agent);

/* Configuration + assignments → picture. Returns 0 or -ENOMEM. */
int agent_picture_build(const struct agent *agent, struct agent_picture *ret);
void agent_picture_done(struct agent_picture *picture);
/* Frees what was needed for applying alone. */
void agent_picture_trim(struct agent_picture *picture);
void agent_picture_problem(struct agent_picture *picture, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The control plane, as the configuration has it: made, kept or dropped; then told which networks
 * and services are asked for. Returns 0 or -errno. */
int agent_ads_use(struct agent *agent, const struct config *config);
int agent_ads_follow(struct agent *agent);

void agent_word_note(struct agent_picture *picture, const struct view *view,
		     const struct assignment *assignment, struct agent_word *ret);

/* Room for so many. Returns 0 or -ENOMEM. */
int agent_prints_init(struct agent_prints *prints, struct arena *arena, size_t most);
uint64_t agent_print_key(const struct service_key *key);
void agent_prints_add(struct agent_prints *prints, const struct agent_print *print);
/* NULL when there is none. */
const struct agent_print *agent_prints_find(const struct agent_prints *prints, uint64_t key);

/* Services with views and tables. */
int agent_services_build(const struct agent *agent, struct agent_picture *picture);
/* Settings, networks, gateways, ranges. */
int agent_networks_build(const struct agent *agent, struct agent_picture *picture);

/* Why nothing is sent to a gateway; NULL when it can be. */
const char *agent_gateway_reason(const struct mesh_network *network,
				 const struct mesh_gateway *gateway);

/* Picture → plan → kernel, then the state for the CLI. Returns 0 or -errno; the old set serves on. */
int agent_apply(struct agent *agent);

/* Looks again when the next assignment of what was applied goes stale. */
void agent_stale_arm(struct agent *agent);

/* Begins to sweep idle flows, unless the last sweep is still under way. */
void agent_sweep(struct agent *agent);
void agent_sweep_done(struct agent *agent);

/* Writes what the CLI shows into the map `agent`. */
void agent_state_write(struct agent *agent);
/* Apply, or write the state, soon. */
void agent_schedule(struct agent *agent);
void agent_note(struct agent *agent);
/* The same after an update. */
void agent_note_soon(struct agent *agent);
/* Logs each reason once while it stands. */
void agent_problems_log(struct agent *agent);

#endif
