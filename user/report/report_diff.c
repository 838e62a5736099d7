/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Report of the source's last announcement beside the kernel's tables. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "backend_digest.h"
#include "report.h"
#include "report_common.h"
#include "snapshot_find.h"

/* A comparison looks at this many addresses of one service by pairs. */
#define REPEATS_LOOKED_FOR 1000
#define NO_BACKEND 0 /* row 0 of `backends` is never used */

/* Backends that stand in a client's table, as a list for each service row. */
struct named {
	uint32_t *first; /* by service row */
	uint32_t *next;  /* by backend row */
};

/* The backends of one service row. */
struct held {
	json_t *addresses;
	uint64_t digest;
	size_t count;
};

static void named_done(struct named *named)
{
	free(named->first);
	free(named->next);
}

static void link_backends(const struct snapshot *snapshot, const uint32_t *counts,
			  struct named *named)
{
	for (uint32_t i = snapshot->backend_count; i-- > 1;) {
		uint32_t row = snapshot->backends[i].service;

		if (!counts[i] || row >= snapshot->service_count)
			continue;
		named->next[i] = named->first[row];
		named->first[row] = i;
	}
}

static int named_find(const struct snapshot *snapshot, struct named *ret)
{
	uint32_t *counts = calloc(snapshot->backend_count + 1u, sizeof(*counts));

	*ret = (struct named){ calloc(snapshot->service_count + 1u, sizeof(*ret->first)),
			       calloc(snapshot->backend_count + 1u, sizeof(*ret->next)) };
	if (!counts || !ret->first || !ret->next) {
		free(counts);
		return -ENOMEM;
	}
	for (uint32_t row = 0; row < snapshot->service_count; row++)
		if (snapshot->services[row].flags & SERVICE_IN_USE)
			snapshot_count_table(snapshot, snapshot->services[row].table, counts);
	link_backends(snapshot, counts, ret);
	free(counts);
	return 0;
}

/* One destination in two priorities has two rows. */
static bool is_repeated(const struct held *held, const json_t *address)
{
	json_t *other;
	size_t at;

	if (held->count < REPEATS_LOOKED_FOR)
		json_array_foreach(held->addresses, at, other)
			if (json_equal(other, address))
				return true;
	return false;
}

static struct held look_at(const struct snapshot *snapshot, uint32_t row, const struct named *named)
{
	struct held held = { .addresses = json_array() };

	for (uint32_t i = named->first[row]; i != NO_BACKEND; i = named->next[i]) {
		const struct backend *backend = &snapshot->backends[i];
		json_t *address = report_address(&backend->addr, backend->port);

		if (!is_repeated(&held, address)) {
			held.digest += backend_digest(&backend->addr, backend->port, backend->kind);
			held.count++;
			json_array_append(held.addresses, address);
		}
		json_decref(address);
	}
	return held;
}

/* Those of `list` that are not in `other`. */
static json_t *without(const json_t *list, const json_t *other)
{
	json_t *left = json_array(), *a, *b;
	size_t i, j;

	json_array_foreach(list, i, a) {
		bool found = false;

		json_array_foreach(other, j, b)
			found |= json_equal(a, b);
		if (!found)
			json_array_append(left, a);
	}
	return left;
}

/* "in_step", "differs", or the status: "waiting", "kept", "stale", "refused". */
static const char *compare(const json_t *service, const struct held *held)
{
	const char *state = json_string_value(json_object_get(service, "state"));
	const char *digest = json_string_value(
		json_object_get(json_object_get(service, "source"), "digest"));

	if (!digest)
		return "differs";
	if (strcmp(state, "serving") && strcmp(state, "no_endpoints") && strcmp(state, "stale"))
		return state;
	return strtoull(digest, NULL, 16) == held->digest ? "in_step" : "differs";
}

/* The kernel's row for the virtual IP; -1 when there is none, or when another service has it. */
static int64_t find_row(const struct snapshot *snapshot, const json_t *service)
{
	const char *protocol = json_string_value(json_object_get(service, "protocol"));
	uint8_t proto = protocol && !strcmp(protocol, "udp") ? IPPROTO_UDP : IPPROTO_TCP;
	__be16 port = htons((uint16_t)json_integer_value(json_object_get(service, "port")));
	const char *cluster = json_string_value(json_object_get(service, "cluster")), *name;
	struct addr vip;
	int64_t row;

	if (addr_parse(json_string_value(json_object_get(service, "vip")), &vip))
		return -1;
	row = snapshot_vip_row(snapshot, &vip.ip, port, proto);
	if (row < 0 || row >= snapshot->service_count)
		return -1;
	name = snapshot_name(snapshot, NAME_CLUSTER, (uint32_t)row);
	return name && cluster && !strcmp(name, cluster) ? row : -1;
}

