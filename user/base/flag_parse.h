/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Command line flags as rows of a table, accepted before and after other words. */
#ifndef FLAG_PARSE_H
#define FLAG_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Words of argv, borrowed; `items` grows by realloc() and is freed by its owner. */
struct flag_words {
	const char **items;
	size_t count;
};

/* One flag. A flag with `value` or `values` takes the text behind `=`, or the next word. */
struct flag {
	const char *name;   /* with its dashes: "--pin-dir" */
	const char *letter; /* short form, "-o", or NULL */
	const char **value; /* receives the value, the last one if the flag is repeated; or NULL */
	struct flag_words *values; /* receives each value of a flag that may be repeated; or NULL */
	bool *set;                 /* set to true if the flag is given; or NULL */
	const char *argument;      /* name of the value in help: "FILE" */
	const char *text;          /* one line of help */
};

/* Takes the flags out of argv[1..argc), all words after "--" excepted, and appends the other words
 * to `rest`. Returns 0, or -EINVAL with a message in `problem`. */
int flag_parse(const struct flag *flags, size_t flag_count, int argc, char **argv,
	       struct flag_words *rest, char *problem, size_t problem_size);

/* True if `word` names a flag whose value is the next word. */
bool flag_takes_next(const struct flag *flags, size_t flag_count, const char *word);

/* Writes one line of help for each flag. */
void flag_help(const struct flag *flags, size_t flag_count, FILE *out);

#endif
