/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Metrics by the names and labels that Istio's proxies give to TCP connections. */
#include "metrics_istio.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "metrics_parts.h"
#include "report_common.h"
#include "snapshot_find.h"

#define UNKNOWN "unknown"

struct series {
	char *labels;
	struct usage total;
	uint64_t closed;
};

int metrics_workload_compare(const void *a, const void *b)
{
	return memcmp(&((const struct metrics_workload *)a)->addr,
		      &((const struct metrics_workload *)b)->addr, sizeof(struct ip_addr));
}

static const char *find_workload(const struct metrics *metrics, const struct ip_addr *addr)
{
	const struct metrics_workload key = { .addr = *addr }, *found;

	found = bsearch(&key, metrics->workloads, metrics->workload_count, sizeof(key),
			metrics_workload_compare);
	return found ? found->workload : ";;;;";
}

static void write_label(FILE *out, const char *side, const char *name, const char *value, size_t length)
{
	char text[256];

	snprintf(text, sizeof(text), "%.*s", (int)(length < 255 ? length : 255), value);
	fprintf(out, "%s%s=\"", side, name);
	metrics_escape(out, *text ? text : UNKNOWN);
	fputs("\",", out);
}

/* Labels of one side, of the parts of its workload. */
static void write_side(FILE *out, const char *side, const char *workload)
{
	static const char *const names[][2] = {
		{ "workload", NULL }, { "workload_namespace", NULL }, { "canonical_service", "app" },
		{ "canonical_revision", "version" }, { "cluster", NULL },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t length = strcspn(workload, ";");
		bool latest = i == 3 && !length && strcmp(workload, ";"); /* istiod omits it */

		for (int j = 0; j < 2 && names[i][j]; j++)
			if (latest)
				write_label(out, side, names[i][j], "latest", 6);
			else
				write_label(out, side, names[i][j], workload, length);
		workload += length + (workload[length] == ';');
	}
	write_label(out, side, "principal", "", 0);
}

/* NAME.NAMESPACE.svc... */
static void write_service(FILE *out, const char *host)
{
	size_t name = strcspn(host, "."), space = host[name] ? strcspn(host + name + 1, ".") : 0;
	bool kubernetes = host[name] && !strncmp(host + name + 1 + space, ".svc", 4);

	write_label(out, "destination_", "service", host, strlen(host));
	write_label(out, "destination_", "service_name", host, kubernetes ? name : strlen(host));
	write_label(out, "destination_", "service_namespace", host + name + !!host[name],
		    kubernetes ? space : 0);
}

/* The labels of an item, to be freed; NULL without memory. */
static char *make_labels(const struct metrics *metrics, const struct usage_item *item, const char *host)
{
	const char *local = item->key.kind == BACKEND_LOCAL ?
				    find_workload(metrics, &item->key.backend) :
				    ";;;;";
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	fputs("reporter=\"source\",", out);
	write_side(out, "source_", find_workload(metrics, &item->key.client));
	write_side(out, "destination_", local);
	write_service(out, host);
	fputs("request_protocol=\"tcp\",response_flags=\"-\",connection_security_policy=\"unknown\"", out);
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}

/* The host of an item of a TCP service at the client's node; else NULL. */
static const char *host_of(const struct snapshot *snapshot, const struct named_service *services,
			   size_t count, const struct usage_item *item)
{
	const struct named_service *service =
		metrics_find_service(services, count, item->key.service_id);

	if (!service || item->key.gateway || snapshot->services[service->row].proto != IPPROTO_TCP)
		return NULL;
	return report_host(snapshot_name(snapshot, NAME_CLUSTER, service->row));
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct series *)a)->labels, ((const struct series *)b)->labels);
}

/* Items whose labels are equal become one series. */
static size_t merge(struct series *list, size_t count)
{
	size_t kept = 0;

	qsort(list, count, sizeof(*list), compare);
	for (size_t i = 0; i < count; i++) {
		if (!kept || compare(&list[kept - 1], &list[i])) {
			list[kept++] = list[i];
			continue;
		}
		list[kept - 1].total.flows += list[i].total.flows;
		list[kept - 1].total.sent += list[i].total.sent;
		list[kept - 1].total.received += list[i].total.received;
		list[kept - 1].closed += list[i].closed;
		free(list[i].labels);
	}
	return kept;
}

static size_t collect(const struct metrics *metrics, struct series *list)
{
	size_t items, service_count, count = 0;
	const struct usage_item *item = usage_table_items(metrics->usage, &items);
	struct named_service *services = metrics_name_services(metrics->snapshot, &service_count);

	for (; services && items--; item++) {
		const char *host = host_of(metrics->snapshot, services, service_count, item);
		char *labels = host ? make_labels(metrics, item, host) : NULL;

		if (labels)
			list[count++] = (struct series){ labels, item->shown,
							 item->shown.flows - item->live.flows };
	}
	free(services);
	return merge(list, count);
}

/* Istio's bytes sent are those of the answers, its bytes received those of the requests. */
static void write_families(FILE *out, const struct series *list, size_t count)
{
	struct metrics_writer writer = { .out = out, .prefix = "istio_tcp_" };

	metrics_family(&writer, "connections_opened_total", "counter", "Connections opened.");
	for (size_t i = 0; i < count; i++)
		metrics_labelled(&writer, list[i].labels, list[i].total.flows);
	metrics_family(&writer, "connections_closed_total", "counter", "Connections closed.");
	for (size_t i = 0; i < count; i++)
		metrics_labelled(&writer, list[i].labels, list[i].closed);
	metrics_family(&writer, "sent_bytes_total", "counter", "IP bytes of answers.");
	for (size_t i = 0; i < count; i++)
		metrics_labelled(&writer, list[i].labels, list[i].total.received);
	metrics_family(&writer, "received_bytes_total", "counter", "IP bytes of requests.");
	for (size_t i = 0; i < count; i++)
		metrics_labelled(&writer, list[i].labels, list[i].total.sent);
}

int metrics_write_istio(const struct metrics *metrics, FILE *out)
{
	struct series *list;
	size_t count;

	usage_table_items(metrics->usage, &count);
	list = calloc(count + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	count = collect(metrics, list);
	write_families(out, list, count);
	while (count--)
		free(list[count].labels);
	free(list);
	return 0;
}
