/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Report of the backends of services: shares, slots, flows, and the endpoints excluded. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parallax_flow.h"
#include "report.h"
#include "report_common.h"
#include "snapshot_find.h"
#include "view.h"

struct counts {
	uint32_t *slots, *gateway_slots, *flows; /* by backend row */
	uint64_t *totals, *gateway_totals;       /* of slots, by service row */
};

static bool is_open(const struct flow_entry *entry)
{
	return flow_is_forward(&entry->key) && entry->flow.state != FLOW_CLOSING;
}

static bool is_from(const struct report_filter *filter, const struct flow_key *key)
{
	struct addr addr = addr_of_ip(&key->saddr);
	char buf[ADDR_TEXT_MAX];

	return !filter || !filter->from.count ||
	       report_filter_from(filter, addr_port_format(&addr, ntohs(key->sport), buf),
				  FLOW_IS_UDP(key->zone) ? "udp" : "tcp");
}

/* Open connections, of the filter's clients alone. */
static void count_flows(const struct snapshot *snapshot, const struct report_filter *filter,
			uint32_t *counts)
{
	for (size_t i = 0; i < snapshot->flow_count; i++) {
		const struct flow_entry *entry = &snapshot->flows[i];

		if (is_open(entry) && snapshot_flow_backend(snapshot, &entry->flow) &&
		    is_from(filter, &entry->key))
			counts[entry->flow.backend]++;
	}
}

static int counts_init(struct counts *counts, const struct snapshot *snapshot,
		       const struct report_filter *filter)
{
	size_t rows = snapshot->backend_count + 1u;

	counts->slots = calloc(rows, sizeof(uint32_t));
	counts->gateway_slots = calloc(rows, sizeof(uint32_t));
	counts->flows = calloc(rows, sizeof(uint32_t));
	counts->totals = calloc(snapshot->service_count + 1u, sizeof(uint64_t));
	counts->gateway_totals = calloc(snapshot->service_count + 1u, sizeof(uint64_t));
	if (!counts->slots || !counts->gateway_slots || !counts->flows || !counts->totals ||
	    !counts->gateway_totals)
		return -ENOMEM;
	for (uint32_t row = 0; row < snapshot->service_count; row++) {
		const struct service *service = &snapshot->services[row];

		if (!(service->flags & SERVICE_IN_USE))
			continue;
		counts->totals[row] = snapshot_count_table(snapshot, service->table, counts->slots);
		counts->gateway_totals[row] = snapshot_count_table(snapshot, service->local_table,
								   counts->gateway_slots);
	}
	count_flows(snapshot, filter, counts->flows);
	return 0;
}

static void counts_done(struct counts *counts)
{
	free(counts->slots);
	free(counts->gateway_slots);
	free(counts->flows);
	free(counts->totals);
	free(counts->gateway_totals);
}

static json_t *endpoint_object(const struct snapshot *snapshot, uint32_t index,
			       const struct counts *counts)
{
	const struct backend *row = &snapshot->backends[index];
	const struct service *service = &snapshot->services[row->service];
	const char *cluster = snapshot_name(snapshot, NAME_CLUSTER, row->service);
	char network[16];

	return json_pack("{s:o,s:s,s:o,s:o,s:o,s:s,s:s,s:o,s:o,s:I,s:I,s:o,s:I,s:o,s:I,s:o,s:I,s:s}",
			 "service", report_vip(service), "protocol", report_protocol(service->proto),
			 "host", report_text(report_host(cluster)),
			 "cluster", report_text(cluster),
			 "address", report_address(&row->addr, row->port),
			 "kind", view_kind_name(row->kind), "transport", view_transport_name(row->kind),
			 "network", report_text(report_network(snapshot, row->network, network)),
			 "locality", report_text(snapshot_name(snapshot, NAME_LOCALITY,
							       row->locality)),
			 "priority", (json_int_t)row->priority, "weight", (json_int_t)row->weight,
			 "share", report_share(row->share, 1000000000u),
			 "slots", (json_int_t)counts->slots[index],
			 "table_share", report_share(counts->slots[index],
						     counts->totals[row->service]),
			 "gateway_slots", (json_int_t)counts->gateway_slots[index],
			 "gateway_share", report_share(counts->gateway_slots[index],
						       counts->gateway_totals[row->service]),
			 "flows", (json_int_t)counts->flows[index],
			 "state", row->flags & BACKEND_DRAINING ? "draining" : "active");
}

struct order {
	uint32_t service, backend;
};

static int order_compare(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	if (x->service != y->service)
		return x->service < y->service ? -1 : 1;
	return (x->backend > y->backend) - (x->backend < y->backend);
}

/* Whether an endpoint of this service can match: there may be 100,000 of others. */
static bool service_matches(const struct snapshot *snapshot, uint32_t row,
			    const struct report_filter *filter)
{
	const struct report_filter of_service = { .services = filter->services,
						  .vips = filter->vips };
	const struct service *service = &snapshot->services[row];
	json_t *vip = report_vip(service);
	bool matches = report_filter_matches(
		&of_service,
		&(struct filter_subject){ .cluster = snapshot_name(snapshot, NAME_CLUSTER, row),
					  .vip = json_string_value(vip),
					  .protocol = report_protocol(service->proto) });

	json_decref(vip);
	return matches;
}

