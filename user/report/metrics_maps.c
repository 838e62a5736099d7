/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Metrics out of the kernel's maps: packets, tables, services, interfaces. */
#include "map_usage.h"
#include "metrics_parts.h"
#include "reason_names.h"
#include "view_json.h"

/* ------------------------------------------------------------------ packets */

static void counters(struct metrics_writer *writer, const struct snapshot *snapshot,
		     enum verdict verdict, bool bytes)
{
	char name[REASON_NAME_MAX];

	for (int reason = REASON_NONE + 1; reason < REASON_COUNT; reason++)
		for (int hook = 0; reason_verdict(reason) == verdict && hook < HOOK_COUNT; hook++) {
			const struct counter *counter = &snapshot->counters[hook][reason];

			/* A counter that moved is shown, whatever the table of reasons says. */
			if (!reason_occurs(reason, hook) && !counter->packets)
				continue;
			metrics_sample(writer, bytes ? counter->bytes : counter->packets, "reason",
				       reason_name(reason, name), "hook", hook_names[hook], NULL);
		}
}

static void write_packets(struct metrics_writer *writer, const struct snapshot *snapshot)
{
	static const struct {
		const char *packets, *bytes;
		const char *packets_help, *bytes_help;
		enum verdict verdict;
	} verdicts[] = {
		{ "forward_packets_total", "forward_bytes_total",
		  "Packets sent on, by what was done to them and the hook they were met at. Those of "
		  "reason xdp_decap are counted once more where they are delivered.",
		  "IP bytes of forwarded packets.", FORWARD },
		{ "pass_packets_total", "pass_bytes_total",
		  "Packets for a virtual IP that were left to the stack.",
		  "IP bytes of packets left to the stack.", PASS },
		{ "drop_packets_total", "drop_bytes_total",
		  "Packets dropped or refused, by reason and the hook they were met at.",
		  "IP bytes of dropped packets.", DROP },
	};

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		metrics_family(writer, verdicts[i].packets, "counter", verdicts[i].packets_help);
		counters(writer, snapshot, verdicts[i].verdict, false);
		metrics_family(writer, verdicts[i].bytes, "counter", verdicts[i].bytes_help);
		counters(writer, snapshot, verdicts[i].verdict, true);
	}
}

/* ------------------------------------------------------------------ tables */

static void write_maps(struct metrics_writer *writer, const struct snapshot *snapshot,
		       const struct map_usage_sums *sums)
{
	const struct {
		const char *name;
		struct map_usage usage;
	} maps[] = {
		{ "services", sums->services },
		{ "backends", sums->backends },
		{ "slots", sums->slots },
		{ "flows", snapshot->flow_usage[FAMILY_4] },
		{ "embryonic", snapshot->embryonic_usage[FAMILY_4] },
		{ "flows6", snapshot->flow_usage[FAMILY_6] },
		{ "embryonic6", snapshot->embryonic_usage[FAMILY_6] },
	};
	const size_t count = sizeof(maps) / sizeof(*maps);

	metrics_family(
		writer, "map_entries", "gauge",
		"Entries in use; those of flows and embryonic as last swept, each flow being two.");
	for (size_t i = 0; i < count; i++)
		if (maps[i].usage.max)
			metrics_sample(writer, maps[i].usage.used, "map", maps[i].name, NULL);
	metrics_family(writer, "map_capacity", "gauge", "Entries there is room for.");
	for (size_t i = 0; i < count; i++)
		if (maps[i].usage.max)
			metrics_sample(writer, maps[i].usage.max, "map", maps[i].name, NULL);
	metrics_family(writer, "map_pressure", "gauge",
		       "Part of the map that is in use, from 0 to 1.");
	for (size_t i = 0; i < count; i++)
		if (maps[i].usage.max)
			metrics_ratio(writer, (double)maps[i].usage.used / maps[i].usage.max, "map",
				      maps[i].name);
}

/* A port serves one connection to each endpoint; the gateway role alone has any. */
static void write_snat(struct metrics_writer *writer, const struct settings *settings)
{
	uint64_t ports = settings->snat_last >= settings->snat_first ?
				 settings->snat_last - settings->snat_first + 1u :
				 0;

	metrics_family(writer, "gateway_snat_ports", "gauge",
		       "Connections that the gateway can carry to one endpoint: source addresses times "
		       "ports.");
	if (settings->flags & SETTING_GATEWAY)
		for (int i = 0; i < IP_FAMILIES; i++)
			metrics_sample(writer, settings->snat_count[i] * ports, "family",
				       i == IP_V4_INDEX ? "4" : "6", NULL);
}

static void write_services(struct metrics_writer *writer, const struct map_usage_sums *sums)
{
	metrics_alone(writer, "services", "gauge", "Services whose virtual IP is captured.",
		      sums->captured);
	metrics_alone(writer, "services_refusing", "gauge",
		      "Those of which no endpoint can be picked: refused.", sums->refusing);
	metrics_alone(writer, "services_panic", "gauge",
		      "Those with too few healthy endpoints, whose health is not looked at.",
		      sums->panic);
	metrics_alone(writer, "services_degraded", "gauge",
		      "Those that degraded endpoints answer for.", sums->degraded);
	metrics_alone(writer, "services_dropping", "gauge", "Those with drop overloads.",
		      sums->dropping);
	metrics_family(writer, "backends", "gauge", "Backends that take new connections.");
	for (uint8_t kind = 0; kind < MAP_USAGE_KINDS; kind++)
		metrics_sample(writer, sums->kinds[kind], "kind", view_kind_name(kind), "transport",
			       view_transport_name(kind), NULL);
	metrics_alone(writer, "backends_draining", "gauge",
		      "Backends that left and may still have connections.", sums->draining);
}

static void write_interfaces(struct metrics_writer *writer, const struct snapshot *snapshot)
{
	uint64_t counts[IFACE_HOST + 1] = {};

	for (size_t i = 0; i < snapshot->iface_count; i++) {
		uint32_t role = snapshot->ifaces[i].iface.role;

		if (role <= IFACE_HOST && snapshot->ifaces[i].name[0])
			counts[role]++;
	}
	metrics_family(writer, "interfaces", "gauge", "Interfaces the programs are meant for.");
	metrics_sample(writer, counts[IFACE_POD], "role", "pod", NULL);
	metrics_sample(writer, counts[IFACE_UPLINK], "role", "uplink", NULL);
	metrics_sample(writer, counts[IFACE_HOST], "role", "host", NULL);
}

void metrics_write_maps(struct metrics_writer *writer, const struct snapshot *snapshot)
{
	struct map_usage_sums sums;

	map_usage_sum(snapshot, &sums);
	write_interfaces(writer, snapshot);
	write_services(writer, &sums);
	write_maps(writer, snapshot, &sums);
	write_snat(writer, &snapshot->settings);
	write_packets(writer, snapshot);
}
