/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Report of the connections. */
#include "report_flows.h"

#include <errno.h>

#include "report.h"
#include "report_common.h"
#include "table_print.h"

json_t *report_flow(const struct snapshot *snapshot, const struct flow_view *view)
{
	bool timed = view->opened_ns != 0;
	char network[16];

	return json_pack(
		"{s:s,s:s,s:o,s:o,s:o,s:o,s:s,s:s,s:o,s:o,s:s,s:s,s:b,s:b,s:o,s:o,s:o,s:I,s:o}",
		"protocol", view->udp ? "udp" : "tcp", "side",
		view->gateway_side ? "gateway" : "client",
		"client", report_address4(view->client, view->client_port),
		"vip", report_address4(view->vip, view->vip_port),
		"cluster", report_text(view->cluster),
		"upstream", report_address4(view->upstream, view->upstream_port),
		"kind", report_kind(view->kind), "transport", report_transport(view->kind),
		"network", view->network ? report_text(report_network(snapshot, view->network,
								     network)) : json_null(),
		"upstream_local", report_address4(view->local, view->local_port),
		"path", view->path, "state", flow_view_state(view->state),
		"embryonic", view->embryonic, "affinity", view->affinity,
		"opened", timed ? report_time(view->opened_ns) : json_null(),
		"age_ms", timed ? json_integer((json_int_t)view->age_ms) : json_null(),
		"idle_ms", timed ? json_integer((json_int_t)view->idle_ms) : json_null(),
		"bytes_received", (json_int_t)view->received, "bytes_sent",
		view->has_sent ? json_integer((json_int_t)view->sent) : json_null());
}

json_t *report_flows(const struct snapshot *snapshot)
{
	json_t *list = json_array();
	struct flow_view view;

	for (size_t i = 0; i < snapshot->flow_count; i++) {
		if (!flow_view_is_listed(&snapshot->flows[i]))
			continue;
		flow_view_make(snapshot, &snapshot->flows[i], &view);
		json_array_append_new(list, report_flow(snapshot, &view));
	}
	return json_pack("{s:i,s:o}", "schema", REPORT_SCHEMA, "flows", list);
}

static void print_row(struct table_print *table, const json_t *flow, bool wide)
{
	char buf[32];

	table_print_cell(table, "%s", report_cell(flow, "protocol", buf));
	table_print_cell(table, "%s", report_cell(flow, "client", buf));
	table_print_cell(table, "%s", report_cell(flow, "vip", buf));
	table_print_cell(table, "%s", report_cell(flow, "upstream", buf));
	table_print_cell(table, "%s", report_cell(flow, "network", buf));
	table_print_cell(table, "%s", report_cell(flow, "path", buf));
	table_print_cell(table, "%s", report_cell(flow, "state", buf));
	table_print_cell(table, "%s", report_age(flow, "age_ms", buf));
	table_print_cell(table, "%s", report_age(flow, "idle_ms", buf));
	table_print_cell(table, "%s", report_bytes(flow, "bytes_received", buf));
	table_print_cell(table, "%s", report_bytes(flow, "bytes_sent", buf));
	if (!wide)
		return;
	table_print_cell(table, "%s", report_cell(flow, "side", buf));
	table_print_cell(table, "%s",
			 json_is_true(json_object_get(flow, "affinity")) ? "yes" : "-");
	table_print_cell(table, "%s", report_cell(flow, "upstream_local", buf));
	table_print_cell(table, "%s", report_cell(flow, "cluster", buf));
}

int report_flows_print(const json_t *report, bool wide, FILE *out)
{
	static const char *const headers[] = {
		"PROTO", "CLIENT", "VIP", "UPSTREAM", "NETWORK", "PATH", "STATE", "AGE", "IDLE",
		"RECEIVED", "SENT", "SIDE", "AFFINITY", "UPSTREAM LOCAL", "CLUSTER",
	};
	struct table_print *table = table_print_new(headers, wide ? 15 : 11);
	json_t *flow;
	size_t i;
	int err;

	if (!table)
		return -ENOMEM;
	json_array_foreach(json_object_get(report, "flows"), i, flow)
		print_row(table, flow, wide);
	err = table_print_write(table, out);
	table_print_free(table);
	return err;
}

void report_flow_event_print(const struct snapshot *snapshot, const struct flow_view *view,
			     bool closed, FILE *out)
{
	json_t *flow = report_flow(snapshot, view);
	char cells[6][32], received[32], sent[32], age[32];

	fprintf(out, "%s %-5s %s %s -> %s -> %s %s", report_cell(flow, "opened", cells[0]),
		closed ? "close" : "open", report_cell(flow, "protocol", cells[1]),
		report_cell(flow, "client", cells[2]), report_cell(flow, "vip", cells[3]),
		report_cell(flow, "upstream", cells[4]), report_cell(flow, "network", cells[5]));
	if (closed)
		fprintf(out, " received %s sent %s after %s",
			report_bytes(flow, "bytes_received", received),
			report_bytes(flow, "bytes_sent", sent), report_age(flow, "age_ms", age));
	fputc('\n', out);
	json_decref(flow);
}
