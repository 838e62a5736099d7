/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl status. */
#include "ctl_common.h"
#include "report.h"

int ctl_status(const struct ctl_options *options, int argc, char **argv)
{
	struct snapshot *snapshot;
	bool served;
	int status = ctl_args(NULL, 0, argc, argv, NULL, 0);

	if (status == CTL_OK)
		status = ctl_read(options, READ_FLOWS | READ_COUNTERS, &snapshot);
	if (status != CTL_OK)
		return status;
	served = snapshot->agent_text != NULL;
	status = ctl_write(options, report_status(snapshot, options->pin_dir),
			   report_status_print);
	map_reader_free(snapshot);
	if (status == CTL_OK && !served)
		return ctl_fail(CTL_FAILED, "status: no agent has served here yet");
	return status;
}
