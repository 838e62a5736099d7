/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keys and time of tags in the kernel. */
#ifndef WORLD_KEYS_H
#define WORLD_KEYS_H

#include "sign.h"
#include "world.h"

/* That a tunnel packet must have a tag, and gets one. */
#define ADMISSION_ALL (ADMISSION_VERIFY | ADMISSION_SIGN | ADMISSION_REQUIRE)

/* Key `id` of the networks, by the name by which programs look for it: `id`, or 0 for the one that signs. */
void put_key(struct world *world, uint32_t own, uint32_t other, uint32_t id, uint32_t named);

/* Key 1 and key 2 of networks 1 and 2, the first of which signs; ADMISSION_*; the epoch of sign.h. */
void use_keys(struct world *world, uint32_t flags);

void set_epoch(struct world *world, uint32_t epoch, uint32_t seconds_ago);

/* Nobody is in `allowed`. */
void shut(struct world *world);

/* Nobody is in `allowed`, and a key is enough to enter. */
void only_by_key(struct world *world);

#endif
