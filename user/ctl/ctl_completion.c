/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl completion: the script of a shell. */
#include "ctl_completion.h"

#include <stdio.h>
#include <string.h>

#include "report_common.h"

static const struct script {
	const char *name;
	void (*write)(const struct ctl_verb *const *verbs, FILE *out);
	ctl_report_fn *report; /* or the names in report[name][].key, one a line */
	const char *key;
} scripts[] = {
	{ "bash", completion_bash, NULL, NULL },
	{ "zsh", completion_zsh, NULL, NULL },
	{ "fish", completion_fish, NULL, NULL },
	{ "kubectl", completion_kubectl, NULL, NULL },
	{ "networks", NULL, report_networks, "name" },
	{ "services", NULL, report_services, "vip" },
};

static const struct script *find_script(const char *name)
{
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++)
		if (!strcmp(scripts[i].name, name))
			return &scripts[i];
	return NULL;
}

/* Called while the user types: without a data plane, or the right to read it, there are no names. */
static void write_names(const struct ctl_options *options, const struct script *script)
{
	char reason[MAP_READER_REASON];
	struct snapshot *snapshot;
	json_t *report, *item;
	size_t i;

	if (map_reader_read(options->pin_dir, READ_STATUS, &snapshot, reason))
		return;
	report = script->report(snapshot);
	json_array_foreach(json_object_get(report, script->name), i, item)
		if (report_string(item, script->key))
			puts(report_string(item, script->key));
	json_decref(report);
	map_reader_free(snapshot);
}

static int run(const struct ctl_options *options, const char *word)
{
	const struct script *script = word ? find_script(word) : NULL;

	if (!script)
		return ctl_fail(CTL_USAGE, "completion: needs bash, zsh, fish or kubectl%s%s%s",
				word ? ", not '" : "", word ? word : "", word ? "'" : "");
	if (script->write)
		script->write(options->verbs, stdout);
	else
		write_names(options, script);
	return CTL_OK;
}

const struct ctl_verb ctl_completion = {
	.name = "completion",
	.summary = "the completion script of a shell",
	.word = "bash|zsh|fish|kubectl",
	.run = run,
};
