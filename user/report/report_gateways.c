/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Report of the gateways: the transport of each, and its share of the services. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "report_common.h"
#include "report_health.h"
#include "snapshot_find.h"

struct use {
	uint64_t weight, slots, table_slots;
	uint32_t services;
};

static bool is_gateway(const struct backend *row, const struct gateway_entry *gateway)
{
	return row->kind != BACKEND_LOCAL && !(row->flags & BACKEND_DRAINING) &&
	       row->network == gateway->key.network && row->port == gateway->gateway.port &&
	       !memcmp(&row->addr, &gateway->key.addr, sizeof(row->addr));
}

/* By service row. */
struct tables {
	uint64_t *totals; /* snapshot_table_totals() */
	bool *seen;       /* scratch */
};

/* One service may name a gateway in several priorities, each by its own row. */
static struct use gateway_use(const struct snapshot *snapshot, const struct gateway_entry *gateway,
			      const struct tables *tables)
{
	struct use use = {};

	memset(tables->seen, 0, snapshot->service_count);
	for (uint32_t i = 1; i < snapshot->backend_count; i++) {
		const struct backend *row = &snapshot->backends[i];

		if (!is_gateway(row, gateway) || !snapshot_backend_of(snapshot, i, row->service))
			continue;
		use.weight += row->weight;
		use.slots += row->slots;
		if (tables->seen[row->service])
			continue;
		tables->seen[row->service] = true;
		use.services++;
		use.table_slots += tables->totals[row->service];
	}
	return use;
}

/* Adds the MTU of the path to a gateway. */
static json_t *add_path(json_t *object, const struct snapshot *snapshot,
			const struct gateway_entry *gateway)
{
	bool tunnel = gateway->gateway.kind == BACKEND_GENEVE;
	const struct path *path = tunnel ? snapshot_path(snapshot, &gateway->key.addr) : NULL;
	uint32_t mtu = path ? path->mtu : snapshot->settings.mtu;

	json_object_set_new(object, "mtu", tunnel ? json_integer(mtu) : json_null());
	json_object_set_new(object, "mtu_told", report_path_told(path));
	json_object_set_new(object, "mtu_origin", report_path_origin(path));
	json_object_set_new(object, "mtu_age_ms", report_path_age(snapshot, path));
	return object;
}

static json_t *gateway_object(const struct snapshot *snapshot, const struct gateway_entry *gateway,
			      const struct tables *tables)
{
	const struct gateway *value = &gateway->gateway;
	struct use use = gateway_use(snapshot, gateway, tables);
	bool tunnel = value->kind == BACKEND_GENEVE;
	json_t *health = report_health(snapshot, gateway), *object;
	char buf[16];

	object = json_pack("{s:o,s:o,s:s,s:o,s:I,s:o,s:I}",
			 "network", report_text(report_network(snapshot, gateway->key.network, buf)),
			 "address", report_address(&gateway->key.addr, value->port),
			 "transport", view_transport_name(value->kind), "tunnel_port",
			 tunnel ? json_integer(ntohs(value->tunnel_port)) : json_null(),
			 "weight", (json_int_t)use.weight,
			 "share", report_share(use.slots, use.table_slots),
			 "services", (json_int_t)use.services);
	json_object_update(object, health);
	json_decref(health);
	return add_path(object, snapshot, gateway);
}

static bool is_in_kernel(const struct snapshot *snapshot, uint32_t network, const char *text,
			 uint16_t port)
{
	struct addr addr;

	if (!text || addr_parse(text, &addr))
		return false;
	for (size_t i = 0; i < snapshot->gateway_count; i++)
		if (snapshot->gateways[i].key.network == network &&
		    snapshot->gateways[i].gateway.port == htons(port) &&
		    !memcmp(&snapshot->gateways[i].key.addr, &addr.ip, sizeof(addr.ip)))
			return true;
	return false;
}

/* "address:port" as meshNetworks has it, a host name included. */
static json_t *named_address(const char *text, uint16_t port)
{
	char buf[ADDR_TEXT_MAX];
	struct addr addr;

	if (text && !addr_parse(text, &addr))
		return json_string(addr_port_format(&addr, port, buf));
	return json_sprintf("%s:%u", text ? text : "?", port);
}

