/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What programs and userspace both know of paths. */
#ifndef PARALLAX_PATH_H
#define PARALLAX_PATH_H

#include "parallax_abi.h"
#include "parallax_limits.h"

/* Whether a packet to that address must be smaller than the uplink's MTU. */
INLINE int path_is_narrow(const struct path *path, __u32 uplink_mtu, __u32 now, __u32 hz)
{
	return path->mtu < uplink_mtu &&
	       (path->origin == PATH_PROBED || now - path->stamp <= PATH_SECONDS * hz);
}

#endif
