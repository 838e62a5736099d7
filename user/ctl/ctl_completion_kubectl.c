/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The completion of `kubectl parallax`: a program that kubectl calls with the words so far, the last
 * of which is unfinished. It answers with candidates and, behind ':', with what the shell does then:
 * 4, no file names (kubectl: pkg/cmd/plugin_completion.go). */
#include "ctl_completion.h"

static const char begin[] =
	"#!/bin/sh\n"
	"# kubectl completion of `kubectl parallax`, written by `parallaxctl completion kubectl`\n"
	"\n"
	"prev='' cur='' verb='' skip='' count=0\n"
	"for word; do\n"
	"\tcount=$((count + 1)) prev=$cur cur=$word\n"
	"\t[ $count -lt $# ] || break\n"
	"\tif [ \"$skip\" ]; then\n"
	"\t\tskip='' && continue\n"
	"\tfi\n"
	"\tcase $word in\n"
	"\t--node | --pod | -n | --namespace | --agent-namespace | --context | --kubeconfig";

static const char middle[] =
	") skip=1 ;;\n"
	"\t-*) ;;\n"
	"\t*) verb=${verb:-$word} ;;\n"
	"\tesac\n"
	"done\n"
	"\n"
	"offer() { printf '%s\\n' \"$@\" && echo :4; }\n"
	"names() { kubectl get \"$1\" -o name | sed 's,.*/,,' && echo :4; }\n"
	"files() { echo :0; }\n"
	"\n"
	"case $skip$prev in\n"
	"1--node) names nodes && exit ;;\n"
	"1-n | 1--namespace | 1--agent-namespace) names namespaces && exit ;;\n"
	"1--context) kubectl config get-contexts -o name && echo :4 && exit ;;\n"
	"1--kubeconfig) files && exit ;;\n"
	"1--pod)\n"
	"\tkubectl get pods --all-namespaces \\\n"
	"\t\t-o jsonpath='{range .items[*]}{.metadata.namespace}/{.metadata.name}{\"\\n\"}{end}'\n"
	"\techo :4 && exit\n"
	"\t;;\n"
	"esac\n"
	"plugin='--node --pod --all-nodes --namespace --agent-namespace --context --kubeconfig'\n";

static void write_names(const struct flag *flag, const char *before, const char *between, FILE *out)
{
	if (flag->letter)
		fprintf(out, "%s%s%s%s", before, flag->letter, between, before);
	else
		fputs(before, out);
	fputs(flag->name, out);
}

static void write_value_flags(const struct ctl_flags *set, FILE *out)
{
	for (size_t i = 0; set && i < set->count; i++)
		if (complete_has_value(&set->items[i])) {
			fputs(" | ", out);
			write_names(&set->items[i], "", " | ", out);
		}
}

static void write_offer(const struct completion *completion, const struct ctl_verb *const *verbs,
			FILE *out)
{
	switch (completion->kind) {
	case COMPLETE_WORDS:
		fprintf(out, "offer %s", completion->words);
		break;
	case COMPLETE_FILE:
	case COMPLETE_DIRECTORY:
		fputs("files", out);
		break;
	case COMPLETE_VERB:
		fputs("offer", out);
		for (size_t i = 0; verbs[i]; i++)
			fprintf(out, " %s", verbs[i]->name);
		break;
	default:
		fputs("echo :4", out);
	}
}

/* The values of its flags, then the flags, then its argument. */
static void write_verb(const struct ctl_verb *verb, const struct ctl_verb *const *verbs, FILE *out)
{
	struct flag flags[CTL_MAX_FLAGS];
	size_t count = ctl_verb_flags(verb, flags);
	struct completion completion;

	complete_names(verb, " | ", out);
	fputs(")\n\tcase $skip$prev in\n", out);
	for (size_t i = 0; i < count; i++) {
		if (!complete_has_value(&flags[i]))
			continue;
		completion = complete_flag(verb, &flags[i]);
		fputs("\t", out);
		write_names(&flags[i], "1", " | ", out);
		fputs(") ", out);
		write_offer(&completion, verbs, out);
		fputs(" ;;\n", out);
	}
	fputs("\t*)\n\t\tcase $cur in\n\t\t-*) offer $plugin", out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, " %s", flags[i].name);
	completion = complete_argument(verb);
	fputs(" ;;\n\t\t*) ", out);
	write_offer(&completion, verbs, out);
	fputs(" ;;\n\t\tesac\n\t\t;;\n\tesac\n\t;;\n", out);
}

void completion_kubectl(const struct ctl_verb *const *verbs, FILE *out)
{
	fputs(begin, out);
	write_value_flags(&ctl_watch_flags, out);
	write_value_flags(&ctl_common_flags, out);
	for (size_t i = 0; verbs[i]; i++)
		for (int j = 0; j < CTL_FLAG_SETS; j++)
			write_value_flags(verbs[i]->flags[j], out);
	fputs(middle, out);
	fputs("case $verb in\n'')\n\tcase $cur in\n\t-*) offer $plugin ;;\n\t*) ", out);
	write_offer(&(struct completion){ .kind = COMPLETE_VERB }, verbs, out);
	fputs(" ;;\n\tesac\n\t;;\n", out);
	for (size_t i = 0; verbs[i]; i++)
		write_verb(verbs[i], verbs, out);
	fputs("*) echo :4 ;;\nesac\n", out);
}
