/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Command line flags as rows of a table, accepted before and after other words. */
#ifndef FLAG_PARSE_H
#define FLAG_PARSE_H

#include <stdbool.h>
#include <stddef.h>

/* One flag. A flag with `value` takes the next word, or what follows `=`. */
struct flag {
	const char *name;   /* with its dashes: "--pin-dir" */
	const char *letter; /* short form, "-o", or NULL */
	const char **value; /* where the value goes; NULL: the flag takes none */
	bool *set;          /* set to true when the flag is there; or NULL */
};

/* What is left of argv when the flags of `flags` are taken out. */
struct flag_rest {
	char **words; /* borrowed from argv */
	int count, room;
};

/* Takes the flags out of argv[1..argc). With `keep_unknown`, words starting with '-' that match
 * no row stay among the rest, and so does everything after "--". Else they are an error. `rest`
 * comes with `words` of room argc. Returns 0, or -EINVAL with a complaint in `problem`. */
int flag_parse(const struct flag *flags, size_t flag_count, int argc, char **argv,
	       bool keep_unknown, struct flag_rest *rest, char *problem, size_t problem_size);

/* The word of `words` nearest to `word`, or NULL when none is near enough to be meant. */
const char *flag_suggest(const char *word, const char *const *words, size_t count);

#endif
