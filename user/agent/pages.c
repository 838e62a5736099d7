/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pages of the admin server that read the maps. */
#include "pages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "agent.h"
#include "arena.h"
#include "problems.h"
#include "source_json.h"
#include "clusters.h"
#include "map_reader.h"
#include "metrics.h"
#include "pins.h"
#include "report.h"
#include "session.h"
#include "status.h"
#include "version.h"

/* The loop stands still while a page is made; services are always listed whole. */
#define PAGE_BACKENDS_MAX 65536

const char *page_unready(const struct agent *agent)
{
	const struct reconciler *reconciler = &agent->reconciler;

	if (!reconciler->serving || !reconciler->complete)
		return reconciler->problem ? reconciler->problem : "starting";
	return source_has_answered(agent->source) ? NULL : "the source has not answered yet";
}

/* ------------------------------------------------------------------ metrics */

/* Flows are counted by the sweep, since a walk over their map takes long. */
static void set_flow_usage(const struct agent *agent, struct snapshot *snapshot)
{
	struct map_usage *const usages[] = { snapshot->flow_usage, snapshot->embryonic_usage };
	const struct map_fds fds = dataplane_fds(agent->kernel.dataplane);
	const int *const maps[] = { fds.flows, fds.embryonic };
	struct pin_map info;

	for (int i = 0; i < 2 * FAMILIES; i++)
		if (!pins_map_info(maps[i / FAMILIES][i % FAMILIES], &info))
			usages[i / FAMILIES][i % FAMILIES] =
				(struct map_usage){ agent->sweeper.counts[i], info.max_entries };
}

static int count(void *arg, const char *reason, const char *problem)
{
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
			.last_ack = source_wall_clock(status, type->last_ack_ms),
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
	metrics->source = status->kind;
	metrics->source_connected = status->kind == SOURCE_ADS || !status->problem;
	for (size_t i = 0; i < n; i++)
		metrics->source_connected &= streams[i].connected;
	metrics->streams = streams;
	metrics->stream_count = n;
	metrics->types = types;
	return 0;
}

static void set_config(const struct watched_files *files, struct metrics *metrics)
{
	metrics->config_valid = !files->config_file.problem && !files->mesh_file.problem;
	metrics->config_loaded = files->config_loaded;
	metrics->config_hash = files->config->hash;
	metrics->network = files->config->network;
	metrics->cluster = files->config->cluster ? files->config->cluster : "";
}

/* Addresses of our own cluster's pods alone: another's may be the same. */
static bool is_own(const struct endpoint *endpoint, const char *cluster)
{
	const char *last = endpoint->workload ? strrchr(endpoint->workload, ';') : NULL;

	return last && !strcmp(last + 1, cluster);
}

static size_t list_workloads(const struct assignment *assignment, const char *cluster,
			     struct metrics_workload *ret)
{
	size_t count = 0;

	for (size_t l = 0; l < assignment->locality_count; l++)
		for (size_t e = 0; e < assignment->localities[l].endpoint_count; e++) {
			const struct endpoint *endpoint = &assignment->localities[l].endpoints[e];

			if (!is_own(endpoint, cluster))
				continue;
			for (size_t a = 0; ret && a < endpoint->address_count; a++)
				ret[count + a] = (struct metrics_workload){
					endpoint->addresses[a].addr.ip, endpoint->workload
				};
			count += endpoint->address_count;
		}
	return count;
}

/* Workloads by the addresses of pods; in the arena, their names borrowed from the source. */
static int add_workloads(const struct agent *agent, struct arena *arena, struct metrics *metrics)
{
	const struct assignment_list list = source_list(agent->source);
	struct metrics_workload *workloads;
	size_t count = 0;

	metrics->istio = agent->files.config->metrics.istio;
	if (!metrics->istio)
		return 0;
	for (size_t i = 0; i < list.count; i++)
		count += list_workloads(list.items[i], metrics->cluster, NULL);
	workloads = arena_array(arena, count + 1, sizeof(*workloads));
	if (!workloads)
		return -ENOMEM;
	for (size_t i = 0, at = 0; i < list.count; i++)
		at += list_workloads(list.items[i], metrics->cluster, &workloads[at]);
	qsort(workloads, count, sizeof(*workloads), metrics_workload_compare);
	metrics->workloads = workloads;
	metrics->workload_count = count;
	return 0;
}

