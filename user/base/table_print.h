/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Columns for people: capital headers, cells padded to the widest of their column. */
#ifndef TABLE_PRINT_H
#define TABLE_PRINT_H

#include <stddef.h>
#include <stdio.h>

struct table_print;

/* `headers` is borrowed and must outlive the table. Returns NULL without memory. */
struct table_print *table_print_new(const char *const *headers, size_t columns);
/* Accepts NULL. */
void table_print_free(struct table_print *table);

/* Adds the next cell, row after row; an empty text becomes "-". What does not fit in memory shows
 * at table_print_write(). */
void table_print_cell(struct table_print *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Writes headers and all whole rows. Control characters are printed as '?'. Returns 0, -ENOMEM
 * when a cell was lost, or -EIO. */
int table_print_write(const struct table_print *table, FILE *out);

#endif
