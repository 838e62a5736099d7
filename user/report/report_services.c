/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Report of the services: virtual IPs, their clusters, and how many backends each has. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "report_common.h"
#include "snapshot_find.h"

struct tally {
	uint32_t local, remote, draining;
};

/* Backends of each service row; the caller frees the array. */
static struct tally *count_backends(const struct snapshot *snapshot)
{
	struct tally *tallies = calloc(snapshot->service_count + 1u, sizeof(*tallies));

	for (uint32_t i = 1; tallies && i < snapshot->backend_count; i++) {
		const struct backend *row = &snapshot->backends[i];

		if (!snapshot_backend_of(snapshot, i, row->service))
			continue;
		if (row->flags & BACKEND_DRAINING)
			tallies[row->service].draining++;
		else if (row->kind == BACKEND_LOCAL)
			tallies[row->service].local++;
		else
			tallies[row->service].remote++;
	}
	return tallies;
}

static const char *service_state(const struct service *service)
{
	if (ip_is_none(&service->vip))
		return "gateway_only";
	return TABLE_BUCKETS(service->table) ? "serving" : "refusing";
}

/* Conditions beside the state. */
static json_t *notes(const struct service *service)
{
	const char *affinity = service->flags & SERVICE_AFFINITY ? "affinity " : "";
	const char *panic = service->flags & SERVICE_PANIC ? "panic " : "";
	const char *degraded = service->flags & SERVICE_DEGRADED ? "degraded " : "";
	char text[96], drop[32] = "";

	if (service->drop)
		snprintf(drop, sizeof(drop), "drops %.4g%%", 100 * report_drop_fraction(service));
	snprintf(text, sizeof(text), "%s%s%s%s", panic, degraded, affinity, drop);
	if (!*text)
		return json_null();
	if (text[strlen(text) - 1] == ' ')
		text[strlen(text) - 1] = '\0';
	return json_string(text);
}

static json_t *service_object(const struct snapshot *snapshot, uint32_t row,
			      const struct tally *tally)
{
	const struct service *service = &snapshot->services[row];
	const char *cluster = snapshot_name(snapshot, NAME_CLUSTER, row);
	uint64_t captured_ms = 0;

	if (service->captured_ns && snapshot->monotonic_ns > service->captured_ns)
		captured_ms = (snapshot->monotonic_ns - service->captured_ns) / 1000000u;
	return json_pack("{s:o,s:s,s:i,s:o,s:o,s:I,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:b,s:b,s:f,s:o,s:o}",
			 "vip", report_vip(service), "protocol", report_protocol(service->proto),
			 "family", (int)service->family,
			 "host", report_text(report_host(cluster)),
			 "cluster", report_text(cluster), "row", (json_int_t)row,
			 "state", service_state(service), "local", (json_int_t)tally->local,
			 "remote", (json_int_t)tally->remote,
			 "draining", (json_int_t)tally->draining,
			 "table_size", (json_int_t)TABLE_BUCKETS(service->table) * BUCKET_SLOTS,
			 "gateway_table_size", (json_int_t)TABLE_BUCKETS(service->local_table) * BUCKET_SLOTS,
			 "captured_ms", (json_int_t)captured_ms,
			 "panic", !!(service->flags & SERVICE_PANIC),
			 "degraded", !!(service->flags & SERVICE_DEGRADED),
			 "affinity", !!(service->flags & SERVICE_AFFINITY),
			 "drop", report_drop_fraction(service),
			 "drops", report_drops(snapshot, row), "notes", notes(service));
}

/* First the rows found by address, in that order; then those that only tunnel packets find. */
static void add_rows(json_t *list, const struct snapshot *snapshot, const struct tally *tallies)
{
	for (size_t i = 0; i < snapshot->vip_count; i++) {
		uint32_t row = snapshot->vips[i].row;

		if (row < snapshot->service_count &&
		    snapshot_service_confirms(&snapshot->services[row], &snapshot->vips[i].key))
			json_array_append_new(list, service_object(snapshot, row, &tallies[row]));
	}
	for (uint32_t row = 0; row < snapshot->service_count; row++)
		if ((snapshot->services[row].flags & SERVICE_IN_USE) &&
		    ip_is_none(&snapshot->services[row].vip))
			json_array_append_new(list, service_object(snapshot, row, &tallies[row]));
}

/* "VIP:port/protocol" of every service listed. */
static json_t *list_keys(const json_t *list)
{
	json_t *keys = json_object(), *service;
	char key[ADDR_TEXT_MAX + 8];
	size_t i;

	json_array_foreach(list, i, service) {
		const char *vip = json_string_value(json_object_get(service, "vip"));

		snprintf(key, sizeof(key), "%s/%s", vip ? vip : "",
			 json_string_value(json_object_get(service, "protocol")));
		json_object_set_new(keys, key, json_true());
	}
	return keys;
}

static json_t *known_object(const json_t *service, const char *vip, const char *protocol)
{
	return json_pack("{s:s,s:s,s:o,s:o,s:o,s:n,s:o,s:i,s:i,s:i,s:i,s:i,s:n,s:b,s:b,s:b,s:f,s:[],s:n}",
			 "vip", vip, "protocol", protocol, "family", report_copy(service, "family"),
			 "host", report_copy(service, "host"),
			 "cluster", report_copy(service, "cluster"), "row",
			 "state", report_copy(service, "state"), "local", 0, "remote", 0,
			 "draining", 0, "table_size", 0, "gateway_table_size", 0, "captured_ms",
			 "panic", 0, "degraded", 0, "affinity", 0, "drop", 0.0, "drops", "notes");
}

/* Services that are not in the kernel, with the reason as their state. */
static void add_known(json_t *list, const json_t *state)
{
	json_t *service, *keys = list_keys(list);
	char vip[ADDR_TEXT_MAX], key[ADDR_TEXT_MAX + 8];
	size_t i;

	json_array_foreach(json_object_get(state, "services"), i, service) {
		const char *protocol = json_string_value(json_object_get(service, "protocol"));

		if (!protocol || !json_is_string(json_object_get(service, "state")) ||
		    !report_status_vip(service, vip))
			continue;
		snprintf(key, sizeof(key), "%s/%s", vip, protocol);
		if (!json_object_get(keys, key))
			json_array_append_new(list, known_object(service, vip, protocol));
	}
	json_decref(keys);
}

json_t *report_services(const struct snapshot *snapshot)
{
	struct tally *tallies = count_backends(snapshot);
	json_t *list = json_array();
	json_t *state = report_agent_state(snapshot);

	if (tallies && list) {
		add_rows(list, snapshot, tallies);
		add_known(list, state);
	}
	free(tallies);
	json_decref(state);
	return json_pack("{s:i,s:o}", "schema", REPORT_SCHEMA, "services", list);
}

int report_services_print(const json_t *report, bool wide, FILE *out)
{
	const struct report_column columns[] = {
		{ "VIP", "vip", report_cell },
		{ "PROTO", "protocol", report_cell },
		{ wide ? "CLUSTER" : "HOST", wide ? "cluster" : "host", report_cell },
		{ "LOCAL", "local", report_cell },
		{ "REMOTE", "remote", report_cell },
		{ "STATE", "state", report_cell },
		{ "NOTES", "notes", report_cell },
		{ "DRAINING", "draining", report_cell },
		{ "FAMILY", "family", report_cell },
		{ "ROW", "row", report_cell },
		{ "TABLE", "table_size", report_cell },
		{ "CAPTURED", "captured_ms", report_age },
	};

	return report_table(json_object_get(report, "services"), columns, wide ? 12 : 7, out);
}
