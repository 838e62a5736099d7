/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The status of a source as JSON. */
#ifndef AGENT_SOURCE_STATE_H
#define AGENT_SOURCE_STATE_H

#include <stdint.h>
#include <time.h>

#include <jansson.h>

struct source_status;

/* null for NULL; not every byte of a name is a character: others are shown as '?'. */
json_t *agent_json_text(const char *value);

/* The wall clock as text; null for 0. */
json_t *agent_json_moment(time_t when);

/* Wall clock of a time in the status; 0 for 0. */
time_t agent_wall_clock(const struct source_status *status, int64_t at_ms);

/* The object `source` of the state. NULL: out of memory. */
json_t *agent_source_state(const struct source_status *status);

#endif
