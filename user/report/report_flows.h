/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One connection as JSON and as a row, for `flows` and `flows --follow`. */
#ifndef REPORT_FLOWS_H
#define REPORT_FLOWS_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "flow_view.h"
#include "report_filter.h"

/* A new reference, or NULL. */
json_t *report_flow(const struct snapshot *snapshot, const struct flow_view *view);

bool report_flow_matches(const struct report_filter *filter, const json_t *flow);

/* One line for display about an event: time, "open" or "close", and the connection. */
void report_flow_event_print(const json_t *flow, bool closed, FILE *out);

#endif
