/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The CNIs that interfaces.profile names: their names of interfaces, and the signs of their presence. */
#ifndef CNI_PROFILE_H
#define CNI_PROFILE_H

#include <stdbool.h>

#include "config.h"

struct cni_profile {
	const char *name;       /* in interfaces.profile */
	const char *pods[4];    /* fnmatch(3) patterns of the node's ends of pods' links; NULL ends a list */
	const char *devices[8]; /* of its other interfaces */
	const char *types[3];   /* of the first plugin in its CNI configuration */
	const char *network;    /* name of that configuration, where the plugin is a common one; or NULL */
};

/* NULL for CNI_AUTO and CNI_NONE. */
const struct cni_profile *cni_profile(enum cni cni);

/* "auto", "bridge" ...; "none" for CNI_NONE. */
const char *cni_name(enum cni cni);

/* Whether an interface is the node's end of a pod's link, by that CNI or, for CNI_AUTO, by any of them.
 * `kind` as in struct netlink_link. */
bool cni_is_pod(enum cni cni, const char *name, const char *kind);

/* Whether one of the patterns, which NULL ends, matches. */
bool cni_matches(const char *const *patterns, const char *name);

#endif
