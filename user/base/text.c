/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Texts that may be NULL, and lists of texts. */
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool text_equal(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

int text_set(char **text, const char *value)
{
	char *copy = value ? strdup(value) : NULL;

	if (value && !copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

bool text_lists_equal(const char *const *a, size_t a_count, const char *const *b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (strcmp(a[i], b[i]))
			return false;
	return true;
}

bool text_take(char **text, char *value)
{
	bool differs = !text_equal(*text, value);

	free(*text);
	*text = value;
	return differs;
}

void text_swap(char **a, char **b)
{
	char *old = *a;

	*a = *b;
	*b = old;
}

static int compare(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

size_t text_sort_unique(const char **list, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(list, count, sizeof(*list), compare);
	for (size_t i = 0; i < count; i++)
		if (!kept || strcmp(list[kept - 1], list[i]))
			list[kept++] = list[i];
	return kept;
}

bool text_in_sorted(const char *const *list, size_t count, const char *text)
{
	return count && bsearch(&text, list, count, sizeof(*list), compare);
}
