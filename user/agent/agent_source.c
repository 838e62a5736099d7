/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where assignments come from, be it files, a control plane or nowhere. */
#include "agent.h"

struct assignment_list agent_source_list(const struct agent *agent)
{
	if (agent->ads)
		return ads_source_list(agent->ads);
	return agent->source ? file_source_list(agent->source) : (struct assignment_list){};
}

uint64_t agent_source_layout(const struct agent *agent)
{
	if (agent->ads)
		return ads_source_layout(agent->ads);
	return agent->source ? agent->source->layout : 0;
}

bool agent_source_knows(const struct agent *agent, const char *cluster)
{
	if (agent->ads)
		return ads_source_knows(agent->ads, cluster);
	return !agent->source || file_source_find(agent->source, cluster) ||
	       file_source_knows(agent->source, cluster);
}

bool agent_source_knows_names(const struct agent *agent)
{
	if (agent->ads)
		return ads_source_knows_names(agent->ads);
	return !agent->source || file_source_knows(agent->source, "");
}
