/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Facts about this node that settings are built from, asked of the kernel. */
#ifndef NODE_FACTS_H
#define NODE_FACTS_H

#include "build_input.h"

struct interfaces;

/* Reads addresses, routes and sysctls; facts that cannot be had stay empty.
 * hz is left to the caller. */
void node_facts_read(const struct config *config, const struct interfaces *interfaces,
		     struct node_facts *ret);

#endif
