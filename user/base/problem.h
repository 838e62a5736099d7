/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Problems of an input: a capped list of "file:line:column: message" lines. */
#ifndef PROBLEM_H
#define PROBLEM_H

#include <stddef.h>

#define PROBLEMS_MAX 20       /* messages kept; the rest is counted */
#define PROBLEM_TEXT_MAX 1024 /* bytes of one message; the rest is cut */

/* Zero-initialised is valid and empty. */
struct problems {
	char *text;   /* lines kept, each ended by a newline; NULL while there are none */
	size_t count; /* all problems, including those not kept */
};

/* Appends one line. `line` and `column` start at 1; line 0 means "no position" and omits both; a
 * NULL `file` omits the whole place, "" the file's name. The line is cleaned by utf8_clean(), so
 * that it can go to a terminal. NULL `problems` is accepted and ignored. */
void problems_add(struct problems *problems, const char *file, size_t line, size_t column,
		  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* All lines, or "". Valid until the next call with `problems`. */
const char *problems_text(const struct problems *problems);

/* The lines joined by "; ", freed by the caller; NULL if there are none or if out of memory. */
char *problems_join(const char *lines);

/* Frees the lines and empties the list. Accepts NULL. */
void problems_done(struct problems *problems);

#endif
