/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One ClusterLoadAssignment and its parts, between the files of eds_decode. */
#ifndef EDS_ASSIGNMENT_H
#define EDS_ASSIGNMENT_H

#include "eds_rules.h"
#include "tree_walk.h"

/* What one response has used up so far. `walk` comes first: readers get a pointer to it. */
struct eds_reader {
	struct tree_walk walk;
	struct eds_usage used;
};

/* Report what a rule says, if it says something. */
static inline void eds_report(struct tree_walk *walk, const struct tree_node *node,
			      const char *wrong)
{
	if (wrong)
		tree_problem(walk, node, "%s", wrong);
}

/* Fill *assignment, whose name is set, from the message. Errors go to walk->problems. */
void eds_read_assignment(struct eds_reader *reader, const struct tree_node *message,
			 struct assignment *assignment);

/* Readers into a struct locality and a struct assignment. */
tree_reader eds_read_lb_endpoints, eds_read_policy;
/* Reads istio.network of a Metadata into a const char *. */
tree_reader eds_read_metadata_network;

/* The message google.protobuf.Struct `filter_metadata.istio` of a Metadata, or NULL. */
const struct tree_node *eds_istio_metadata(struct tree_walk *walk, const struct tree_node *node);
/* A string in it; *ret stays for what is missing, empty or no string. */
void eds_read_istio(struct tree_walk *walk, const struct tree_node *istio, const char *key,
		    size_t max, const char **ret);

#endif
