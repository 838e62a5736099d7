/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by the files of dataplane. */
#ifndef DATAPLANE_PARTS_H
#define DATAPLANE_PARTS_H

#include "dataplane.h"

struct bpf_map;
struct parallax_bpf;

struct dataplane {
	struct parallax_bpf *skeleton;
	const char *pin_dir;
	dataplane_note note;
	void *note_arg;
	char *reason; /* of the caller, during its call */
	bool adopted;
};

/* Writes the reason; returns `err`. */
int dataplane_fail(struct dataplane *dataplane, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Name of the map's pin, or NULL: the map holds no state and is created with each load. */
const char *dataplane_pin_name(const struct bpf_map *map);

/* Pins maps that are not pinned yet, and replaces the pins of older programs. Returns 0 or -errno with
 * the reason. */
int dataplane_pin(struct dataplane *dataplane);

#endif
