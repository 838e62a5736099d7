/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Metrics in Prometheus' text format 0.0.4. */
#include "metrics.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "map_usage.h"
#include "reason_names.h"
#include "report_common.h"
#include "view_json.h"

struct writer {
	FILE *out;
	const char *name; /* of the family */
};

/* `name` without the prefix that all of them have. */
static void family(struct writer *writer, const char *name, const char *type, const char *help)
{
	writer->name = name;
	fprintf(writer->out, "# HELP parallax_%s %s\n# TYPE parallax_%s %s\n", name, help, name,
		type);
}

static void write_value(FILE *out, const char *text)
{
	for (; *text; text++)
		if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '\\' || *text == '"')
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
}

/* Labels are pairs of name and value, ended by NULL. */
static void sample(struct writer *writer, uint64_t value, ...)
{
	const char *label, *separator = "{";
	va_list labels;

	fprintf(writer->out, "parallax_%s", writer->name);
	va_start(labels, value);
	while ((label = va_arg(labels, const char *))) {
		fprintf(writer->out, "%s%s=\"", separator, label);
		write_value(writer->out, va_arg(labels, const char *));
		fputc('"', writer->out);
		separator = ",";
	}
	va_end(labels);
	fprintf(writer->out, "%s %llu\n", *separator == ',' ? "}" : "", (unsigned long long)value);
}

static void alone(struct writer *writer, const char *name, const char *type, const char *help,
		  uint64_t value)
{
	family(writer, name, type, help);
	sample(writer, value, NULL);
}

/* A moment that never came has no sample. */
static void moment(struct writer *writer, const char *name, const char *help, time_t when)
{
	family(writer, name, "gauge", help);
	if (when)
		sample(writer, (uint64_t)when, NULL);
}

/* ------------------------------------------------------------------ packets */

static void counters(struct writer *writer, const struct snapshot *snapshot, enum verdict verdict,
		     bool bytes)
{
	char name[REASON_NAME_MAX];

	for (int reason = REASON_NONE + 1; reason < REASON_COUNT; reason++)
		for (int hook = 0; reason_verdict(reason) == verdict && hook < HOOK_COUNT; hook++) {
			const struct counter *counter = &snapshot->counters[hook][reason];

			/* A counter that moved is shown, whatever the table of reasons says. */
			if (!reason_occurs(reason, hook) && !counter->packets)
				continue;
			sample(writer, bytes ? counter->bytes : counter->packets, "reason",
			       reason_name(reason, name), "hook", hook_names[hook], NULL);
		}
}

static void write_packets(struct writer *writer, const struct snapshot *snapshot)
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
		family(writer, verdicts[i].packets, "counter", verdicts[i].packets_help);
		counters(writer, snapshot, verdicts[i].verdict, false);
		family(writer, verdicts[i].bytes, "counter", verdicts[i].bytes_help);
		counters(writer, snapshot, verdicts[i].verdict, true);
	}
}

/* ------------------------------------------------------------------ tables */

static void write_maps(struct writer *writer, const struct snapshot *snapshot,
		       const struct map_usage_sums *sums)
{
	const struct {
		const char *name;
		struct map_usage usage;
	} maps[] = {
		{ "services", sums->services }, { "backends", sums->backends },
		{ "slots", sums->slots }, { "flows", snapshot->flow_usage },
		{ "embryonic", snapshot->embryonic_usage },
	};
	const size_t count = sizeof(maps) / sizeof(*maps);

	family(writer, "map_entries", "gauge",
	       "Entries in use; those of flows and embryonic as last swept, each flow being two.");
	for (size_t i = 0; i < count; i++)
		if (maps[i].usage.max)
			sample(writer, maps[i].usage.used, "map", maps[i].name, NULL);
	family(writer, "map_capacity", "gauge", "Entries there is room for.");
	for (size_t i = 0; i < count; i++)
		if (maps[i].usage.max)
			sample(writer, maps[i].usage.max, "map", maps[i].name, NULL);
}

static void write_services(struct writer *writer, const struct map_usage_sums *sums)
{
	alone(writer, "services", "gauge", "Services whose virtual IP is captured.", sums->captured);
	alone(writer, "services_refusing", "gauge",
	      "Those of which no endpoint can be picked: refused.", sums->refusing);
	alone(writer, "services_panic", "gauge",
	      "Those with too few healthy endpoints, whose health is not looked at.", sums->panic);
	alone(writer, "services_degraded", "gauge", "Those that degraded endpoints answer for.",
	      sums->degraded);
	alone(writer, "services_dropping", "gauge", "Those with drop overloads.", sums->dropping);
	family(writer, "backends", "gauge", "Backends that take new connections.");
	for (uint8_t kind = 0; kind < MAP_USAGE_KINDS; kind++)
		sample(writer, sums->kinds[kind], "kind", view_kind_name(kind), "transport",
		       view_transport_name(kind), NULL);
	alone(writer, "backends_draining", "gauge",
	      "Backends that left and may still have connections.", sums->draining);
}

