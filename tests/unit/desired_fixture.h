/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A node that applies generations to a model of the kernel, as the agent does. Without cmocka, since a
 * fuzz target uses it too. */
#ifndef DESIRED_FIXTURE_H
#define DESIRED_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "generation.h"
#include "plan_model.h"

struct node {
	struct plan_model kernel;
	struct ledger ledger;
	struct generation generation; /* the last one that was applied */
	bool whole;                   /* the kernel holds all of it */
	size_t changes;               /* of the last plan */
	char wrong[256]; /* the error of the kernel's model or of the plan; "" without one */
};

/* A new start on empty maps. Returns 0 or -ENOMEM. */
int node_new(struct node *node);
void node_done(struct node *node);
/* The agent restarts on the existing maps. Returns 0 or -ENOMEM. */
int node_restart(struct node *node);
/* Copies the kernel of `from`; nothing is known to be applied whole. Returns 0 or -ENOMEM. */
int node_copy_kernel(struct node *node, const struct node *from);

/* desired_build() for this node's kernel; `full`: without the generation before. */
int node_build(struct node *node, const struct build_input *input, bool full,
	       struct generation *ret);
/* Plans, writes and trims the generation, which becomes the node's; takes `next`. Returns 0, -EIO
 * when only `most` changes could be written, so that the generation before stays the node's, or
 * -ENOMEM. */
int node_apply(struct node *node, struct generation *next, uint64_t now_ns, size_t most);

#endif
