/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the agent adds to the map `usage`, and takes from it. */
#ifndef USAGE_MAP_H
#define USAGE_MAP_H

#include "parallax_abi.h"

/* Makes the elements of the key of zeros, which count all that finds no room, while there is some. */
void usage_map_begin(int fd);
/* Adds to what flows of a key counted; without room, to the key of zeros. */
void usage_map_add(int fd, const struct usage_key *key, const struct usage *more);
/* Deletes the elements of a service that is gone. What they counted stays with its pair of networks, in an
 * element without service: totals by networks never fall. */
void usage_map_forget(int fd, const struct usage_key *key);

#endif
