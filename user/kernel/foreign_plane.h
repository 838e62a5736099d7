/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds a data plane of another pin directory on our interfaces, left by an agent that is dead. */
#ifndef FOREIGN_PLANE_H
#define FOREIGN_PLANE_H

#include <stddef.h>

#include "config.h"
#include "pins.h"

struct survey;

struct foreign_plane {
	size_t interfaces; /* number of our interfaces with its programs; 0: no foreign data plane */
	char interface[16]; /* the first of them */
	char pin_dir[PIN_PATH_MAX]; /* "" when it is a sibling neither of ours nor of the default one */
};

/* Call it when our own programs are attached. Returns 0 or -errno. */
int foreign_plane_find(const struct config *config, const struct survey *survey,
		       const char *pin_dir, struct foreign_plane *ret);

#endif
