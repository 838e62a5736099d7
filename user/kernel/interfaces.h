/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keeps the programs attached to the interfaces that the configuration names, as they come, go
 * and lose them. */
#ifndef INTERFACES_H
#define INTERFACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "links.h"
#include "netlink.h"
#include "parallax_abi.h"

struct dataplane;

struct interface {
	uint32_t ifindex;
	char name[16];
	enum iface_role role;
	uint32_t mtu;
	bool up;
	enum link_kind attached; /* of the TC hooks */
	bool xdp;
	bool held;               /* attached before the look that is under way */
	bool seen;               /* by the running resync */
	int problem;             /* -errno of the last attempt, 0 when all hooks stand */
	enum link_hook problem_hook;
};

struct interfaces {
	const char *pin_dir;
	const struct config *config; /* as it was at start: patterns do not reload */
	const struct dataplane *dataplane;
	struct interface *items;
	size_t count, capacity;
	bool watching; /* an interface that a message shows first from here on was just born */
	bool resyncing;
	uint32_t *older; /* interfaces without a role that were there before */
	size_t older_count;
};

/* Borrows its arguments. */
void interfaces_init(struct interfaces *interfaces, const char *pin_dir,
		     const struct config *config, const struct dataplane *dataplane);
/* Leaves everything attached. */
void interfaces_done(struct interfaces *interfaces);

/* Looks at every interface: attaches, repairs, forgets what is gone, detaches what no pattern names
 * any more. *ret_changed is set, never cleared. Returns 0 or -errno; what fails for one interface
 * alone stands in its `problem`. */
int interfaces_resync(struct interfaces *interfaces, bool *ret_changed);

/* One message of the watch. */
int interfaces_on_link(struct interfaces *interfaces, const struct netlink_link *link,
		       bool *ret_changed);

/* Role by the patterns; 0 for none. Pods win. Pure. */
enum iface_role interfaces_role(const struct config *config, const char *name);

/* Whether XDP suits an uplink: hardware whose driver passes metadata on. Pure. */
bool interfaces_suits_xdp(enum xdp_mode mode, const char *kind, const char *driver);

/* The first uplink, or NULL. */
const struct interface *interfaces_uplink(const struct interfaces *interfaces);

#endif
