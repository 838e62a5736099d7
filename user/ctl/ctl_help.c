/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl help: the verbs by name, and what each takes. */
#include "ctl.h"

#include <string.h>

#include "suggest.h"

static bool is_called(const struct ctl_verb *verb, const char *name)
{
	for (int i = 0; i < CTL_ALIASES; i++)
		if (verb->aliases[i] && !strcmp(verb->aliases[i], name))
			return true;
	return !strcmp(verb->name, name);
}

const struct ctl_verb *ctl_find_verb(const struct ctl_verb *const *verbs, const char *name)
{
	for (size_t i = 0; verbs[i]; i++)
		if (is_called(verbs[i], name))
			return verbs[i];
	return NULL;
}

int ctl_unknown_verb(const struct ctl_verb *const *verbs, const char *name)
{
	struct suggestion near = { .word = name };

	for (size_t i = 0; verbs[i]; i++)
		suggest_offer(&near, verbs[i]->name);
	if (near.name)
		return ctl_fail(CTL_USAGE, "unknown verb '%s': did you mean '%s'?", name,
				near.name);
	return ctl_fail(CTL_USAGE, "unknown verb '%s': see `parallaxctl help`", name);
}

static void print_aliases(const struct ctl_verb *verb, const char *before, FILE *out)
{
	for (int i = 0; i < CTL_ALIASES && verb->aliases[i]; i++)
		fprintf(out, "%s%s", i ? ", " : before, verb->aliases[i]);
}

void ctl_print_help(const struct ctl_verb *const *verbs, FILE *out)
{
	fputs("usage: parallaxctl VERB [ARGUMENTS] [FLAGS]\n\n", out);
	for (size_t i = 0; verbs[i]; i++) {
		fprintf(out, "  %-10s %s", verbs[i]->name, verbs[i]->summary);
		print_aliases(verbs[i], " (short: ", out);
		fputs(verbs[i]->aliases[0] ? ")\n" : "\n", out);
	}
	fputs("\nFlags of all verbs:\n", out);
	flag_help(ctl_common_flags.items, ctl_common_flags.count, out);
	fputs("\n`parallaxctl help VERB` shows a verb's arguments and flags; see parallaxctl(8).\n"
	      "Exit status: 0, 1 if the answer is no or could not be had, 2 for wrong usage.\n",
	      out);
}

void ctl_print_usage(const struct ctl_verb *verb, FILE *out)
{
	struct flag flags[CTL_MAX_FLAGS];
	size_t count = ctl_verb_flags(verb, flags);

	fprintf(out, "usage: parallaxctl %s%s%s [FLAGS]\n%s\n", verb->name, verb->word ? " " : "",
		verb->word ? verb->word : "", verb->summary);
	print_aliases(verb, "short: ", out);
	fputs(verb->aliases[0] ? "\n\n" : "\n", out);
	flag_help(flags, count, out);
}

static int help(const struct ctl_options *options, const char *word)
{
	const struct ctl_verb *verb = word ? ctl_find_verb(options->verbs, word) : NULL;

	if (word && !verb)
		return ctl_unknown_verb(options->verbs, word);
	if (verb)
		ctl_print_usage(verb, stdout);
	else
		ctl_print_help(options->verbs, stdout);
	return CTL_OK;
}

const struct ctl_verb ctl_help = {
	.name = "help",
	.summary = "this list, or the arguments and flags of a verb",
	.word = "[VERB]",
	.run = help,
};
