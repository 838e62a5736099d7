/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Steps that most verbs of parallaxctl take. */
#include "ctl.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "report_yaml.h"

static FILE *messages; /* NULL: stderr */

void ctl_messages_to(FILE *out)
{
	messages = out;
}

int ctl_fail(int status, const char *format, ...)
{
	FILE *out = messages ? messages : stderr;
	va_list args;

	fflush(stdout);
	fputs("parallaxctl: ", out);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fputc('\n', out);
	return status;
}

int ctl_read(const struct ctl_options *options, unsigned int parts, struct snapshot **ret)
{
	char reason[MAP_READER_REASON];

	if (map_reader_read(options->pin_dir, parts | READ_STATUS, ret, reason))
		return ctl_fail(CTL_FAILED, "%s", reason);
	return CTL_OK;
}

int ctl_write_json(const json_t *json, FILE *out)
{
	if (json_dumpf(json, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9)))
		return -EIO;
	fputc('\n', out);
	return ferror(out) ? -EIO : 0;
}

int ctl_write(const struct ctl_options *options, const json_t *report, ctl_print_fn *print,
	      FILE *out)
{
	int err;

	switch (options->output) {
	case OUTPUT_JSON:
		err = ctl_write_json(report, out);
		break;
	case OUTPUT_YAML:
		err = report_yaml_write(report, out);
		break;
	default:
		err = print(report, options->output == OUTPUT_WIDE, out);
	}
	return err ? ctl_fail(CTL_FAILED, "%s", strerror(-err)) : CTL_OK;
}

static int ask_snapshot(const struct ctl_verb *verb, const struct ctl_options *options,
			json_t **ret)
{
	struct snapshot *snapshot;
	int status = ctl_read(options, verb->parts, &snapshot);

	if (status != CTL_OK)
		return status;
	*ret = verb->report(snapshot);
	map_reader_free(snapshot);
	return CTL_OK;
}

int ctl_answer_once(const struct ctl_verb *verb, const struct ctl_options *options,
		    const char *word, FILE *out)
{
	json_t *report = NULL;
	int status, written;

	if (verb->write)
		return verb->write(options, out);
	status = verb->report ? ask_snapshot(verb, options, &report) :
				verb->ask(options, word, &report);
	if (!report)
		return status == CTL_OK ? ctl_fail(CTL_FAILED, "out of memory") : status;
	written = ctl_write(options, report, verb->print, out);
	json_decref(report);
	return status == CTL_OK ? written : status;
}
