/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The page /problems: what an operator must know now, by reasons. */
#include "problem_page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "agent.h"
#include "pins.h"
#include "problems.h"
#include "report_common.h"
#include "view_json.h"

#define FULL_PERCENT 90

static int add(void *arg, const char *reason, const char *problem)
{
	json_t *item = json_pack("{s:s,s:o}", "reason", reason, "message", report_text(problem));

	return json_array_append_new(arg, item) ? -ENOMEM : 0;
}

/* Endpoints of networks that cannot be entered, together: services have no problem of their own then. */
static int add_gateways(const struct agent *agent, json_t *list)
{
	static const enum excluded reasons[] = { EXCLUDED_NO_GATEWAY, EXCLUDED_UNKNOWN_GATEWAY };
	size_t counts[EXCLUDED_COUNT] = {};
	char text[256];
	int err = service_rows_count_excluded(&agent->reconciler.generation.rows, counts);

	for (size_t i = 0; !err && i < sizeof(reasons) / sizeof(*reasons); i++) {
		if (!counts[reasons[i]])
			continue;
		snprintf(text, sizeof(text), "%zu endpoints get no connections: %s",
			 counts[reasons[i]], view_excluded_text(reasons[i]));
		err = add(list, "GatewayUnknown", text);
	}
	return err;
}

/* Flows as the last sweep counted them; other maps refuse an update when they are full, which is a problem
 * already. */
static int add_flows(const struct agent *agent, json_t *list)
{
	const uint32_t *counts = agent->sweeper.counts;
	uint64_t used = counts[FAMILY_4] > counts[FAMILY_6] ? counts[FAMILY_4] : counts[FAMILY_6];
	struct pin_map info;
	char text[128];

	if (pins_map_info(dataplane_fds(agent->kernel.dataplane).flows[FAMILY_4], &info) ||
	    used * 100 < (uint64_t)info.max_entries * FULL_PERCENT)
		return 0;
	snprintf(text, sizeof(text), "more than %d %% of limits.flows are in use: new connections may be "
		 "refused", FULL_PERCENT);
	return add(list, "MapFull", text);
}

int problem_page(const struct agent *agent, struct evbuffer *body)
{
	json_t *list = json_array();
	int err = list ? problems_each(agent, add, list) : -ENOMEM;
	char *text;

	if (!err)
		err = add_gateways(agent, list);
	if (!err)
		err = add_flows(agent, list);
	text = err ? NULL : json_dumps(list, JSON_INDENT(1));
	if (text)
		evbuffer_add_printf(body, "%s\n", text);
	free(text);
	json_decref(list);
	return text ? 0 : -ENOMEM;
}
