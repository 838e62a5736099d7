/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl version. */
#include "ctl.h"
#include "version.h"

static int version(const struct ctl_options *options, const char *word, json_t **ret)
{
	*ret = json_pack("{s:i,s:s}", "schema", REPORT_SCHEMA, "version", PARALLAX_VERSION);
	return CTL_OK;
}

static int print_version(const json_t *report, bool wide, FILE *out)
{
	fprintf(out, "parallaxctl %s\n", json_string_value(json_object_get(report, "version")));
	return 0;
}

const struct ctl_verb ctl_version = {
	.name = "version",
	.summary = "version of this program",
	.ask = version,
	.print = print_version,
};
