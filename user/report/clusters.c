/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The page /clusters: backends as the kernel holds them, in the form of Envoy's. */
#include "clusters.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "report_common.h"
#include "snapshot_find.h"
#include "utf8.h"

static void write_cluster(const struct snapshot *snapshot, uint32_t row, FILE *out)
{
	const char *name = snapshot_name(snapshot, NAME_CLUSTER, row);

	if (name)
		utf8_write(name, out);
	else
		fprintf(out, "row %u", row);
	fputs("::", out);
}

static const char *address(const struct ip_addr *ip, __be16 port, char *buf)
{
	struct addr addr = addr_of_ip(ip);

	return addr_port_format(&addr, ntohs(port), buf);
}

static void write_service(const struct snapshot *snapshot, uint32_t row, FILE *out)
{
	const struct service *service = &snapshot->services[row];
	char buf[ADDR_TEXT_MAX];

	write_cluster(snapshot, row, out);
	if (!ip_is_none(&service->vip))
		fprintf(out, "vip::%s/%s\n", address(&service->vip, service->port, buf),
			report_protocol(service->proto));
	else
		fprintf(out, "vip::none/%s\n", report_protocol(service->proto));
	if (service->flags & (SERVICE_PANIC | SERVICE_DEGRADED)) {
		write_cluster(snapshot, row, out);
		fprintf(out, "state::%s\n", service->flags & SERVICE_PANIC ? "panic" : "degraded");
	}
	if (service->drop) {
		write_cluster(snapshot, row, out);
		fprintf(out, "drop::%.6f\n", report_drop_fraction(service));
	}
}

struct line {
	const struct snapshot *snapshot;
	const struct backend *backend;
	FILE *out;
};

/* CLUSTER::ADDRESS::KEY:: */
static FILE *begin(const struct line *line, const char *key)
{
	char buf[ADDR_TEXT_MAX];

	write_cluster(line->snapshot, line->backend->service, line->out);
	fprintf(line->out, "%s::%s::", address(&line->backend->addr, line->backend->port, buf),
		key);
	return line->out;
}

/* region/zone/sub_zone, as far as they are there. */
static void write_locality(const struct line *line)
{
	static const char *const keys[] = { "region", "zone", "sub_zone" };
	const char *name = snapshot_name(line->snapshot, NAME_LOCALITY, line->backend->locality);
	char copy[256] = "", *rest = copy;

	if (name)
		snprintf(copy, sizeof(copy), "%s", name);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const char *part = i < 2 ? strsep(&rest, "/") : rest;

		begin(line, keys[i]);
		utf8_write(part ? part : "", line->out);
		fputc('\n', line->out);
	}
}

/* `total` is the part of the table that all backends of the service have together. */
static void write_backend(const struct snapshot *snapshot, const struct backend *backend,
			  uint64_t total, FILE *out)
{
	const struct line line = { snapshot, backend, out };
	char buf[16];

	fprintf(begin(&line, "weight"), "%u\n", backend->weight);
	fprintf(begin(&line, "priority"), "%u\n", backend->priority);
	write_locality(&line);
	/* Envoy's flag for a host that left and is kept for its connections. */
	fprintf(begin(&line, "health_flags"), "%s\n", backend->flags & BACKEND_DRAINING ?
		"/pending_dynamic_removal" : "healthy");
	begin(&line, "network");
	utf8_write(report_network(snapshot, backend->network, buf), out);
	fputc('\n', out);
	fprintf(begin(&line, "kind"), "%s\n", view_kind_name(backend->kind));
	fprintf(begin(&line, "transport"), "%s\n", view_transport_name(backend->kind));
	fprintf(begin(&line, "share"), "%u.%09u\n", backend->share / 1000000000u,
		backend->share % 1000000000u);
	fprintf(begin(&line, "table_share"), "%.9f\n",
		total ? (double)backend->slots / (double)total : 0.0);
}

/* ------------------------------------------------------------------ all of them */

struct place {
	uint32_t service, backend;
};

static int compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->service != y->service)
		return x->service < y->service ? -1 : 1;
	return x->backend < y->backend ? -1 : x->backend > y->backend;
}

/* Up to `max` of them, by service; *ret_cut when there are more. */
static size_t collect(const struct snapshot *snapshot, struct place *places, size_t max,
		      bool *ret_cut)
{
	size_t count = 0;

	for (uint32_t row = 1; row < snapshot->backend_count; row++) {
		uint32_t service = snapshot->backends[row].service;

		if (!snapshot_backend_of(snapshot, row, service))
			continue;
		if (count == max) {
			*ret_cut = true;
			break;
		}
		places[count++] = (struct place){ service, row };
	}
	qsort(places, count, sizeof(*places), compare);
	return count;
}

int clusters_write(const struct snapshot *snapshot, size_t max, FILE *out)
{
	struct place *places = calloc(max + 1, sizeof(*places));
	uint64_t *totals = snapshot_table_totals(snapshot);
	size_t count, next = 0;
	bool is_cut = false;

	if (!places || !totals) {
		free(places);
		free(totals);
		return -ENOMEM;
	}
	count = collect(snapshot, places, max, &is_cut);
	for (uint32_t row = 0; row < snapshot->service_count; row++) {
		if (!(snapshot->services[row].flags & SERVICE_IN_USE))
			continue;
		write_service(snapshot, row, out);
		for (; next < count && places[next].service <= row; next++)
			if (places[next].service == row)
				write_backend(snapshot, &snapshot->backends[places[next].backend],
					      totals[row], out);
	}
	if (is_cut)
		fprintf(out, "cut after %zu backends\n", max);
	free(places);
	free(totals);
	return ferror(out) ? -EIO : 0;
}
