/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Problems of an input: a capped list of "file:line:column: message" lines. */
#include "problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

/* Length of the text that snprintf(3) left in a buffer of `size` bytes. */
static size_t written(int result, size_t size)
{
	if (result < 0)
		return 0;
	return (size_t)result < size ? (size_t)result : size - 1;
}

static size_t format_place(char *buf, size_t size, const char *file, size_t line, size_t column)
{
	int length = 0;

	buf[0] = '\0';
	if (file && line)
		length = snprintf(buf, size, "%.512s%s%zu:%zu: ", file, *file ? ":" : "", line, column);
	else if (file && *file)
		length = snprintf(buf, size, "%.512s: ", file);
	return written(length, size);
}

static void append(struct problems *problems, const char *text, size_t length)
{
	size_t old = problems->text ? strlen(problems->text) : 0;
	char *grown = realloc(problems->text, old + length + 2);

	if (!grown)
		return;
	memcpy(grown + old, text, length);
	memcpy(grown + old + length, "\n", 2);
	problems->text = grown;
}

void problems_add(struct problems *problems, const char *file, size_t line, size_t column,
		  const char *format, ...)
{
	static const char further[] = "further problems are not shown";
	char text[PROBLEM_TEXT_MAX];
	size_t length;
	va_list args;

	if (!problems)
		return;
	if (++problems->count == PROBLEMS_MAX + 1)
		append(problems, further, strlen(further));
	if (problems->count > PROBLEMS_MAX)
		return;
	length = format_place(text, sizeof(text), file, line, column);
	va_start(args, format);
	length += written(vsnprintf(text + length, sizeof(text) - length, format, args),
			  sizeof(text) - length);
	va_end(args);
	utf8_clean(text);
	append(problems, text, length);
}

const char *problems_text(const struct problems *problems)
{
	return problems->text ? problems->text : "";
}

char *problems_join(const char *lines)
{
	char *joined = *lines ? malloc(2 * strlen(lines) + 1) : NULL, *to = joined;

	for (; joined && *lines; lines++)
		if (*lines != '\n')
			*to++ = *lines;
		else if (lines[1])
			to = stpcpy(to, "; ");
	if (joined)
		*to = '\0';
	return joined;
}

void problems_done(struct problems *problems)
{
	if (!problems)
		return;
	free(problems->text);
	*problems = (struct problems){0};
}
