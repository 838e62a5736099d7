/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One dropped packet as JSON and as a line, for `flows --drops`. */
#ifndef REPORT_DROP_EVENT_H
#define REPORT_DROP_EVENT_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "report_filter.h"
#include "snapshot.h"

/* A new reference, or NULL. */
json_t *report_drop_event(const struct snapshot *snapshot, const struct drop_event *event);

bool report_drop_event_matches(const struct report_filter *filter, const json_t *packet);

void report_drop_event_print(const json_t *packet, FILE *out);

#endif
