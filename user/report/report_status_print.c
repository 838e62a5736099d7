/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The report of the whole, for display. */
#include <errno.h>
#include <string.h>

#include "node_json.h"
#include "reason_names.h"
#include "report.h"
#include "report_common.h"
#include "report_senders.h"

static void print_agent(const json_t *report, FILE *out)
{
	const json_t *agent = json_object_get(report, "agent");
	const char *state = json_string_value(json_object_get(agent, "state"));
	char pid[32], version[32], started[32], config[32];

	if (!strcmp(state, "unknown")) {
		fprintf(out, "Agent       none, and the last one left no status: the pinned data "
			     "plane still works\n");
		return;
	}
	fprintf(out, "Agent       %s, %s %s, version %s, started %s\n",
		!strcmp(state, "dead") ? "dead (the pinned data plane still works)" : state,
		!strcmp(state, "dead") ? "was pid" : "pid", report_cell(agent, "pid", pid),
		report_cell(agent, "version", version), report_cell(agent, "started", started));
	fprintf(out, "Config      %s\n", report_cell(agent, "config", config));
}

static void print_door(const json_t *report, FILE *out)
{
	const json_t *door = json_object_get(report, "door");
	char port[32], client[32];

	if (json_is_object(door))
		fprintf(out, "Door        port %s, gateways enter by %s, clients' addresses: %s\n",
			report_cell(door, "port", port),
			json_is_true(json_object_get(door, "authenticated")) ? "key" : "address",
			report_cell(door, "client_address", client));
}

static void print_network(const json_t *report, FILE *out)
{
	const json_t *gateway = json_object_get(report, "gateway");
	char a[32], b[32], c[32], d[32], pair[REPORT_PAIR_MAX];

	fprintf(out, "Network     %s, cluster %s, delivery %s, draining %s\n",
		report_cell(report, "network", a), report_cell(report, "cluster", b),
		report_cell(report, "delivery", c), report_cell(report, "draining", d));
	if (json_is_object(gateway))
		fprintf(out, "Gateway     %s, %sauthenticated, listens on %s\n",
			json_is_true(json_object_get(gateway, "open")) ? "open" : "closed",
			json_is_true(json_object_get(gateway, "authenticated")) ? "" : "not ",
			report_pair(gateway, "listen", "listen6", pair));
}

static void print_key(const json_t *key, FILE *out)
{
	const json_t *networks = json_object_get(key, "networks");
	json_t *created = json_object_get(key, "created"), *end = json_object_get(key, "not_after");
	const char *role = json_is_true(json_object_get(key, "expired")) ? "expired" :
			   json_is_true(json_object_get(key, "signs"))   ? "signs" :
									   "is believed";
	char a[32];

	fprintf(out, "            %s of %s and %s: %s", report_cell(key, "id", a),
		json_string_value(json_array_get(networks, 0)),
		json_string_value(json_array_get(networks, 1)), role);
	if (json_is_string(created))
		fprintf(out, ", made %s", json_string_value(created));
	if (json_is_string(end))
		fprintf(out, ", ends %s", json_string_value(end));
	fputs(json_is_true(json_object_get(key, "here")) ? "\n" : ", not of this network\n", out);
}

static void print_keys(const json_t *report, FILE *out)
{
	const json_t *tunnel = json_object_get(report, "tunnel");
	char a[32], b[32];
	json_t *key;
	size_t i;

	if (!json_is_object(tunnel))
		return;
	fprintf(out, "Keys        %s, admission %s\n", report_cell(tunnel, "keys_file", a),
		report_cell(tunnel, "admission", b));
	json_array_foreach(json_object_get(tunnel, "keys"), i, key)
		print_key(key, out);
}

/* "eds synced, version 3, 12 of 12 held, acked ..., 4.1 kB, nacked ...: reason" */
static void print_type(const char *name, const json_t *type, FILE *out)
{
	char a[32], b[32];

	fprintf(out, "              %s %s, version %s, resources %s", name,
		report_cell(type, "state", a), report_cell(type, "version", b),
		report_cell(type, "resources", (char[32]){}));
	if (json_integer_value(json_object_get(type, "subscribed")))
		fprintf(out, " of %s", report_cell(type, "subscribed", a));
	fprintf(out, ", %s, last ack %s", report_bytes(type, "bytes", a),
		report_cell(type, "last_ack", b));
	if (json_is_string(json_object_get(type, "last_nack")))
		fprintf(out, ", last nack %s: %s", report_cell(type, "last_nack", a),
			report_cell(type, "nack", b));
	fputc('\n', out);
}

