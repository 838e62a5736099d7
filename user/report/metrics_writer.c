/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Families and samples in Prometheus' text format 0.0.4. */
#include "metrics_writer.h"

#include <stdarg.h>

void metrics_family(struct metrics_writer *writer, const char *name, const char *type,
		    const char *help)
{
	writer->name = name;
	fprintf(writer->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", writer->prefix, name, help,
		writer->prefix, name, type);
}

void metrics_escape(FILE *out, const char *text)
{
	for (; *text; text++)
		if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '\\' || *text == '"')
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
}

void metrics_sample(struct metrics_writer *writer, uint64_t value, ...)
{
	const char *label, *separator = "{";
	va_list labels;

	fprintf(writer->out, "%s%s", writer->prefix, writer->name);
	va_start(labels, value);
	while ((label = va_arg(labels, const char *))) {
		fprintf(writer->out, "%s%s=\"", separator, label);
		metrics_escape(writer->out, va_arg(labels, const char *));
		fputc('"', writer->out);
		separator = ",";
	}
	va_end(labels);
	fprintf(writer->out, "%s %llu\n", *separator == ',' ? "}" : "", (unsigned long long)value);
}

void metrics_ratio(struct metrics_writer *writer, double value, const char *label, const char *name)
{
	fprintf(writer->out, "%s%s{%s=\"", writer->prefix, writer->name, label);
	metrics_escape(writer->out, name);
	fprintf(writer->out, "\"} %.6f\n", value);
}

void metrics_labelled(struct metrics_writer *writer, const char *labels, uint64_t value)
{
	fprintf(writer->out, "%s%s{%s} %llu\n", writer->prefix, writer->name, labels,
		(unsigned long long)value);
}

void metrics_alone(struct metrics_writer *writer, const char *name, const char *type,
		   const char *help, uint64_t value)
{
	metrics_family(writer, name, type, help);
	metrics_sample(writer, value, NULL);
}

void metrics_seconds(struct metrics_writer *writer, const char *name, const char *type,
		     const char *help, double value)
{
	metrics_family(writer, name, type, help);
	fprintf(writer->out, "%s%s %.3f\n", writer->prefix, name, value);
}

void metrics_moment(struct metrics_writer *writer, const char *name, const char *help, time_t when)
{
	metrics_family(writer, name, "gauge", help);
	if (when)
		metrics_sample(writer, (uint64_t)when, NULL);
}

void metrics_histogram(struct metrics_writer *writer, const char *name, const char *help,
		       const struct histogram *histogram)
{
	uint64_t count = 0;

	metrics_family(writer, name, "histogram", help);
	for (int i = 0; i <= HISTOGRAM_BOUNDS; i++) {
		count += histogram->counts[i];
		fprintf(writer->out, "%s%s_bucket{le=\"%s\"} %llu\n", writer->prefix, name,
			i < HISTOGRAM_BOUNDS ? histogram_bounds[i].text : "+Inf",
			(unsigned long long)count);
	}
	fprintf(writer->out, "%s%s_sum %.6f\n%s%s_count %llu\n", writer->prefix, name,
		(double)histogram->sum_ns / 1e9, writer->prefix, name, (unsigned long long)count);
}
