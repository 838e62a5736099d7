/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl diff. */
#include "ctl.h"
#include "report.h"

static int run(const struct ctl_options *options, const char *word)
{
	struct snapshot *snapshot;
	json_t *report;
	bool in_step;
	int status = ctl_read(options, 0, &snapshot);

	if (status != CTL_OK)
		return status;
	report = report_diff(snapshot);
	in_step = json_is_true(json_object_get(report, "in_step"));
	status = ctl_write(options, report, report_diff_print);
	map_reader_free(snapshot);
	return status == CTL_OK && !in_step ? CTL_FAILED : status;
}

const struct ctl_verb ctl_diff = {
	.name = "diff", .summary = "the source's last assignments compared with the kernel", .run = run,
};
