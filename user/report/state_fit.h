/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the agent says about itself, cut to the room of its map. */
#ifndef STATE_FIT_H
#define STATE_FIT_H

#include <stddef.h>

#include <jansson.h>

/* The text of `state` in less than `room` bytes; the caller frees it. Where all does not fit its
 * lists lose their last items, those that people miss least first; the number under "untold"
 * grows by the services lost. NULL without memory, or when the rest is too long even so. */
char *state_fit(json_t *state, size_t room);

#endif
