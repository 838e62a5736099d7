/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The answers of `check` and `uninstall`, for display. */
#include "report.h"
#include "report_common.h"

int report_check_print(const json_t *report, bool wide, FILE *out)
{
	static const struct report_column columns[] = {
		{ "CHECK", "name", report_cell },
		{ "RESULT", "result", report_cell },
		{ "WHAT", "text", report_cell },
	};
	int err = report_table(json_object_get(report, "checks"), columns, 3, out);

	fprintf(out, "\n%s\n",
		json_is_true(json_object_get(report, "fit")) ?
			"This machine meets the requirements." :
			"This machine does not meet the requirements: see `fail` above.");
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
