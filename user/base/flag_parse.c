/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Command line flags as rows of a table, accepted before and after other words. */
#include "flag_parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUGGEST_MAX 32 /* longer words are never compared */

/* Does `word` name the flag? Then *ret_value is what follows '=' (or a letter), or NULL. */
static bool flag_matches(const struct flag *flag, const char *word, const char **ret_value)
{
	size_t length = strlen(flag->name);

	*ret_value = NULL;
	if (!strncmp(word, flag->name, length) && (word[length] == '\0' || word[length] == '=')) {
		if (word[length] == '=')
			*ret_value = word + length + 1;
		return true;
	}
	if (!flag->letter || strncmp(word, flag->letter, 2))
		return false;
	if (word[2] != '\0')
		*ret_value = word + 2;
	return word[2] == '\0' || flag->value;
}

static const struct flag *flag_find(const struct flag *flags, size_t count, const char *word,
				    const char **ret_value)
{
	for (size_t i = 0; i < count; i++)
		if (flag_matches(&flags[i], word, ret_value))
			return &flags[i];
	return NULL;
}

/* Stores the flag; returns how many words it took, or -EINVAL. */
static int flag_take(const struct flag *flag, const char *value, const char *next, char *problem,
		     size_t problem_size)
{
	int words = 1;

	if (!flag->value && value) {
		snprintf(problem, problem_size, "%s takes no value", flag->name);
		return -EINVAL;
	}
	if (flag->value && !value) {
		value = next;
		words = 2;
	}
	if (flag->value && !value) {
		snprintf(problem, problem_size, "%s needs a value", flag->name);
		return -EINVAL;
	}
	if (flag->value)
		*flag->value = value;
	if (flag->set)
		*flag->set = true;
	return words;
}

static int flag_unknown(const struct flag *flags, size_t count, const char *word, char *problem,
			size_t problem_size)
{
	const char *names[64];
	const char *near;
	size_t known = count < 64 ? count : 64;

	for (size_t i = 0; i < known; i++)
		names[i] = flags[i].name;
	near = flag_suggest(word, names, known);
	if (near)
		snprintf(problem, problem_size, "unknown flag '%s': did you mean '%s'?", word,
			 near);
	else
		snprintf(problem, problem_size, "unknown flag '%s'", word);
	return -EINVAL;
}

int flag_parse(const struct flag *flags, size_t flag_count, int argc, char **argv,
	       bool keep_unknown, struct flag_rest *rest, char *problem, size_t problem_size)
{
	const struct flag *flag;
	const char *value;
	bool literal = false;
	int taken;

	for (int i = 1; i < argc; i += taken) {
		taken = 1;
		if (literal || argv[i][0] != '-' || argv[i][1] == '\0') {
			rest->words[rest->count++] = argv[i];
			continue;
		}
		literal = !strcmp(argv[i], "--");
		if (literal && !keep_unknown)
			continue;
		flag = literal ? NULL : flag_find(flags, flag_count, argv[i], &value);
		if (flag) {
			taken = flag_take(flag, value, i + 1 < argc ? argv[i + 1] : NULL, problem,
					  problem_size);
			if (taken < 0)
				return taken;
		} else if (keep_unknown) {
			rest->words[rest->count++] = argv[i];
		} else {
			return flag_unknown(flags, flag_count, argv[i], problem, problem_size);
		}
	}
	return 0;
}

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein distance of two words shorter than SUGGEST_MAX. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[SUGGEST_MAX + 1], diagonal, above;
	size_t length = strlen(b);

	for (unsigned int j = 0; j <= length; j++)
		row[j] = j;
	for (unsigned int i = 1; a[i - 1]; i++) {
		diagonal = row[0];
		row[0] = i;
		for (unsigned int j = 1; j <= length; j++) {
			above = row[j];
			row[j] = min3(above + 1, row[j - 1] + 1,
				      diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[length];
}

const char *flag_suggest(const char *word, const char *const *words, size_t count)
{
	const char *best = NULL;
	unsigned int least = 3, here;

	if (strlen(word) >= SUGGEST_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (strlen(words[i]) >= SUGGEST_MAX)
			continue;
		here = distance(word, words[i]);
		/* A word of three letters is not meant by one that shares none of them. */
		if (here < least && here < strlen(words[i])) {
			least = here;
			best = words[i];
		}
	}
	return best;
}
