/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Filters on the clsact qdisc, for kernels without TCX. */
#ifndef CLSACT_H
#define CLSACT_H

#include <stdbool.h>
#include <stdint.h>

#include "link_hook.h"

/* Adds or replaces our filter. What we made is remembered in the pin directory: filter_IFINDEX_HOOK
 * for the filter, qdisc_IFINDEX for a qdisc that was not there before; where the pins are gone, the
 * filters' handle tells whose the qdisc is. Returns 0 or -errno. */
int clsact_attach(const char *pin_dir, uint32_t ifindex, enum link_hook hook, int program_fd);

/* Whether our filter stands, is remembered and runs this program. */
bool clsact_stands(const char *pin_dir, uint32_t ifindex, enum link_hook hook, uint32_t program_id);

/* Deletes our filter where one is remembered, and the qdisc when we made it and no filter of
 * anybody is left. What was made in another network namespace is forgotten. Returns 0 or -errno. */
int clsact_detach(const char *pin_dir, uint32_t ifindex, enum link_hook hook);

/* Whether a filter is remembered that was made in another network namespace. */
bool clsact_elsewhere(const char *pin_dir, uint32_t ifindex, enum link_hook hook);

#endif
