/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The decision of `explain` in one sentence. */
#include <stdio.h>
#include <string.h>

#include "report_common.h"
#include "report_explain_parts.h"
#include "report_filter.h"

#define NETWORKS_NAMED 4

/* "A new connection from 10.10.0.89:1234 to 10.20.194.146:5000/tcp" */
static json_t *subject(const json_t *report)
{
	const char *from = report_string(report, "from");

	return json_sprintf("%s connection%s%s to %s/%s",
			    json_is_object(json_object_get(report, "flow")) ? "The" : "A new",
			    from ? " from " : "", from ? from : "", report_string(report, "vip"),
			    report_string(report, "protocol"));
}

/* " goes to ..." a backend or the upstream of a flow, which is at object[key]. */
static json_t *destination(const json_t *object, const char *key, const char *verb)
{
	const char *address = report_string(object, key), *transport;
	char network[REPORT_CELL_MAX];
	const char *name = report_cell(object, "network", network);

	transport = report_string(object, "transport");
	if (transport && !strcmp(transport, "geneve"))
		return json_sprintf("%s through the gateway %s to a pod of %s", verb, address,
				    name);
	if (transport && !strcmp(transport, "passthrough"))
		return json_sprintf("%s to the stock gateway %s of %s, which picks the pod", verb,
				    address, name);
	return json_sprintf("%s to the pod %s of %s", verb, address, name);
}

/* Adds the share to that of its network in [{network, share}]. */
static void add_share(json_t *sums, const json_t *backend)
{
	json_t *share = json_object_get(backend, "table_share"), *sum;
	char buf[REPORT_CELL_MAX];
	const char *network = report_cell(backend, "network", buf);
	size_t i;

	if (!(json_real_value(share) > 0))
		return;
	json_array_foreach(sums, i, sum) {
		if (strcmp(report_string(sum, "network"), network))
			continue;
		json_object_set_new(sum, "share",
				    json_real(json_real_value(share) +
					      json_real_value(json_object_get(sum, "share"))));
		return;
	}
	json_array_append_new(sums, json_pack("{s:s,s:O}", "network", network, "share", share));
}

/* "goes to a pod of network1 (50.0%) or network2 (50.0%)" */
static json_t *distribution(const json_t *report)
{
	json_t *sums = json_array(), *backend, *sum, *text;
	char list[512] = "", percent[32];
	size_t i, count, used = 0;

	json_array_foreach(json_object_get(report, "distribution"), i, backend)
		add_share(sums, backend);
	count = json_array_size(sums);
	json_array_foreach(sums, i, sum) {
		if (i == NETWORKS_NAMED || used >= sizeof(list))
			break;
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%.64s (%s)",
					 !i             ? "" :
					 i + 1 == count ? " or " :
							  ", ",
					 report_string(sum, "network"),
					 report_percent(sum, "share", percent));
	}
	text = count > NETWORKS_NAMED ?
		       json_sprintf("goes to a pod of %s, or of %zu other networks", list,
				    count - NETWORKS_NAMED) :
		       json_sprintf("goes to a pod of %s", *list ? list : "no network");
	json_decref(sums);
	return text;
}

static json_t *refused(const json_t *report)
{
	size_t excluded = json_array_size(json_object_get(report, "excluded"));

	if (!excluded)
		return json_string("is refused: the service has no endpoint");
	return json_sprintf(
		"is refused: each of the service's endpoints is excluded, %zu in all, as "
		"listed below",
		excluded);
}

/* The service that the agent's status has at this address, or NULL. */
static const json_t *known_service(const json_t *report, const json_t *state)
{
	const char *vip = report_string(report, "vip");
	json_t *service;
	size_t i;

	json_array_foreach(json_object_get(state, "services"), i, service) {
		char buf[ADDR_TEXT_MAX];

		if (report_status_vip(service, buf) && !strcmp(buf, vip) &&
		    !strcmp(report_string(service, "protocol"), report_string(report, "protocol")))
			return service;
	}
	return NULL;
}

static json_t *no_service(const json_t *report, const json_t *state)
{
	const char *vip = report_string(report, "vip"),
		   *protocol = report_string(report, "protocol");
	const json_t *service = known_service(report, state);
	const char *known = service ? report_string(service, "state") : NULL;

	if (known)
		return json_sprintf(
			"%s/%s is a service that the agent knows, but Parallax does not "
			"translate it (%s): its packets pass untouched.",
			vip, protocol, known);
	return json_sprintf("%s/%s is no service of this node: its packets pass untouched.", vip,
			    protocol);
}

static json_t *predicate(const json_t *report, const char *outcome)
{
	if (!strcmp(outcome, "flow"))
		return destination(json_object_get(report, "flow"), "upstream", "is open and goes");
	if (!strcmp(outcome, "drop_overload"))
		return json_string("is refused: a drop overload of the control plane takes it");
	if (!strcmp(outcome, "no_backend"))
		return refused(report);
	if (!strcmp(outcome, "stale_row"))
		return json_string(
			"meets a service that is being changed at this moment: ask again");
	if (!strcmp(outcome, "chosen_per_connection"))
		return distribution(report);
	return destination(json_object_get(report, "backend"), "address", "goes");
}

json_t *report_explain_summary(const json_t *report, const json_t *state)
{
	const char *outcome = report_string(report, "outcome");
	json_t *first, *second, *sentence;

	if (!strcmp(outcome, "not_a_service"))
		return no_service(report, state);
	first = subject(report);
	second = predicate(report, outcome);
	sentence = json_sprintf("%s %s.", json_string_value(first), json_string_value(second));
	json_decref(first);
	json_decref(second);
	return sentence;
}
