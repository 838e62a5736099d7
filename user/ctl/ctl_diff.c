/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl diff. */
#include "ctl.h"

static int ask(const struct ctl_options *options, const char *word, json_t **ret)
{
	struct snapshot *snapshot;
	int status = ctl_read(options, 0, &snapshot);

	if (status != CTL_OK)
		return status;
	*ret = report_diff(snapshot);
	map_reader_free(snapshot);
	return !*ret || json_is_true(json_object_get(*ret, "in_step")) ? CTL_OK : CTL_FAILED;
}

const struct ctl_verb ctl_diff = {
	.name = "diff",
	.summary = "the source's last assignments compared with the kernel",
	.ask = ask,
	.print = report_diff_print,
	.watched = true,
};
