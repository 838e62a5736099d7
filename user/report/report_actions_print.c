/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The answers of `check` and `uninstall`, for display. */
#include <string.h>

#include "report.h"
#include "report_common.h"

static bool has_warnings(const json_t *checks)
{
	const json_t *check;
	size_t i;

	json_array_foreach(checks, i, check) {
		const char *result = json_string_value(json_object_get(check, "result"));

		if (result && !strcmp(result, "warn"))
			return true;
	}
	return false;
}

/* Not "meets" alone beside a warning: that may cost traffic, too. */
static void print_verdict(const json_t *report, FILE *out)
{
	if (!json_is_true(json_object_get(report, "fit")))
		fputs("\nThis machine does not meet the requirements: see `fail` above.\n", out);
	else if (has_warnings(json_object_get(report, "checks")))
		fputs("\nThis machine meets the requirements, but traffic may be lost: see `warn` "
		      "above.\n",
		      out);
	else
		fputs("\nThis machine meets the requirements.\n", out);
}

int report_check_print(const json_t *report, bool wide, FILE *out)
{
	static const struct report_column columns[] = {
		{ "CHECK", "name", report_cell },
		{ "RESULT", "result", report_cell },
		{ "WHAT", "text", report_cell },
	};
	int err = report_table(json_object_get(report, "checks"), columns, 3, out);

	print_verdict(report, out);
	return err;
}

int report_uninstall_print(const json_t *report, bool wide, FILE *out)
{
	long long detached = json_integer_value(json_object_get(report, "detached"));
	long long unpinned = json_integer_value(json_object_get(report, "unpinned"));

	if (detached == 0 && unpinned == 0)
		fputs("nothing is pinned there\n", out);
	else
		fprintf(out, "%lld programs detached, %lld pins removed\n", detached, unpinned);
	return 0;
}
