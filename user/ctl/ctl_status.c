/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl status. */
#include "ctl.h"

static int ask(const struct ctl_options *options, const char *word, json_t **ret)
{
	struct snapshot *snapshot;
	int status = ctl_read(options, READ_FLOWS | READ_COUNTERS, &snapshot);

	if (status != CTL_OK)
		return status;
	*ret = report_status(snapshot, options->pin_dir);
	if (!snapshot->status)
		status = ctl_fail(CTL_FAILED, "status: no agent has served here yet");
	map_reader_free(snapshot);
	return status;
}

const struct ctl_verb ctl_status = {
	.name = "status",
	.aliases = { "st" },
	.summary = "agent, programs, source, usage of maps, drops",
	.ask = ask,
	.print = report_status_print,
	.watched = true,
};
