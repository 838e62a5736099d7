/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keeps the programs attached to the interfaces that the configuration names. */
#ifndef INTERFACES_H
#define INTERFACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "links.h"
#include "netlink.h"
#include "parallax_abi.h"
#include "survey.h"

struct dataplane;

struct interface {
	uint32_t ifindex;
	char name[16];
	enum iface_role role;
	uint16_t type; /* ARPHRD_* */
	uint32_t mtu;
	bool up;
	bool encrypts; /* interface_encrypts() */
	struct link links[LINK_HOOKS];
	enum link_kind attached; /* of the TC hooks */
	bool xdp;
	bool held;               /* was attached before the current pass */
	bool seen;               /* by the running resync */
	/* -errno of the last attempt, 0 when all hooks are attached; -EPROTONOSUPPORT: see
	 * interface_uplink_hook() */
	int problem;
	enum link_hook problem_hook;
	int unpinned; /* -errno why a hook has no pin and ends with this process; or 0 */
};

struct interfaces {
	const char *pin_dir;
	const struct config *config; /* as at the start: patterns are not reloaded */
	const struct dataplane *dataplane;
	struct survey survey;
	struct interface *items;
	size_t count, capacity;
	bool watching; /* from here on an unknown interface in a message was just created */
	bool resyncing;
	uint32_t *older; /* interfaces without a role that existed before */
	size_t older_count;
};

/* Borrows its arguments. */
void interfaces_init(struct interfaces *interfaces, const char *pin_dir,
		     const struct config *config, const struct dataplane *dataplane);
/* Leaves everything attached. */
void interfaces_done(struct interfaces *interfaces);

/* Surveys the node, then visits every interface: attaches, repairs, forgets those that are gone and
 * detaches those without a role. `current` is the configuration of today, which names the gateways. *ret_changed is set, never
 * cleared. Returns 0 or -errno; a failure of a single interface is in its `problem`. */
int interfaces_resync(struct interfaces *interfaces, const struct config *current,
		      bool *ret_changed);

/* Handles one message of the watch. */
int interfaces_on_link(struct interfaces *interfaces, const struct netlink_link *link,
		       bool *ret_changed);

/* The one of this ifindex, or NULL. */
const struct interface *interfaces_find(const struct interfaces *interfaces, uint32_t ifindex);
/* Number of pods' interfaces. */
size_t interfaces_pods(const struct interfaces *interfaces);

/* The uplink that the node prefers, or NULL. */
const struct interface *interfaces_uplink(const struct interfaces *interfaces);

/* Smallest MTU of the uplinks, 0 without one: a tunnel may leave by any of them. */
uint32_t interfaces_mtu(const struct interfaces *interfaces);

#endif
