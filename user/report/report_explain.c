/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Report of one decision: the look-ups of the packet path, made by hand on the same maps. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "flow_view.h"
#include "parallax_hash.h"
#include "parallax_table.h"
#include "report.h"
#include "report_common.h"
#include "report_explain_parts.h"
#include "report_flows.h"
#include "snapshot_find.h"

static bool look_at_filter(struct explain *explain)
{
	uint32_t bit = address_bit(&explain->key.addr);
	bool set = explain->snapshot->filters->destinations[bit / 64] >> (bit & 63) & 1;

	step(explain, "filter", set,
	     json_sprintf(set ? "bit %u of the destinations filter is set: look further" :
				"bit %u of the destinations filter is clear: no virtual IP, the "
				"packet passes untouched", bit));
	if (!set)
		outcome(explain, "not_a_service");
	return set;
}

static int64_t find_row(struct explain *explain)
{
	const struct snapshot *snapshot = explain->snapshot;
	int64_t row = snapshot_vip_row(snapshot, &explain->key.addr, explain->key.port,
				       explain->key.proto);

	if (row >= 0 || explain->query->proto)
		return row;
	row = snapshot_vip_row(snapshot, &explain->key.addr, explain->key.port, IPPROTO_UDP);
	if (row >= 0)
		explain->key.proto = IPPROTO_UDP;
	return row;
}

static bool look_up_vip(struct explain *explain)
{
	int64_t row = find_row(explain);

	json_object_set_new(explain->report, "protocol",
			    json_string(report_protocol(explain->key.proto)));
	if (row < 0) {
		step(explain, "vip", false, json_string("no entry in `vips`: not a service, the "
							"packet passes untouched"));
		outcome(explain, "not_a_service");
		return false;
	}
	explain->row = (uint32_t)row;
	step(explain, "vip", true, json_sprintf("`vips` names row %u of `services`",
						explain->row));
	return true;
}

static bool confirm_service(struct explain *explain)
{
	const struct snapshot *snapshot = explain->snapshot;
	const char *cluster = snapshot_name(snapshot, NAME_CLUSTER, explain->row);
	const struct service *service;

	if (explain->row >= snapshot->service_count ||
	    !snapshot_service_confirms(&snapshot->services[explain->row], &explain->key)) {
		step(explain, "service", false, json_sprintf("row %u does not repeat this address: "
			"it is being changed, the packet is dropped and sent again", explain->row));
		outcome(explain, "stale_row");
		return false;
	}
	service = &snapshot->services[explain->row];
	explain->service = service;
	json_object_set_new(explain->report, "service",
		json_pack("{s:I,s:o,s:o,s:b}", "row", (json_int_t)explain->row,
			  "id", json_sprintf("0x%016llx", (unsigned long long)service->id),
			  "cluster", report_text(cluster),
			  "affinity", !!(service->flags & SERVICE_AFFINITY)));
	step(explain, "service", true,
	     json_sprintf("row %u confirms it: %s, service id 0x%016llx", explain->row,
			  cluster ? cluster : "(no name)", (unsigned long long)service->id));
	return true;
}

/* An existing flow decides alone; the remaining steps then show the choice of a new one. */
static void look_up_flow(struct explain *explain)
{
	const struct explain_query *query = explain->query;
	struct flow_key key = {
		.saddr = query->from.ip,
		.daddr = explain->key.addr,
		.sport = htons(query->from_port),
		.dport = explain->key.port,
		.zone = FLOW_ZONE(0, FLOW_CLIENT, explain->key.proto == IPPROTO_UDP),
	};
	const struct flow_entry *entry;
	struct flow_view view;
	char upstream[ADDR_TEXT_MAX];

	if (!has_client(explain) || query->from_port == 0)
		return;
	entry = snapshot_flow(explain->snapshot, &key);
	if (!entry) {
		step(explain, "flow", true, json_string(explain->key.proto == IPPROTO_UDP ?
			"none yet: the next packet opens one" :
			"none yet: a SYN opens one, other packets are refused, or passed within "
			"the takeover time"));
		return;
	}
	flow_view_make(explain->snapshot, entry, &view);
	explain->flow_decides = true;
	json_object_set_new(explain->report, "flow", report_flow(explain->snapshot, &view));
	step(explain, "flow", true,
	     json_sprintf("%s, in `%s`: goes to %s by %s, whatever the table says now",
			  flow_view_state(view.state), entry->embryonic ? "embryonic" : "flows",
			  place(&view.upstream, view.upstream_port, upstream), view.path));
}

/* Key of the asked flow, for its hashes. */
static struct flow_key explain_flow(const struct explain *explain)
{
	return (struct flow_key){
		.saddr = explain->query->from.ip,
		.daddr = explain->key.addr,
		.sport = htons(explain->query->from_port),
		.dport = explain->key.port,
	};
}

/* Before a backend is chosen, drop overloads refuse their part. Returns whether it goes on. */
static bool look_at_drops(struct explain *explain)
{
	const struct explain_query *query = explain->query;
	const struct service *service = explain->service;
	double percent = 100 * report_drop_fraction(service);
	struct flow_key flow = explain_flow(explain);
	uint32_t value;

	json_object_set_new(explain->report, "drop", json_real(percent / 100));
	json_object_set_new(explain->report, "drops", report_drops(explain->snapshot, explain->row));
	if (!service->drop)
		return true;
	if (!has_client(explain) || !query->from_port) {
		step(explain, "drops", true, json_sprintf("%.4g%% of new connections are refused, "
							  "by their addresses and ports", percent));
		return true;
	}
	value = drop_hash(&flow, explain->key.proto, service->id);
	if (value >= service->drop) {
		step(explain, "drops", true, json_sprintf("%.4g%% are refused, this one is not: "
							  "its hash 0x%08x lies above", percent,
							  value));
		return true;
	}
	step(explain, "drops", false, json_sprintf("%.4g%% are refused, this one is: its hash "
						   "0x%08x lies below", percent, value));
	if (!explain->flow_decides)
		outcome(explain, "drop_overload");
	return explain->flow_decides;
}

