/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Families and samples in Prometheus' text format 0.0.4. */
#ifndef METRICS_WRITER_H
#define METRICS_WRITER_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "histogram.h"

struct metrics_writer {
	FILE *out;
	const char *prefix; /* of the names: "parallax_" */
	const char *name;   /* of the family */
};

/* Begins a family; `name` is without the prefix. */
void metrics_family(struct metrics_writer *writer, const char *name, const char *type,
		    const char *help);
/* Labels are pairs of name and value, ended by NULL. */
void metrics_sample(struct metrics_writer *writer, uint64_t value, ...);
/* The same with labels that are text already. */
void metrics_labelled(struct metrics_writer *writer, const char *labels, uint64_t value);
/* Writes the value of a label, escaped. */
void metrics_escape(FILE *out, const char *text);
/* The same of a fraction with one label. */
void metrics_ratio(struct metrics_writer *writer, double value, const char *label,
		   const char *name);
/* A family with one sample. */
void metrics_alone(struct metrics_writer *writer, const char *name, const char *type,
		   const char *help, uint64_t value);
/* The same with a fraction, to milliseconds. */
void metrics_seconds(struct metrics_writer *writer, const char *name, const char *type,
		     const char *help, double value);
/* The same of a moment; one that never came, 0, has no sample. */
void metrics_moment(struct metrics_writer *writer, const char *name, const char *help, time_t when);
void metrics_histogram(struct metrics_writer *writer, const char *name, const char *help,
		       const struct histogram *histogram);

#endif
