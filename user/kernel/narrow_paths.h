/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The map `paths`, and whether packets have to look up the MTU of theirs. */
#ifndef NARROW_PATHS_H
#define NARROW_PATHS_H

#include <stdint.h>

#include "parallax_abi.h"

/* Clears settings->narrow_paths, if it is set and no element of `paths` is narrower than the uplink. `now`: the
 * low 32 bits of jiffies. Returns 0 or -errno. */
int narrow_paths_judge(int fd, struct settings *settings, uint32_t now);

/* Adds or replaces an element. Returns 0 or -errno. */
int narrow_paths_put(int fd, struct settings *settings, const struct ip_addr *peer,
		     const struct path *path);

#endif
