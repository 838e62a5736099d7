/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fuzzes the reader of YAML and JSON: the tree is whole, and every refusal has a reason. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "problem.h"
#include "yaml_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static size_t check_node(const struct tree_node *node, unsigned int depth)
{
	size_t nodes = 1, count = 0;

	require(depth <= TREE_DEPTH_MAX && node->line && node->column);
	require((node->kind == TREE_SCALAR) == !!node->text);
	if (node->text)
		require(strlen(node->text) == node->count);
	for (const struct tree_node *child = node->child; child; child = child->next, count++) {
		require(!child->key == (node->kind != TREE_MAPPING));
		if (child->key)
			require(tree_get(node, child->key) == child);
		nodes += check_node(child, depth + 1);
	}
	require(node->text || node->count == count);
	return nodes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tree_limits limits = {1 << 20, 1000, TREE_DEPTH_MAX};
	struct problems problems = {0};
	struct yaml_tree *tree = NULL;
	int err = yaml_tree_parse("f", (const char *)data, size, &limits, &tree, &problems);

	require(!err == !problems.count && !err == !!tree);
	require(!err || err == -EINVAL || err == -E2BIG);
	if (tree)
		require(check_node(tree->root, 0) <= limits.nodes);
	yaml_tree_free(tree);
	problems_done(&problems);
	return 0;
}