/* Away: not connected, or connected and silent. */
static void print_away(const json_t *stream, FILE *out)
{
	const json_t *connected = json_object_get(stream, "connected_seconds");
	const json_t *away = json_object_get(stream, "away_seconds");
	bool heard = json_is_true(json_object_get(stream, "heard"));

	if (json_is_integer(connected))
		fprintf(out, ": connected for %lld s, and nothing said yet",
			(long long)json_integer_value(connected));
	else
		fprintf(out, ": control plane away for %lld s",
			(long long)json_integer_value(away));
	fputs(heard ? ", serving on" : ", nothing of use heard since the agent started", out);
}

static void print_stream(const json_t *stream, FILE *out)
{
	json_t *away = json_object_get(stream, "away_seconds"), *type;
	char a[32], b[32], c[32];
	const char *name;

	fprintf(out, "            %s, view of %s, reconnects %s", report_cell(stream, "server", a),
		report_cell(stream, "network", b), report_cell(stream, "reconnects", c));
	if (json_is_string(json_object_get(stream, "control_plane")))
		fprintf(out, ", %s", report_cell(stream, "control_plane", a));
	if (json_is_integer(away))
		print_away(stream, out);
	fputc('\n', out);
	if (json_is_integer(away) && json_is_string(json_object_get(stream, "reason")))
		fprintf(out, "              %s\n", report_cell(stream, "reason", a));
	json_object_foreach(json_object_get(stream, "types"), name, type)
		print_type(name, type, out);
}

static void print_source(const json_t *report, FILE *out)
{
	const json_t *source = json_object_get(report, "source");
	const json_t *mesh = json_object_get(report, "mesh_networks");
	json_t *item;
	char a[32], b[32], c[32];
	size_t i;

	if (!json_is_object(source)) {
		fprintf(out, "Source      not known\n");
		return;
	}
	fprintf(out, "Source      %s %s, last update %s, updates %s\n",
		report_cell(source, "kind", a), report_cell(source, "path", b),
		report_cell(report, "last_update", c), report_cell(report, "updates", (char[32]){}));
	if (json_is_string(json_object_get(source, "problem")))
		fprintf(out, "            %s\n", report_cell(source, "problem", a));
	json_array_foreach(json_object_get(source, "files"), i, item) {
		fprintf(out, "            %s: %s, resources %s\n", report_cell(item, "name", a),
			report_cell(item, "state", b), report_cell(item, "resources", c));
		if (json_is_string(json_object_get(item, "problem")))
			fprintf(out, "              %s\n", report_cell(item, "problem", a));
	}
	json_array_foreach(json_object_get(source, "streams"), i, item)
		print_stream(item, out);
	if (!json_is_object(mesh))
		return;
	fprintf(out, "Networks    %s\n", report_cell(mesh, "path", a));
	if (json_is_string(json_object_get(mesh, "problem")))
		fprintf(out, "              %s\n", report_cell(mesh, "problem", a));
}

static void print_programs(const json_t *report, FILE *out)
{
	json_t *value;
	const char *name;

	fprintf(out, "Programs   ");
	json_object_foreach(json_object_get(report, "programs"), name, value)
		fprintf(out, " %s%s", name, json_is_true(value) ? "" : " (missing)");
	fputc('\n', out);
}

static void print_interfaces(const json_t *report, FILE *out)
{
	const char *title = "Interfaces ";
	char a[32], b[32], c[32], d[32];
	json_t *iface;
	size_t i;

	json_array_foreach(json_object_get(report, "interfaces"), i, iface) {
		fprintf(out, "%s %s (%s): %s, %s", title, report_cell(iface, "name", a),
			report_cell(iface, "ifindex", b), report_cell(iface, "role", c),
			report_cell(iface, "attach", d));
		if (json_is_true(json_object_get(iface, "xdp")))
			fprintf(out, json_is_true(json_object_get(iface, "xdp_sends")) ?
					     " and xdp, which sends" :
					     " and xdp");
		if (json_is_true(json_object_get(iface, "encrypts")))
			fprintf(out, ", encrypts");
		if (json_is_false(json_object_get(iface, "present")))
			fprintf(out, ", gone");
		if (json_is_string(json_object_get(iface, "problem")))
			fprintf(out, ": %s", report_cell(iface, "problem", a));
		fputc('\n', out);
		title = "           ";
	}
	if (json_is_true(json_object_get(report, "elsewhere")))
		fprintf(out, "%s in network namespace %s, not in this one: names are the agent's\n",
			title, report_cell(report, "netns", a));
}

