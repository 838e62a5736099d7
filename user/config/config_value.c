/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Values that several sections of the configuration have: names and paths. */
#include <string.h>

#include "arena.h"
#include "config_schema.h"

static bool is_name(const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
			return false;
	return length && length <= CONFIG_NAME_MAX;
}

void config_read_name(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	const char *text;

	if (tree_text(walk, node, &text))
		return;
	if (!is_name(text))
		tree_expected(walk, node, "a name without white space");
	else
		tree_keep(walk, node, target);
}

void config_read_path(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	const char *slash = strrchr(walk->file, '/'), *path;

	if (tree_text(walk, node, &path))
		return;
	if (*path == '/' || !slash)
		path = arena_strdup(walk->arena, path);
	else
		path = arena_printf(walk->arena, "%.*s/%s", (int)(slash - walk->file), walk->file,
				    path);
	walk->out_of_memory |= !path;
	*(const char **)target = path;
}

void config_read_file(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct config_file *file = target;

	config_read_path(walk, node, &file->path);
	file->at = (struct config_place){node->line, node->column};
}