static int write_metrics(const struct agent *agent, struct snapshot *snapshot, FILE *out)
{
	const struct reconciler *reconciler = &agent->reconciler;
	struct metrics metrics = { .snapshot = snapshot, .version = PARALLAX_VERSION,
				   .abi = ABI_VERSION,
				   .last_update = reconciler->last_update,
				   .updates = reconciler->updates,
				   .services_built = reconciler->built,
				   .apply = &reconciler->apply,
				   .convergence = &reconciler->convergence,
				   .usage = agent->usage.shown };
	struct process_stat process;
	struct arena *arena = arena_new(0);
	struct source_status status;
	int err = arena ? source_status(agent->source, arena, &status) : -ENOMEM;

	if (!process_stat_read(&process))
		metrics.process = &process;
	set_config(&agent->files, &metrics);
	set_flow_usage(agent, snapshot);
	problems_each(agent, count, &metrics.problems);
	if (!err)
		err = service_rows_count_excluded(&reconciler->generation.rows, metrics.excluded);
	if (!err)
		err = add_streams(&status, arena, &metrics);
	if (!err)
		err = add_workloads(agent, arena, &metrics);
	if (!err)
		err = metrics_write(&metrics, out);
	arena_free(arena);
	return err;
}

/* ------------------------------------------------------------------ tables */

static int write_clusters(const struct agent *agent, struct snapshot *snapshot, FILE *out)
{
	return clusters_write(snapshot, PAGE_BACKENDS_MAX, out);
}

/* Row after the last of at most PAGE_BACKENDS_MAX backends in use. */
static uint32_t last_backend(const struct snapshot *snapshot)
{
	uint32_t row = 1, used = 0;

	for (; row < snapshot->backend_count && used < PAGE_BACKENDS_MAX; row++)
		used += snapshot->backends[row].generation != 0;
	return row < snapshot->backend_count ? row : snapshot->backend_count;
}

/* Flows are not counted here, and excluded endpoints stand in the agent's part. */
static json_t *endpoints(struct snapshot snapshot, bool *ret_cut)
{
	uint32_t count = snapshot.backend_count;
	json_t *report, *endpoint;
	size_t i;

	snapshot.backend_count = last_backend(&snapshot);
	*ret_cut = snapshot.backend_count < count;
	report = report_endpoints(&snapshot, NULL);
	json_array_foreach(json_object_get(report, "endpoints"), i, endpoint)
		json_object_del(endpoint, "flows");
	json_object_del(report, "excluded");
	return report;
}

static json_t *services(struct snapshot snapshot)
{
	snapshot.status = NULL; /* services that the kernel does not have stand in the agent's part */
	return report_services(&snapshot);
}

static json_t *kernel_part(const struct agent *agent, const struct snapshot *snapshot)
{
	bool cut;
	json_t *list = endpoints(*snapshot, &cut);

	return json_pack("{s:b,s:o,s:o,s:o,s:o}", "cut", cut,
			 "status", report_status(snapshot, agent->pin_dir),
			 "services", services(*snapshot), "endpoints", list,
			 "networks", report_networks(snapshot));
}

static int write_dump(const struct agent *agent, struct snapshot *snapshot, FILE *out)
{
	json_t *dump;
	int err;

	set_flow_usage(agent, snapshot);
	snapshot->status = status_whole(agent);
	dump = json_pack("{s:i,s:O?,s:o}", "schema", REPORT_SCHEMA, "agent", snapshot->status,
			 "kernel", kernel_part(agent, snapshot));
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
} pages[PAGES] = {
	{ "/stats/prometheus", METRICS_TYPE, READ_COUNTERS, write_metrics },
	{ "/clusters", "text/plain; charset=utf-8", 0, write_clusters },
	{ "/config_dump", "application/json", READ_COUNTERS, write_dump },
};

int page_find(const char *path)
{
	for (int i = 0; i < PAGES; i++)
		if (!strcmp(pages[i].path, path))
			return i;
	return -1;
}

const char *page_type(int index)
{
	return pages[index].type;
}

int page_make(const struct agent *agent, int index, char **ret_text, size_t *ret_length)
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
