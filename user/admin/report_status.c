/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Report of the whole: agent, programs, interfaces, source, map pressure, what became of packets. */
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "report.h"
#include "report_common.h"
#include "snapshot_find.h"

enum verdict { FORWARD, PASS, DROP };

static const struct {
	const char *name, *text;
	enum verdict verdict;
} reasons[REASON_COUNT] = {
#define X(name, verdict, text) { #name, text, verdict },
	REASONS(X)
#undef X
};

static const char *const hook_names[HOOK_COUNT] = { "from_pod", "to_pod", "uplink", "xdp" };

static const char *lower(const char *name, char buf[64])
{
	size_t i;

	for (i = 0; name[i] && i < 63; i++)
		buf[i] = (char)tolower((unsigned char)name[i]);
	buf[i] = '\0';
	return buf;
}

static uint64_t sum_packets(const struct snapshot *snapshot, int reason)
{
	uint64_t sum = 0;

	for (int hook = 0; hook < HOOK_COUNT; hook++)
		sum += snapshot->counters[hook][reason].packets;
	return sum;
}

/* {reason: packets} of one verdict: of one hook those that happened, of all hooks (-1) each. */
static json_t *reason_counts(const struct snapshot *snapshot, enum verdict verdict, int hook)
{
	json_t *counts = json_object();
	char name[64];

	for (int reason = 0; reason < REASON_COUNT; reason++) {
		uint64_t packets = hook < 0 ? sum_packets(snapshot, reason) :
					      snapshot->counters[hook][reason].packets;

		if (reasons[reason].verdict == verdict && (packets || hook < 0))
			json_object_set_new(counts, lower(reasons[reason].name, name),
					    json_integer((json_int_t)packets));
	}
	return counts;
}

static json_t *directions(const struct snapshot *snapshot)
{
	json_t *all = json_object();

	for (int hook = 0; hook < HOOK_COUNT; hook++)
		json_object_set_new(all, hook_names[hook],
			json_pack("{s:o,s:o,s:o}",
				  "forwards", reason_counts(snapshot, FORWARD, hook),
				  "passes", reason_counts(snapshot, PASS, hook),
				  "drops", reason_counts(snapshot, DROP, hook)));
	return all;
}

/* Packets that XDP decapsulated are counted once more where TC delivers them. */
static json_t *forwarded(const struct snapshot *snapshot)
{
	struct counter sum = {};

	for (int hook = 0; hook < HOOK_COUNT; hook++)
		for (int reason = 0; reason < REASON_COUNT; reason++) {
			if (reasons[reason].verdict != FORWARD || reason == REASON_XDP_DECAP)
				continue;
			sum.packets += snapshot->counters[hook][reason].packets;
			sum.bytes += snapshot->counters[hook][reason].bytes;
		}
	return json_pack("{s:I,s:I}", "packets", (json_int_t)sum.packets, "bytes",
			 (json_int_t)sum.bytes);
}

static json_t *usage(uint32_t used, uint32_t max)
{
	return json_pack("{s:I,s:I}", "used", (json_int_t)used, "max", (json_int_t)max);
}

static json_t *maps(const struct snapshot *snapshot)
{
	uint32_t services = 0, backends = 0;

	for (uint32_t row = 0; row < snapshot->service_count; row++)
		services += !!(snapshot->services[row].flags & SERVICE_IN_USE);
	for (uint32_t row = 1; row < snapshot->backend_count; row++)
		backends += snapshot->backends[row].generation != 0;
	return json_pack("{s:o,s:o,s:o,s:o}", "services", usage(services, snapshot->service_count),
			 "backends", usage(backends, snapshot->backend_count),
			 "flows", usage(snapshot->flow_usage.used, snapshot->flow_usage.max),
			 "half_open", usage(snapshot->half_open_usage.used,
					    snapshot->half_open_usage.max));
}

static json_t *agent(const struct snapshot *snapshot, const json_t *state)
{
	const char *word = "unknown"; /* never said a thing */

	if (json_object_size(state))
		word = snapshot->agent_running ? "running" : "dead";
	else if (snapshot->agent_running)
		word = "starting";
	return json_pack("{s:s,s:o,s:o,s:o,s:o}", "state", word, "pid", report_copy(state, "pid"),
			 "version", report_copy(state, "version"),
			 "started", report_copy(state, "started"),
			 "config", report_copy(state, "config"));
}

static json_t *programs(const struct snapshot *snapshot)
{
	json_t *all = json_object();

	for (int i = 0; i < SNAPSHOT_PROGRAMS; i++)
		json_object_set_new(all, snapshot_program_names[i],
				    json_boolean(snapshot->programs >> i & 1));
	return all;
}

static json_t *agent_interface(const json_t *state, uint32_t ifindex)
{
	json_t *iface;
	size_t i;

	json_array_foreach(json_object_get(state, "interfaces"), i, iface)
		if (json_integer_value(json_object_get(iface, "ifindex")) == (json_int_t)ifindex)
			return iface;
	return NULL;
}

static json_t *interfaces(const struct snapshot *snapshot, const json_t *state)
{
	json_t *list = json_array();

	for (size_t i = 0; i < snapshot->iface_count; i++) {
		const struct iface_entry *entry = &snapshot->ifaces[i];
		const json_t *known = agent_interface(state, entry->ifindex);

		json_array_append_new(list, json_pack("{s:o,s:I,s:s,s:o,s:o,s:b}", "name",
			entry->name[0] ? report_text(entry->name) : report_copy(known, "name"),
			"ifindex", (json_int_t)entry->ifindex,
			"role", entry->iface.role == IFACE_UPLINK ? "uplink" : "pod",
			"attach", report_copy(known, "attach"), "xdp", report_copy(known, "xdp"),
			"present", entry->name[0] != '\0'));
	}
	return list;
}

