/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The completion script of bash. */
#include "ctl_completion.h"

/* Words are taken from the line: bash itself would split them at ':' and '=' too. */
static const char begin[] =
	"# bash completion of parallaxctl, written by `parallaxctl completion bash`\n"
	"\n"
	"_parallaxctl_offer() {\n"
	"\tcase $1 in\n"
	"\t-f | -d) compopt -o filenames ;;\n"
	"\tesac\n"
	"\tmapfile -t COMPREPLY < <(compgen \"$@\" -- \"$cur\")\n"
	"\tcase $cur in\n"
	"\t*:*) COMPREPLY=(\"${COMPREPLY[@]#\"${cur%\"${cur##*:}\"}\"}\") ;;\n"
	"\tesac\n"
	"}\n"
	"\n"
	"_parallaxctl() {\n"
	"\tlocal line=${COMP_LINE:0:COMP_POINT} cur= prev= verb= skip= word\n"
	"\tlocal -a words\n"
	"\tread -ra words <<<\"$line\"\n"
	"\tcase $line in\n"
	"\t*[[:space:]]) ;;\n"
	"\t*) cur=${words[-1]} && unset 'words[-1]' ;;\n"
	"\tesac\n"
	"\tfor word in \"${words[@]:1}\"; do\n"
	"\t\tprev=$word\n"
	"\t\tif [[ $skip ]]; then\n"
	"\t\t\tskip= && continue\n"
	"\t\tfi\n"
	"\t\tcase $word in\n";

static const char middle[] = "\t\t-*) ;;\n"
			     "\t\t*) verb=${verb:-$word} ;;\n"
			     "\t\tesac\n"
			     "\tdone\n"
			     "\tcase $cur in\n"
			     "\t--*=*) prev=${cur%%=*} cur=${cur#*=} skip=1 ;;\n"
			     "\tesac\n";

static void write_flag_names(const struct flag *flag, const char *between, FILE *out)
{
	fprintf(out, "%s%s%s", flag->letter ? flag->letter : "", flag->letter ? between : "",
		flag->name);
}

static void write_value_flags(const struct ctl_flags *set, FILE *out)
{
	for (size_t i = 0; set && i < set->count; i++) {
		if (!complete_has_value(&set->items[i]))
			continue;
		write_flag_names(&set->items[i], " | ", out);
		fputs(" | ", out);
	}
}

/* The flags that take the next word as their value. */
static void write_all_value_flags(const struct ctl_verb *const *verbs, FILE *out)
{
	fputs("\t\t", out);
	write_value_flags(&ctl_watch_flags, out);
	for (size_t i = 0; verbs[i]; i++)
		for (int j = 0; j < CTL_FLAG_SETS; j++)
			write_value_flags(verbs[i]->flags[j], out);
	write_value_flags(&ctl_common_flags, out);
	fputs("--) skip=1 ;;\n", out);
}

static void write_offer(const struct completion *completion, FILE *out)
{
	switch (completion->kind) {
	case COMPLETE_NOTHING:
		fputs(":", out);
		break;
	case COMPLETE_WORDS:
		fprintf(out, "_parallaxctl_offer -W '%s'", completion->words);
		break;
	case COMPLETE_FILE:
		fputs("_parallaxctl_offer -f", out);
		break;
	case COMPLETE_DIRECTORY:
		fputs("_parallaxctl_offer -d", out);
		break;
	case COMPLETE_VERB:
		fputs("_parallaxctl_offer -W \"$verbs\"", out);
		break;
	case COMPLETE_NETWORK:
		fputs("_parallaxctl_offer -W \"$(parallaxctl completion networks 2>/dev/null)\"",
		      out);
		break;
	case COMPLETE_SERVICE:
		fputs("_parallaxctl_offer -W \"$(parallaxctl completion services 2>/dev/null)\"",
		      out);
		break;
	}
}

static void write_values(const struct ctl_verb *verb, FILE *out)
{
	struct flag flags[CTL_MAX_FLAGS];
	size_t count = ctl_verb_flags(verb, flags);

	for (size_t i = 0; i < count; i++) {
		struct completion completion;

		if (!complete_has_value(&flags[i]))
			continue;
		completion = complete_flag(verb, &flags[i]);
		fputs("\t\t\t", out);
		write_flag_names(&flags[i], " | ", out);
		fputs(") ", out);
		write_offer(&completion, out);
		fputs(" ;;\n", out);
	}
}

static void write_flags(const struct ctl_verb *verb, FILE *out)
{
	struct flag flags[CTL_MAX_FLAGS];
	size_t count = ctl_verb_flags(verb, flags);

	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%s", i ? " " : "", flags[i].name);
}

static void write_verb(const struct ctl_verb *verb, FILE *out)
{
	struct completion argument = complete_argument(verb);

	fputs("\t", out);
	complete_names(verb, " | ", out);
	fputs(")\n\t\tif [[ $skip ]]; then\n\t\t\tcase $prev in\n", out);
	write_values(verb, out);
	fputs("\t\t\tesac\n\t\telif [[ $cur == -* ]]; then\n\t\t\t_parallaxctl_offer -W '", out);
	write_flags(verb, out);
	fputs("'\n\t\telse\n\t\t\t", out);
	write_offer(&argument, out);
	fputs("\n\t\tfi\n\t\t;;\n", out);
}

void completion_bash(const struct ctl_verb *const *verbs, FILE *out)
{
	fputs(begin, out);
	write_all_value_flags(verbs, out);
	fputs(middle, out);
	fputs("\tlocal verbs='", out);
	for (size_t i = 0; verbs[i]; i++)
		fprintf(out, "%s%s", i ? " " : "", verbs[i]->name);
	fputs("'\n\tcase $verb in\n", out);
	for (size_t i = 0; verbs[i]; i++)
		write_verb(verbs[i], out);
	fputs("\t'')\n\t\tif [[ $skip ]]; then\n\t\t\tcase $prev in\n", out);
	write_values(NULL, out);
	fputs("\t\t\tesac\n\t\telif [[ $cur == -* ]]; then\n\t\t\t_parallaxctl_offer -W '", out);
	write_flags(NULL, out);
	fputs("'\n\t\telse\n\t\t\t_parallaxctl_offer -W \"$verbs\"\n\t\tfi\n\t\t;;\n\tesac\n}\n\n"
	      "complete -F _parallaxctl parallaxctl\n",
	      out);
}
