/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The flags by which `flows` and `endpoints` filter. */
#include <string.h>

#include "ctl.h"
#include "decimal.h"
#include "report_common.h"
#include "suggest.h"

struct report_filter ctl_filter;
static const char *limit;

static const struct flag flags[] = {
	{ "--network", .values = &ctl_filter.networks, .argument = "NAME",
	  .text = "only of this network, as in the column NETWORK; each filter is repeatable" },
	{ "--service", .values = &ctl_filter.services, .argument = "HOST|CLUSTER|VIP:PORT",
	  .text = "only of this service; the last labels of a host may be omitted" },
	{ "--vip", .values = &ctl_filter.vips, .argument = "ADDRESS[:PORT]",
	  .text = "only to this virtual IP, or one of ADDRESS/BITS" },
	{ "--from", .values = &ctl_filter.from, .argument = "ADDRESS[:PORT]",
	  .text = "only from this client, or one of ADDRESS/BITS" },
	{ "--state", .values = &ctl_filter.states, .argument = "STATE",
	  .text = "only in this state, as in the column STATE" },
	{ "--limit", .value = &limit, .argument = "COUNT",
	  .text = "the first of them, and the number of the others" },
};

const struct ctl_flags ctl_filter_flags = CTL_FLAGS(flags);

int ctl_filter_check(const struct ctl_verb *verb)
{
	char problem[256];
	uint64_t count = 0;

	if (limit && (!decimal_parse(limit, strlen(limit), UINT32_MAX, &count) || !count))
		return ctl_fail(CTL_USAGE, "%s: --limit is a number from 1, not '%s'", verb->name,
				limit);
	ctl_filter.limit = count;
	if (report_filter_check(&ctl_filter, verb->states, problem, sizeof(problem)))
		return ctl_fail(CTL_USAGE, "%s: %s", verb->name, problem);
	return CTL_OK;
}

/* True if `name` is a network of this node; else offers all of them. */
static bool is_network(const struct snapshot *snapshot, const char *name, struct suggestion *near)
{
	json_t *report = report_networks(snapshot), *network;
	bool found = false;
	size_t i;

	json_array_foreach(json_object_get(report, "networks"), i, network) {
		const char *known = report_string(network, "name");

		found |= known && !strcmp(known, name);
		if (known)
			suggest_offer(near, known);
	}
	/* A suggestion is borrowed from the snapshot or the report, so that it is used before. */
	if (!found && near->name)
		ctl_fail(CTL_FAILED, "this node knows no network '%s': did you mean '%s'?", name,
			 near->name);
	else if (!found)
		ctl_fail(CTL_FAILED, "this node knows no network '%s': see `parallaxctl networks`",
			 name);
	json_decref(report);
	return found;
}

int ctl_filter_explain_nothing(const struct snapshot *snapshot)
{
	int status = CTL_OK;

	for (size_t i = 0; i < ctl_filter.networks.count; i++) {
		struct suggestion near = { .word = ctl_filter.networks.items[i] };

		if (!is_network(snapshot, near.word, &near))
			status = CTL_FAILED;
	}
	return status;
}
