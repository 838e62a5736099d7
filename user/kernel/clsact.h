/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Filters on the clsact qdisc, for kernels without TCX. */
#ifndef CLSACT_H
#define CLSACT_H

#include <stdbool.h>
#include <stdint.h>

#include "link_hook.h"

/* Adds or replaces our filter. Markers in the pin directory record it: filter_IFINDEX_HOOK for the
 * filter, qdisc_IFINDEX for a qdisc that we created; if they were deleted, the handle of the filters
 * shows that the qdisc is ours. Returns 0, also without markers, or -errno. */
int clsact_attach(const char *pin_dir, uint32_t ifindex, enum link_hook hook, int program_fd);

/* Makes the markers of an attached filter if they are missing. Returns 0 or -errno. */
int clsact_mark(const char *pin_dir, uint32_t ifindex, enum link_hook hook);

/* Whether our filter is attached and runs this program. */
bool clsact_is_attached(uint32_t ifindex, enum link_hook hook, uint32_t program_id);

/* Deletes our filter if it has a marker, and the qdisc if we created it and no filter is left. Markers
 * of another network namespace are only removed. Returns 0 or -errno. */
int clsact_detach(const char *pin_dir, uint32_t ifindex, enum link_hook hook);

/* Whether there is a marker of a filter in another network namespace. */
bool clsact_elsewhere(const char *pin_dir, uint32_t ifindex, enum link_hook hook);

#endif
