/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The connections, written one by one: all of a node as one tree would take a gigabyte. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "report_common.h"
#include "report_flows.h"
#include "report_yaml.h"
#include "table_print.h"

struct flow_writer {
	enum flow_form form;
	FILE *out;
	struct table_print *table; /* of FLOWS_TABLE and FLOWS_WIDE */
	size_t written;
	int err;
};

/* ------------------------------------------------------------------ JSON and YAML */

static int item_text(const struct flow_writer *writer, const json_t *flow, char **ret)
{
	size_t size;
	FILE *out;
	int err;

	if (writer->form == FLOWS_JSON) {
		*ret = json_dumps(flow, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
		return *ret ? 0 : -ENOMEM;
	}
	*ret = NULL;
	out = open_memstream(ret, &size);
	if (!out)
		return -ENOMEM;
	err = report_yaml_write(flow, out);
	fclose(out);
	return err;
}

/* The item's lines, indented as in the whole document. */
static void write_item(struct flow_writer *writer, char *text)
{
	bool json = writer->form == FLOWS_JSON;
	char *save = NULL, *line = strtok_r(text, "\n", &save);

	fputs(json ? (writer->written ? ",\n    " : "\n    ") : writer->written ? "- " : "\n- ",
	      writer->out);
	for (; line; line = strtok_r(NULL, "\n", &save)) {
		fputs(line, writer->out);
		if (*save || !json)
			fputs(!json ? (*save ? "\n  " : "\n") : "\n    ", writer->out);
	}
}

static void begin_tree(struct flow_writer *writer)
{
	if (writer->form == FLOWS_JSON)
		fprintf(writer->out, "{\n  \"schema\": %d,\n  \"flows\": [", REPORT_SCHEMA);
	else
		fprintf(writer->out, "schema: %d\nflows:", REPORT_SCHEMA);
}

static void end_tree(struct flow_writer *writer, size_t omitted)
{
	bool none = !writer->written;

	if (writer->form == FLOWS_JSON)
		fprintf(writer->out, "%s],\n  \"omitted\": %zu\n}\n", none ? "" : "\n  ", omitted);
	else
		fprintf(writer->out, "%somitted: %zu\n", none ? " []\n" : "", omitted);
}

/* ------------------------------------------------------------------ all forms */

static bool is_table(const struct flow_writer *writer)
{
	return writer->form == FLOWS_TABLE || writer->form == FLOWS_WIDE;
}

static void write_flow(void *arg, const json_t *flow)
{
	struct flow_writer *writer = arg;
	char *text = NULL;

	if (writer->err)
		return;
	if (is_table(writer)) {
		report_flows_row(writer->table, flow, writer->form == FLOWS_WIDE);
	} else {
		writer->err = item_text(writer, flow, &text);
		if (!writer->err)
			write_item(writer, text);
		free(text);
	}
	writer->written++;
}

static int end_table(struct flow_writer *writer, size_t omitted)
{
	int err = table_print_write(writer->table, writer->out);

	if (omitted)
		fprintf(writer->out, "and %zu more\n", omitted);
	return err;
}

int report_flows_write(const struct snapshot *snapshot, const struct report_filter *filter,
		       enum flow_form form, FILE *out, size_t *ret_written)
{
	struct flow_writer writer = { .form = form, .out = out };
	size_t omitted;
	int err;

	if (is_table(&writer) && !(writer.table = report_flows_table(form == FLOWS_WIDE)))
		return -ENOMEM;
	if (!is_table(&writer))
		begin_tree(&writer);
	omitted = report_flows_each(snapshot, filter, write_flow, &writer);
	err = writer.err;
	if (!err && is_table(&writer))
		err = end_table(&writer, omitted);
	else if (!err)
		end_tree(&writer, omitted);
	table_print_free(writer.table);
	*ret_written = writer.written;
	return err ? err : ferror(out) ? -EIO : 0;
}