static bool look_at_table(struct explain *explain)
{
	struct slot_arena arena = snapshot_arena(explain->snapshot);
	table_desc table = explain->service->table;

	json_object_set_new(explain->report, "table",
			    json_pack("{s:I,s:I,s:I,s:I}",
				      "offset", (json_int_t)TABLE_OFFSET(table),
				      "lines", (json_int_t)table_lines(table),
				      "buckets", (json_int_t)TABLE_BUCKETS(table),
				      "generation", (json_int_t)TABLE_GENERATION(table)));
	if (TABLE_BUCKETS(table) == 0) {
		step(explain, "table", false,
		     json_string(explain->key.proto == IPPROTO_UDP ?
			"empty: no endpoint can be picked, refused by ICMP port unreachable" :
			"empty: no endpoint can be picked, refused by RST"));
		if (!explain->flow_decides)
			outcome(explain, "no_backend");
		return false;
	}
	step(explain, "table", true,
	     json_sprintf("%u lines in %u buckets, generation %u", table_lines(table),
			  TABLE_BUCKETS(table), TABLE_GENERATION(table)));
	return table_is_whole(&arena, table);
}

static void hash(struct explain *explain)
{
	const struct explain_query *query = explain->query;
	const struct service *service = explain->service;
	bool affinity = service->flags & SERVICE_AFFINITY;
	struct slot_arena arena = snapshot_arena(explain->snapshot);
	struct flow_key flow = explain_flow(explain);
	uint64_t value;

	explain->choose = has_client(explain) && (affinity || query->from_port);
	if (!explain->choose) {
		step(explain, "hash", true, json_string("of source, destination and ports: each "
			"connection chooses anew, see the distribution"));
		return;
	}
	value = service_hash(service, &flow, explain->key.proto, HASH_SEED_CLIENT);
	explain->hash = value;
	explain->choice = table_walk(&arena, service->table, value);
	json_object_set_new(explain->report, "hash", json_sprintf("0x%016" PRIx64, value));
	json_object_set_new(explain->report, "walked", json_integer(explain->choice.steps));
	json_object_set_new(explain->report, "line", json_integer(explain->choice.line));
	step(explain, "hash", true,
	     json_sprintf("0x%016" PRIx64 ", of %s: accepted in line %u, the %u. bucket it meets", value,
			  affinity ? "the source address alone" : "addresses, ports and protocol",
			  explain->choice.line, explain->choice.steps));
}

static bool is_cluster(const void *arg, const json_t *service, const json_t *endpoint)
{
	return arg && !strcmp(arg, report_string(service, "cluster"));
}

/* The health of each priority and the excluded endpoints, which stand in the agent's status alone. */
static void add_status(struct explain *explain, const json_t *state)
{
	const char *cluster = snapshot_name(explain->snapshot, NAME_CLUSTER, explain->row);
	const json_t *service =
		report_service_status(state, &explain->snapshot->services[explain->row], cluster);

	if (service)
		json_object_set_new(explain->report, "health", report_copy(service, "priorities"));
	json_object_set_new(explain->report, "excluded",
			    report_excluded(state, is_cluster, cluster));
}

static json_t *from_text(const struct explain_query *query)
{
	char buf[ADDR_TEXT_MAX];

	if (!query->from.family)
		return json_null();
	return json_string(query->from_port ?
			   addr_port_format(&query->from, query->from_port, buf) :
			   addr_format(&query->from, buf));
}

static json_t *empty_report(const struct explain *explain)
{
	char vip[ADDR_TEXT_MAX];

	return json_pack("{s:i,s:n,s:s,s:s,s:o,s:s,s:n,s:n,s:n,s:n,s:n,s:n,s:n,s:n,s:O,s:[],s:f,s:[],s:[],s:n,"
			 "s:[]}", "schema", REPORT_SCHEMA, "summary", "vip",
			 addr_port_format(&explain->query->vip, explain->query->port, vip),
			 "protocol", report_protocol(explain->key.proto),
			 "from", from_text(explain->query), "outcome", "chosen_per_connection",
			 "service", "flow", "table", "hash", "walked", "line",
			 "backend", "next", "steps", explain->steps, "distribution", "drop", 0.0, "drops",
			 "priorities", "health", "excluded");
}

static void choose(struct explain *explain)
{
	if (!look_at_drops(explain) || !look_at_table(explain))
		return;
	hash(explain);
	if (explain->choose)
		report_explain_backend(explain);
}

json_t *report_explain(const struct snapshot *snapshot, const struct explain_query *query)
{
	struct explain explain = {
		.snapshot = snapshot,
		.query = query,
		.steps = json_array(),
		.key = { .addr = query->vip.ip,
			 .port = htons(query->port),
			 .proto = query->proto ? query->proto : IPPROTO_TCP },
	};

	json_t *state = report_agent_state(snapshot);

	explain.report = empty_report(&explain);
	if (explain.report && look_at_filter(&explain) && look_up_vip(&explain) &&
	    confirm_service(&explain)) {
		look_up_flow(&explain);
		if (explain.flow_decides)
			outcome(&explain, "flow");
		report_explain_distribution(&explain);
		add_status(&explain, state);
		choose(&explain);
	}
	if (explain.report)
		json_object_set_new(explain.report, "summary",
				    report_explain_summary(explain.report, state));
	json_decref(state);
	json_decref(explain.steps);
	free(explain.slots);
	return explain.report;
}
