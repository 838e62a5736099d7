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
#include "report_health.h"
#include "snapshot_find.h"

#define MAX_PRIORITIES 129

struct explain {
	const struct snapshot *snapshot;
	const struct explain_query *query;
	json_t *report, *steps;
	struct vip_key key;
	uint32_t row;
	const struct service *service;
	bool choose; /* the client is known well enough to choose a backend */
	bool flow_decides;
	uint64_t hash;
	struct table_choice choice; /* of the table */
	uint32_t *slots;        /* by backend row, of the table; NULL without memory */
	uint64_t total;         /* of slots */
};

static void step(struct explain *explain, const char *name, bool ok, json_t *text)
{
	json_array_append_new(explain->steps, json_pack("{s:s,s:b,s:o}", "step", name, "ok", ok,
							"text", text));
}

static void outcome(struct explain *explain, const char *word)
{
	json_object_set_new(explain->report, "outcome", json_string(word));
}

/* "10.1.2.3:80" into a buffer of ADDR_TEXT_MAX. */
static const char *place(const struct ip_addr *ip, __be16 port, char *buf)
{
	struct addr addr = addr_of_ip(ip);

	return addr_port_format(&addr, ntohs(port), buf);
}

/* Whether a client is given, and of the family of the virtual IP. */
static bool has_client(const struct explain *explain)
{
	return explain->query->from.family == (ip_is_v4(&explain->key.addr) ? 4 : 6);
}

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

static json_t *backend_object(const struct explain *explain, uint32_t index)
{
	const struct snapshot *snapshot = explain->snapshot;
	const struct backend *row = &snapshot->backends[index];
	uint32_t slots = explain->slots ? explain->slots[index] : 0;
	char network[16];

	return json_pack("{s:I,s:o,s:s,s:s,s:o,s:I,s:o,s:s}", "row", (json_int_t)index, "address",
			 report_address(&row->addr, row->port),
			 "kind", view_kind_name(row->kind), "transport", view_transport_name(row->kind),
			 "network", report_text(report_network(snapshot, row->network, network)),
			 "slots", (json_int_t)slots,
			 "table_share", report_share(slots, explain->total),
			 "state", row->flags & BACKEND_DRAINING ? "draining" : "active");
}

static json_t *path_text(const struct explain *explain, const struct backend *row)
{
	const struct settings *settings = &explain->snapshot->settings;
	char to[ADDR_TEXT_MAX], from[ADDR_TEXT_MAX], network[16];
	struct addr source =
		addr_of_ip(&settings->source[ip_is_v4(&row->addr) ? IP_V4_INDEX : IP_V6_INDEX]);
	bool hairpin = has_client(explain) && ip_equal(&explain->query->from.ip, &row->addr);

	if (row->kind == BACKEND_GENEVE)
		return json_sprintf("inner packet unchanged, in Geneve from %s to %s, network id "
				    "0x%06x; there %s chooses a pod", addr_format(&source, from),
				    place(&row->addr, row->tunnel_port, to), settings->network,
				    report_network(explain->snapshot, row->network, network));
	place(&row->addr, row->port, to);
	if (row->kind == BACKEND_PASSTHROUGH)
		return json_sprintf("destination becomes %s, a stock gateway of %s, then the "
				    "stack", to, report_network(explain->snapshot, row->network,
								network));
	if (hairpin)
		return json_sprintf("the caller itself: destination becomes %s, source the "
				    "virtual IP", to);
	return json_sprintf("destination becomes %s, then %s", to,
			    settings->flags & SETTING_REDIRECT ?
			    "directly into the pod where it is on this node, else the stack" :
			    "the stack");
}

/* Whether new flows go to the backend, as backend_lives() of the programs has it but for what packets told
 * within the last seconds. */
static bool is_in_use(const struct snapshot *snapshot, const struct backend *row)
{
	const struct gateway_health *health = snapshot_health(snapshot, &row->addr,
							      row->tunnel_port);

	return row->kind != BACKEND_GENEVE || !health || health->state != GATEWAY_DOWN;
}

#define CHOICES 16 /* as service_other() of the programs */

