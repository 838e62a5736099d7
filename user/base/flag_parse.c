/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Command line flags as rows of a table, accepted before and after other words. */
#include "flag_parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suggest.h"

static bool takes_value(const struct flag *flag)
{
	return flag->value || flag->values;
}

/* True if `word` names the flag; *ret_value is the text behind '=' or behind the letter, or NULL. */
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
	return word[2] == '\0' || takes_value(flag);
}

static const struct flag *flag_find(const struct flag *flags, size_t count, const char *word,
				    const char **ret_value)
{
	for (size_t i = 0; i < count; i++)
		if (flag_matches(&flags[i], word, ret_value))
			return &flags[i];
	return NULL;
}

static int words_add(struct flag_words *words, const char *word)
{
	const char **items = realloc(words->items, (words->count + 1) * sizeof(*items));

	if (!items)
		return -ENOMEM;
	words->items = items;
	items[words->count++] = word;
	return 0;
}

/* Stores the flag; returns the number of words it took, or -EINVAL. */
static int flag_take(const struct flag *flag, const char *value, const char *next, char *problem,
		     size_t problem_size)
{
	bool wants = takes_value(flag);
	int words = wants && !value ? 2 : 1;

	if (words == 2)
		value = next;
	if (wants != !!value) {
		snprintf(problem, problem_size, wants ? "%s needs a value" : "%s takes no value",
			 flag->name);
		return -EINVAL;
	}
	if (flag->value)
		*flag->value = value;
	if (flag->values && words_add(flag->values, value))
		return -EINVAL;
	if (flag->set)
		*flag->set = true;
	return words;
}

static int flag_unknown(const struct flag *flags, size_t count, const char *word, char *problem,
			size_t problem_size)
{
	struct suggestion near = {.word = word};

	for (size_t i = 0; i < count; i++)
		suggest_offer(&near, flags[i].name);
	if (near.name)
		snprintf(problem, problem_size, "unknown flag '%s': did you mean '%s'?", word,
			 near.name);
	else
		snprintf(problem, problem_size, "unknown flag '%s'", word);
	return -EINVAL;
}

int flag_parse(const struct flag *flags, size_t flag_count, int argc, char **argv,
	       struct flag_words *rest, char *problem, size_t problem_size)
{
	const struct flag *flag;
	const char *value;
	bool literal = false;
	int taken;

	snprintf(problem, problem_size, "out of memory");
	for (int i = 1; i < argc; i += taken) {
		taken = 1;
		if (literal || argv[i][0] != '-' || argv[i][1] == '\0') {
			if (words_add(rest, argv[i]))
				return -EINVAL;
			continue;
		}
		literal = !strcmp(argv[i], "--");
		if (literal)
			continue;
		flag = flag_find(flags, flag_count, argv[i], &value);
		if (!flag)
			return flag_unknown(flags, flag_count, argv[i], problem, problem_size);
		taken = flag_take(flag, value, i + 1 < argc ? argv[i + 1] : NULL, problem,
				  problem_size);
		if (taken < 0)
			return taken;
	}
	return 0;
}

bool flag_takes_next(const struct flag *flags, size_t flag_count, const char *word)
{
	const char *value;
	const struct flag *flag = flag_find(flags, flag_count, word, &value);

	return flag && takes_value(flag) && !value;
}

void flag_help(const struct flag *flags, size_t flag_count, FILE *out)
{
	for (size_t i = 0; i < flag_count; i++) {
		const struct flag *flag = &flags[i];
		int used = fprintf(out, "  %s%s%s%s%s", flag->letter ? flag->letter : "",
				   flag->letter ? ", " : "", flag->name,
				   flag->argument ? " " : "", flag->argument ? flag->argument : "");

		fprintf(out, "%*s%s\n", used < 36 ? 36 - used : 1, "", flag->text);
	}
}
