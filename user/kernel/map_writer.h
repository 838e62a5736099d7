/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Carries out changes: the only writer of the tables. */
#ifndef MAP_WRITER_H
#define MAP_WRITER_H

#include <stddef.h>

#include "change.h"
#include "family_index.h"
#include "ledger.h"

struct map_writer;

/* The maps that the agent reads or writes, and those of which each family has its own. */
#define MAP_FDS(X)                                                                                 \
	X(services)                                                                                \
	X(backends)                                                                                \
	X(slots)                                                                                   \
	X(drops)                                                                                   \
	X(service_ids)                                                                             \
	X(endpoints)                                                                               \
	X(networks)                                                                                \
	X(gateways)                                                                                \
	X(paths)                                                                                   \
	X(allowed)                                                                                 \
	X(names) X(ifaces) X(status) X(owners) X(usage) X(health) X(keys) X(peers) X(network_drops)
#define VARIABLE_FDS(X) X(settings) X(filters) /* variables of the programs, maps of one element */
#define FAMILY_MAP_FDS(X) X(vips) X(flows) X(embryonic)

/* File descriptors of the maps, borrowed while the writer lives; -1: that family is not carried. */
struct map_fds {
#define X(name) int name;
	MAP_FDS(X)
	VARIABLE_FDS(X)
#undef X
#define X(name) int name[FAMILIES];
	FAMILY_MAP_FDS(X)
#undef X
};

/* Returns 0 or -errno. */
int map_writer_new(const struct map_fds *fds, struct map_writer **ret);
/* IPv6 got maps of its own. */
void map_writer_set_fds(struct map_writer *writer, const struct map_fds *fds);
/* Accepts NULL. */
void map_writer_free(struct map_writer *writer);

/* The arrays, which do not move while the writer lives; elements never written read as zeros. */
struct ledger_memory map_writer_memory(const struct map_writer *writer);

/* Replaces `ledger`, which may be zeroed, by one read from all maps. On failure it stays as it is.
 * Returns 0 or -errno. */
int map_writer_resync(struct map_writer *writer, struct ledger *ledger);

/* Writes one change. After a failure the ledger has to be rebuilt. Returns 0 or -errno. */
int map_writer_apply(struct map_writer *writer, const struct change *change);

/* Sets settings.narrow_paths by what `paths` holds at `now`, the low 32 bits of jiffies: as long as it is
 * not set, packets look for none. Returns 0 or -errno. */
int map_writer_judge_paths(struct map_writer *writer, uint32_t now);

/* The element of `paths` of an outer address, if it is narrower than the uplink. */
bool map_writer_narrow_path(const struct map_writer *writer, const struct ip_addr *peer,
			    uint32_t now, struct path *ret);
/* Replaces it or, by NULL, deletes it. Returns 0 or -errno. */
int map_writer_put_path(struct map_writer *writer, const struct ip_addr *peer,
			const struct path *path);

/* Sets settings.abi_version, once, on fresh maps. */
void map_writer_set_version(struct map_writer *writer);

#endif