/* Only unusual conditions are shown. */
static void print_services(const json_t *report, FILE *out)
{
	static const struct {
		const char *key, *text;
	} states[] = {
		{ "refusing", "without an endpoint" }, { "panic", "in panic: health is ignored" },
		{ "degraded", "on degraded endpoints" }, { "dropping", "shedding load" },
	};
	const json_t *services = json_object_get(report, "services");

	fprintf(out, "Services    %lld captured",
		(long long)json_integer_value(json_object_get(services, "captured")));
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		json_int_t count = json_integer_value(json_object_get(services, states[i].key));

		if (count)
			fprintf(out, ", %lld %s", (long long)count, states[i].text);
	}
	fputc('\n', out);
}

static void print_maps(const json_t *report, FILE *out)
{
	char used[32], max[32];
	const char *name;
	json_t *map;

	fprintf(out, "Maps       ");
	json_object_foreach(json_object_get(report, "maps"), name, map)
		fprintf(out, " %s %s/%s", name, report_cell(map, "used", used),
			report_cell(map, "max", max));
	fputc('\n', out);
}

/* "no_backend 12 (from_pod 10, uplink 2)  no endpoint ..." for each reason that happened. */
static void print_reasons(const json_t *report, const char *title, const char *verdict, FILE *out)
{
	const json_t *hooks = json_object_get(report, "directions"), *hook;
	const char *reason, *name, *comma;
	json_t *count, *here;
	bool none = true;

	json_object_foreach(json_object_get(report, verdict), reason, count) {
		if (json_integer_value(count) == 0)
			continue;
		fprintf(out, "%-11s %s %lld (", none ? title : "", reason,
			(long long)json_integer_value(count));
		none = false;
		comma = "";
		for (int i = 0; i < HOOK_COUNT; i++) {
			name = hook_names[i];
			hook = json_object_get(hooks, name);
			here = json_object_get(json_object_get(hook, verdict), reason);
			if (!here)
				continue;
			fprintf(out, "%s%s %lld", comma, name, (long long)json_integer_value(here));
			comma = ", ";
		}
		fprintf(out, "): %s\n", reason_text(reason));
	}
	if (none)
		fprintf(out, "%-11s none\n", title);
}

#define PATHS_SHOWN 10

/* "a router said 1400", "found by probes" */
static const char *path_origin(const json_t *path, char *buf)
{
	const char *origin = report_string(path, "mtu_origin");
	char told[32];

	if (strcmp(origin ? origin : "router", "router"))
		return strcmp(origin, "peer") ? "found by probes" : "found by its own probes";
	snprintf(buf, 64, "a router said %s",
		 json_is_null(json_object_get(path, "mtu_told")) ?
			 "that less passes" :
			 report_cell(path, "mtu_told", told));
	return buf;
}

/* "Paths  MTU 1400 to 192.23.120.32: a router said 1400 5 s ago" */
static void print_paths(const json_t *report, FILE *out)
{
	const json_t *list = json_object_get(report, "paths"), *path;
	size_t i, count = json_array_size(list);
	char mtu[32], origin[64], age[32];

	json_array_foreach(list, i, path) {
		if (i == PATHS_SHOWN)
			break;
		fprintf(out, "%-11s MTU %s to %s: %s %s ago\n", i ? "" : "Paths",
			report_cell(path, "mtu", mtu), report_string(path, "address"),
			path_origin(path, origin), report_age(path, "mtu_age_ms", age));
	}
	if (count > PATHS_SHOWN)
		fprintf(out, "%-11s and %zu more\n", "", count - PATHS_SHOWN);
}

static void print_problems(const json_t *report, FILE *out)
{
	const char *title = "Problems";
	json_t *problem;
	size_t i;

	json_array_foreach(json_object_get(report, "problems"), i, problem) {
		fprintf(out, "%-11s %s\n", title,
			json_is_string(problem) ? json_string_value(problem) : "?");
		title = "";
	}
}

int report_status_print(const json_t *report, bool wide, FILE *out)
{
	const json_t *sum = json_object_get(report, "forwarded");
	char packets[32], bytes[32];

	print_agent(report, out);
	print_network(report, out);
	print_door(report, out);
	print_keys(report, out);
	print_source(report, out);
	print_programs(report, out);
	node_print(json_object_get(report, "node"), out);
	print_interfaces(report, out);
	print_services(report, out);
	print_maps(report, out);
	print_paths(report, out);
	fprintf(out, "Forwarded   %s packets, %s\n", report_cell(sum, "packets", packets),
		report_bytes(sum, "bytes", bytes));
	print_reasons(report, "Passed", "passes", out);
	print_reasons(report, "Dropped", "drops", out);
	report_senders_print(json_object_get(report, "senders"), out);
	print_problems(report, out);
	return ferror(out) ? -EIO : 0;
}
