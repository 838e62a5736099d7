/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl networks, gateways. */
#include "ctl_common.h"
#include "report.h"

static int run(const struct ctl_options *options, int argc, char **argv,
	       json_t *(*report)(const struct snapshot *),
	       int (*print)(const json_t *, bool, FILE *))
{
	struct snapshot *snapshot;
	int status = ctl_args(NULL, 0, argc, argv, NULL, 0);

	if (status == CTL_OK)
		status = ctl_read(options, 0, &snapshot);
	if (status != CTL_OK)
		return status;
	status = ctl_write(options, report(snapshot), print);
	map_reader_free(snapshot);
	return status;
}

int ctl_networks(const struct ctl_options *options, int argc, char **argv)
{
	return run(options, argc, argv, report_networks, report_networks_print);
}

int ctl_gateways(const struct ctl_options *options, int argc, char **argv)
{
	return run(options, argc, argv, report_gateways, report_gateways_print);
}
