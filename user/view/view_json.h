/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Views as JSON, in the shape `parallaxctl preview -o json` prints. */
#ifndef VIEW_JSON_H
#define VIEW_JSON_H

#include <jansson.h>

#include "assignment.h"
#include "table.h"
#include "view.h"

/* One object, a new reference; `service` is the host, or the cluster name when that has another
 * form. `table` gives table_share. Returns NULL without memory. */
json_t *view_to_json(const struct view *view, const struct table *table, const char *service);

/* The same shape for an assignment that was refused, empty but for names and reason. */
json_t *view_rejected_to_json(const struct assignment *assignment, const char *service);

/* [{category, ratio, refused}]: of what reaches the category, and of all new connections. */
json_t *view_drops_json(const struct view *view);
/* [{address, reason}] of endpoints that are counted and have no share. */
json_t *view_unused_json(const struct view *view);

/* One priority: hosts, health, loads. */
json_t *view_priority_json(const struct view_priority *priority);

/* "local" or "gateway". */
const char *view_kind_name(enum backend_kind kind);
/* "direct", "geneve" or "passthrough". */
const char *view_transport_name(enum backend_kind kind);
/* Name in JSON ("no_gateway") and text for display. */
const char *view_excluded_name(enum excluded reason);
const char *view_excluded_text(enum excluded reason);

#endif
