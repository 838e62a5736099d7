/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the agent says about its control plane. */
#ifndef AGENT_ADS_STATE_H
#define AGENT_ADS_STATE_H

#include <stdint.h>
#include <time.h>

#include <jansson.h>

struct agent;

/* null for NULL; not every byte of a name is a character: others are shown as '?'. */
json_t *agent_json_text(const char *value);

/* The wall clock as text; null for 0. */
json_t *agent_json_moment(time_t when);

/* Wall clock of a moment of ads_source_now(); 0 for 0. */
time_t agent_wall_clock(int64_t at_ms);

/* The object `source` of the state; agent->ads is there. NULL: out of memory. */
json_t *agent_ads_state(const struct agent *agent);
/* Calls `visit` with each reason that stands; non-zero stops it and is returned. */
int agent_ads_problems(const struct agent *agent, int (*visit)(void *arg, const char *problem),
		       void *arg);

#endif
