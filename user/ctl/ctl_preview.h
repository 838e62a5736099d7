/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of `parallaxctl preview`: reading EDS files. */
#ifndef CTL_PREVIEW_H
#define CTL_PREVIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "assignment.h"

struct mesh_networks;
struct problems;

/* The files of --eds: one, or those of a directory in name order. */
struct eds_files {
	struct assignment_set **sets;
	size_t count;
};

/* A resource that stands in two files is rejected in the later one. Returns 0, or -errno with
 * problems. */
int preview_read(const char *path, struct eds_files *ret, struct problems *problems);
void preview_read_done(struct eds_files *files);

/* Is `at` an endpoint in one of the files, or a gateway? */
bool preview_knows(const struct eds_files *files, const struct mesh_networks *mesh,
		   const struct socket_addr *at);

#endif
