/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl preview: a view as text, shares drawn as bars. */
#include "ctl_preview.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "table_print.h"
#include "utf8.h"
#include "view_json.h"

#define BAR_WIDTH 20

static const char *const headers[] = {"BACKEND", "KIND",   "TRANSPORT", "NETWORK", "LOCALITY",
				      "PRIO",    "WEIGHT", "SHARE",     "TABLE",   ""};
#define COLUMNS (sizeof(headers) / sizeof(*headers))

static const char bar[] = "####################";

static void add_row(struct table_print *rows, const struct view_backend *backend, double slots)
{
	char address[ADDR_TEXT_MAX];
	int length = (int)(backend->share * BAR_WIDTH + 0.5);

	table_print_cell(rows, "%s", addr_port_format(&backend->addr, backend->port, address));
	table_print_cell(rows, "%s", view_kind_name(backend->kind));
	table_print_cell(rows, "%s", view_transport_name(backend->kind));
	table_print_cell(rows, "%s", backend->network);
	table_print_cell(rows, "%s", backend->locality);
	table_print_cell(rows, "%u", backend->priority);
	table_print_cell(rows, "%llu", (unsigned long long)backend->weight);
	table_print_cell(rows, "%.2f%%", 100 * backend->share);
	table_print_cell(rows, "%.2f%%", 100 * slots);
	table_print_cell(rows, "%.*s", length ? length : 1, bar);
}

static int print_backends(const struct view *view, const struct table *table, FILE *out)
{
	struct table_print *rows = table_print_new(headers, COLUMNS);
	int error;

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < view->backend_count; i++)
		add_row(rows, &view->backends[i],
			table->total ? table->counts[i] / (double)table->total : 0);
	error = table_print_write(rows, out);
	table_print_free(rows);
	return error;
}

/* Priorities are worth a word only when there are several, or something is wrong. */
static void print_priorities(const struct view *view, bool all, FILE *out)
{
	for (size_t i = 0; i < view->priority_count; i++) {
		const struct view_priority *priority = &view->priorities[i];

		if (!all && view->priority_count == 1 && priority->healthy == priority->hosts)
			continue;
		fprintf(out,
			"priority %u: %u hosts, %u healthy, %u degraded, %u excluded; load %u%% to "
			"healthy, %u%% to degraded%s\n",
			priority->priority, priority->hosts, priority->healthy,
			priority->degraded, priority->excluded, priority->healthy_load,
			priority->degraded_load, priority->panic ? "; PANIC: all hosts are used" : "");
	}
}

static void print_endpoints(const char *title, const struct view_excluded *items, size_t count,
			    FILE *out)
{
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < count; i++) {
		const char *address = "(no address)";

		if (items[i].addr.family)
			address = addr_port_format(&items[i].addr, items[i].port, text);
		fprintf(out, "%s: %s", title, address);
		if (items[i].network) {
			fputs(" of ", out);
			utf8_write(items[i].network, out);
		}
		fprintf(out, ": %s, %s\n", view_excluded_name(items[i].reason),
			view_excluded_text(items[i].reason));
	}
}

static void print_drops(const struct view *view, FILE *out)
{
	for (size_t i = 0; i < view->drop_count; i++) {
		const struct view_drop *drop = &view->drops[i];

		fputs("drop category ", out);
		utf8_write(drop->category, out);
		fprintf(out, ": %.6g%% of what reaches it, %.6g%% of all\n", 100 * drop->ratio,
			100 * drop->refused);
	}
}

static void print_title(const char *cluster, const char *service, FILE *out)
{
	utf8_write(service, out);
	if (strcmp(cluster, service)) {
		fputs("  (", out);
		utf8_write(cluster, out);
		fputc(')', out);
	}
}

int preview_print(const struct view *view, const struct table *table, const char *service,
		  const char *network, const struct preview_detail *detail, FILE *out)
{
	int error = 0;

	print_title(view->cluster, service, out);
	fprintf(out, " from %s, IPv%u %s\n", network, view->family,
		view->proto == IPPROTO_UDP ? "UDP" : "TCP");
	if (view->backend_count)
		error = print_backends(view, table, out);
	if (view->fail)
		fputs("no endpoint can be picked: connections are refused\n", out);
	if (view->drop > 0)
		fprintf(out, "drops: %.4g%% of connections are refused by drop overloads\n",
			100 * view->drop);
	if (view->duplicates)
		fprintf(out, "duplicates: %u endpoints summed into equal ones\n", view->duplicates);
	if (detail->drops)
		print_drops(view, out);
	print_priorities(view, detail->health, out);
	print_endpoints("excluded", view->excluded, view->excluded_count, out);
	if (detail->health)
		print_endpoints("gets nothing", view->unused, view->unused_count, out);
	fputc('\n', out);
	return error;
}

void preview_print_rejected(const struct assignment *assignment, const char *service, FILE *out)
{
	print_title(assignment->name, service, out);
	fputs(" REJECTED: ", out);
	utf8_write(assignment->rejected, out);
	fputs("\n\n", out);
}
