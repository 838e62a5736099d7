/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl: finds the verb, stores the flags, runs it. */
#include "ctl.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "pins.h"
#include "suggest.h"
#include "version.h"

static int print_version(const struct ctl_options *options, const char *word)
{
	if (options->output == OUTPUT_JSON)
		printf("{\n  \"schema\": 1,\n  \"version\": \"%s\"\n}\n", PARALLAX_VERSION);
	else
		printf("parallaxctl %s\n", PARALLAX_VERSION);
	return CTL_OK;
}

static const struct ctl_verb ctl_version = {
	.name = "version", .summary = "version of this program", .run = print_version,
};

static const struct ctl_verb *const verbs[] = {
	&ctl_status, &ctl_services, &ctl_endpoints, &ctl_networks, &ctl_gateways, &ctl_flows,
	&ctl_explain, &ctl_preview, &ctl_diff, &ctl_check, &ctl_uninstall, &ctl_version,
};

static const char *output;
static struct ctl_options options = { .pin_dir = PIN_DIR_DEFAULT };
static bool help, version;

static const struct flag common_flags[] = {
	{ "--output", "-o", .value = &output, .argument = "table|wide|json",
	  .text = "columns (table), more of them, or JSON" },
	{ "--pin-dir", .value = &options.pin_dir, .argument = "DIR",
	  .text = "where the data plane is pinned (" PIN_DIR_DEFAULT ")" },
	{ "--help", "-h", .set = &help, .text = "this text" },
	{ "--version", .set = &version, .text = "version of this program" },
};

#define MAX_FLAGS 16 /* the common ones and those of one verb */

static void print_help(FILE *out)
{
	fputs("usage: parallaxctl VERB [ARGUMENTS] [FLAGS]\n\n", out);
	for (size_t i = 0; i < COUNT(verbs); i++)
		fprintf(out, "  %-10s %s\n", verbs[i]->name, verbs[i]->summary);
	fputs("\nFlags of all verbs:\n", out);
	flag_help(common_flags, COUNT(common_flags), out);
	fputs("\n`parallaxctl VERB --help` shows a verb's arguments and flags; see parallaxctl(8).\n",
	      out);
}

static void print_usage(const struct ctl_verb *verb)
{
	printf("usage: parallaxctl %s%s%s [FLAGS]\n%s\n\n", verb->name, verb->word ? " " : "",
	       verb->word ? verb->word : "", verb->summary);
	flag_help(verb->flags, verb->flag_count, stdout);
	flag_help(common_flags, COUNT(common_flags) - 1, stdout);
}

static const struct ctl_verb *find_verb(const char *name)
{
	for (size_t i = 0; i < COUNT(verbs); i++)
		if (!strcmp(verbs[i]->name, name))
			return verbs[i];
	return NULL;
}

static int unknown_verb(const char *name)
{
	struct suggestion near = {.word = name};

	for (size_t i = 0; i < COUNT(verbs); i++)
		suggest_offer(&near, verbs[i]->name);
	if (near.name)
		return ctl_fail(CTL_USAGE, "unknown verb '%s': did you mean '%s'?", name, near.name);
	return ctl_fail(CTL_USAGE, "unknown verb '%s': see `parallaxctl --help`", name);
}

/* A flag may stand before its verb, so that all verbs' flags are asked. */
static bool takes_next(const char *word)
{
	if (flag_takes_next(common_flags, COUNT(common_flags), word))
		return true;
	for (size_t i = 0; i < COUNT(verbs); i++)
		if (flag_takes_next(verbs[i]->flags, verbs[i]->flag_count, word))
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

static int parse_flags(const struct ctl_verb *verb, int argc, char **argv, struct flag_words *rest)
{
	struct flag flags[MAX_FLAGS];
	size_t own = verb ? verb->flag_count : 0;
	char problem[256];

	memcpy(flags, common_flags, sizeof(common_flags));
	if (own)
		memcpy(flags + COUNT(common_flags), verb->flags, own * sizeof(*flags));
	if (flag_parse(flags, COUNT(common_flags) + own, argc, argv, rest, problem, sizeof(problem)))
		return ctl_fail(CTL_USAGE, "%s%s%s", verb ? verb->name : "", verb ? ": " : "", problem);
	if (!output || !strcmp(output, "table"))
		options.output = OUTPUT_TABLE;
	else if (!strcmp(output, "wide"))
		options.output = OUTPUT_WIDE;
	else if (!strcmp(output, "json"))
		options.output = OUTPUT_JSON;
	else
		return ctl_fail(CTL_USAGE, "-o is table, wide or json, not '%s'", output);
	return CTL_OK;
}

static int show(const struct ctl_verb *verb)
{
	struct snapshot *snapshot;
	int status = ctl_read(&options, 0, &snapshot);

	if (status != CTL_OK)
		return status;
	status = ctl_write(&options, verb->report(snapshot), verb->print);
	map_reader_free(snapshot);
	return status;
}

/* words[0] is the verb's name. */
static int run_verb(const struct ctl_verb *verb, const struct flag_words *words)
{
	size_t room = verb->word ? 2 : 1;

	if (words->count > room)
		return ctl_fail(CTL_USAGE, "%s: one word too many: '%s'", verb->name,
				words->items[room]);
	if (!verb->run)
		return show(verb);
	return verb->run(&options, words->count > 1 ? words->items[1] : NULL);
}

static int run(int argc, char **argv, struct flag_words *words)
{
	const char *name = verb_name(argc, argv);
	const struct ctl_verb *verb = name ? find_verb(name) : NULL;
	int status;

	if (name && !verb)
		return unknown_verb(name);
	status = parse_flags(verb, argc, argv, words);
	if (status != CTL_OK)
		return status;
	if (version)
		return print_version(&options, NULL);
	if (verb && !help)
		return run_verb(verb, words);
	if (verb)
		print_usage(verb);
	else
		print_help(help ? stdout : stderr);
	return help ? CTL_OK : CTL_USAGE;
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
