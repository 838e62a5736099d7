/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the node itself tells about its interfaces: uplinks, the CNI, the addresses of pods. */
#ifndef SURVEY_H
#define SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "cni_signs.h"
#include "config.h"
#include "netlink.h"
#include "netlink_routes.h"
#include "parallax_abi.h"

#define SURVEY_UPLINKS 8
#define SURVEY_RANGES 8

struct survey_uplink {
	uint32_t ifindex;
	const char *from; /* static text: "default route" ... */
	uint8_t family;   /* of the default route; 0: none */
	uint32_t metric;
};

struct survey_range {
	struct prefix range;
	char from[96];
};

/* Plain data: may be copied. */
/* The smallest range with all of `count` routes to single pods. */
struct survey_routed {
	struct prefix range;
	size_t count;
};

struct survey {
	struct cni_signs signs;
	struct survey_uplink uplinks[SURVEY_UPLINKS]; /* the preferred one first */
	size_t uplink_count;
	struct survey_range ranges[SURVEY_RANGES]; /* of this node's pods */
	size_t range_count;
	struct survey_routed routed[2]; /* of IPv4, of IPv6 */
};

#define EMPTY_SURVEY ((struct survey){ .signs = CNI_NO_SIGNS })

/* Whether the configuration leaves uplinks, or pods, to be found. Pure. */
bool survey_finds_uplinks(const struct config *config);
bool survey_finds_pods(const struct config *config);

/* Reads routes and CNI configuration. `config` says what is to be found, `current` names gateways and the
 * address to listen on; they may be the same. Without a default route the uplinks of `before` stay, and so does
 * its CNI until there is a sign of another. Then each interface is to be shown to survey_see_link(). */
void survey_read(const struct config *config, const struct config *current,
		 const struct survey *before, struct survey *ret);
void survey_see_link(struct survey *survey, const struct netlink_link *link);

/* Whether both found the same, for display as well. */
bool survey_equal(const struct survey *a, const struct survey *b);

/* Role of an interface; 0 for none, and for lo. Patterns of the configuration overrule; an uplink that is a
 * pod's as well stays an uplink, so `pods: ["*"]` means every other Ethernet device. Pure. */
enum iface_role survey_role(const struct survey *survey, const struct config *config,
			    const struct netlink_link *link);

/* Why that interface is an uplink, for display. */
const char *survey_uplink_from(const struct survey *survey, const struct config *config, uint32_t ifindex);

/* Of survey_read(): considers one route. `name` is that of its interface, or "". Pure. */
void survey_see_route(struct survey *survey, const struct netlink_route *route, const char *name);

#endif