static json_t *service_object(const struct snapshot *snapshot, const json_t *service,
			      const struct named *named)
{
	const json_t *source = json_object_get(service, "source");
	const json_t *wanted = json_object_get(source, "listed");
	json_int_t count = json_integer_value(json_object_get(source, "backends"));
	bool listed = json_array_size(wanted) == (size_t)count;
	int64_t row = find_row(snapshot, service);
	struct held held = row < 0 ? (struct held){} : look_at(snapshot, (uint32_t)row, named);
	json_t *object;

	object = json_pack("{s:O,s:O,s:O,s:o,s:o,s:s,s:o,s:I,s:I,s:o,s:o,s:o}",
			   "vip", json_object_get(service, "vip"),
			   "port", json_object_get(service, "port"),
			   "protocol", json_object_get(service, "protocol"),
			   "host", report_copy(service, "host"),
			   "cluster", report_copy(service, "cluster"),
			   "state", compare(service, &held),
			   "endpoints", report_copy(source, "endpoints"),
			   "expected", count, "kernel", (json_int_t)held.count,
			   "missing", listed ? without(wanted, held.addresses) : json_array(),
			   "extra", listed ? without(held.addresses, wanted) : json_array(),
			   "excluded", report_copy(service, "excluded"));
	json_decref(held.addresses);
	return object;
}

/* Only services with a virtual IP have a client's table to compare. */
static bool is_compared(const json_t *service)
{
	return json_is_string(json_object_get(service, "vip")) &&
	       json_is_string(json_object_get(service, "state"));
}

static json_t *compare_services(const struct snapshot *snapshot, const json_t *services,
				bool *ret_in_step)
{
	json_t *list = json_array(), *service;
	struct named named;
	int err = named_find(snapshot, &named);
	size_t i;

	json_array_foreach(services, i, service) {
		json_t *object = !err && is_compared(service) ?
					 service_object(snapshot, service, &named) : NULL;

		if (!object)
			continue;
		*ret_in_step &= strcmp(json_string_value(json_object_get(object, "state")),
				       "differs") != 0;
		json_array_append_new(list, object);
	}
	named_done(&named);
	return list;
}

json_t *report_diff(const struct snapshot *snapshot)
{
	json_t *state = report_agent_state(snapshot), *report;
	const json_t *services = json_object_get(state, "services");
	json_int_t omitted = json_integer_value(json_object_get(state, "omitted"));
	bool in_step = json_is_array(services) && !omitted;
	json_t *list = compare_services(snapshot, services, &in_step);

	report = json_pack("{s:i,s:b,s:b,s:I,s:o,s:o}", "schema", REPORT_SCHEMA, "in_step", in_step,
			   "agent_running", snapshot->agent_running, "omitted", omitted,
			   "source", report_source(state), "services", list);
	json_decref(state);
	return report;
}

/* ------------------------------------------------------------------ for display */

static void print_list(const json_t *service, const char *key, const char *text, FILE *out)
{
	const json_t *list = json_object_get(service, key);
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		const char *network = report_string(item, "network");
		const char *reason = report_string(item, "reason");
		const char *address = json_string_value(
			json_is_string(item) ? item : json_object_get(item, "address"));

		if (i == 20) {
			fprintf(out, "  %-9s and %zu more\n", text, json_array_size(list) - i);
			return;
		}
		fprintf(out, "  %-9s %s%s%s%s%s\n", text, address ? address : "?",
			network ? " of " : "", network ? network : "", reason ? ": " : "",
			reason ? reason : "");
	}
}

static const char *vip_and_port(const json_t *service, const char *key, char *buf)
{
	char vip[32], port[32];

	snprintf(buf, REPORT_CELL_MAX, "%s:%s", report_cell(service, key, vip),
		 report_cell(service, "port", port));
	return buf;
}

static int print_table(const json_t *services, FILE *out)
{
	static const struct report_column columns[] = {
		{ "VIP", "vip", vip_and_port },
		{ "PROTO", "protocol", report_cell },
		{ "HOST", "host", report_cell },
		{ "ENDPOINTS", "endpoints", report_cell },
		{ "EXPECTED", "expected", report_cell },
		{ "KERNEL", "kernel", report_cell },
		{ "STATE", "state", report_cell },
	};

	return report_table(services, columns, 7, out);
}

static void print_omitted(const json_t *report, FILE *out)
{
	json_int_t omitted = json_integer_value(json_object_get(report, "omitted"));

	if (omitted)
		fprintf(out, "and %lld more, not compared: their status could not be written\n",
			(long long)omitted);
}

int report_diff_print(const json_t *report, bool wide, FILE *out)
{
	const json_t *services = json_object_get(report, "services");
	json_t *service;
	size_t i;
	int err = print_table(services, out);

	print_omitted(report, out);
	json_array_foreach(services, i, service) {
		if (!json_array_size(json_object_get(service, "missing")) &&
		    !json_array_size(json_object_get(service, "extra")) &&
		    !json_array_size(json_object_get(service, "excluded")))
			continue;
		fprintf(out, "%s\n", report_cell(service, "cluster", (char[32]){}));
		print_list(service, "missing", "missing", out);
		print_list(service, "extra", "extra", out);
		print_list(service, "excluded", "excluded", out);
	}
	return err ? err : ferror(out) ? -EIO : 0;
}
