/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Texts that may be NULL, and lists of texts. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* True if the texts are equal or both NULL. */
bool text_equal(const char *a, const char *b);

/* True if the lists hold the same texts in the same order. */
bool text_lists_equal(const char *const *a, size_t a_count, const char *const *b, size_t b_count);

/* Replaces *text by a copy of `value`, or by NULL. Returns 0, or -ENOMEM with *text unchanged. */
int text_set(char **text, const char *value);

/* Replaces *text by `value`, which is taken over. True if they differ. */
bool text_take(char **text, char *value);
void text_swap(char **a, char **b);

/* Sorts the list and removes duplicates; returns the number left. */
size_t text_sort_unique(const char **list, size_t count);

/* True if the sorted list contains `text`. */
bool text_in_sorted(const char *const *list, size_t count, const char *text);

#endif
