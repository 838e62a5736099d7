/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Report of the whole: agent, programs, interfaces, source, map usage, packets by reason. */
#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include "map_usage.h"
#include "reason_names.h"
#include "report.h"
#include "report_common.h"
#include "report_senders.h"
#include "snapshot_find.h"

static uint64_t sum_packets(const struct snapshot *snapshot, int reason)
{
	uint64_t sum = 0;

	for (int hook = 0; hook < HOOK_COUNT; hook++)
		sum += snapshot->counters[hook][reason].packets;
	return sum;
}

/* {reason: packets} of one verdict: of one hook those above 0, of all hooks (-1) every one. */
static json_t *reason_counts(const struct snapshot *snapshot, enum verdict verdict, int hook)
{
	json_t *counts = json_object();
	char name[REASON_NAME_MAX];

	for (int reason = REASON_NONE + 1; reason < REASON_COUNT; reason++) {
		uint64_t packets = hook < 0 ? sum_packets(snapshot, reason) :
					      snapshot->counters[hook][reason].packets;

		if (reason_verdict(reason) == verdict && (packets || hook < 0))
			json_object_set_new(counts, reason_name(reason, name),
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
		for (int reason = REASON_NONE + 1; reason < REASON_COUNT; reason++) {
			if (reason_verdict(reason) != FORWARD || reason == REASON_XDP_DECAP)
				continue;
			sum.packets += snapshot->counters[hook][reason].packets;
			sum.bytes += snapshot->counters[hook][reason].bytes;
		}
	return json_pack("{s:I,s:I}", "packets", (json_int_t)sum.packets, "bytes",
			 (json_int_t)sum.bytes);
}

static json_t *usage(struct map_usage usage)
{
	return json_pack("{s:I,s:I}", "used", (json_int_t)usage.used, "max", (json_int_t)usage.max);
}

static json_t *maps(const struct snapshot *snapshot, const struct map_usage_sums *sums)
{
	json_t *list = json_pack("{s:o,s:o}", "services", usage(sums->services), "backends",
				 usage(sums->backends));
	char name[32];

	for (int family = 0; family < FAMILIES; family++) {
		if (!snapshot->flow_usage[family].max)
			continue; /* IPv6 is not in use */
		snprintf(name, sizeof(name), "flows%s", family_suffix(family));
		json_object_set_new(list, name, usage(snapshot->flow_usage[family]));
		snprintf(name, sizeof(name), "embryonic%s", family_suffix(family));
		json_object_set_new(list, name, usage(snapshot->embryonic_usage[family]));
	}
	return list;
}

static json_t *services(const struct map_usage_sums *sums)
{
	return json_pack("{s:I,s:I,s:I,s:I,s:I}", "captured", (json_int_t)sums->captured,
			 "refusing", (json_int_t)sums->refusing,
			 "panic", (json_int_t)sums->panic,
			 "degraded", (json_int_t)sums->degraded,
			 "dropping", (json_int_t)sums->dropping);
}

static json_t *agent(const struct snapshot *snapshot, const json_t *state)
{
	const char *word = "unknown"; /* no status was ever published */

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

/* In another network namespace the same index is another interface: only the agent's names count. */
static json_t *interfaces(const struct snapshot *snapshot, const json_t *state)
{
	bool elsewhere = report_elsewhere(snapshot, state);
	json_t *list = json_array();

	for (size_t i = 0; i < snapshot->iface_count; i++) {
		const struct iface_entry *entry = &snapshot->ifaces[i];
		const json_t *known = report_find(state, "interfaces", "ifindex", entry->ifindex);
		bool present = entry->name[0] && !elsewhere;

		json_array_append_new(
			list,
			json_pack("{s:o,s:I,s:s,s:b,s:o,s:o,s:b,s:o,s:o}", "name",
			present ? report_text(entry->name) : report_copy(known, "name"),
			"ifindex", (json_int_t)entry->ifindex,
			"role", role_name(entry->iface.role),
			"encrypts", !!(entry->iface.flags & IFACE_ENCRYPTS),
			"attach", report_copy(known, "attach"), "xdp", report_copy(known, "xdp"),
			"xdp_sends", json_is_true(json_object_get(known, "xdp")) &&
				(snapshot->settings.flags & SETTING_XDP_SEND),
			"present", elsewhere ? json_null() : json_boolean(present),
			"problem", report_copy(known, "problem")));
	}
	return list;
}

/* Null where the gateway does not listen in this family. */
static json_t *listen_text(const struct settings *settings, int family)
{
	return ip_is_none(&settings->listen[family]) ?
		       json_null() :
		       report_address(&settings->listen[family], settings->listen_port);
}

static json_t *gateway_role(const struct snapshot *snapshot)
{
	const struct settings *settings = &snapshot->settings;
	json_t *snat = json_array();

	if (settings->listen_port == 0) {
		json_decref(snat);
		return json_null();
	}
	for (int family = 0; family < IP_FAMILIES; family++)
		for (uint32_t i = 0; i < settings->snat_count[family] && i < MAX_SNAT; i++) {
			struct addr addr = addr_of_ip(&settings->snat[family][i]);
			char text[ADDR_TEXT_MAX];

			json_array_append_new(snat, json_string(addr_format(&addr, text)));
		}
	return json_pack("{s:b,s:b,s:s,s:o,s:o,s:o}", "open", !!(settings->flags & SETTING_GATEWAY),
			 "authenticated", !!(settings->admission & ADMISSION_REQUIRE),
			 "mode", settings->flags & SETTING_FORWARD ? "forward" : "nat", "listen",
			 listen_text(settings, IP_V4_INDEX), "listen6",
			 listen_text(settings, IP_V6_INDEX), "snat", snat);
}

/* How gateways of mode forward reach this node's pods; null: they do not. */
static json_t *door(const struct snapshot *snapshot)
{
	const struct settings *settings = &snapshot->settings;
	const uint32_t wanted = ADMISSION_REQUIRE | ADMISSION_HOP;

	if (!settings->door_port)
		return json_null();
	return json_pack("{s:i,s:b,s:s,s:o}", "port", ntohs(settings->door_port), "authenticated",
			 (settings->admission & wanted) == wanted, "client_address",
			 settings->flags & SETTING_KEEP_CLIENT ? "keep" : "replace", "mtu",
			 settings->hop_mtu ? json_integer(settings->hop_mtu) : json_null());
}

/* Outer addresses, of gateways and of clients of ours, whose path is narrower than the uplink. */
static json_t *paths(const struct snapshot *snapshot)
{
	json_t *list = json_array();

	for (size_t i = 0; i < snapshot->path_count; i++) {
		const struct path_entry *entry = &snapshot->paths[i];
		struct addr addr = addr_of_ip(&entry->peer);
		char text[ADDR_TEXT_MAX];

		if (!snapshot_path_is_narrow(snapshot, &entry->path))
			continue;
		json_array_append_new(
			list,
			json_pack("{s:s,s:I,s:o,s:o,s:o}", "address",
						addr_format(&addr, text), "mtu",
						(json_int_t)entry->path.mtu, "mtu_told",
						report_path_told(&entry->path), "mtu_origin",
						report_path_origin(&entry->path), "mtu_age_ms",
						report_path_age(snapshot, &entry->path)));
	}
	return list;
}

/* Seconds from that moment until now; null without one. */
static json_t *seconds_since(const json_t *moment)
{
	const char *text = json_string_value(moment);
	struct tm tm = {};

	if (!text || !strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return json_null();
	return json_integer((json_int_t)(time(NULL) - timegm(&tm)));
}

/* How long each stream has been connected, or away, until now. */
json_t *report_source(const json_t *state)
{
	json_t *copy = json_deep_copy(json_object_get(state, "source")), *stream;
	size_t i;

	json_array_foreach(json_object_get(copy, "streams"), i, stream) {
		json_object_set_new(stream, "away_seconds",
				    seconds_since(json_object_get(stream, "away_since")));
		json_object_set_new(stream, "connected_seconds",
				    seconds_since(json_object_get(stream, "connected_since")));
	}
	return copy ? copy : json_null();
}

json_t *report_status(const struct snapshot *snapshot, const char *pin_dir)
{
	json_t *state = report_agent_state(snapshot), *report;
	struct map_usage_sums sums;
	char network[16];

	map_usage_sum(snapshot, &sums);
	report = json_pack(
		"{s:o,s:i,s:s,s:o,s:o,s:o,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b}",
		"services", services(&sums), "schema", REPORT_SCHEMA, "pin_dir", pin_dir,
		"agent", agent(snapshot, state),
		"network", report_text(report_network(snapshot, snapshot->settings.network, network)),
		"cluster", report_copy(state, "cluster"),
		"delivery", snapshot->settings.flags & SETTING_REDIRECT ? "redirect" : "stack",
		"draining", snapshot->settings.flags & SETTING_RESET ? "reset" : "keep",
		"gateway", gateway_role(snapshot), "source", report_source(state),
		"mesh_networks", report_copy(state, "mesh_networks"),
		"last_update", report_copy(state, "last_update"),
		"updates", report_copy(state, "updates"),
		"problems", report_copy(state, "problems"), "programs", programs(snapshot),
		"interfaces", interfaces(snapshot, state), "maps", maps(snapshot, &sums),
		"forwarded", forwarded(snapshot),
		"passes", reason_counts(snapshot, PASS, -1),
		"drops", reason_counts(snapshot, DROP, -1), "directions", directions(snapshot),
		"node", report_copy(state, "node"), "netns", report_copy(state, "netns"), "elsewhere",
		report_elsewhere(snapshot, state));
	json_object_set_new(report, "door", door(snapshot));
	json_object_set_new(report, "tunnel", report_copy(state, "tunnel"));
	json_object_set_new(report, "senders", report_senders(snapshot, report));
	json_object_set_new(report, "paths", paths(snapshot));
	json_decref(state);
	return report;
}