/* A gateway that cannot be used yet, and why. */
static json_t *unused_object(const json_t *network, const json_t *gateway, uint16_t port)
{
	json_t *reason = report_copy(gateway, "reason");

	if (json_is_null(reason))
		reason = json_string("not in use");
	return json_pack("{s:o,s:o,s:o,s:n,s:b,s:n,s:o,s:i,s:f,s:i,s:n,s:n,s:n,s:n,s:n,s:i,s:n,s:n,s:n,s:n}",
			 "network", report_copy(network, "name"), "address",
			 named_address(json_string_value(json_object_get(gateway, "address")), port),
			 "transport", report_copy(network, "transport"), "tunnel_port", "alive", 0, "health",
			 "reason", reason, "weight", 0, "share", 0.0, "services", 0, "rtt_ms",
			 "rtt_p99_ms", "loss", "serves", "load", "flows", 0, "mtu", "mtu_told",
			 "mtu_origin", "mtu_age_ms");
}

static void add_unused(json_t *list, const struct snapshot *snapshot, const json_t *network)
{
	uint32_t id = (uint32_t)json_integer_value(json_object_get(network, "id"));
	json_t *gateway;
	size_t i;

	json_array_foreach(json_object_get(network, "gateways"), i, gateway) {
		const char *resolved = json_string_value(json_object_get(gateway, "resolved"));
		const char *name = json_string_value(json_object_get(gateway, "address"));
		uint16_t port = (uint16_t)json_integer_value(json_object_get(gateway, "port"));

		if (!is_in_kernel(snapshot, id, resolved ? resolved : name, port))
			json_array_append_new(list, unused_object(network, gateway, port));
	}
}

json_t *report_gateways(const struct snapshot *snapshot)
{
	json_t *state = report_agent_state(snapshot), *list = json_array(), *network;
	const struct tables tables = { snapshot_table_totals(snapshot),
				       calloc(snapshot->service_count + 1u, sizeof(bool)) };
	size_t i;

	for (i = 0; tables.totals && tables.seen && i < snapshot->gateway_count; i++)
		json_array_append_new(list,
				      gateway_object(snapshot, &snapshot->gateways[i], &tables));
	free(tables.totals);
	free(tables.seen);
	json_array_foreach(json_object_get(state, "networks"), i, network)
		if (!json_is_true(json_object_get(network, "own")))
			add_unused(list, snapshot, network);
	json_decref(state);
	return json_pack("{s:i,s:o}", "schema", REPORT_SCHEMA, "gateways", list);
}

/* "up", "down"; or "no" where a fault of the configuration is the reason. */
static const char *alive_cell(const json_t *item, const char *key, char *buf)
{
	return report_string(item, "health") ? report_cell(item, "health", buf) :
					       report_cell(item, key, buf);
}

static const char *milliseconds(const json_t *item, const char *key, char *buf)
{
	const json_t *value = json_object_get(item, key);

	if (!json_is_number(value))
		return report_cell(item, key, buf);
	snprintf(buf, REPORT_CELL_MAX, "%.2f ms", json_number_value(value));
	return buf;
}

static const char *load_percent(const json_t *item, const char *key, char *buf)
{
	const json_t *value = json_object_get(item, key);

	if (!json_is_integer(value))
		return report_cell(item, key, buf);
	snprintf(buf, REPORT_CELL_MAX, "%lld%%", (long long)json_integer_value(value));
	return buf;
}

int report_gateways_print(const json_t *report, bool wide, FILE *out)
{
	static const struct report_column columns[] = {
		{ "NETWORK", "network", report_cell },
		{ "GATEWAY", "address", report_cell },
		{ "TRANSPORT", "transport", report_cell },
		{ "ALIVE", "alive", alive_cell },
		{ "SHARE", "share", report_percent },
		{ "SERVICES", "services", report_cell },
		{ "FLOWS", "flows", report_cell },
		{ "RTT", "rtt_ms", milliseconds },
		{ "LOSS", "loss", report_percent },
		{ "MTU", "mtu", report_cell },
		{ "BY", "mtu_origin", report_cell },
		{ "TOLD", "mtu_told", report_cell },
		{ "AGO", "mtu_age_ms", report_age },
		{ "REASON", "reason", report_cell },
		{ "P99", "rtt_p99_ms", milliseconds },
		{ "SERVES", "serves", report_cell },
		{ "LOAD", "load", load_percent },
		{ "WEIGHT", "weight", report_cell },
		{ "TUNNEL PORT", "tunnel_port", report_cell },
	};

	return report_table(json_object_get(report, "gateways"), columns, wide ? 19 : 14, out);
}
