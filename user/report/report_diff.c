/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Report of the source's last word beside what the kernel holds. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend_digest.h"
#include "report.h"
#include "report_common.h"
#include "snapshot_find.h"

#define REPEATS_LOOKED_FOR 1000

/* What a service row's table names. */
struct held {
	json_t *addresses;
	uint64_t digest;
	size_t count;
};

static struct held look_at(const struct snapshot *snapshot, uint32_t row, const uint32_t *named)
{
	const struct service *service = &snapshot->services[row];
	struct held held = { .addresses = json_array() };

	for (uint32_t i = 1; i < snapshot->backend_count; i++) {
		const struct backend *backend = &snapshot->backends[i];
		json_t *address;
		bool known = false;
		size_t at;
		json_t *other;

		if (!named[i] || backend->service != row)
			continue;
		address = report_address(&backend->addr, service->family, backend->port);
		/* One destination in two priorities has two rows. */
		if (held.count < REPEATS_LOOKED_FOR)
			json_array_foreach(held.addresses, at, other)
				known |= json_equal(other, address);
		if (!known) {
			held.digest += backend_digest(&backend->addr, backend->port, backend->kind);
			held.count++;
			json_array_append(held.addresses, address);
		}
		json_decref(address);
	}
	return held;
}

/* By backend row, not 0 for those that stand in a client's table. */
static uint32_t *find_named(const struct snapshot *snapshot)
{
	uint32_t *named = calloc(snapshot->backend_count + 1u, sizeof(*named));

	for (uint32_t row = 0; named && row < snapshot->service_count; row++) {
		const struct service *service = &snapshot->services[row];

		if (service->flags & SERVICE_IN_USE)
			snapshot_count_table(snapshot, service->table, named);
	}
	return named;
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

static json_t *excluded(const json_t *state, const char *cluster)
{
	json_t *list = json_array(), *item;
	const char *name;
	size_t i;

	json_array_foreach(json_object_get(state, "excluded"), i, item) {
		name = json_string_value(json_object_get(item, "cluster"));
		if (name && cluster && !strcmp(name, cluster))
			json_array_append_new(list, json_pack("{s:O,s:O}", "address",
				json_object_get(item, "address"), "reason",
				json_object_get(item, "reason")));
	}
	return list;
}

/* "in_step", "differs", or the agent's own word: "waiting", "kept", "stale", "refused". */
static const char *compare(const json_t *service, const struct held *held)
{
	const json_t *word = json_object_get(service, "word");
	const char *state = json_string_value(json_object_get(service, "state"));
	const char *digest = json_string_value(json_object_get(word, "digest"));

	if (!state || !digest)
		return "differs";
	if (strcmp(state, "serving") && strcmp(state, "no_endpoints") && strcmp(state, "stale"))
		return state;
	return strtoull(digest, NULL, 16) == held->digest ? "in_step" : "differs";
}

static json_t *service_object(const struct snapshot *snapshot, const json_t *state,
			      const json_t *service, const uint32_t *named)
{
	const json_t *row = json_object_get(service, "row"), *word = json_object_get(service, "word");
	const json_t *wanted = json_object_get(word, "backends");
	const char *cluster = json_string_value(json_object_get(service, "cluster"));
	struct held held = { .addresses = NULL };
	json_int_t count = json_integer_value(json_object_get(word, "count"));
	bool listed = json_array_size(wanted) == (size_t)count;
	json_t *object;

	if (json_is_integer(row) && json_integer_value(row) < snapshot->service_count)
		held = look_at(snapshot, (uint32_t)json_integer_value(row), named);
	object = json_pack("{s:O,s:O,s:O,s:O,s:o,s:s,s:I,s:I,s:I,s:o,s:o,s:o}",
			   "vip", json_object_get(service, "vip"),
			   "port", json_object_get(service, "port"),
			   "protocol", json_object_get(service, "protocol"),
			   "host", json_object_get(service, "host"),
			   "cluster", report_copy(service, "cluster"),
			   "state", compare(service, &held),
			   "said", json_integer_value(json_object_get(word, "said")),
			   "expected", count, "kernel", (json_int_t)held.count,
			   "missing", listed ? without(wanted, held.addresses) : json_array(),
			   "extra", listed ? without(held.addresses, wanted) : json_array(),
			   "excluded", excluded(state, cluster));
	json_decref(held.addresses);
	return object;
}

json_t *report_diff(const struct snapshot *snapshot)
{
	json_t *state = report_agent_state(snapshot), *list = json_array(), *service;
	const json_t *services = json_object_get(state, "services");
	json_int_t untold = json_integer_value(json_object_get(state, "untold"));
	bool in_step = json_is_array(services) && !untold;
	uint32_t *named = find_named(snapshot);
	size_t i;

	json_array_foreach(services, i, service) {
		json_t *object;

		if (!named || !json_is_string(json_object_get(service, "vip")))
			continue;
		object = service_object(snapshot, state, service, named);
		in_step &= !object || strcmp(json_string_value(json_object_get(object, "state")),
					     "differs");
		json_array_append_new(list, object);
	}
	free(named);
	service = json_pack("{s:i,s:b,s:b,s:I,s:o,s:o}", "schema", REPORT_SCHEMA, "in_step",
			    in_step, "agent_running", snapshot->agent_running, "untold", untold,
			    "source", report_source(state), "services", list);
	json_decref(state);
	return service;
}

/* ------------------------------------------------------------------ for people */

static void print_list(const json_t *service, const char *key, const char *text, FILE *out)
{
	const json_t *list = json_object_get(service, key);
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		const char *reason = json_string_value(json_object_get(item, "reason"));
		const char *address = json_string_value(
			json_is_string(item) ? item : json_object_get(item, "address"));

		if (i == 20) {
			fprintf(out, "  %-9s and %zu more\n", text, json_array_size(list) - i);
			return;
		}
		fprintf(out, "  %-9s %s%s%s\n", text, address ? address : "?", reason ? ": " : "",
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
		{ "SAID", "said", report_cell },
		{ "EXPECTED", "expected", report_cell },
		{ "KERNEL", "kernel", report_cell },
		{ "STATE", "state", report_cell },
	};

	return report_table(services, columns, 7, out);
}

static void print_untold(const json_t *report, FILE *out)
{
	json_int_t untold = json_integer_value(json_object_get(report, "untold"));

	if (untold)
		fprintf(out, "and %lld more, not compared: the agent has no room to tell of them\n",
			(long long)untold);
}

int report_diff_print(const json_t *report, bool wide, FILE *out)
{
	const json_t *services = json_object_get(report, "services");
	json_t *service;
	size_t i;
	int err = print_table(services, out);

	(void)wide;
	print_untold(report, out);
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
