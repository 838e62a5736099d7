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

const char *config_path_from(struct tree_walk *walk, const char *config_path, const char *path)
{
	const char *slash = strrchr(config_path, '/');
	const char *joined;

	if (*path == '/' || !slash)
		joined = arena_strdup(walk->arena, path);
	else
		joined = arena_printf(walk->arena, "%.*s/%s", (int)(slash - config_path),
				      config_path, path);
	walk->out_of_memory |= !joined;
	return joined;
}
