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

typedef void report_flow_fn(void *arg, const json_t *flow);

/* Calls `visit` with each connection that the filter leaves, up to its limit. Needs READ_FLOWS. Returns
 * the number of the others. */
size_t report_flows_each(const struct snapshot *snapshot, const struct report_filter *filter,
			 report_flow_fn *visit, void *arg);

struct table_print;

/* An empty table of connections, or NULL; and a row of it. */
struct table_print *report_flows_table(bool wide);
void report_flows_row(struct table_print *table, const json_t *flow, bool wide);

enum flow_form { FLOWS_TABLE, FLOWS_WIDE, FLOWS_JSON, FLOWS_YAML };

/* Writes report_flows(), without ever holding all of it. Returns 0 or -errno. */
int report_flows_write(const struct snapshot *snapshot, const struct report_filter *filter,
		       enum flow_form form, FILE *out, size_t *ret_written);

bool report_flow_matches(const struct report_filter *filter, const json_t *flow);

/* One line for display about an event: time, "open" or "close", and the connection. */
void report_flow_event_print(const json_t *flow, bool closed, FILE *out);

#endif
