/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Instructions that the shipped programs take for a packet. */
#ifndef COST_INSTRUCTIONS_H
#define COST_INSTRUCTIONS_H

#include "run.h"

struct bpf_object;

/* Before its load: give the object the maps of the world. Returns 0 or -errno. */
int share_maps(struct world *world, struct bpf_object *object);

/* Instructions of the step's program for its packet, without those within helpers, or -1 after printing
 * why it cannot be interpreted. `ports`: those that earlier steps bound. Changes no map. */
int64_t instructions_of(struct world *world, struct bpf_object *object, const struct step *step,
			const struct port_values *ports);

#endif
