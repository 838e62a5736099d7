/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads scalars of proto-JSON (protobuf.dev/programming-guides/json) from a tree. */
#ifndef PROTO_JSON_H
#define PROTO_JSON_H

#include "tree_walk.h"

/* Each returns 0 with the result in *ret, or -EINVAL with a problem added. */

/* A whole number in any JSON spelling (7, 7.0, 7e0), also as a string. */
int proto_uint32(struct tree_walk *walk, const struct tree_node *node, uint32_t *ret);

/* UInt32Value, as a number or as {value: number}; an empty message is 0. */
int proto_wrapped(struct tree_walk *walk, const struct tree_node *node, uint32_t *ret);

/* One of `names`, words with a space between them, or a number up to `max`; proto3's enums are
 * open, so that `max` may be above the numbers that have a name. */
int proto_enum(struct tree_walk *walk, const struct tree_node *node, const char *names,
	       unsigned int max, unsigned int *ret);

/* "1.5s"; *ret in milliseconds, rounded up. Negative ones are refused. */
int proto_duration(struct tree_walk *walk, const struct tree_node *node, uint64_t *ret);

/* A string of at most `max` bytes, copied into walk->arena; may be "". */
int proto_string(struct tree_walk *walk, const struct tree_node *node, size_t max,
		 const char **ret);

/* Readers: of a uint32_t, and of a const char * of at most EDS_MAX_NAME bytes. */
tree_reader proto_read_uint32, proto_read_name;

#endif
