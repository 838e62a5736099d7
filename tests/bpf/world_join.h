/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The programs of both families, joined. */
#ifndef WORLD_JOIN_H
#define WORLD_JOIN_H

#include "world.h"

/* Load the programs of the other family, once, and let both call each other. Returns 0 or -errno. */
int world_join(struct world *world);
/* Let them not. */
void world_part(struct world *world);
/* The program that is attached to this hook when they are joined. */
int world_entry(struct world *world, enum program program);

#endif
