/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads a file into memory. */
#include <errno.h>

#include "file_read.h"
#include "problem.h"
#include "yaml_tree.h"

int yaml_tree_read_file(const char *path, size_t max, char **ret_text, size_t *ret_length,
			struct problems *problems)
{
	int err = file_read(path, max, ret_text, ret_length, NULL);

	if (err == -EFBIG)
		problems_add(problems, path, 0, 0, "larger than %zu bytes", max);
	else if (err)
		problems_add(problems, path, 0, 0, "cannot read: %s", file_error(err));
	return err;
}
