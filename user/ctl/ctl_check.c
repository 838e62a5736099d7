/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl check. */
#include <string.h>

#include "ads_files.h"
#include "check.h"
#include "config.h"
#include "config_load.h"
#include "ctl.h"
#include "problem.h"

/* Each line of the problems is a finding of its own. */
static void add_problems(struct check_list *list, const struct problems *problems)
{
	const char *line = problems_text(problems);
	int length;

	for (; *line; line += length + (line[length] == '\n')) {
		length = (int)strcspn(line, "\n");
		check_add(list, "config", CHECK_FAIL, "%.*s", length, line);
	}
}

struct source_check {
	struct check_list *list;
	const char *path;
};

static void add_source(void *arg, const struct config_place *at, const char *text,
		       const char *problem)
{
	const struct source_check *check = arg;

	if (!problem)
		check_add(check->list, "source", CHECK_OK, "%s can be used", text);
	else if (at->line)
		check_add(check->list, "source", CHECK_FAIL, "%s:%u:%u: %s", check->path, at->line,
			  at->column, problem);
	else
		check_add(check->list, "source", CHECK_FAIL, "%s", problem);
}

static void check_file(struct check_list *list, const char *path, const char *pin_dir)
{
	struct problems problems = {};
	struct config *config;

	if (!path) {
		check_add(list, "config", CHECK_SKIP, "no --config: interfaces and gateway role are "
			  "not checked");
		return;
	}
	if (config_load(path, &config, &problems)) {
		add_problems(list, &problems);
	} else {
		check_add(list, "config", CHECK_OK, "%s is valid", path);
		ads_files_try(&config->ads, add_source, &(struct source_check){ list, path });
		check_config(list, config, pin_dir);
		config_free(config);
	}
	problems_done(&problems);
}

static const char *config_path;

static const struct flag flags[] = {
	{ "--config", "-c", .value = &config_path, .argument = "FILE",
	  .text = "also its interfaces, source and gateway role" },
};

/* On the command line a flag names the configuration, in a bug report `word` does. */
static int ask(const struct ctl_options *options, const char *word, json_t **ret)
{
	struct check_list list = {};

	check_host(&list, options->pin_dir);
	check_file(&list, word ? word : config_path, options->pin_dir);
	*ret = json_pack("{s:i,s:b,s:o}", "schema", REPORT_SCHEMA, "fit", !list.unfit, "checks",
			 list.items);
	return list.unfit ? CTL_FAILED : CTL_OK;
}

static const struct ctl_flags own_flags = CTL_FLAGS(flags);

const struct ctl_verb ctl_check = {
	.name = "check",
	.summary = "requirements of this machine and configuration",
	.flags = { &own_flags },
	.watched = true,
	.ask = ask,
	.print = report_check_print,
};
