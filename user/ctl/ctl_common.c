/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Steps that most verbs of parallaxctl take. */
#include "ctl.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

int ctl_fail(int status, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("parallaxctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
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

int ctl_write(const struct ctl_options *options, json_t *report, ctl_print_fn *print)
{
	int err;

	if (!report)
		return ctl_fail(CTL_FAILED, "out of memory");
	if (options->output == OUTPUT_JSON)
		err = ctl_write_json(report, stdout);
	else
		err = print(report, options->output == OUTPUT_WIDE, stdout);
	json_decref(report);
	return err ? ctl_fail(CTL_FAILED, "%s", strerror(-err)) : CTL_OK;
}
