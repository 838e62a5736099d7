/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl services, endpoints. */
#include "ctl.h"
#include "report.h"

static bool is_empty(const json_t *report)
{
	return json_array_size(json_object_get(report, "endpoints")) == 0 &&
	       json_array_size(json_object_get(report, "excluded")) == 0;
}

static int show_endpoints(const struct ctl_options *options, const char *filter)
{
	struct snapshot *snapshot;
	json_t *report;
	bool empty;
	int status = ctl_read(options, READ_FLOWS, &snapshot);

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

const struct ctl_verb ctl_services = {
	.name = "services", .summary = "virtual IPs and their backends",
	.report = report_services, .print = report_services_print,
};
const struct ctl_verb ctl_endpoints = {
	.name = "endpoints", .summary = "backends with shares, and excluded endpoints",
	.word = "[HOST|CLUSTER|VIP:PORT]", .run = show_endpoints,
};
