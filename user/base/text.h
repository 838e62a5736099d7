/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Texts that may be missing, and lists of them. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether both are the same, or both NULL. */
bool text_equal(const char *a, const char *b);

/* Sorts, and leaves out what is there already; returns how many stay. */
size_t text_sort_unique(const char **list, size_t count);

/* Whether a sorted list has `text`. */
bool text_in_sorted(const char *const *list, size_t count, const char *text);

#endif
