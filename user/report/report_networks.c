/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reports of the networks and of the gateways that lead to them. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "report.h"
#include "report_common.h"
#include "snapshot_find.h"

static const struct network_entry *kernel_network(const struct snapshot *snapshot, uint32_t id)
{
	for (size_t i = 0; i < snapshot->network_count; i++)
		if (snapshot->networks[i].id == id)
			return &snapshot->networks[i];
	return NULL;
}

static uint32_t count_gateways(const struct snapshot *snapshot, uint32_t network)
{
	uint32_t count = 0;

	for (size_t i = 0; i < snapshot->gateway_count; i++)
		count += snapshot->gateways[i].key.network == network;
	return count;
}

static uint32_t count_backends(const struct snapshot *snapshot, uint32_t network)
{
	uint32_t count = 0;

	for (uint32_t i = 1; i < snapshot->backend_count; i++)
		count += snapshot_backend_of(snapshot, i, snapshot->backends[i].service) &&
			 !(snapshot->backends[i].flags & BACKEND_DRAINING) &&
			 snapshot->backends[i].network == network;
	return count;
}

/* The transport to its gateways: the agent's status has it, else the kernel's rows. */
static json_t *transport_of(const struct snapshot *snapshot, uint32_t network, const json_t *known)
{
	if (known)
		return report_copy(known, "transport");
	for (size_t i = 0; i < snapshot->gateway_count; i++)
		if (snapshot->gateways[i].key.network == network)
			return report_text(view_transport_name(snapshot->gateways[i].gateway.kind));
	return json_null();
}

static json_t *network_object(const struct snapshot *snapshot, uint32_t id, uint32_t flags,
			      const json_t *known)
{
	uint32_t usable = count_gateways(snapshot, id);
	size_t named = known ? json_array_size(json_object_get(known, "gateways")) : usable;
	const char *name = json_string_value(json_object_get(known, "name"));
	char buf[16];

	return json_pack("{s:o,s:I,s:b,s:b,s:b,s:o,s:o,s:I,s:I,s:I,s:o,s:o}", "name",
			 report_text(name ? name : report_network(snapshot, id, buf)),
			 "id", (json_int_t)id, "own", !!(flags & NETWORK_OWN),
			 "flat", !!(flags & NETWORK_FLAT),
			 "encrypted", !!(flags & NETWORK_ENCRYPTED),
			 "transport", transport_of(snapshot, id, known),
			 "port", report_copy(known, "port"), "gateways", (json_int_t)usable,
			 "gateways_named", (json_int_t)named,
			 "backends", (json_int_t)count_backends(snapshot, id),
			 "cidrs", report_copy(known, "cidrs"),
			 "registries", report_copy(known, "registries"));
}

json_t *report_networks(const struct snapshot *snapshot)
{
	json_t *state = report_agent_state(snapshot), *list = json_array(), *network;
	size_t i;

	for (i = 0; i < snapshot->network_count; i++) {
		const struct network_entry *entry = &snapshot->networks[i];

		json_array_append_new(list,
				      network_object(snapshot, entry->id, entry->network.flags,
						     report_find(state, "networks", "id",
								 entry->id)));
	}
	json_array_foreach(json_object_get(state, "networks"), i, network) {
		uint32_t id = (uint32_t)json_integer_value(json_object_get(network, "id"));
		uint32_t flags = json_is_true(json_object_get(network, "own")) ? NETWORK_OWN : 0;

		flags |= json_is_true(json_object_get(network, "flat")) ? NETWORK_FLAT : 0;
		flags |= json_is_true(json_object_get(network, "encrypted")) ? NETWORK_ENCRYPTED :
									       0;
		if (!kernel_network(snapshot, id))
			json_array_append_new(list, network_object(snapshot, id, flags, network));
	}
	json_decref(state);
	return json_pack("{s:i,s:o}", "schema", REPORT_SCHEMA, "networks", list);
}

/* "10.10.0.0/16,10.20.0.0/16" */
static const char *joined(const json_t *network, const char *key, char *buf)
{
	size_t used = 0, i;
	json_t *item;

	*buf = '\0';
	json_array_foreach(json_object_get(network, key), i, item) {
		const char *word = json_string_value(item);

		if (word && used < REPORT_CELL_MAX)
			used += (size_t)snprintf(buf + used, REPORT_CELL_MAX - used, "%s%s",
						 i ? "," : "", word);
	}
	return buf;
}

int report_networks_print(const json_t *report, bool wide, FILE *out)
{
	static const struct report_column columns[] = {
		{ "NETWORK", "name", report_cell },
		{ "ID", "id", report_cell },
		{ "OWN", "own", report_cell },
		{ "FLAT", "flat", report_cell },
		{ "TRANSPORT", "transport", report_cell },
		{ "PORT", "port", report_cell },
		{ "GATEWAYS", "gateways", report_cell },
		{ "BACKENDS", "backends", report_cell },
		{ "ENCRYPTED", "encrypted", report_cell },
		{ "CIDRS", "cidrs", joined },
		{ "REGISTRIES", "registries", joined },
	};

	return report_table(json_object_get(report, "networks"), columns, wide ? 11 : 8, out);
}
