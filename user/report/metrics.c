/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Metrics: of the agent itself and of its source; and all parts in order. */
#include "metrics.h"

#include <errno.h>
#include <string.h>

#include "metrics_parts.h"
#include "view_json.h"

/* ------------------------------------------------------------------ the agent */

static void write_agent(struct metrics_writer *writer, const struct metrics *metrics)
{
	char abi[16];

	snprintf(abi, sizeof(abi), "%u", metrics->abi);
	metrics_family(writer, "build_info", "gauge",
		       "Always 1; the labels say which version runs, and its version of the maps.");
	metrics_sample(writer, 1, "version", metrics->version, "abi", abi, NULL);
	metrics_alone(writer, "updates_total", "counter",
		      "Updates that changed something in the kernel.", metrics->updates);
	metrics_alone(
		writer, "services_built_total", "counter",
		"Services whose shares were worked out anew, since what they are made from changed.",
		metrics->services_built);
	metrics_moment(writer, "last_update_timestamp_seconds",
		       "When the kernel last came to hold what was asked for.",
		       metrics->last_update);
	metrics_histogram(writer, "apply_duration_seconds",
			  "Time to work an update out and write it into the kernel.",
			  metrics->apply);
	metrics_histogram(writer, "convergence_duration_seconds",
			  "Time from the arrival of a change until the kernel holds it.",
			  metrics->convergence);
	metrics_alone(writer, "problems", "gauge",
		      "Problems that stand now; `parallaxctl status` has them.", metrics->problems);
	metrics_family(writer, "endpoints_excluded", "gauge",
		       "Endpoints that get no connections, by reason.");
	for (int reason = 1; reason < EXCLUDED_COUNT; reason++)
		metrics_sample(writer, metrics->excluded[reason], "reason",
			       view_excluded_name((enum excluded)reason), NULL);
}

static void write_process(FILE *out, const struct process_stat *process)
{
	struct metrics_writer writer = { .out = out, .prefix = "process_" };

	if (!process)
		return;
	metrics_seconds(&writer, "cpu_seconds_total", "counter",
			"Processor time of the agent, user and system.", process->cpu_seconds);
	metrics_seconds(&writer, "start_time_seconds", "gauge",
			"When the process started, in seconds since 1970.", process->start_seconds);
	metrics_alone(&writer, "resident_memory_bytes", "gauge", "Memory of the agent in RAM.",
		      process->resident_bytes);
	metrics_alone(&writer, "virtual_memory_bytes", "gauge", "Address space of the agent.",
		      process->virtual_bytes);
	metrics_alone(&writer, "open_fds", "gauge", "Open file descriptors of the agent.",
		      process->open_fds);
	metrics_alone(&writer, "max_fds", "gauge", "File descriptors that it may open.",
		      process->max_fds);
}

static void write_config(struct metrics_writer *writer, const struct metrics *metrics)
{
	char hash[17];

	metrics_alone(writer, "config_last_reload_successful", "gauge",
		      "Whether the configuration and meshNetworksFile were valid when last read; "
		      "else their last valid content serves.",
		      metrics->config_valid);
	metrics_moment(writer, "config_last_reload_success_timestamp_seconds",
		       "When the configuration was last taken over.", metrics->config_loaded);
	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)metrics->config_hash);
	metrics_family(
		writer, "config_info", "gauge",
		"Always 1; the labels tell the configuration that serves: the hash of its file, "
		"network and cluster.");
	metrics_sample(writer, 1, "hash", hash, "network", metrics->network, "cluster",
		       metrics->cluster, NULL);
}

static void write_source(struct metrics_writer *writer, const struct metrics *metrics)
{
	static const char *const names[] = { [SOURCE_FILES] = "files", [SOURCE_ADS] = "ads" };

	metrics_family(
		writer, "source_connected", "gauge",
		"Whether the source of endpoints is there: the files can be read, or all streams "
		"to the control plane are open.");
	if (metrics->source != SOURCE_NONE)
		metrics_sample(writer, metrics->source_connected, "source", names[metrics->source],
			       NULL);
}

static void write_types(struct metrics_writer *writer, const struct metrics *metrics)
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
		metrics_family(writer, families[f].name, families[f].type, families[f].help);
		for (size_t i = 0; i < metrics->type_count; i++) {
			const struct metrics_xds *type = &metrics->types[i];
			uint64_t value;

			memcpy(&value, (const char *)type + families[f].value, sizeof(value));
			metrics_sample(writer, value, "type", type->type, "network", type->network,
				       NULL);
		}
	}
	metrics_family(writer, "xds_last_ack_timestamp_seconds", "gauge",
		       "When a response was last accepted whole.");
	for (size_t i = 0; i < metrics->type_count; i++)
		if (metrics->types[i].last_ack)
			metrics_sample(writer, (uint64_t)metrics->types[i].last_ack, "type",
				       metrics->types[i].type, "network", metrics->types[i].network,
				       NULL);
}

static void write_ads(struct metrics_writer *writer, const struct metrics *metrics)
{
	metrics_family(
		writer, "xds_connected", "gauge",
		"Whether the stream to the control plane is open, by the network whose view it has.");
	for (size_t i = 0; i < metrics->stream_count; i++)
		metrics_sample(writer, metrics->streams[i].connected, "network",
			       metrics->streams[i].network, NULL);
	metrics_family(writer, "xds_stream_failures_total", "counter",
		       "Streams that ended or could not be opened.");
	for (size_t i = 0; i < metrics->stream_count; i++)
		metrics_sample(writer, metrics->streams[i].failures, "network",
			       metrics->streams[i].network, NULL);
	write_types(writer, metrics);
}

int metrics_write(const struct metrics *metrics, FILE *out)
{
	struct metrics_writer writer = { .out = out, .prefix = "parallax_" };

	write_process(out, metrics->process);
	write_agent(&writer, metrics);
	write_config(&writer, metrics);
	write_source(&writer, metrics);
	if (metrics->source == SOURCE_ADS)
		write_ads(&writer, metrics);
	metrics_write_maps(&writer, metrics->snapshot);
	metrics_write_health(&writer, metrics->snapshot);
	if (metrics->usage && metrics_write_usage(&writer, metrics->snapshot, metrics->usage))
		return -ENOMEM;
	if (metrics->usage && metrics->istio && metrics_write_istio(metrics, out))
		return -ENOMEM;
	return ferror(out) ? -EIO : 0;
}
