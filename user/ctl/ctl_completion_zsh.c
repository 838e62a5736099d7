/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The completion script of zsh. */
#include "ctl_completion.h"

#include <string.h>

/* Text within a specification of _arguments or _describe, itself in single quotes. */
static void write_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\'", out);
		else if (strchr(":[]\\", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void write_action(const struct completion *completion, FILE *out)
{
	switch (completion->kind) {
	case COMPLETE_NOTHING:
		fputs(":", out);
		break;
	case COMPLETE_WORDS:
		fprintf(out, ":(%s)", completion->words);
		break;
	case COMPLETE_FILE:
		fputs(":_files", out);
		break;
	case COMPLETE_DIRECTORY:
		fputs(":_files -/", out);
		break;
	case COMPLETE_VERB:
		fputs(":_parallaxctl_verbs", out);
		break;
	case COMPLETE_NETWORK:
		fputs(":_parallaxctl_names networks", out);
		break;
	case COMPLETE_SERVICE:
		fputs(":_parallaxctl_names services", out);
		break;
	}
}

/* '(-o --output)'{-o,--output}'[text]:TABLE|...:(table wide)'; repeatable flags begin with '*'. */
static void write_flag(const struct ctl_verb *verb, const struct flag *flag, FILE *out)
{
	if (flag->letter)
		fprintf(out, " \\\n\t\t\t'(%s %s)'{%s,%s}'[", flag->letter, flag->name,
			flag->letter, flag->name);
	else
		fprintf(out, " \\\n\t\t\t'%s%s[", flag->values ? "*" : "", flag->name);
	write_text(flag->text, out);
	fputs("]", out);
	if (complete_has_value(flag)) {
		struct completion completion = complete_flag(verb, flag);

		fputs(":", out);
		write_text(flag->argument, out);
		write_action(&completion, out);
	}
	fputs("'", out);
}

static void write_flags(const struct ctl_verb *verb, FILE *out)
{
	struct flag flags[CTL_MAX_FLAGS];
	size_t count = ctl_verb_flags(verb, flags);

	for (size_t i = 0; i < count; i++)
		write_flag(verb, &flags[i], out);
}

static void write_verb(const struct ctl_verb *verb, FILE *out)
{
	struct completion argument = complete_argument(verb);

	fputs("\t", out);
	complete_names(verb, "|", out);
	fputs(")\n\t\t_arguments", out);
	write_flags(verb, out);
	if (verb->word) {
		fputs(" \\\n\t\t\t'1:", out);
		write_text(verb->word, out);
		write_action(&argument, out);
		fputs("'", out);
	}
	fputs("\n\t\t;;\n", out);
}

void completion_zsh(const struct ctl_verb *const *verbs, FILE *out)
{
	fputs("#compdef parallaxctl\n"
	      "# zsh completion of parallaxctl, written by `parallaxctl completion zsh`\n\n"
	      "_parallaxctl_verbs() {\n\tlocal -a verbs\n\tverbs=(\n",
	      out);
	for (size_t i = 0; verbs[i]; i++) {
		fprintf(out, "\t\t'%s:", verbs[i]->name);
		write_text(verbs[i]->summary, out);
		fputs("'\n", out);
	}
	fputs("\t)\n\t_describe verb verbs\n}\n\n"
	      "_parallaxctl_names() {\n\tlocal -a names\n"
	      "\tnames=(${(f)\"$(parallaxctl completion $1 2>/dev/null)\"})\n"
	      "\tcompadd -a names\n}\n\n"
	      "_parallaxctl() {\n\tlocal curcontext=$curcontext state line\n\t_arguments -C",
	      out);
	write_flags(NULL, out);
	fputs(" \\\n\t\t\t'1:VERB:_parallaxctl_verbs' \\\n\t\t\t'*::argument:->rest'\n"
	      "\t[[ $state == rest ]] || return\n\tcase $line[1] in\n",
	      out);
	for (size_t i = 0; verbs[i]; i++)
		write_verb(verbs[i], out);
	fputs("\tesac\n}\n\nif [[ $funcstack[1] == _parallaxctl ]]; then\n\t_parallaxctl \"$@\"\n"
	      "else\n\tcompdef _parallaxctl parallaxctl\nfi\n",
	      out);
}