static json_t *gateway_role(const struct snapshot *snapshot)
{
	const struct settings *settings = &snapshot->settings;
	json_t *snat = json_array();

	if (settings->listen_port == 0) {
		json_decref(snat);
		return json_null();
	}
	for (uint32_t i = 0; i < settings->snat_count && i < MAX_SNAT; i++) {
		char text[ADDR_TEXT_MAX];
		struct addr addr = { .family = 4, .ip = { .v6 = { settings->snat[i], 0, 0, 0 } } };

		json_array_append_new(snat, json_string(addr_format(&addr, text)));
	}
	return json_pack("{s:b,s:o,s:o}", "open", !!(settings->flags & SETTING_GATEWAY), "listen",
			 report_address(&settings->listen, report_family(&settings->listen),
					settings->listen_port), "snat", snat);
}

json_t *report_status(const struct snapshot *snapshot, const char *pin_dir)
{
	json_t *state = report_agent_state(snapshot), *report;
	char network[16];

	report = json_pack(
		"{s:i,s:s,s:o,s:o,s:o,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
		"schema", REPORT_SCHEMA, "pin_dir", pin_dir, "agent", agent(snapshot, state),
		"network", report_text(report_network(snapshot, snapshot->settings.network, network)),
		"cluster", report_copy(state, "cluster"),
		"delivery", snapshot->settings.flags & SETTING_REDIRECT ? "redirect" : "stack",
		"gateway", gateway_role(snapshot), "source", report_copy(state, "source"),
		"mesh_networks", report_copy(state, "mesh_networks"),
		"last_update", report_copy(state, "last_update"),
		"updates", report_copy(state, "updates"),
		"problems", report_copy(state, "problems"), "programs", programs(snapshot),
		"interfaces", interfaces(snapshot, state), "maps", maps(snapshot),
		"forwarded", forwarded(snapshot),
		"passes", reason_counts(snapshot, PASS, -1),
		"drops", reason_counts(snapshot, DROP, -1), "directions", directions(snapshot));
	json_decref(state);
	return report;
}

/* ------------------------------------------------------------------ for people */

static void print_agent(const json_t *report, FILE *out)
{
	const json_t *agent = json_object_get(report, "agent");
	const char *state = json_string_value(json_object_get(agent, "state"));
	char pid[32], version[32], started[32], config[32];

	if (!strcmp(state, "unknown")) {
		fprintf(out, "Agent       none, and the last one left no word: the pinned data "
			     "plane serves on\n");
		return;
	}
	fprintf(out, "Agent       %s, %s %s, version %s, started %s\n",
		!strcmp(state, "dead") ? "dead (the pinned data plane serves on)" : state,
		!strcmp(state, "dead") ? "was pid" : "pid", report_cell(agent, "pid", pid),
		report_cell(agent, "version", version), report_cell(agent, "started", started));
	fprintf(out, "Config      %s\n", report_cell(agent, "config", config));
}

static void print_network(const json_t *report, FILE *out)
{
	const json_t *gateway = json_object_get(report, "gateway");
	char a[32], b[32], c[32];

	fprintf(out, "Network     %s, cluster %s, delivery %s\n", report_cell(report, "network", a),
		report_cell(report, "cluster", b), report_cell(report, "delivery", c));
	if (json_is_object(gateway))
		fprintf(out, "Gateway     %s, listens on %s\n",
			json_is_true(json_object_get(gateway, "open")) ? "open" : "closed",
			report_cell(gateway, "listen", a));
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
	fprintf(out, "Source      %s %s, last update %s, %s updates\n",
		report_cell(source, "kind", a), report_cell(source, "path", b),
		report_cell(report, "last_update", c), report_cell(report, "updates", (char[32]){}));
	json_array_foreach(json_object_get(source, "files"), i, item) {
		fprintf(out, "            %s: %s, %s resources\n", report_cell(item, "name", a),
			report_cell(item, "state", b), report_cell(item, "resources", c));
		if (json_is_string(json_object_get(item, "problem")))
			fprintf(out, "              %s\n", report_cell(item, "problem", a));
	}
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
			fprintf(out, " and xdp");
		else if (json_is_string(json_object_get(iface, "xdp")))
			fprintf(out, ", xdp %s", report_cell(iface, "xdp", a));
		fprintf(out, "%s\n",
			json_is_true(json_object_get(iface, "present")) ? "" : ", gone");
		title = "           ";
	}
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

static const char *reason_text(const char *name)
{
	for (int reason = 0; reason < REASON_COUNT; reason++)
		if (!strcasecmp(reasons[reason].name, name))
			return reasons[reason].text;
	return "";
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

	(void)wide;
	print_agent(report, out);
	print_network(report, out);
	print_source(report, out);
	print_programs(report, out);
	print_interfaces(report, out);
	print_maps(report, out);
	fprintf(out, "Forwarded   %s packets, %s\n", report_cell(sum, "packets", packets),
		report_bytes(sum, "bytes", bytes));
	print_reasons(report, "Passed", "passes", out);
	print_reasons(report, "Dropped", "drops", out);
	print_problems(report, out);
	return ferror(out) ? -EIO : 0;
}
