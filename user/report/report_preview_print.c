/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The views of `preview`, for display; shares are drawn as bars. */
#include <errno.h>
#include <string.h>

#include "report.h"
#include "report_common.h"
#include "utf8.h"

#define BAR_WIDTH 20

static long long number(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

static double percent(const json_t *object, const char *key)
{
	return 100 * json_number_value(json_object_get(object, key));
}

static const char *share(const json_t *backend, const char *key, char *buf)
{
	snprintf(buf, REPORT_CELL_MAX, "%.2f%%", percent(backend, key));
	return buf;
}

static const char *bar(const json_t *backend, const char *key, char *buf)
{
	static const char full[] = "####################";
	int length = (int)(percent(backend, key) * BAR_WIDTH / 100 + 0.5);

	snprintf(buf, REPORT_CELL_MAX, "%.*s", length ? length : 1, full);
	return buf;
}

static int print_backends(const json_t *view, FILE *out)
{
	static const struct report_column columns[] = {
		{ "BACKEND", "address", report_cell },
		{ "KIND", "kind", report_cell },
		{ "TRANSPORT", "transport", report_cell },
		{ "NETWORK", "network", report_cell },
		{ "LOCALITY", "locality", report_cell },
		{ "PRIO", "priority", report_cell },
		{ "WEIGHT", "weight", report_cell },
		{ "SHARE", "share", share },
		{ "TABLE", "table_share", share },
		{ "", "share", bar },
	};
	const json_t *backends = json_object_get(view, "backends");

	if (!json_array_size(backends))
		return 0;
	return report_table(backends, columns, sizeof(columns) / sizeof(*columns), out);
}

/* Priorities are worth a line only when there are several, or something is wrong; with --health, when
 * there are unused endpoints in the view, always. */
static void print_priorities(const json_t *view, FILE *out)
{
	const json_t *list = json_object_get(view, "priorities");
	bool all = json_object_get(view, "unused");
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		if (!all && json_array_size(list) == 1 &&
		    number(item, "healthy") == number(item, "hosts"))
			continue;
		fprintf(out,
			"priority %lld: %lld hosts, %lld healthy, %lld degraded, %lld excluded; load "
			"%lld%% to healthy, %lld%% to degraded%s\n",
			number(item, "priority"), number(item, "hosts"), number(item, "healthy"),
			number(item, "degraded"), number(item, "excluded"),
			number(item, "healthy_load"), number(item, "degraded_load"),
			json_is_true(json_object_get(item, "panic")) ?
				"; PANIC: all hosts are used" : "");
	}
}

static void print_endpoints(const json_t *view, const char *key, const char *title, FILE *out)
{
	char reason[REPORT_CELL_MAX], text[REPORT_CELL_MAX];
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(view, key), i, item) {
		const char *address = report_string(item, "address");
		const char *network = report_string(item, "network");

		fprintf(out, "%s: %s", title, *address ? address : "(no address)");
		if (network) {
			fputs(" of ", out);
			utf8_write(network, out);
		}
		fprintf(out, ": %s, %s\n", report_cell(item, "reason", reason),
			report_excluded_text(item, "reason", text));
	}
}

static void print_drops(const json_t *view, FILE *out)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(view, "drops"), i, item) {
		fputs("drop category ", out);
		utf8_write(report_string(item, "category"), out);
		fprintf(out, ": %.6g%% of what reaches it, %.6g%% of all\n", percent(item, "ratio"),
			percent(item, "refused"));
	}
}

static void print_title(const json_t *view, FILE *out)
{
	const char *service = report_string(view, "service"), *cluster = report_string(view, "cluster");

	utf8_write(service, out);
	if (!strcmp(cluster, service))
		return;
	fputs("  (", out);
	utf8_write(cluster, out);
	fputc(')', out);
}

static int print_view(const json_t *view, FILE *out)
{
	int err;

	fprintf(out, " from %s, IPv%lld %s\n", report_string(view, "network"), number(view, "family"),
		strcmp(report_string(view, "protocol"), "udp") ? "TCP" : "UDP");
	err = print_backends(view, out);
	if (percent(view, "fail") > 0)
		fputs("no endpoint can be picked: connections are refused\n", out);
	if (percent(view, "drop") > 0)
		fprintf(out, "drops: %.4g%% of connections are refused by drop overloads\n",
			percent(view, "drop"));
	if (number(view, "duplicates"))
		fprintf(out, "duplicates: %lld endpoints summed into equal ones\n",
			number(view, "duplicates"));
	print_drops(view, out);
	print_priorities(view, out);
	print_endpoints(view, "excluded", "excluded", out);
	print_endpoints(view, "unused", "gets nothing", out);
	return err;
}

int report_preview_print(const json_t *report, bool wide, FILE *out)
{
	json_t *view;
	size_t i;
	int err = 0;

	json_array_foreach(report, i, view) {
		const char *rejected = report_string(view, "rejected");

		print_title(view, out);
		if (rejected) {
			fputs(" REJECTED: ", out);
			utf8_write(rejected, out);
			fputc('\n', out);
		} else if (!err) {
			err = print_view(view, out);
		}
		fputc('\n', out);
	}
	return err ? err : ferror(out) ? -EIO : 0;
}