static void write_interfaces(struct writer *writer, const struct snapshot *snapshot)
{
	uint64_t pods = 0, uplinks = 0;

	for (size_t i = 0; i < snapshot->iface_count; i++) {
		bool present = snapshot->ifaces[i].name[0] != '\0';

		if (snapshot->ifaces[i].iface.role == IFACE_UPLINK)
			uplinks += present;
		else
			pods += present;
	}
	family(writer, "interfaces", "gauge", "Interfaces the programs are meant for.");
	sample(writer, pods, "role", "pod", NULL);
	sample(writer, uplinks, "role", "uplink", NULL);
}

/* ------------------------------------------------------------------ the agent */

static void write_agent(struct writer *writer, const struct metrics *metrics)
{
	family(writer, "build_info", "gauge", "Always 1; the label says which version runs.");
	sample(writer, 1, "version", metrics->version, NULL);
	moment(writer, "start_timestamp_seconds", "When the agent started.", metrics->started);
	alone(writer, "updates_total", "counter", "Updates that changed something in the kernel.",
	      metrics->updates);
	alone(writer, "services_built_total", "counter",
	      "Services whose shares were worked out anew, since what they are made from changed.",
	      metrics->services_built);
	moment(writer, "last_update_timestamp_seconds",
	       "When the kernel last came to hold what was asked for.", metrics->last_update);
	alone(writer, "problems", "gauge", "Problems that stand now; `parallaxctl status` has them.",
	      metrics->problems);
	family(writer, "endpoints_excluded", "gauge",
	       "Endpoints that get no connections, by reason.");
	for (int reason = 1; reason < EXCLUDED_COUNT; reason++)
		sample(writer, metrics->excluded[reason], "reason",
		       view_excluded_name((enum excluded)reason), NULL);
}

static void write_types(struct writer *writer, const struct metrics *metrics)
{
	static const struct {
		const char *name, *type, *help;
		size_t value;
	} families[] = {
		{ "xds_responses_total", "counter", "Responses of the control plane.",
		  offsetof(struct metrics_xds, responses) },
		{ "xds_rejects_total", "counter", "Responses refused, in part or whole.",
		  offsetof(struct metrics_xds, rejects) },
		{ "xds_received_bytes_total", "counter", "Bytes of responses.",
		  offsetof(struct metrics_xds, bytes) },
		{ "xds_resources", "gauge", "Resources held.",
		  offsetof(struct metrics_xds, resources) },
	};

	for (size_t f = 0; f < sizeof(families) / sizeof(*families); f++) {
		family(writer, families[f].name, families[f].type, families[f].help);
		for (size_t i = 0; i < metrics->type_count; i++) {
			const struct metrics_xds *type = &metrics->types[i];
			uint64_t value;

			memcpy(&value, (const char *)type + families[f].value, sizeof(value));
			sample(writer, value, "type", type->type, "network", type->network, NULL);
		}
	}
	family(writer, "xds_last_ack_timestamp_seconds", "gauge",
	       "When a response was last accepted whole.");
	for (size_t i = 0; i < metrics->type_count; i++)
		if (metrics->types[i].last_ack)
			sample(writer, (uint64_t)metrics->types[i].last_ack, "type",
			       metrics->types[i].type, "network", metrics->types[i].network, NULL);
}

static void write_ads(struct writer *writer, const struct metrics *metrics)
{
	family(writer, "xds_connected", "gauge",
	       "Whether the stream to the control plane is open, by the network whose view it has.");
	for (size_t i = 0; i < metrics->stream_count; i++)
		sample(writer, metrics->streams[i].connected, "network",
		       metrics->streams[i].network, NULL);
	family(writer, "xds_stream_failures_total", "counter",
	       "Streams that ended or could not be opened.");
	for (size_t i = 0; i < metrics->stream_count; i++)
		sample(writer, metrics->streams[i].failures, "network",
		       metrics->streams[i].network, NULL);
	write_types(writer, metrics);
}

int metrics_write(const struct metrics *metrics, FILE *out)
{
	struct writer writer = { .out = out };
	struct map_usage_sums sums;

	map_usage_sum(metrics->snapshot, &sums);
	write_agent(&writer, metrics);
	if (metrics->ads)
		write_ads(&writer, metrics);
	write_interfaces(&writer, metrics->snapshot);
	write_services(&writer, &sums);
	write_maps(&writer, metrics->snapshot, &sums);
	write_packets(&writer, metrics->snapshot);
	return ferror(out) ? -EIO : 0;
}
