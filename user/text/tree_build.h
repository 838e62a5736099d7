/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Builds a tree from the events of the JSON and YAML readers, within limits. */
#ifndef TREE_BUILD_H
#define TREE_BUILD_H

#include "yaml_tree.h"

#define KEY_CACHE 256

struct tree_mark {
	uint32_t line, column; /* from 1 */
};

struct tree_level {
	struct tree_node *node;  /* the open sequence or mapping */
	struct tree_node **tail; /* where its next child goes */
	const char *key;         /* mapping: key of the next value, or NULL */
	struct tree_mark key_mark;
};

struct tree_build {
	struct yaml_tree *tree;
	const struct tree_limits *limits;
	struct problems *problems;
	size_t nodes;
	unsigned int depth;
	struct tree_level levels[TREE_DEPTH_MAX];
	const char *keys[KEY_CACHE]; /* latest copy of a key for each hash */
};

/* Starts an empty tree. Returns 0 or -ENOMEM. */
int tree_build_init(struct tree_build *build, const char *label, const struct tree_limits *limits,
		    struct problems *problems);

/* Adds a problem; returns `err`. */
int tree_build_refuse(struct tree_build *build, struct tree_mark mark, int err, const char *message);

/* Each returns 0, -EINVAL or -E2BIG with a problem added, or -ENOMEM. Texts are copied. */
int tree_build_open(struct tree_build *build, enum tree_kind kind, struct tree_mark mark);
int tree_build_close(struct tree_build *build);
int tree_build_scalar(struct tree_build *build, const char *text, size_t length, bool quoted,
		      struct tree_mark mark);
/* Sets the key of the next value. */
int tree_build_key(struct tree_build *build, const char *text, size_t length,
		   struct tree_mark mark);

/* True if a key must come next, not a value. */
bool tree_build_wants_key(const struct tree_build *build);

/* Reads strict JSON into `build`. Returns as above, or -ENOMSG without a problem if the text is not
 * JSON: it may still be YAML. */
int json_scan(struct tree_build *build, const char *text, size_t length);

#endif
