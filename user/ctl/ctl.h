/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The verbs of parallaxctl, and the steps that they share. */
#ifndef CTL_H
#define CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "flag_parse.h"
#include "map_reader.h"

enum ctl_output { OUTPUT_TABLE, OUTPUT_WIDE, OUTPUT_JSON };

/* Exit statuses. */
enum {
	CTL_OK = 0,
	CTL_FAILED = 1, /* the answer is no, or could not be had */
	CTL_USAGE = 2,  /* unknown verb, flag or value */
};

/* The flags every verb takes. */
struct ctl_options {
	const char *pin_dir; /* never NULL */
	enum ctl_output output;
};

typedef json_t *ctl_report_fn(const struct snapshot *snapshot);
typedef int ctl_print_fn(const json_t *report, bool wide, FILE *out);

/* A verb stands whole in its own file. */
struct ctl_verb {
	const char *name;
	const char *summary;      /* one line of help */
	const char *word;         /* name of its argument in help; NULL: it takes none */
	const struct flag *flags; /* its own, besides those of struct ctl_options */
	size_t flag_count;
	/* Called after its flags were stored; `word` is its argument, or NULL. Writes the answer
	 * to stdout and complains by ctl_fail(). Returns an exit status. NULL: the two functions
	 * below do all: see ctl_write(). */
	int (*run)(const struct ctl_options *options, const char *word);
	ctl_report_fn *report;
	ctl_print_fn *print;
};

extern const struct ctl_verb ctl_status, ctl_services, ctl_endpoints, ctl_networks, ctl_gateways,
	ctl_flows, ctl_explain, ctl_preview, ctl_diff, ctl_check, ctl_uninstall;

/* A verb's flags, for its row. */
#define CTL_FLAGS(array) .flags = (array), .flag_count = sizeof(array) / sizeof(*(array))

/* Writes "parallaxctl: MESSAGE" and a newline to stderr; returns `status`. */
int ctl_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* map_reader_read(); complains on failure. Returns CTL_OK or CTL_FAILED. */
int ctl_read(const struct ctl_options *options, unsigned int parts, struct snapshot **ret);

/* Writes `report` (taken; NULL: out of memory) as the options say. Returns an exit status. */
int ctl_write(const struct ctl_options *options, json_t *report, ctl_print_fn *print);

/* JSON as all verbs write it, indented and with a final newline. Returns 0 or -EIO. */
int ctl_write_json(const json_t *json, FILE *out);

#endif
