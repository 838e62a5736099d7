/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pages of the admin server that read the maps. */
#include "agent_pages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "agent.h"
#include "agent_problems.h"
#include "agent_source_state.h"
#include "clusters.h"
#include "map_reader.h"
#include "metrics.h"
#include "pins.h"
#include "report.h"
#include "report_common.h"
#include "session.h"
#include "version.h"

/* The loop stands still while a page is made. */
#define CLUSTERS_BACKENDS_MAX 16384
#define DUMP_ROWS_MAX 4096 /* of services, and of backends */

const char *agent_page_unready(const struct agent *agent)
{
	if (agent->serving && agent->complete)
		return NULL;
	return agent->apply_problem ? agent->apply_problem : "starting";
}

/* ------------------------------------------------------------------ metrics */

/* What packets open and close is counted by the sweep, since a walk takes long. */
static void set_flow_usage(const struct agent *agent, struct snapshot *snapshot)
{
	struct map_usage *const usages[] = { &snapshot->flow_usage, &snapshot->embryonic_usage };
	const int fds[] = { dataplane_flows_fd(agent->dataplane),
			    dataplane_embryonic_fd(agent->dataplane) };
	struct pin_map info;

	for (int i = 0; i < 2; i++)
		if (!pins_map_info(fds[i], &info))
			*usages[i] = (struct map_usage){ agent->flow_counts[i], info.max_entries };
}

static int count(void *arg, const char *problem)
{
	(void)problem;
	++*(size_t *)arg;
	return 0;
}

static void add_types(struct metrics_xds *types, size_t *type_count,
		      const struct source_status *status, const struct source_stream_status *stream)
{
	for (int i = 0; i < XDS_TYPES; i++) {
		const struct xds_type_status *type = &stream->session.types[i];

		if (type->sync == XDS_IDLE)
			continue;
		types[(*type_count)++] = (struct metrics_xds){
			.network = stream->network, .type = xds_type_names[i],
			.responses = type->responses, .rejects = type->rejects,
			.resources = type->resources, .bytes = type->bytes,
			.last_ack = agent_wall_clock(status, type->last_ack_ms),
		};
	}
}

static int add_streams(const struct source_status *status, struct arena *arena,
		       struct metrics *metrics)
{
	size_t n = status->stream_count;
	struct metrics_stream *streams = arena_array(arena, n, sizeof(*streams));
	struct metrics_xds *types = arena_array(arena, n * XDS_TYPES, sizeof(*types));

	if (n && (!streams || !types))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct source_stream_status *stream = &status->streams[i];

		streams[i] = (struct metrics_stream){ stream->network, stream->session.connected,
						      stream->session.failures };
		add_types(types, &metrics->type_count, status, stream);
	}
	metrics->ads = status->kind == SOURCE_ADS;
	metrics->streams = streams;
	metrics->stream_count = n;
	metrics->types = types;
	return 0;
}

static void count_excluded(void *arg, const char *cluster, const struct agent_excluded *item)
{
	struct metrics *metrics = arg;

	(void)cluster;
	metrics->excluded[item->reason]++;
}

static int write_metrics(const struct agent *agent, struct snapshot *snapshot, FILE *out)
{
	struct metrics metrics = { .snapshot = snapshot, .version = PARALLAX_VERSION,
				   .started = agent->started, .last_update = agent->last_update,
				   .updates = agent->updates, .services_built = agent->built };
	struct arena *arena = arena_new(0);
	struct source_status status;
	int err = arena ? source_status(agent->source, arena, &status) : -ENOMEM;

	set_flow_usage(agent, snapshot);
	agent_problems_each(agent, count, &metrics.problems);
	agent_rows_each_excluded(&agent->picture.rows, count_excluded, &metrics);
	if (!err)
		err = add_streams(&status, arena, &metrics);
	if (!err)
		err = metrics_write(&metrics, out);
	arena_free(arena);
	return err;
}

/* ------------------------------------------------------------------ tables */

static int write_clusters(const struct agent *agent, struct snapshot *snapshot, FILE *out)
{
	(void)agent;
	return clusters_write(snapshot, CLUSTERS_BACKENDS_MAX, out);
}

/* Row after the last of at most DUMP_ROWS_MAX backends in use. */
static uint32_t last_backend(const struct snapshot *snapshot)
{
	uint32_t row = 1, used = 0;

	for (; row < snapshot->backend_count && used < DUMP_ROWS_MAX; row++)
		used += snapshot->backends[row].generation != 0;
	return row < snapshot->backend_count ? row : snapshot->backend_count;
}

/* Nobody counted the flows. */
static json_t *without_flows(json_t *report)
{
	json_t *endpoint;
	size_t i;

	json_array_foreach(json_object_get(report, "endpoints"), i, endpoint)
		json_object_del(endpoint, "flows");
	json_object_del(report, "excluded"); /* the agent's own state has it */
	return report;
}

static json_t *kernel_state(const struct agent *agent, const struct snapshot *snapshot)
{
	struct snapshot few_services = *snapshot, few_backends = *snapshot;

	few_services.agent_text = NULL;
	if (few_services.vip_count > DUMP_ROWS_MAX)
		few_services.vip_count = DUMP_ROWS_MAX;
	few_backends.backend_count = last_backend(snapshot);
	return json_pack("{s:b,s:o,s:o,s:o,s:o}", "cut",
			 few_services.vip_count < snapshot->vip_count ||
				 few_backends.backend_count < snapshot->backend_count,
			 "status", report_status(snapshot, agent->pin_dir),
			 "services", report_services(&few_services),
			 "endpoints", without_flows(report_endpoints(&few_backends, NULL)),
			 "networks", report_networks(snapshot));
}

static int write_dump(const struct agent *agent, struct snapshot *snapshot, FILE *out)
{
	json_t *dump;
	int err;

	set_flow_usage(agent, snapshot);
	dump = json_pack("{s:i,s:o,s:o}", "schema", REPORT_SCHEMA, "agent",
			 report_agent_state(snapshot), "kernel", kernel_state(agent, snapshot));
	err = !dump || json_dumpf(dump, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) ||
			      fputc('\n', out) == EOF ? -ENOMEM : 0;
	json_decref(dump);
	return err;
}

/* ------------------------------------------------------------------ all of them */

static const struct page {
	const char *path, *type;
	unsigned int parts;
	int (*write)(const struct agent *agent, struct snapshot *snapshot, FILE *out);
} pages[AGENT_PAGES] = {
	{ "/stats/prometheus", METRICS_TYPE, READ_COUNTERS, write_metrics },
	{ "/clusters", "text/plain; charset=utf-8", 0, write_clusters },
	{ "/config_dump", "application/json", READ_COUNTERS, write_dump },
};

int agent_page_find(const char *path)
{
	for (int i = 0; i < AGENT_PAGES; i++)
		if (!strcmp(pages[i].path, path))
			return i;
	return -1;
}

const char *agent_page_type(int index)
{
	return pages[index].type;
}

int agent_page_make(const struct agent *agent, int index, char **ret_text, size_t *ret_length)
{
	FILE *out = open_memstream(ret_text, ret_length);
	char reason[MAP_READER_REASON];
	struct snapshot *snapshot;
	int status = 200;

	if (!out)
		return 500;
	if (map_reader_read(agent->pin_dir, pages[index].parts, &snapshot, reason)) {
		status = 503;
		fprintf(out, "%s\n", reason);
	} else {
		if (pages[index].write(agent, snapshot, out))
			status = 500;
		map_reader_free(snapshot);
	}
	if (fclose(out))
		status = 500;
	return status;
}
