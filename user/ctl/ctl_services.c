/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl services, endpoints. */
#include "ctl_common.h"
#include "report.h"

int ctl_services(const struct ctl_options *options, int argc, char **argv)
{
	struct snapshot *snapshot;
	int status = ctl_args(NULL, 0, argc, argv, NULL, 0);

	if (status == CTL_OK)
		status = ctl_read(options, 0, &snapshot);
	if (status != CTL_OK)
		return status;
	status = ctl_write(options, report_services(snapshot), report_services_print);
	map_reader_free(snapshot);
	return status;
}

static bool is_empty(const json_t *report)
{
	return json_array_size(json_object_get(report, "endpoints")) == 0 &&
	       json_array_size(json_object_get(report, "excluded")) == 0;
}

int ctl_endpoints(const struct ctl_options *options, int argc, char **argv)
{
	const char *filter = NULL;
	struct snapshot *snapshot;
	json_t *report;
	bool empty;
	int status = ctl_args(NULL, 0, argc, argv, &filter, 1);

	if (status == CTL_OK)
		status = ctl_read(options, READ_FLOWS, &snapshot);
	if (status != CTL_OK)
		return status;
	report = report_endpoints(snapshot, filter);
	empty = filter && is_empty(report);
	status = ctl_write(options, report, report_endpoints_print);
	if (status == CTL_OK && empty)
		status = ctl_fail(CTL_FAILED, "endpoints: no endpoint of a service '%s': see "
				  "`parallaxctl services`", filter);
	map_reader_free(snapshot);
	return status;
}
