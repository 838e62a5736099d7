/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Builds a tree from the events of the JSON and YAML readers, within limits. */
#include "tree_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "problem.h"

#define FEW_KEYS 16 /* up to so many are compared pairwise; more are sorted */

int tree_build_init(struct tree_build *build, const char *label, const struct tree_limits *limits,
		    struct problems *problems)
{
	struct yaml_tree *tree = calloc(1, sizeof(*tree));

	*build = (struct tree_build){.tree = tree, .limits = limits, .problems = problems};
	if (!tree)
		return -ENOMEM;
	tree->arena = arena_new(0);
	tree->label = tree->arena ? arena_strdup(tree->arena, label) : NULL;
	return tree->label ? 0 : -ENOMEM;
}

int tree_build_refuse(struct tree_build *build, struct tree_mark mark, int err, const char *message)
{
	problems_add(build->problems, build->tree->label, mark.line, mark.column, "%s", message);
	return err;
}

/* Documents repeat a few keys thousands of times: one copy of each is kept. */
static const char *copy_key(struct tree_build *build, const char *text, size_t length)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	const char **slot;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619u;
	slot = &build->keys[hash % KEY_CACHE];
	if (!*slot || strncmp(*slot, text, length) || (*slot)[length])
		*slot = arena_text(build->tree->arena, text, length);
	return *slot;
}

static void attach(struct tree_build *build, struct tree_node *node)
{
	struct tree_level *level;

	if (!build->depth) {
		build->tree->root = node;
		return;
	}
	level = &build->levels[build->depth - 1];
	*level->tail = node;
	level->tail = &node->next;
	level->node->count++;
	node->key = level->key;
	node->key_line = level->key_mark.line;
	node->key_column = level->key_mark.column;
	level->key = NULL;
}

static int add_node(struct tree_build *build, enum tree_kind kind, struct tree_mark mark,
		    struct tree_node **ret)
{
	struct tree_node *node;

	if (++build->nodes > build->limits->nodes)
		return tree_build_refuse(build, mark, -E2BIG, "too many values");
	node = arena_alloc(build->tree->arena, sizeof(*node));
	if (!node)
		return -ENOMEM;
	node->kind = (uint8_t)kind;
	node->line = mark.line;
	node->column = mark.column;
	attach(build, node);
	*ret = node;
	return 0;
}

int tree_build_open(struct tree_build *build, enum tree_kind kind, struct tree_mark mark)
{
	struct tree_node *node;
	int err;

	if (build->depth >= build->limits->depth || build->depth >= TREE_DEPTH_MAX)
		return tree_build_refuse(build, mark, -E2BIG, "nested too deeply");
	err = add_node(build, kind, mark, &node);
	if (err)
		return err;
	build->levels[build->depth++] = (struct tree_level){.node = node, .tail = &node->child};
	return 0;
}

int tree_build_scalar(struct tree_build *build, const char *text, size_t length, bool quoted,
		      struct tree_mark mark)
{
	struct tree_node *node;
	int err;

	if (memchr(text, '\0', length))
		return tree_build_refuse(build, mark, -EINVAL, "zero byte in a text");
	err = add_node(build, TREE_SCALAR, mark, &node);
	if (err)
		return err;
	node->count = (uint32_t)length;
	node->quoted = quoted;
	node->text = arena_text(build->tree->arena, text, length);
	return node->text ? 0 : -ENOMEM;
}

int tree_build_key(struct tree_build *build, const char *text, size_t length,
		   struct tree_mark mark)
{
	struct tree_level *level = &build->levels[build->depth - 1];

	if (memchr(text, '\0', length))
		return tree_build_refuse(build, mark, -EINVAL, "zero byte in a key");
	level->key = copy_key(build, text, length);
	level->key_mark = mark;
	return level->key ? 0 : -ENOMEM;
}

bool tree_build_wants_key(const struct tree_build *build)
{
	const struct tree_level *level;

	if (!build->depth)
		return false;
	level = &build->levels[build->depth - 1];
	return level->node->kind == TREE_MAPPING && !level->key;
}

static int duplicate(struct tree_build *build, const struct tree_node *first,
		     const struct tree_node *second)
{
	problems_add(build->problems, build->tree->label, second->key_line, second->key_column,
		     "duplicate key '%s', first on line %u", second->key, first->key_line);
	return -EINVAL;
}

static int check_few(struct tree_build *build, const struct tree_node *mapping)
{
	int err = 0;

	for (const struct tree_node *b = mapping->child; b; b = b->next)
		for (const struct tree_node *a = mapping->child; a != b; a = a->next)
			if (!strcmp(a->key, b->key)) {
				err = duplicate(build, a, b);
				break;
			}
	return err;
}

static int compare_keys(const void *left, const void *right)
{
	const struct tree_node *const *a = left, *const *b = right;
	int order = strcmp((*a)->key, (*b)->key);

	if (order)
		return order;
	if ((*a)->key_line != (*b)->key_line)
		return (*a)->key_line < (*b)->key_line ? -1 : 1;
	return (*a)->key_column < (*b)->key_column ? -1 : 1;
}

static int check_many(struct tree_build *build, const struct tree_node *mapping)
{
	const struct tree_node **sorted = malloc(mapping->count * sizeof(*sorted));
	size_t count = 0;
	int err = 0;

	if (!sorted)
		return -ENOMEM;
	for (const struct tree_node *node = mapping->child; node; node = node->next)
		sorted[count++] = node;
	qsort(sorted, count, sizeof(*sorted), compare_keys);
	for (size_t i = 1; i < count; i++)
		if (!strcmp(sorted[i - 1]->key, sorted[i]->key))
			err = duplicate(build, sorted[i - 1], sorted[i]);
	free(sorted);
	return err;
}

int tree_build_close(struct tree_build *build)
{
	const struct tree_node *node = build->levels[--build->depth].node;

	if (node->kind != TREE_MAPPING)
		return 0;
	return node->count <= FEW_KEYS ? check_few(build, node) : check_many(build, node);
}
