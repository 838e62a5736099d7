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
	char *text; /* of all cells, each with its zero byte */
	size_t length, size;
	size_t *cells; /* by rows: where they begin in `text` */
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
	free(table->text);
	free(table->cells);
	free(table->widths);
	free(table);
}

/* Room for one more cell of `bytes`. */
static bool make_room(struct table_print *table, size_t bytes)
{
	size_t room = table->room ? table->room * 2 : 64;
	size_t size = 2 * table->size + bytes;
	void *grown;

	if (table->count == table->room) {
		grown = realloc(table->cells, room * sizeof(*table->cells));
		if (!grown)
			return false;
		table->cells = grown;
		table->room = room;
	}
	if (table->length + bytes > table->size) {
		grown = realloc(table->text, size);
		if (!grown)
			return false;
		table->text = grown;
		table->size = size;
	}
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

static void add_cell(struct table_print *table, const char *text)
{
	size_t *width = &table->widths[table->count % table->columns];
	size_t bytes = strlen(text) + 1;
	char *cell;

	if (table->lost || !make_room(table, bytes)) {
		table->lost = true;
		return;
	}
	cell = memcpy(table->text + table->length, text, bytes);
	utf8_clean(cell);
	if (text_width(cell) > *width)
		*width = text_width(cell);
	table->cells[table->count++] = table->length;
	table->length += bytes;
}

void table_print_cell(struct table_print *table, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (text)
		add_cell(table, *text ? text : "-");
	else
		table->lost = true;
	free(text);
}

static void write_cell(const struct table_print *table, size_t column, const char *text, FILE *out)
{
	fputs(text, out);
	if (column + 1 < table->columns)
		fprintf(out, "%*s", (int)(table->widths[column] - text_width(text)) + GAP, "");
	else
		fputc('\n', out);
}

int table_print_write(const struct table_print *table, FILE *out)
{
	size_t whole = table->count - table->count % table->columns;

	for (size_t i = 0; i < table->columns; i++)
		write_cell(table, i, table->headers[i], out);
	for (size_t i = 0; i < whole; i++)
		write_cell(table, i % table->columns, table->text + table->cells[i], out);
	if (table->lost)
		return -ENOMEM;
	return ferror(out) ? -EIO : 0;
}
