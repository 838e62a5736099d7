/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl: finds the verb, stores the flags, runs it. */
#include "ctl.h"

#include <stdlib.h>
#include <string.h>

#include "pins.h"

static const struct ctl_verb *const verbs[] = {
	&ctl_status,    &ctl_services,  &ctl_endpoints, &ctl_networks,   &ctl_gateways,
	&ctl_flows,     &ctl_explain,   &ctl_preview,   &ctl_diff,       &ctl_check,
	&ctl_bugreport, &ctl_uninstall, &ctl_keygen,    &ctl_completion, &ctl_help,
	&ctl_version,   NULL,
};

static struct ctl_options options = { .verbs = verbs };

/* A flag may stand before its verb, so that all verbs' flags are asked. */
static bool takes_next(const char *word)
{
	struct flag flags[CTL_MAX_FLAGS];

	for (size_t i = 0; verbs[i]; i++)
		if (flag_takes_next(flags, ctl_verb_flags(verbs[i], flags), word))
			return true;
	return false;
}

/* The first word that is neither a flag nor a flag's value, or NULL. */
static const char *verb_name(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-' || argv[i][1] == '\0')
			return argv[i];
		i += takes_next(argv[i]);
	}
	return NULL;
}

static int parse_output(void)
{
	static const char *const names[] = { "table", "wide", "json", "yaml" };
	const char *output = ctl_given.output;

	for (int i = 0; output && i < 4; i++)
		if (!strcmp(output, names[i])) {
			options.output = (enum ctl_output)i;
			return CTL_OK;
		}
	return output ? ctl_fail(CTL_USAGE, "-o is table, wide, json or yaml, not '%s'", output) :
			CTL_OK;
}

static int parse_flags(const struct ctl_verb *verb, int argc, char **argv, struct flag_words *rest)
{
	struct flag flags[CTL_MAX_FLAGS];
	size_t count = ctl_verb_flags(verb, flags);
	char problem[256];

	ctl_given.pin_dir = pins_usual_dir();
	if (flag_parse(flags, count, argc, argv, rest, problem, sizeof(problem)))
		return ctl_fail(CTL_USAGE, "%s%s%s", verb ? verb->name : "", verb ? ": " : "",
				problem);
	options.pin_dir = ctl_given.pin_dir;
	return parse_output();
}

/* words[0] is the verb's name. */
static int run_verb(const struct ctl_verb *verb, const struct flag_words *words)
{
	const char *word = words->count > 1 ? words->items[1] : NULL;
	size_t room = !verb->word ? 1 : verb->two_words ? 3 : 2;
	int status = CTL_OK;

	if (words->count > room)
		return ctl_fail(CTL_USAGE, "%s: one word too many: '%s'", verb->name,
				words->items[room]);
	ctl_given.second = words->count > 2 ? words->items[2] : NULL;
	if (verb->check)
		status = verb->check(&options, word);
	if (status != CTL_OK)
		return status;
	return verb->run ? verb->run(&options, word) : ctl_answer(verb, &options, word);
}

static int run(int argc, char **argv, struct flag_words *words)
{
	const char *name = verb_name(argc, argv);
	const struct ctl_verb *verb = name ? ctl_find_verb(verbs, name) : NULL;
	int status;

	if (name && !verb)
		return ctl_unknown_verb(verbs, name);
	status = parse_flags(verb, argc, argv, words);
	if (status != CTL_OK)
		return status;
	if (ctl_given.version)
		return ctl_answer(&ctl_version, &options, NULL);
	if (verb && !ctl_given.help)
		return run_verb(verb, words);
	if (verb)
		ctl_print_usage(verb, stdout);
	else
		ctl_print_help(verbs, ctl_given.help ? stdout : stderr);
	return ctl_given.help ? CTL_OK : CTL_USAGE;
}

int main(int argc, char **argv)
{
	struct flag_words words = {};
	int status = run(argc, argv, &words);

	free(words.items);
	if (fflush(stdout) && status == CTL_OK)
		status = CTL_FAILED;
	return status;
}
