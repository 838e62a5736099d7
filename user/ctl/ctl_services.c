/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl services, endpoints. */
#include "ctl.h"

static const char *const endpoint_states[] = { "active", "draining", "excluded", NULL };
static const char *argument; /* of `endpoints` */

static bool is_empty(const json_t *report)
{
	return json_array_size(json_object_get(report, "endpoints")) == 0 &&
	       json_array_size(json_object_get(report, "excluded")) == 0;
}

static int check_endpoints(const struct ctl_options *options, const char *word)
{
	if (word && ctl_filter.services.count)
		return ctl_fail(CTL_USAGE, "endpoints: both '%s' and --service name a service",
				word);
	argument = word;
	if (word)
		ctl_filter.services = (struct flag_words){ .items = &argument, .count = 1 };
	return ctl_filter_check(&ctl_endpoints);
}

/* An empty answer to the name of a service is most likely a slip. */
static int explain_nothing(const struct snapshot *snapshot)
{
	const struct flag_words *services = &ctl_filter.services;

	if (services->count == 1 && !ctl_filter.networks.count && !ctl_filter.states.count &&
	    !ctl_filter.from.count && !ctl_filter.vips.count)
		return ctl_fail(CTL_FAILED,
				"endpoints: no endpoint of a service '%s': see "
				"`parallaxctl services`",
				services->items[0]);
	return ctl_filter_explain_nothing(snapshot);
}

static int endpoints(const struct ctl_options *options, const char *word, json_t **ret)
{
	struct snapshot *snapshot;
	int status = ctl_read(options, READ_FLOWS, &snapshot);

	if (status != CTL_OK)
		return status;
	*ret = report_endpoints(snapshot, &ctl_filter);
	if (*ret && is_empty(*ret))
		status = explain_nothing(snapshot);
	map_reader_free(snapshot);
	return status;
}

const struct ctl_verb ctl_services = {
	.name = "services",
	.aliases = { "svc", "service" },
	.summary = "virtual IPs and their backends",
	.report = report_services,
	.print = report_services_print,
	.watched = true,
};
const struct ctl_verb ctl_endpoints = {
	.name = "endpoints",
	.aliases = { "ep", "endpoint" },
	.summary = "backends with shares, and excluded endpoints",
	.word = "[HOST|CLUSTER|VIP:PORT]",
	.flags = { &ctl_filter_flags },
	.states = endpoint_states,
	.watched = true,
	.check = check_endpoints,
	.ask = endpoints,
	.print = report_endpoints_print,
};
