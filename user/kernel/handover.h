/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pins of a data plane that takes over from an older one, and the switch between the two.
 *
 * The newer one is pinned in the directory `next` below the pin directory. Its map `handover` holds
 * the stage (enum handover_stage), so that an agent that is killed at any step leaves a data plane
 * that works, and one that finds the directory can finish or undo the handover. */
#ifndef HANDOVER_H
#define HANDOVER_H

#include <stdint.h>

#include "link_hook.h"
#include "parallax_abi.h"
#include "pins.h"

/* Of the newer data plane, below the pin directory. */
#define HANDOVER_DIR "next"

/* Reads the stage of the handover that was begun in `pin_dir`. Returns 0; -ENOENT if none was; or
 * another -errno. */
int handover_stage(const char *pin_dir, enum handover_stage *ret);

/* Replaces the programs of all links and filters pinned in `pin_dir`; interfaces that are gone are
 * left out. Returns 0, or -errno with *ret_pin: the link that failed, -ESRCH without a program for it. */
int handover_attach(const char *pin_dir, const int programs[LINK_HOOKS], char ret_pin[64]);

/* Opens the programs of all hooks that are pinned in `pin_dir`, with `newer` first in its subdirectory
 * `next`; -1 stands for one that is not pinned. Returns 0 or -errno; handover_close() in any case. */
int handover_programs(const char *pin_dir, bool newer, int ret[LINK_HOOKS]);
void handover_close(int programs[LINK_HOOKS]);

/* Back to the older data plane. Returns 0 or -errno. */
int handover_undo(const char *pin_dir);

/* After the flows were carried over: attaches the newer programs alone and moves their pins and maps
 * into `pin_dir`. Returns 0 or -errno, and can be called again. */
int handover_finish(const char *pin_dir);

#endif
