/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tables for display: a row of headers, and columns as wide as their widest cell. */
#include "table_print.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

#define GAP 2 /* spaces between columns */

struct table_print {
	const char *const *headers;
	size_t columns;
	size_t *widths;
	char **cells; /* by rows */
	size_t count, room;
	bool lost;
};

struct table_print *table_print_new(const char *const *headers, size_t columns)
{
	struct table_print *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->headers = headers;
	table->columns = columns;
	table->widths = calloc(columns, sizeof(*table->widths));
	if (!table->widths) {
		free(table);
		return NULL;
	}
	for (size_t i = 0; i < columns; i++)
		table->widths[i] = strlen(headers[i]);
	return table;
}

void table_print_free(struct table_print *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table->widths);
	free(table);
}

static bool make_room(struct table_print *table)
{
	size_t room = table->room ? table->room * 2 : 64;
	char **grown;

	if (table->count < table->room)
		return true;
	grown = realloc(table->cells, room * sizeof(*grown));
	if (!grown)
		return false;
	table->cells = grown;
	table->room = room;
	return true;
}

/* Counts characters: continuation bytes of UTF-8 have no width. */
static size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

void table_print_cell(struct table_print *table, const char *format, ...)
{
	size_t *width = &table->widths[table->count % table->columns];
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (text && !*text) {
		free(text);
		text = strdup("-");
	}
	if (!text || table->lost || !make_room(table)) {
		free(text);
		table->lost = true;
		return;
	}
	utf8_clean(text);
	if (text_width(text) > *width)
		*width = text_width(text);
	table->cells[table->count++] = text;
}

static void write_row(const struct table_print *table, const char *const *cells, FILE *out)
{
	for (size_t i = 0; i < table->columns; i++) {
		fputs(cells[i], out);
		if (i + 1 < table->columns)
			fprintf(out, "%*s", (int)(table->widths[i] - text_width(cells[i])) + GAP, "");
	}
	fputc('\n', out);
}

int table_print_write(const struct table_print *table, FILE *out)
{
	write_row(table, table->headers, out);
	for (size_t i = 0; i + table->columns <= table->count; i += table->columns)
		write_row(table, (const char *const *)table->cells + i, out);
	if (table->lost)
		return -ENOMEM;
	return ferror(out) ? -EIO : 0;
}
