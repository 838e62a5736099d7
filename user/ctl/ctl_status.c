/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl status. */
#include "ctl.h"
#include "report.h"

static int run(const struct ctl_options *options, const char *word)
{
	struct snapshot *snapshot;
	bool served;
	int status = ctl_read(options, READ_FLOWS | READ_COUNTERS, &snapshot);

	if (status != CTL_OK)
		return status;
	served = snapshot->status != NULL;
	status = ctl_write(options, report_status(snapshot, options->pin_dir),
			   report_status_print);
	map_reader_free(snapshot);
	if (status == CTL_OK && !served)
		return ctl_fail(CTL_FAILED, "status: no agent has served here yet");
	return status;
}

const struct ctl_verb ctl_status = {
	.name = "status", .summary = "agent, programs, source, usage of maps, drops", .run = run,
};
