/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Problems of a tree's values, with their places. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "problem.h"
#include "tree_walk.h"

void tree_report(struct tree_walk *walk, const struct tree_node *node, bool at_key,
		 const char *message)
{
	const char *label = tree_made_label(node);
	bool key = at_key && node->key_line;

	walk->failed = true;
	problems_add(walk->problems, label ? label : walk->file, key ? node->key_line : node->line,
		     key ? node->key_column : node->column, "%s", message);
}

void tree_problem(struct tree_walk *walk, const struct tree_node *node, const char *format, ...)
{
	char message[PROBLEM_TEXT_MAX];
	int length = 0;
	va_list args;

	/* A variable of the environment, which has line 0, is named by its label. */
	if (node->key && *node->key && node->line)
		length = snprintf(message, sizeof(message), "%.100s: ", node->key);
	va_start(args, format);
	vsnprintf(message + length, sizeof(message) - (size_t)length, format, args);
	va_end(args);
	tree_report(walk, node, false, message);
}

/* The value as a problem names it: "a list", "text", 5. */
static const char *found(const struct tree_node *node, char buf[64])
{
	bool cut = node->count > 40;

	if (node->kind != TREE_SCALAR)
		strcpy(buf, node->kind == TREE_MAPPING ? "a mapping" : "a list");
	else if (tree_is_null(node))
		strcpy(buf, "nothing");
	else if (node->quoted)
		snprintf(buf, 64, "\"%.40s%s\"", node->text, cut ? "..." : "");
	else
		snprintf(buf, 64, "%.40s%s", node->text, cut ? "..." : "");
	return buf;
}

int tree_expected(struct tree_walk *walk, const struct tree_node *node, const char *what, ...)
{
	char text[256], buf[64];
	va_list args;

	va_start(args, what);
	vsnprintf(text, sizeof(text), what, args);
	va_end(args);
	if (walk->secret)
		tree_problem(walk, node, "expected %s", text);
	else
		tree_problem(walk, node, "expected %s, found %s", text, found(node, buf));
	return -EINVAL;
}

bool tree_expect(struct tree_walk *walk, const struct tree_node *node, enum tree_kind kind,
		 const char *what)
{
	return node->kind == kind || !tree_expected(walk, node, "%s", what);
}
