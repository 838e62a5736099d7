/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The completion script of fish. */
#include "ctl_completion.h"

/* A word in single quotes. */
static void write_quoted(const char *text, FILE *out)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('\'', out);
}

static void write_verbs(const struct ctl_verb *const *verbs, FILE *out)
{
	fputs(" -a '", out);
	for (size_t i = 0; verbs[i]; i++)
		fprintf(out, "%s%s", i ? " " : "", verbs[i]->name);
	fputs("'", out);
}

static void write_candidates(const struct completion *completion, FILE *out)
{
	switch (completion->kind) {
	case COMPLETE_NOTHING:
		break;
	case COMPLETE_WORDS:
		fprintf(out, " -a '%s'", completion->words);
		break;
	case COMPLETE_FILE:
		fputs(" -F", out);
		break;
	case COMPLETE_DIRECTORY:
		fputs(" -a '(__fish_complete_directories)'", out);
		break;
	case COMPLETE_VERB:
		break; /* completion_fish() */
	case COMPLETE_NETWORK:
		fputs(" -a '(parallaxctl completion networks 2>/dev/null)'", out);
		break;
	case COMPLETE_SERVICE:
		fputs(" -a '(parallaxctl completion services 2>/dev/null)'", out);
		break;
	}
}

static void write_condition(const struct ctl_verb *verb, FILE *out)
{
	fputs("complete -c parallaxctl", out);
	if (!verb)
		return;
	fputs(" -n '__fish_seen_subcommand_from ", out);
	complete_names(verb, " ", out);
	fputs("'", out);
}

static void write_flag(const struct ctl_verb *verb, const struct flag *flag, FILE *out)
{
	write_condition(verb, out);
	fprintf(out, " -l %s", flag->name + 2);
	if (flag->letter)
		fprintf(out, " -s %s", flag->letter + 1);
	fputs(" -d ", out);
	write_quoted(flag->text, out);
	if (complete_has_value(flag)) {
		struct completion completion = complete_flag(verb, flag);

		fputs(" -r", out);
		write_candidates(&completion, out);
	}
	fputc('\n', out);
}

static void write_set(const struct ctl_verb *verb, const struct ctl_flags *set, FILE *out)
{
	for (size_t i = 0; set && i < set->count; i++)
		write_flag(verb, &set->items[i], out);
}

static void write_verb(const struct ctl_verb *verb, FILE *out)
{
	struct completion argument = complete_argument(verb);

	fprintf(out, "complete -c parallaxctl -n __fish_use_subcommand -a %s -d ", verb->name);
	write_quoted(verb->summary, out);
	fputc('\n', out);
	for (int i = 0; i < CTL_FLAG_SETS; i++)
		write_set(verb, verb->flags[i], out);
	if (verb->watched)
		write_set(verb, &ctl_watch_flags, out);
	if (argument.kind == COMPLETE_NOTHING || argument.kind == COMPLETE_VERB)
		return;
	write_condition(verb, out);
	write_candidates(&argument, out);
	fputc('\n', out);
}

void completion_fish(const struct ctl_verb *const *verbs, FILE *out)
{
	fputs("# fish completion of parallaxctl, written by `parallaxctl completion fish`\n\n"
	      "complete -c parallaxctl -f\n",
	      out);
	write_set(NULL, &ctl_common_flags, out);
	for (size_t i = 0; verbs[i]; i++)
		write_verb(verbs[i], out);
	write_condition(&ctl_help, out);
	write_verbs(verbs, out);
	fputc('\n', out);
}
