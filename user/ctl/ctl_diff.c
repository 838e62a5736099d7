/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl diff. */
#include "ctl_common.h"
#include "report.h"

int ctl_diff(const struct ctl_options *options, int argc, char **argv)
{
	struct snapshot *snapshot;
	json_t *report;
	bool in_step;
	int status = ctl_args(NULL, 0, argc, argv, NULL, 0);

	if (status == CTL_OK)
		status = ctl_read(options, 0, &snapshot);
	if (status != CTL_OK)
		return status;
	report = report_diff(snapshot);
	in_step = json_is_true(json_object_get(report, "in_step"));
	status = ctl_write(options, report, report_diff_print);
	map_reader_free(snapshot);
	return status == CTL_OK && !in_step ? CTL_FAILED : status;
}