/* The row of the next candidate, or 0. */
static uint32_t next_candidate(const struct explain *explain, uint32_t chosen)
{
	const struct snapshot *snapshot = explain->snapshot;
	struct slot_arena arena = snapshot_arena(snapshot);
	uint64_t value = explain->hash;

	for (int i = 0; i < CHOICES; i++) {
		struct table_choice choice;

		value = mix64(value + 1);
		choice = table_walk(&arena, explain->service->table, value);
		if (choice.row != chosen &&
		    snapshot_backend_of(snapshot, choice.row, explain->row) &&
		    is_in_use(snapshot, &snapshot->backends[choice.row]))
			return choice.row;
	}
	return 0;
}

/* The health of the chosen gateway, and where the flow goes if it is down. Returns the row in use. */
static uint32_t look_at_gateway(struct explain *explain, uint32_t index)
{
	const struct snapshot *snapshot = explain->snapshot;
	const struct backend *row = &snapshot->backends[index], *other;
	const char *word =
		report_health_word(snapshot_health(snapshot, &row->addr, row->tunnel_port));
	uint32_t next = next_candidate(explain, index);
	char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX];
	bool used = is_in_use(snapshot, row) || !next;

	other = &snapshot->backends[next];
	json_object_set_new(explain->report, "next",
			    next ? backend_object(explain, next) : json_null());
	step(explain, "gateway", used,
	     json_sprintf("%s is %s%s%s", place(&row->addr, row->port, from),
			  word ? word : "not probed",
			  !next ? ", there is no other" :
			  used  ? "; the next candidate is " :
				  ": new flows go to ",
			  next ? place(&other->addr, other->port, to) : ""));
	return used ? index : next;
}

static void look_at_backend(struct explain *explain)
{
	static const char *const words[] = { "to_local", "to_tunnel", "to_passthrough" };
	const struct snapshot *snapshot = explain->snapshot;
	uint32_t index = explain->choice.row;
	char address[ADDR_TEXT_MAX];
	const struct backend *row;

	if (!snapshot_backend_of(snapshot, index, explain->row)) {
		step(explain, "backend", false, json_sprintf("the entry names row %u, which is not "
			"this service's: the table has just been replaced, ask again", index));
		outcome(explain, "stale_row");
		return;
	}
	row = &snapshot->backends[index];
	step(explain, "backend", true,
	     json_sprintf("the entry names row %u, generation %u: %s, %s", index, row->generation,
			  place(&row->addr, row->port, address), view_kind_name(row->kind)));
	if (row->kind == BACKEND_GENEVE)
		index = look_at_gateway(explain, index);
	row = &snapshot->backends[index];
	json_object_set_new(explain->report, "backend", backend_object(explain, index));
	step(explain, "path", true, path_text(explain, row));
	if (!explain->flow_decides)
		outcome(explain, words[row->kind <= BACKEND_PASSTHROUGH ? row->kind : 0]);
}

static void count_slots(struct explain *explain)
{
	explain->slots = calloc(explain->snapshot->backend_count + 1u, sizeof(*explain->slots));
	explain->total = snapshot_count_table(explain->snapshot, explain->service->table,
					      explain->slots);
}

static void distribution(struct explain *explain)
{
	json_t *list = json_object_get(explain->report, "distribution");
	const struct snapshot *snapshot = explain->snapshot;

	for (uint32_t i = 1; i < snapshot->backend_count; i++)
		if (snapshot_backend_of(snapshot, i, explain->row))
			json_array_append_new(list, backend_object(explain, i));
}

/* Load of each priority: the sum of its backends' shares. */
static void priorities(struct explain *explain)
{
	json_t *list = json_object_get(explain->report, "priorities"), *item;
	const struct snapshot *snapshot = explain->snapshot;
	uint64_t sums[MAX_PRIORITIES] = {};

	for (uint32_t i = 1; i < snapshot->backend_count; i++) {
		const struct backend *row = &snapshot->backends[i];

		if (snapshot_backend_of(snapshot, i, explain->row) &&
		    !(row->flags & BACKEND_DRAINING) && row->priority < MAX_PRIORITIES)
			sums[row->priority] += row->share;
	}
	for (int i = 0; i < MAX_PRIORITIES; i++) {
		if (!sums[i])
			continue;
		item = json_pack("{s:i,s:o}", "priority", i, "load",
				 report_share(sums[i], 1000000000u));
		json_array_append_new(list, item);
	}
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
		look_at_backend(explain);
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
		count_slots(&explain);
		distribution(&explain);
		priorities(&explain);
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
