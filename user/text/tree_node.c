/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looks up nodes of a tree, and adds nodes that no file contains. */
#include <stddef.h>
#include <string.h>

#include "arena.h"
#include "array.h"
#include "text.h"
#include "yaml_tree.h"

struct made_node {
	struct tree_node node;
	const char *label;
};

struct tree_node *tree_get(const struct tree_node *mapping, const char *key)
{
	if (!mapping || mapping->kind != TREE_MAPPING)
		return NULL;
	for (struct tree_node *node = mapping->child; node; node = node->next)
		if (!strcmp(node->key, key))
			return node;
	return NULL;
}

/* The spellings of the YAML 1.2 core schema, section 10.3.2. */
bool tree_is_null(const struct tree_node *node)
{
	static const char *const sorted[] = {"", "NULL", "Null", "null", "~"};

	if (!node)
		return true;
	if (node->kind != TREE_SCALAR || node->quoted)
		return false;
	return text_in_sorted(sorted, COUNT(sorted), node->text);
}

struct tree_node *tree_made(struct yaml_tree *tree, const char *label, enum tree_kind kind,
			    const char *text)
{
	struct made_node *made = arena_alloc(tree->arena, sizeof(*made));

	if (!made)
		return NULL;
	made->label = label;
	made->node.kind = (uint8_t)kind;
	made->node.text = text;
	made->node.count = text ? (uint32_t)strlen(text) : 0;
	return &made->node;
}

void tree_append(struct tree_node *sequence, struct tree_node *child)
{
	struct tree_node **tail = &sequence->child;

	while (*tail)
		tail = &(*tail)->next;
	*tail = child;
	sequence->count++;
}

void tree_set(struct tree_node *mapping, const char *key, struct tree_node *child)
{
	struct tree_node **at = &mapping->child;

	child->key = key;
	while (*at && strcmp((*at)->key, key))
		at = &(*at)->next;
	if (*at)
		child->next = (*at)->next;
	else
		mapping->count++;
	*at = child;
}

void tree_remove(struct tree_node *mapping, const char *key)
{
	struct tree_node **at = &mapping->child;

	while (*at && strcmp((*at)->key, key))
		at = &(*at)->next;
	if (!*at)
		return;
	*at = (*at)->next;
	mapping->count--;
}

const char *tree_made_label(const struct tree_node *node)
{
	return node->line ? NULL : ((const struct made_node *)(const void *)node)->label;
}
