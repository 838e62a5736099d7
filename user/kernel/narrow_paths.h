/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether packets have to look up the MTU of their path. */
#ifndef NARROW_PATHS_H
#define NARROW_PATHS_H

#include <stdint.h>

struct settings;

/* Clears settings->narrow_paths, if it is set and no element of `paths` is narrower than the uplink. `now`: the
 * low 32 bits of jiffies. Returns 0 or -errno. */
int narrow_paths_judge(int fd, struct settings *settings, uint32_t now);

#endif
