/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One ClusterLoadAssignment and its parts, shared by the files of eds_decode. */
#ifndef EDS_ASSIGNMENT_H
#define EDS_ASSIGNMENT_H

#include "eds_rules.h"
#include "tree_walk.h"

/* `walk` must come first: readers get a pointer to it and cast it. */
struct eds_reader {
	struct tree_walk walk;
	struct eds_usage used;
};

/* Fills *assignment from the message. Errors go to walk->problems. */
void eds_read_assignment(struct eds_reader *reader, const struct tree_node *message,
			 struct assignment *assignment);

/* Readers into a struct locality and a struct assignment. */
tree_reader eds_read_lb_endpoints, eds_read_policy;
/* Reads a load_balancing_weight into a uint32_t. */
tree_reader eds_read_weight;
/* Reads istio.network of a Metadata into a const char *. */
tree_reader eds_read_metadata_network;

/* The Struct filter_metadata.istio of a Metadata, or NULL. */
const struct tree_node *eds_istio_metadata(struct tree_walk *walk, const struct tree_node *node);
/* Reads a string of it; *ret is untouched if the key is missing, empty or not a string. */
void eds_read_istio(struct tree_walk *walk, const struct tree_node *istio, const char *key,
		    size_t max, const char **ret);

#endif
