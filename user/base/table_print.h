/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tables for display: a row of headers, and columns as wide as their widest cell. */
#ifndef TABLE_PRINT_H
#define TABLE_PRINT_H

#include <stddef.h>
#include <stdio.h>

struct table_print;

/* `headers` is borrowed and must outlive the table. Returns NULL if out of memory. */
struct table_print *table_print_new(const char *const *headers, size_t columns);
/* Accepts NULL. */
void table_print_free(struct table_print *table);

/* Adds the next cell of the row; an empty text becomes "-", and the text is cleaned by utf8_clean().
 * table_print_write() reports a failed allocation. */
void table_print_cell(struct table_print *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Writes the headers and all complete rows. Returns 0, -ENOMEM if a cell could not be stored, or
 * -EIO. */
int table_print_write(const struct table_print *table, FILE *out);

#endif
