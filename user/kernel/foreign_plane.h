/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A data plane of another pin directory on the hooks of our interfaces: its agent is dead, or this
 * one had not started. */
#ifndef FOREIGN_PLANE_H
#define FOREIGN_PLANE_H

#include <stddef.h>

#include "config.h"
#include "pins.h"

struct foreign_plane {
	size_t interfaces; /* of ours, that it is on; 0: there is none */
	char interface[16]; /* the first of them */
	char pin_dir[PIN_PATH_MAX]; /* "" when it lies neither beside ours nor beside the usual one */
};

/* To be called when our own programs are attached. Returns 0 or -errno. */
int foreign_plane_find(const struct config *config, const char *pin_dir, struct foreign_plane *ret);

#endif