/* With --from, only endpoints that this client has connections to. */
static bool endpoint_matches(const struct report_filter *filter, const json_t *endpoint)
{
	const struct report_filter of_endpoint = { .networks = filter->networks,
						   .states = filter->states };

	if (filter->from.count && !json_integer_value(json_object_get(endpoint, "flows")))
		return false;
	return report_filter_matches(&of_endpoint,
				     &(struct filter_subject){
					     .network = report_string(endpoint, "network"),
					     .state = report_string(endpoint, "state") });
}

/* The backends of one service, in the order of their rows. */
static void add_service(json_t *list, const struct snapshot *snapshot, const struct order *order,
			size_t count, const struct report_filter *filter,
			const struct counts *counts, size_t *omitted)
{
	if (filter && !service_matches(snapshot, order->service, filter))
		return;
	for (size_t i = 0; i < count; i++) {
		json_t *endpoint = endpoint_object(snapshot, order[i].backend, counts);

		if (endpoint && (!filter || endpoint_matches(filter, endpoint)))
			report_filter_append(filter, list, endpoint, omitted);
		else
			json_decref(endpoint);
	}
}

/* In the order of the services' rows. */
static int add_backends(json_t *list, const struct snapshot *snapshot,
			const struct report_filter *filter, const struct counts *counts,
			size_t *omitted)
{
	struct order *order = calloc(snapshot->backend_count + 1u, sizeof(*order));
	size_t count = 0, end;

	if (!order)
		return -ENOMEM;
	for (uint32_t i = 1; i < snapshot->backend_count; i++)
		if (snapshot_backend_of(snapshot, i, snapshot->backends[i].service))
			order[count++] = (struct order){ snapshot->backends[i].service, i };
	qsort(order, count, sizeof(*order), order_compare);
	for (size_t i = 0; i < count; i = end) {
		for (end = i + 1; end < count && order[end].service == order[i].service; end++)
			;
		add_service(list, snapshot, &order[i], end - i, filter, counts, omitted);
	}
	free(order);
	return 0;
}

static bool excluded_matches(const void *arg, const json_t *service, const json_t *endpoint)
{
	char vip[ADDR_TEXT_MAX];

	return report_filter_matches(arg, &(struct filter_subject){
						  .network = report_string(endpoint, "network"),
						  .cluster = report_string(service, "cluster"),
						  .vip = report_status_vip(service, vip),
						  .protocol = report_string(service, "protocol"),
						  .state = "excluded",
					  });
}

json_t *report_endpoints(const struct snapshot *snapshot, const struct report_filter *filter)
{
	json_t *list = json_array(), *state = report_agent_state(snapshot), *report;
	struct counts counts = {};
	size_t omitted = 0;
	int err = counts_init(&counts, snapshot, filter);

	if (!err)
		err = add_backends(list, snapshot, filter, &counts, &omitted);
	counts_done(&counts);
	report = err ? NULL :
		       json_pack("{s:i,s:O,s:I,s:o}", "schema", REPORT_SCHEMA, "endpoints", list,
				 "omitted", (json_int_t)omitted, "excluded",
				 report_excluded(state, excluded_matches, filter));
	json_decref(list);
	json_decref(state);
	return report;
}

/* On a gateway a service may have no table but the one for tunnel packets, and no VIP then. */
static bool is_gateway_only(const json_t *endpoint)
{
	return json_is_null(json_object_get(endpoint, "service"));
}

static const char *service_or_host(const json_t *endpoint, const char *key, char *buf)
{
	return report_cell(endpoint, is_gateway_only(endpoint) ? "host" : key, buf);
}

static const char *table_share(const json_t *endpoint, const char *key, char *buf)
{
	return report_percent(endpoint, is_gateway_only(endpoint) ? "gateway_share" : key, buf);
}

static int print_excluded(const json_t *list, FILE *out)
{
	static const struct report_column columns[] = {
		{ "EXCLUDED", "address", report_cell },
		{ "NETWORK", "network", report_cell },
		{ "CLUSTER", "cluster", report_cell },
		{ "REASON", "reason", report_excluded_text },
	};

	return report_table(list, columns, 4, out);
}

int report_endpoints_print(const json_t *report, bool wide, FILE *out)
{
	static const struct report_column columns[] = {
		{ "SERVICE", "service", service_or_host },
		{ "PROTO", "protocol", report_cell },
		{ "ENDPOINT", "address", report_cell },
		{ "KIND", "kind", report_cell },
		{ "TRANSPORT", "transport", report_cell },
		{ "NETWORK", "network", report_cell },
		{ "LOCALITY", "locality", report_cell },
		{ "PRIO", "priority", report_cell },
		{ "WEIGHT", "weight", report_cell },
		{ "SHARE", "share", report_percent },
		{ "TABLE", "table_share", table_share },
		{ "FLOWS", "flows", report_cell },
		{ "STATE", "state", report_cell },
		{ "SLOTS", "slots", report_cell },
		{ "GATEWAY SLOTS", "gateway_slots", report_cell },
		{ "CLUSTER", "cluster", report_cell },
	};
	const json_t *endpoints = json_object_get(report, "endpoints");
	const json_t *excluded = json_object_get(report, "excluded");
	bool some = json_array_size(endpoints), more = json_array_size(excluded);
	int err = some || !more ? report_table(endpoints, columns, wide ? 16 : 13, out) : 0;

	report_omitted_print(report, out);
	if (err || !more)
		return err;
	if (some)
		fputc('\n', out);
	return print_excluded(excluded, out);
}
