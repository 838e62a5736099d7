/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Indexes of what exists once per IP family. */
#ifndef FAMILY_INDEX_H
#define FAMILY_INDEX_H

#include <stdbool.h>

#include "parallax_addr.h"

enum family_index { FAMILY_4 = IP_V4_INDEX, FAMILY_6 = IP_V6_INDEX, FAMILIES = IP_FAMILIES };

/* What the names of IPv6's maps have behind those of IPv4's. */
static inline const char *family_suffix(enum family_index family)
{
	return family == FAMILY_6 ? "6" : "";
}

#endif
