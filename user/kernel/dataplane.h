/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loads the programs, creates or adopts the maps, and pins both. */
#ifndef DATAPLANE_H
#define DATAPLANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "link_hook.h"
#include "map_writer.h"

#define DATAPLANE_REASON 1024

struct dataplane;

/* Receives notices of the start. */
typedef void (*dataplane_note)(void *arg, const char *text);

/* Loads and pins the programs of IPv4, and those of IPv6 if they are pinned. Pinned maps of this layout and size are adopted. The contents of others are carried
 * over, flows included, and these programs take the place of those attached; nothing else is attached.
 * The directory must exist and be locked. On failure the pinned data plane serves on, and `reason` of
 * DATAPLANE_REASON bytes describes the fault and its remedy. Returns 0 or -errno. */
int dataplane_open(const char *pin_dir, const struct config_limits *limits, dataplane_note note,
		   void *arg, struct dataplane **ret, char *reason);

/* Loads and pins the programs of IPv6, with maps of the same limits. Those of IPv4 call them from then on:
 * no packet waits. On failure `reason` of DATAPLANE_REASON bytes describes the fault. Returns 0 or
 * -errno. */
int dataplane_add_ipv6(struct dataplane *dataplane, char *reason);
bool dataplane_has_ipv6(const struct dataplane *dataplane);

/* Restores pins that somebody removed; *ret_made is their number. On failure `reason` of
 * DATAPLANE_REASON bytes describes the fault. Returns 0 or -errno. */
int dataplane_pin_again(struct dataplane *dataplane, size_t *ret_made, char *reason);

/* Leaves everything pinned and attached. Accepts NULL. */
void dataplane_close(struct dataplane *dataplane);

/* Whether the maps were adopted. */
bool dataplane_adopted(const struct dataplane *dataplane);

/* Borrowed. */
struct map_fds dataplane_fds(const struct dataplane *dataplane);
int dataplane_program_fd(const struct dataplane *dataplane, enum link_hook hook);
/* The program that returns jiffies. */
int dataplane_now_fd(const struct dataplane *dataplane);

#endif
