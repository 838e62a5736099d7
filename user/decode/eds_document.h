/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Documents that are given in place of a DiscoveryResponse. */
#ifndef EDS_DOCUMENT_H
#define EDS_DOCUMENT_H

#include "tree_walk.h"

/* Adds the problem that `root` is no DiscoveryResponse: what it is instead, if it is known, and what
 * to do with it. */
void eds_document_refuse(struct tree_walk *walk, const struct tree_node *root);

#endif
