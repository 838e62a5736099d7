/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl: finds the verb and the flags that all verbs take. */
#include "ctl.h"

#include <stdio.h>
#include <string.h>

#include "flag_parse.h"
#include "version.h"

static const struct ctl_verb verbs[] = {
	{ "status", "agent, programs, source, map pressure, drops", "", ctl_status },
	{ "services", "virtual IPs and who answers for them", "", ctl_services },
	{ "endpoints", "backends with shares, and what is excluded",
	  " [HOST|CLUSTER|VIP:PORT]", ctl_endpoints },
	{ "networks", "networks and how each is entered", "", ctl_networks },
	{ "gateways", "gateways with share, health and round-trip time", "", ctl_gateways },
	{ "flows", "connections, or (--follow) as they open and close",
	  " [--follow] [--format table|envoy|json]", ctl_flows },
	{ "explain", "why a connection goes where it goes, step by step",
	  " VIP:PORT [--proto tcp|udp] [--from ADDRESS[:PORT]]", ctl_explain },
	{ "preview", "the shares of assignments, offline and without root",
	  " --config FILE [--eds FILE] [--network NAME] [--family 4|6]"
	  " [--drops] [--health] [--unhealthy ADDRESS:PORT]...",
	  ctl_preview },
	{ "diff", "the source's last word against what is in the kernel", "", ctl_diff },
	{ "check", "is this machine fit, each miss by name", " [--config FILE]", ctl_check },
	{ "uninstall", "take everything out of the kernel", " [--force]", ctl_uninstall },
};

#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

static void print_help(FILE *out)
{
	fputs("usage: parallaxctl VERB [ARGUMENTS] [-o table|wide|json] [--pin-dir DIR]\n\n", out);
	for (size_t i = 0; i < VERB_COUNT; i++)
		fprintf(out, "  %-10s %s\n", verbs[i].name, verbs[i].summary);
	fprintf(out, "  %-10s %s\n\n", "version", "version of this program");
	fputs("`parallaxctl VERB --help` shows a verb's arguments; parallaxctl(8) tells the rest.\n",
	      out);
}

static void print_usage(const struct ctl_verb *verb, FILE *out)
{
	fprintf(out, "usage: parallaxctl %s%s [-o table|wide|json] [--pin-dir DIR]\n%s\n",
		verb->name, verb->usage, verb->summary);
}

static const struct ctl_verb *find_verb(const char *name)
{
	for (size_t i = 0; i < VERB_COUNT; i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

static int unknown_verb(const char *name)
{
	const char *names[VERB_COUNT + 1];
	const char *near;

	for (size_t i = 0; i < VERB_COUNT; i++)
		names[i] = verbs[i].name;
	names[VERB_COUNT] = "version";
	near = flag_suggest(name, names, VERB_COUNT + 1);
	if (near)
		return ctl_fail(CTL_USAGE, "unknown verb '%s': did you mean '%s'?", name, near);
	return ctl_fail(CTL_USAGE, "unknown verb '%s': see `parallaxctl --help`", name);
}

static int print_version(const struct ctl_options *options)
{
	if (options->output == OUTPUT_JSON)
		printf("{\n  \"schema\": 1,\n  \"version\": \"%s\"\n}\n", PARALLAX_VERSION);
	else
		printf("parallaxctl %s\n", PARALLAX_VERSION);
	return CTL_OK;
}

static int parse_output(const char *word, enum ctl_output *ret)
{
	if (!word || !strcmp(word, "table"))
		*ret = OUTPUT_TABLE;
	else if (!strcmp(word, "wide"))
		*ret = OUTPUT_WIDE;
	else if (!strcmp(word, "json"))
		*ret = OUTPUT_JSON;
	else
		return ctl_fail(CTL_USAGE, "-o is table, wide or json, not '%s'", word);
	return CTL_OK;
}

/* Flags of verbs that take a value: when they stand before the verb, the value is not the verb. */
static bool takes_value(const char *word)
{
	static const char *const names[] = { "--config", "-c", "--eds", "--network", "--family",
					     "--unhealthy", "--from", "--proto", "--format" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(word, names[i]))
			return true;
	return false;
}

/* Index of the verb among the words, or -1. */
static int verb_index(const struct flag_rest *rest)
{
	for (int i = 0; i < rest->count; i++) {
		if (rest->words[i][0] != '-')
			return i;
		i += takes_value(rest->words[i]);
	}
	return -1;
}

static int run_verb(const struct ctl_options *options, struct flag_rest *rest, bool help)
{
	int index = verb_index(rest);
	const struct ctl_verb *verb;
	char *name;

	if (index < 0 && help) {
		print_help(stdout);
		return CTL_OK;
	}
	if (index < 0) {
		print_help(stderr);
		return CTL_USAGE;
	}
	name = rest->words[index];
	if (!strcmp(name, "version"))
		return print_version(options);
	verb = find_verb(name);
	if (!verb)
		return unknown_verb(name);
	if (help) {
		print_usage(verb, stdout);
		return CTL_OK;
	}
	/* The verb's name takes the place of argv[0]; what stood before it moves behind it. */
	memmove(&rest->words[1], &rest->words[0], (size_t)index * sizeof(char *));
	rest->words[0] = name;
	return verb->run(options, rest->count, rest->words);
}

int main(int argc, char **argv)
{
	const char *output = NULL;
	struct ctl_options options = { .pin_dir = CTL_PIN_DIR };
	bool help = false, version = false;
	const struct flag flags[] = {
		{ .name = "--output", .letter = "-o", .value = &output },
		{ .name = "--pin-dir", .value = &options.pin_dir },
		{ .name = "--help", .letter = "-h", .set = &help },
		{ .name = "--version", .set = &version },
	};
	char *words[argc + 1];
	struct flag_rest rest = { .words = words, .room = argc };
	char problem[256];
	int status;

	if (flag_parse(flags, 4, argc, argv, true, &rest, problem, sizeof(problem)))
		return ctl_fail(CTL_USAGE, "%s", problem);
	status = parse_output(output, &options.output);
	if (status != CTL_OK)
		return status;
	if (version)
		return print_version(&options);
	words[rest.count] = NULL;
	status = run_verb(&options, &rest, help);
	if (fflush(stdout) && status == CTL_OK)
		status = CTL_FAILED;
	return status;
}
