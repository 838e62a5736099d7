/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The report of one decision, for people. */
#include <errno.h>

#include "report.h"
#include "report_common.h"
#include "table_print.h"

static int print_distribution(const json_t *list, FILE *out)
{
	static const char *const headers[] = { "BACKEND", "KIND", "TRANSPORT", "NETWORK", "SLOTS",
					       "TABLE", "STATE" };
	struct table_print *table;
	json_t *backend;
	char buf[32];
	size_t i;
	int err;

	if (json_array_size(list) == 0)
		return 0;
	table = table_print_new(headers, 7);
	if (!table)
		return -ENOMEM;
	json_array_foreach(list, i, backend) {
		table_print_cell(table, "%s", report_cell(backend, "address", buf));
		table_print_cell(table, "%s", report_cell(backend, "kind", buf));
		table_print_cell(table, "%s", report_cell(backend, "transport", buf));
		table_print_cell(table, "%s", report_cell(backend, "network", buf));
		table_print_cell(table, "%s", report_cell(backend, "slots", buf));
		table_print_cell(table, "%s", report_percent(backend, "table_share", buf));
		table_print_cell(table, "%s", report_cell(backend, "state", buf));
	}
	fputc('\n', out);
	err = table_print_write(table, out);
	table_print_free(table);
	return err;
}

int report_explain_print(const json_t *report, bool wide, FILE *out)
{
	char vip[32], protocol[32], from[32];
	json_t *item;
	size_t i;

	(void)wide;
	fprintf(out, "%s/%s", report_cell(report, "vip", vip),
		report_cell(report, "protocol", protocol));
	if (json_is_string(json_object_get(report, "from")))
		fprintf(out, " from %s", report_cell(report, "from", from));
	fputc('\n', out);
	json_array_foreach(json_object_get(report, "steps"), i, item)
		fprintf(out, "%2zu. %-8s %s\n", i + 1,
			json_string_value(json_object_get(item, "step")),
			json_string_value(json_object_get(item, "text")));
	fprintf(out, "    outcome  %s\n", json_string_value(json_object_get(report, "outcome")));
	return print_distribution(json_object_get(report, "distribution"), out);
}
