/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Report of the connections. */
#include "report_flows.h"

#include <errno.h>

#include "report.h"
#include "report_common.h"
#include "table_print.h"

/* Name of a network; null for 0. */
static json_t *network_name(const struct snapshot *snapshot, uint32_t id)
{
	char buf[16];

	return id ? report_text(report_network(snapshot, id, buf)) : json_null();
}

static json_t *milliseconds(const struct flow_view *view, uint64_t ms)
{
	return view->opened_ns ? json_integer((json_int_t)ms) : json_null();
}

static json_t *gateway_of(const struct flow_view *view)
{
	return view->gateway_port ? report_address(&view->gateway, view->gateway_port) :
				    json_null();
}

static json_t *endpoint_of(const struct flow_view *view)
{
	return view->endpoint ? json_sprintf("%08x", view->endpoint) : json_null();
}

json_t *report_flow(const struct snapshot *snapshot, const struct flow_view *view)
{
	return json_pack(
		"{s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:s,s:s,s:o,s:o,s:s,s:s,s:b,s:b,s:o,s:o,s:o,s:o,s:I,s:o,s:o,s:o}",
		"protocol", view->udp ? "udp" : "tcp", "side",
		view->at_door ? "pod" : view->gateway_side ? "gateway" : "client",
		"client", report_address(&view->client, view->client_port),
		"client_network", network_name(snapshot, view->client_network),
		"vip", report_address(&view->vip, view->vip_port),
		"cluster", report_text(view->cluster),
		"upstream", report_address(&view->upstream, view->upstream_port),
		"kind", view_kind_name(view->kind), "transport", view_transport_name(view->kind),
		"network", network_name(snapshot, view->network),
		"upstream_local", report_address(&view->local, view->local_port),
		"path", view->path, "state", flow_view_state(view->state),
		"embryonic", view->embryonic, "affinity", view->affinity,
		"opened", view->opened_ns ? report_time(view->opened_ns) : json_null(),
		"age_ms", milliseconds(view, view->age_ms),
		"idle_ms", milliseconds(view, view->idle_ms),
		"duration_ms", milliseconds(view, view->duration_ms),
		"bytes_received", (json_int_t)view->received, "bytes_sent",
		view->has_sent ? json_integer((json_int_t)view->sent) : json_null(),
		"gateway", gateway_of(view), "endpoint", endpoint_of(view));
}

bool report_flow_matches(const struct report_filter *filter, const json_t *flow)
{
	return report_filter_matches(filter, &(struct filter_subject){
						     .network = report_string(flow, "network"),
						     .cluster = report_string(flow, "cluster"),
						     .from = report_string(flow, "client"),
						     .vip = report_string(flow, "vip"),
						     .protocol = report_string(flow, "protocol"),
						     .state = report_string(flow, "state"),
					     });
}

size_t report_flows_each(const struct snapshot *snapshot, const struct report_filter *filter,
			 report_flow_fn *visit, void *arg)
{
	size_t visited = 0, omitted = 0;
	struct flow_view view;

	for (size_t i = 0; i < snapshot->flow_count; i++) {
		json_t *flow;

		if (!flow_view_is_listed(&snapshot->flows[i]))
			continue;
		flow_view_make(snapshot, &snapshot->flows[i], &view);
		flow = report_flow(snapshot, &view);
		if (!flow || !report_flow_matches(filter, flow))
			;
		else if (filter && filter->limit && visited >= filter->limit)
			omitted++;
		else
			visited++, visit(arg, flow);
		json_decref(flow);
	}
	return omitted;
}

static void append(void *list, const json_t *flow)
{
	json_array_append(list, (json_t *)flow);
}

json_t *report_flows(const struct snapshot *snapshot, const struct report_filter *filter)
{
	json_t *list = json_array();
	size_t omitted = report_flows_each(snapshot, filter, append, list);

	return json_pack("{s:i,s:o,s:I}", "schema", REPORT_SCHEMA, "flows", list, "omitted",
			 (json_int_t)omitted);
}

static const char *yes_or_dash(const json_t *flow, const char *key, char *buf)
{
	return json_is_true(json_object_get(flow, key)) ? "yes" : "-";
}

static const struct report_column columns[] = {
	{ "PROTO", "protocol", report_cell },
	{ "CLIENT", "client", report_cell },
	{ "CLIENT NETWORK", "client_network", report_cell },
	{ "VIP", "vip", report_cell },
	{ "UPSTREAM", "upstream", report_cell },
	{ "NETWORK", "network", report_cell },
	{ "PATH", "path", report_cell },
	{ "STATE", "state", report_cell },
	{ "AGE", "age_ms", report_age },
	{ "IDLE", "idle_ms", report_age },
	{ "RECEIVED", "bytes_received", report_bytes },
	{ "SENT", "bytes_sent", report_bytes },
	{ "SIDE", "side", report_cell },
	{ "AFFINITY", "affinity", yes_or_dash },
	{ "UPSTREAM LOCAL", "upstream_local", report_cell },
	{ "CLUSTER", "cluster", report_cell },
	{ "GATEWAY", "gateway", report_cell },
	{ "ENDPOINT", "endpoint", report_cell },
};

#define COLUMNS 12
#define COLUMNS_WIDE (sizeof(columns) / sizeof(*columns))

struct table_print *report_flows_table(bool wide)
{
	static const char *headers[COLUMNS_WIDE];

	for (size_t i = 0; i < COLUMNS_WIDE; i++)
		headers[i] = columns[i].header;
	return table_print_new(headers, wide ? COLUMNS_WIDE : COLUMNS);
}

void report_flows_row(struct table_print *table, const json_t *flow, bool wide)
{
	char buf[REPORT_CELL_MAX];

	for (size_t i = 0; i < (wide ? COLUMNS_WIDE : COLUMNS); i++)
		table_print_cell(table, "%s", columns[i].format(flow, columns[i].key, buf));
}

int report_flows_print(const json_t *report, bool wide, FILE *out)
{
	int err = report_table(json_object_get(report, "flows"), columns,
			       wide ? COLUMNS_WIDE : COLUMNS, out);

	report_omitted_print(report, out);
	return err;
}

void report_flow_event_print(const json_t *flow, bool closed, FILE *out)
{
	char cells[6][32], received[32], sent[32], age[32];

	fprintf(out, "%s %-5s %s %s -> %s -> %s %s", report_cell(flow, "opened", cells[0]),
		closed ? "close" : "open", report_cell(flow, "protocol", cells[1]),
		report_cell(flow, "client", cells[2]), report_cell(flow, "vip", cells[3]),
		report_cell(flow, "upstream", cells[4]), report_cell(flow, "network", cells[5]));
	if (closed)
		fprintf(out, " received %s sent %s after %s",
			report_bytes(flow, "bytes_received", received),
			report_bytes(flow, "bytes_sent", sent),
			report_age(flow, "duration_ms", age));
	fputc('\n', out);
}
