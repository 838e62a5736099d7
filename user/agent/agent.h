/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The agent: what it holds, and the parts of it that call the steps from left to right. */
#ifndef AGENT_H
#define AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <event2/event.h>

#include "arena.h"
#include "config.h"
#include "dataplane.h"
#include "desired.h"
#include "file_watch.h"
#include "interfaces.h"
#include "ledger.h"
#include "map_writer.h"
#include "netlink.h"
#include "resolver.h"
#include "source.h"
#include "sweep.h"

/* Reasons shown at once; each is logged once while it stands. */
#define AGENT_PROBLEMS_MAX 64
#define AGENT_EXCLUDED_MAX 1000
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

struct agent_excluded {
	struct addr addr;
	uint16_t port;
	enum excluded reason;
};

/* What people are told of one row, which one look hands to the next. */
struct agent_told {
	unsigned int users;
	struct arena *arena;
	const char *cluster;
	const char *problem; /* or NULL */
	const char *host;    /* NULL: not among the services shown */
	const char *state;   /* "serving", "no_endpoints", "waiting", "stale", "kept", "refused" */
	struct view_priority *priorities;
	size_t priority_count;
	struct agent_word word;
	struct agent_excluded *excluded;
	size_t excluded_count;
	bool cut; /* there was no room for all of it */
};

/* How much is told in all. */
struct agent_tally {
	size_t services, excluded, problems;
};

/* What became of one configured or known service. */
struct agent_row {
	struct service_key key; /* VIP family 0: by id alone */
	uint32_t assignment;    /* in the source's list, or ASSIGNMENT_NONE */
	uint64_t print;         /* equal ones give an equal row; 0: equal to none */
	struct agent_told *told; /* or NULL */
	uint8_t flags;          /* as configured */
	bool by_id;
	bool captured; /* the control plane names its virtual IP, nobody else */
	bool made;     /* from its assignment; else refused, kept as it was, or without one */
	bool wanted;   /* in the kernel */
	bool untold;   /* there was no room to show it */
};

struct agent_rows {
	struct arena *arena;
	struct agent_row *items; /* own what is told of them */
	size_t count, wanted;
	uint32_t *places; /* of those made, by key: item + 1, or 0; open addressing */
	uint32_t mask;
	struct agent_tally tally;
	const char *problem; /* of virtual IPs; or NULL */
	bool vips_hidden;    /* some are addresses of endpoints */
};

/* One look at configuration and assignments. */
struct agent_picture {
	struct arena *arena; /* views, tables and the plan; gone once they are applied */
	struct arena *kept;  /* contents and problems */
	struct desired desired;
	uint64_t frame;     /* of all that rows are made from, but for contents */
	uint64_t *contents; /* of each assignment of the source: equal ones give equal rows */
	size_t content_count;
	struct agent_rows rows;
	uint32_t *amends; /* rows of the picture before that are replaced; NULL: all of them */
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
	uint64_t config_loads;
	struct config *start_config; /* limits and interfaces; may be the same */
	struct agent_file config_file, mesh_file;
	const char *restart_reason; /* what the new configuration wants and only a restart gives */
	struct source *source;         /* of assignments */
	struct file_events file_events;    /* told since the last look */
	struct file_watch *file_watch; /* NULL: what changed is seen at the next tick */
	int watch_error;               /* why there is none */
	char *watch_problem;           /* why files cannot be watched; or NULL */
	struct resolver *resolver;

	struct dataplane *dataplane;
	struct map_writer *writer;
	struct ledger ledger;
	uint32_t hz;
	uint32_t flow_counts[2]; /* in `flows` and `embryonic`, as last swept */
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

/* Fingerprint of what all views are made from, and of what is captured. */
uint64_t agent_surroundings(const struct agent *agent);

void agent_word_note(struct agent_told *told, const struct view *view,
		     const struct assignment *assignment);

/* Room for so many. Returns 0 or -ENOMEM. */
int agent_rows_init(struct agent_rows *rows, size_t most);
void agent_rows_done(struct agent_rows *rows);
/* Takes over what is told of it. */
void agent_rows_add(struct agent_rows *rows, const struct agent_row *row);
/* One that was made from its assignment, or NULL. */
const struct agent_row *agent_rows_find(const struct agent_rows *rows,
					const struct service_key *key);
/* Puts all of `with`, which is empty then, in the places `at`. */
void agent_rows_replace(struct agent_rows *rows, struct agent_rows *with, const uint32_t *at);
/* Each endpoint that gets nothing, once; as far as is told. */
void agent_rows_each_excluded(const struct agent_rows *rows,
			      void (*visit)(void *arg, const char *cluster,
					    const struct agent_excluded *item), void *arg);

/* Returns NULL without memory; else with one user. */
struct agent_told *agent_told_new(const char *cluster);
/* One user less; accepts NULL. */
void agent_told_drop(struct agent_told *told);
void agent_tally_add(struct agent_tally *tally, const struct agent_told *told);
void agent_tally_remove(struct agent_tally *tally, const struct agent_told *told);

/* Services with views and tables. */
int agent_services_build(const struct agent *agent, struct agent_picture *picture);
/* Settings, networks, gateways, ranges. */
int agent_networks_build(const struct agent *agent, struct agent_picture *picture);

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
