/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Views as JSON, in the shape `parallaxctl preview -o json` prints. */
#include "view_json.h"

#include <netinet/in.h>

const char *view_kind_name(enum backend_kind kind)
{
	return kind == BACKEND_LOCAL ? "local" : "gateway";
}

const char *view_transport_name(enum backend_kind kind)
{
	if (kind == BACKEND_LOCAL)
		return "direct";
	return kind == BACKEND_GENEVE ? "geneve" : "passthrough";
}

static const struct {
	const char *name, *text;
} reasons[] = {
	{ "none", "" },
#define X(reason, name, text) { name, text },
	EXCLUDED_REASONS(X)
#undef X
};

const char *view_excluded_name(enum excluded reason)
{
	return reasons[reason].name;
}

const char *view_excluded_text(enum excluded reason)
{
	return reasons[reason].text;
}

/* Nine digits behind the point; `value` is 0 to 1. */
static json_t *fraction(double value)
{
	return json_real((double)(int64_t)(value * 1e9 + 0.5) / 1e9);
}

static json_t *address(const struct addr *addr, uint16_t port)
{
	char text[ADDR_TEXT_MAX];

	return json_string(addr->family ? addr_port_format(addr, port, text) : "");
}

json_t *view_priority_json(const struct view_priority *priority)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}",
			 "priority", (json_int_t)priority->priority,
			 "hosts", (json_int_t)priority->hosts,
			 "healthy", (json_int_t)priority->healthy,
			 "degraded", (json_int_t)priority->degraded,
			 "excluded", (json_int_t)priority->excluded,
			 "healthy_load", (json_int_t)priority->healthy_load,
			 "degraded_load", (json_int_t)priority->degraded_load,
			 "panic", priority->panic);
}

static json_t *backend_json(const struct view_backend *backend, double table_share)
{
	return json_pack("{s:o, s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:o}",
			 "address", address(&backend->addr, backend->port),
			 "kind", view_kind_name(backend->kind),
			 "transport", view_transport_name(backend->kind),
			 "network", backend->network,
			 "locality", backend->locality,
			 "priority", (json_int_t)backend->priority,
			 "weight", (json_int_t)backend->weight,
			 "share", fraction(backend->share),
			 "table_share", fraction(table_share));
}

static json_t *excluded_json(const struct view_excluded *excluded)
{
	return json_pack("{s:o, s:s?, s:s}", "address", address(&excluded->addr, excluded->port),
			 "network", excluded->network, "reason",
			 view_excluded_name(excluded->reason));
}

/* Appends and takes `value`; on failure frees `array`. */
static json_t *append(json_t *array, json_t *value)
{
	if (!array || json_array_append_new(array, value) == 0)
		return array;
	json_decref(array);
	return NULL;
}

static json_t *priorities_json(const struct view *view)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < view->priority_count; i++)
		array = append(array, view_priority_json(&view->priorities[i]));
	return array;
}

static json_t *backends_json(const struct view *view, const struct table *table)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < view->backend_count; i++) {
		double slots = table->total ? table->counts[i] / (double)table->total : 0;

		array = append(array, backend_json(&view->backends[i], slots));
	}
	return array;
}

static json_t *excluded_list(const struct view_excluded *list, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < count; i++)
		array = append(array, excluded_json(&list[i]));
	return array;
}

json_t *view_drops_json(const struct view *view)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < view->drop_count; i++)
		array = append(array, json_pack("{s:s, s:o, s:o}",
						"category", view->drops[i].category,
						"ratio", fraction(view->drops[i].ratio),
						"refused", fraction(view->drops[i].refused)));
	return array;
}

json_t *view_unused_json(const struct view *view)
{
	return excluded_list(view->unused, view->unused_count);
}

json_t *view_to_json(const struct view *view, const struct table *table, const char *service)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:n, s:i, s:o, s:o, s:b, s:o, s:o, s:o}",
			 "service", service, "cluster", view->cluster, "family", (int)view->family,
			 "protocol", view->proto == IPPROTO_UDP ? "udp" : "tcp", "rejected",
			 "duplicates", (int)view->duplicates, "drop", fraction(view->drop), "fail", fraction(view->fail),
			 "panic", view->panic, "priorities", priorities_json(view),
			 "backends", backends_json(view, table),
			 "excluded", excluded_list(view->excluded, view->excluded_count));
}

json_t *view_rejected_to_json(const struct assignment *assignment, const char *service)
{
	return json_pack("{s:s, s:s, s:n, s:n, s:s, s:i, s:f, s:f, s:b, s:[], s:[], s:[]}",
			 "service", service, "cluster", assignment->name, "family", "protocol",
			 "rejected", assignment->rejected, "duplicates", 0, "drop", 0.0, "fail", 0.0,
			 "panic", 0, "priorities", "backends", "excluded");
}
