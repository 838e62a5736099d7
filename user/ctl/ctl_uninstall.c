/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl uninstall. */
#include <errno.h>
#include <string.h>

#include "ctl.h"
#include "uninstall.h"

static int failed(const char *pin_dir, int err, const struct uninstall_report *report)
{
	switch (err) {
	case -EBUSY:
		if (report->owner == 0)
			return ctl_fail(CTL_FAILED, "uninstall: an agent runs on %s: stop it first, "
					"or use --force", pin_dir);
		return ctl_fail(CTL_FAILED, "uninstall: an agent runs on %s, pid %d: stop it first, "
				"or use --force", pin_dir, (int)report->owner);
	case -EMEDIUMTYPE:
		return ctl_fail(CTL_FAILED, "uninstall: %s does not lie on a BPF file system",
				pin_dir);
	case -ENOTEMPTY:
		return ctl_fail(CTL_FAILED, "uninstall: %s holds no pins of Parallax, but pins of "
				"others: nothing removed", pin_dir);
	case -EAGAIN:
		return ctl_fail(CTL_FAILED,
				"uninstall: something was pinned in %s again and again: "
				"end the agent, or what else pins there, and run it again",
				pin_dir);
	case -EXDEV:
		return ctl_fail(CTL_FAILED, "uninstall: filters of %s are in another network "
				"namespace: run it there, or with --force if that is gone",
				pin_dir);
	case -EPERM:
	case -EACCES:
		return ctl_fail(CTL_FAILED, "uninstall: %s: not permitted, run as root", pin_dir);
	}
	return ctl_fail(CTL_FAILED, "uninstall: %s/%s: %s; run it again", pin_dir,
			report->failed, strerror(-err));
}

static bool force;

static const struct flag flags[] = {
	{ "--force", .set = &force, .text = "also while an agent runs, or from another network namespace" },
};

static int ask(const struct ctl_options *options, const char *word, json_t **ret)
{
	struct uninstall_report report = {};
	int err = dataplane_uninstall(options->pin_dir, force, &report);

	if (err)
		return failed(options->pin_dir, err, &report);
	*ret = json_pack("{s:i,s:I,s:I}", "schema", REPORT_SCHEMA, "detached",
			 (json_int_t)report.detached, "unpinned", (json_int_t)report.unpinned);
	return CTL_OK;
}

static const struct ctl_flags own_flags = CTL_FLAGS(flags);

const struct ctl_verb ctl_uninstall = {
	.name = "uninstall",
	.summary = "remove everything from the kernel",
	.flags = { &own_flags },
	.ask = ask,
	.print = report_uninstall_print,
};
