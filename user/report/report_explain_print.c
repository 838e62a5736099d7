/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The report of one decision, for display. */
#include "report.h"
#include "report_common.h"

static int print_distribution(const json_t *list, FILE *out)
{
	static const struct report_column columns[] = {
		{ "BACKEND", "address", report_cell },
		{ "KIND", "kind", report_cell },
		{ "TRANSPORT", "transport", report_cell },
		{ "NETWORK", "network", report_cell },
		{ "SLOTS", "slots", report_cell },
		{ "TABLE", "table_share", report_percent },
		{ "STATE", "state", report_cell },
	};

	if (json_array_size(list) == 0)
		return 0;
	fputc('\n', out);
	return report_table(list, columns, 7, out);
}

static void print_priorities(const json_t *report, FILE *out)
{
	json_t *item;
	size_t i;

	if (json_array_size(json_object_get(report, "priorities")) > 1)
		json_array_foreach(json_object_get(report, "priorities"), i, item)
			fprintf(out, "    priority %lld takes %.4g%%\n",
				(long long)json_integer_value(json_object_get(item, "priority")),
				100 * json_real_value(json_object_get(item, "load")));
	json_array_foreach(json_object_get(report, "health"), i, item) {
		char a[32], b[32], c[32], d[32], e[32], f[32], g[32];

		fprintf(out, "    priority %s: %s hosts, %s healthy, %s degraded, %s excluded; load "
			"%s%% to healthy, %s%% to degraded%s\n", report_cell(item, "priority", a),
			report_cell(item, "hosts", b), report_cell(item, "healthy", c),
			report_cell(item, "degraded", d), report_cell(item, "excluded", e),
			report_cell(item, "healthy_load", f), report_cell(item, "degraded_load", g),
			json_is_true(json_object_get(item, "panic")) ?
				"; PANIC: all hosts are used" : "");
	}
}

static void print_refused(const json_t *report, FILE *out)
{
	json_t *item;
	char buf[32];
	size_t i;

	json_array_foreach(json_object_get(report, "drops"), i, item)
		fprintf(out, "    drops    %s: %.4g%% of new connections, %s refused so far\n",
			json_string_value(json_object_get(item, "category")),
			100 * json_real_value(json_object_get(item, "fraction")),
			report_cell(item, "refused", buf));
}

static const char *network_or_unknown(const json_t *endpoint)
{
	const char *network = report_string(endpoint, "network");

	return network ? network : "an unknown network";
}

static void print_excluded(const json_t *report, FILE *out)
{
	json_t *item;
	char a[REPORT_CELL_MAX], b[REPORT_CELL_MAX];
	size_t i;

	json_array_foreach(json_object_get(report, "excluded"), i, item)
		fprintf(out, "%sexcluded: %s of %s: %s\n", i ? "" : "\n",
			report_cell(item, "address", a), network_or_unknown(item),
			report_excluded_text(item, "reason", b));
}

int report_explain_print(const json_t *report, bool wide, FILE *out)
{
	json_t *item;
	size_t i;
	int err;

	fprintf(out, "%s\n\n", report_string(report, "summary"));
	json_array_foreach(json_object_get(report, "steps"), i, item)
		fprintf(out, "%2zu. %-8s %s\n", i + 1,
			json_string_value(json_object_get(item, "step")),
			json_string_value(json_object_get(item, "text")));
	fprintf(out, "    outcome  %s\n", json_string_value(json_object_get(report, "outcome")));
	print_refused(report, out);
	print_priorities(report, out);
	err = print_distribution(json_object_get(report, "distribution"), out);
	print_excluded(report, out);
	return err;
}
