/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* YAML and JSON text as one kind of tree, whose nodes know their line and column.
 *
 * Text that is strict JSON (RFC 8259) is read by a scanner of our own, several times faster than
 * libyaml and right about what YAML 1.1 is not: the escapes \/ and \ud83d\ude00, tabs as white
 * space, keys of any length. All other text is YAML, read by libyaml. The trees are the same.
 * A byte order mark in front of either is skipped and takes no column.
 *
 * Refused: a second document, anchors, aliases, tags, keys that are not scalars, a key that
 * stands twice in one mapping, zero bytes, text that is not UTF-8, text without any value.
 */
#ifndef YAML_TREE_H
#define YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct problems;

enum tree_kind { TREE_SCALAR, TREE_SEQUENCE, TREE_MAPPING };

struct tree_node {
	const char *key;  /* within a mapping: its key; else NULL */
	const char *text; /* scalar: its value, zero-terminated; else NULL */
	struct tree_node *child; /* first item or value; NULL: empty or a scalar */
	struct tree_node *next;  /* next of the same parent */
	uint32_t count;          /* scalar: bytes of text; else number of children */
	uint32_t line, column;   /* of the value, from 1; line 0: made by tree_made() */
	uint32_t key_line, key_column;
	uint8_t kind; /* enum tree_kind */
	bool quoted;  /* scalar in quotes or a block scalar: text whatever it looks like */
};

struct yaml_tree {
	struct arena *arena; /* owns all below */
	const char *label;   /* name used in problems */
	struct tree_node *root;
};

struct tree_limits {
	size_t bytes; /* of text */
	size_t nodes;
	unsigned int depth;
};

#define TREE_DEPTH_MAX 64

/* For files written by people, and for what a control plane sends. */
extern const struct tree_limits tree_limits_config; /* 4 MiB, 2^19 nodes, depth 64 */
extern const struct tree_limits tree_limits_eds;    /* 256 MiB, 2^24 nodes, depth 64 */

/* Parse `text`, which need not be terminated. `label` is copied. Returns 0, -EINVAL with a
 * problem added, -E2BIG beyond a limit with a problem added, or -ENOMEM. */
int yaml_tree_parse(const char *label, const char *text, size_t length,
		    const struct tree_limits *limits, struct yaml_tree **ret,
		    struct problems *problems);

/* Read a regular file of at most `max` bytes into fresh memory, zero byte added.
 * Returns 0, -EFBIG, or what open(2) and read(2) said, with a problem added. */
int yaml_tree_read_file(const char *path, size_t max, char **ret_text, size_t *ret_length,
			struct problems *problems);

/* Accepts NULL. */
void yaml_tree_free(struct yaml_tree *tree);

/* Value of `key`, or NULL. Accepts NULL and nodes that are no mapping. */
struct tree_node *tree_get(const struct tree_node *mapping, const char *key);

/* null, ~ or nothing, unquoted. Accepts NULL, which is null too. */
bool tree_is_null(const struct tree_node *node);

/* A node made by the program, such as an override from the environment: line 0, and `label`
 * instead of the tree's in problems. Scalar with `text`, or of another kind with NULL. */
struct tree_node *tree_made(struct yaml_tree *tree, const char *label, enum tree_kind kind,
			    const char *text);
/* Append `child` to a sequence, or set it as `key` of a mapping in place of what was there. */
void tree_append(struct tree_node *sequence, struct tree_node *child);
void tree_set(struct tree_node *mapping, const char *key, struct tree_node *child);
void tree_remove(struct tree_node *mapping, const char *key);
/* Label of a node made by tree_made(); NULL for all others. */
const char *tree_made_label(const struct tree_node *node);

#endif
