/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads YAML and JSON into one kind of tree, whose nodes know their line and column.
 *
 * Strict JSON (RFC 8259) is read by json_scan.c, which is faster than libyaml and accepts JSON that
 * is not YAML 1.1: the escapes \/ and \ud83d\ude00, tabs as white space, long keys. All other text is
 * YAML, read by libyaml.
 * A byte order mark in front of either is skipped and takes no column.
 *
 * Refused: a second document, anchors, aliases, tags, keys that are not scalars, duplicate keys,
 * zero bytes, text that is not UTF-8, text without a value.
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
	bool quoted;  /* in quotes or a block scalar, so text even if it looks like a number */
};

struct yaml_tree {
	struct arena *arena; /* owns the nodes */
	const char *label;   /* name used in problems */
	struct tree_node *root;
};

struct tree_limits {
	size_t bytes; /* of text */
	size_t nodes;
	unsigned int depth;
};

#define TREE_DEPTH_MAX 64

/* For configuration, and for the responses of a control plane. */
extern const struct tree_limits tree_limits_config; /* 4 MiB, 2^19 nodes, depth 64 */
extern const struct tree_limits tree_limits_eds;    /* 256 MiB, 2^24 nodes, depth 64 */

/* Parses `text`, which need not be terminated. `label` is copied. Returns 0, -EINVAL with a
 * problem added, -E2BIG beyond a limit with a problem added, or -ENOMEM. */
int yaml_tree_parse(const char *label, const char *text, size_t length,
		    const struct tree_limits *limits, struct yaml_tree **ret,
		    struct problems *problems);

/* Reads a regular file of at most `max` bytes into memory that the caller frees, and appends a zero
 * byte. Returns 0; or -EFBIG or the error of open(2) or read(2), with a problem added. */
int yaml_tree_read_file(const char *path, size_t max, char **ret_text, size_t *ret_length,
			struct problems *problems);

/* Accepts NULL. */
void yaml_tree_free(struct yaml_tree *tree);

/* Value of `key`, or NULL. Accepts NULL and nodes that are not mappings. */
struct tree_node *tree_get(const struct tree_node *mapping, const char *key);

/* True for an unquoted null, ~ or nothing, and for NULL. */
bool tree_is_null(const struct tree_node *node);

/* Makes a node that no file contains, such as an override from the environment. Its line is 0, and
 * problems name `label` instead of the file. `text` is NULL unless it is a scalar. */
struct tree_node *tree_made(struct yaml_tree *tree, const char *label, enum tree_kind kind,
			    const char *text);
/* Appends `child` to a sequence; sets or replaces `key` of a mapping. */
void tree_append(struct tree_node *sequence, struct tree_node *child);
void tree_set(struct tree_node *mapping, const char *key, struct tree_node *child);
void tree_remove(struct tree_node *mapping, const char *key);
/* Label of a node made by tree_made(); NULL for all others. */
const char *tree_made_label(const struct tree_node *node);

#endif
