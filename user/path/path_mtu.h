/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The search for the MTU of the path to a gateway: datagram packetization layer path MTU discovery (RFC
 * 8899). Pure: packets, answers and the clock are arguments. All sizes are of whole outer IP packets. */
#ifndef PATH_MTU_H
#define PATH_MTU_H

#include <stdbool.h>
#include <stdint.h>

#include "parallax_limits.h"

#define PATH_MTU_PROBES 3         /* MAX_PROBES: lost in a row, the size does not pass */
#define PATH_MTU_PROBE_MS 1000    /* PROBE_TIMER */
#define PATH_MTU_CONFIRM_MS 15000 /* CONFIRMATION_TIMER: is the size in use still carried? */
#define PATH_MTU_RAISE_MS 600000  /* PMTU_RAISE_TIMER: has the path become wider? */
#define PATH_MTU_STEP 8           /* the search ends at a size less than this below the path's */

enum path_mtu_state {
	PATH_MTU_ASSUMED,   /* the MTU of the device: nothing is known yet */
	PATH_MTU_SEARCHING, /* between `mtu` and `failed` */
	PATH_MTU_FOUND,     /* by the search, or a router named it */
	PATH_MTU_ERROR,     /* not even the base passes, although small probes do */
};

struct path_mtu {
	uint32_t device;  /* MTU of the device: no larger packet is sent */
	uint32_t base, min;
	uint32_t mtu;     /* the greatest packet to send */
	uint32_t failed;  /* the smallest size known not to pass; device + 1: none */
	enum path_mtu_state state;
	bool probing;     /* there are probes; without, data and the answers of routers find out */
	bool confirmed;   /* a probe of `mtu` bytes was answered */
	uint32_t probe;   /* size of the probe on its way; 0: none */
	uint32_t lost;    /* so many of that size were lost before it */
	int64_t sent_ms;
	int64_t answered_ms; /* when any probe was answered, also a small one */
	int64_t confirm_ms, raise_ms;
};

/* `ipv6`: the outer family. */
void path_mtu_init(struct path_mtu *path, bool ipv6, bool probing, uint32_t device);

/* The MTU of the device changed, or a route leads to another one. */
void path_mtu_device(struct path_mtu *path, uint32_t device);

/* A router said that no more than `mtu` bytes pass (0: it did not say how many), about a packet that was
 * really sent. */
void path_mtu_told(struct path_mtu *path, uint32_t mtu, int64_t now_ms);

/* What was known before: it holds, and is tried at once, then what is larger. */
void path_mtu_resume(struct path_mtu *path, uint32_t mtu, int64_t now_ms);

/* A probe came back; small ones tell that the path is alive. */
void path_mtu_answered(struct path_mtu *path, uint32_t size, int64_t now_ms);

/* Follows the timers. Returns the size of a probe to send now, or 0. */
uint32_t path_mtu_tick(struct path_mtu *path, int64_t now_ms);

/* When path_mtu_tick() is due again; INT64_MAX: not before something happens. */
int64_t path_mtu_due(const struct path_mtu *path);

#endif
