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
#include "report.h"

enum ctl_output { OUTPUT_TABLE, OUTPUT_WIDE, OUTPUT_JSON, OUTPUT_YAML };

/* Exit statuses. */
enum {
	CTL_OK = 0,
	CTL_FAILED = 1, /* the answer is no, or could not be had */
	CTL_USAGE = 2,  /* unknown verb, flag or value */
};

struct ctl_verb;

/* The question, besides a verb's own flags. */
struct ctl_options {
	const char *pin_dir; /* never NULL */
	enum ctl_output output;
	const struct ctl_verb *const *verbs; /* all, in the order of the help; ends with NULL */
};

typedef json_t *ctl_report_fn(const struct snapshot *snapshot);
typedef int ctl_print_fn(const json_t *report, bool wide, FILE *out);

struct ctl_flags {
	const struct flag *items;
	size_t count;
};

#define CTL_FLAGS(array) { .items = (array), .count = sizeof(array) / sizeof(*(array)) }
#define CTL_FLAG_SETS 2
#define CTL_ALIASES 2

/* A verb stands whole in its own file. Functions get `word`, its argument, or NULL, after its flags
 * were stored; they complain by ctl_fail() and return an exit status. */
struct ctl_verb {
	const char *name;
	const char *aliases[CTL_ALIASES];
	const char *summary;       /* one line of help */
	const char *word;          /* name of its argument in help; NULL: it takes none */
	bool two_words;            /* it takes a second one, ctl_given.second */
	const char *const *states; /* values of --state, ending with NULL; or NULL */
	const struct ctl_flags *flags[CTL_FLAG_SETS]; /* its own, besides those of all verbs */
	bool watched; /* takes --watch: `ask` can be asked again and again */

	/* Optional: looks at the values of flags before anything is read. */
	int (*check)(const struct ctl_options *options, const char *word);
	/* `ask` sets *ret to the answer, which `print` shows, or to NULL; it may do both, answer and
	 * fail. `report` is the answer of simple verbs. Where there is `run`, it is called instead. */
	int (*ask)(const struct ctl_options *options, const char *word, json_t **ret);
	ctl_report_fn *report;
	unsigned int parts; /* READ_* that `report` needs */
	int (*run)(const struct ctl_options *options, const char *word);
	ctl_print_fn *print; /* as a table */
	/* Optional: asks and writes the answer as it goes, where `ask` would take much memory. */
	int (*write)(const struct ctl_options *options, FILE *out);
};

extern const struct ctl_verb ctl_status, ctl_services, ctl_endpoints, ctl_networks, ctl_gateways,
	ctl_flows, ctl_explain, ctl_preview, ctl_diff, ctl_check, ctl_uninstall, ctl_completion,
	ctl_version, ctl_help, ctl_bugreport, ctl_keygen;

/* The flags of all verbs, and their values as they were given. */
extern const struct ctl_flags ctl_common_flags;
extern struct ctl_given {
	const char *output, *pin_dir;
	const char *second; /* the second argument of a verb with `two_words`, or NULL */
	bool help, version;
} ctl_given;

/* The verb of this name or alias, or NULL. */
const struct ctl_verb *ctl_find_verb(const struct ctl_verb *const *verbs, const char *name);
/* Complains that there is no such verb, with a near one; returns CTL_USAGE. */
int ctl_unknown_verb(const struct ctl_verb *const *verbs, const char *name);

#define CTL_MAX_FLAGS 24

/* The flags of `verb` (NULL: none), then those of all verbs, into `ret` of CTL_MAX_FLAGS. Returns
 * their number. */
size_t ctl_verb_flags(const struct ctl_verb *verb, struct flag *ret);

void ctl_print_help(const struct ctl_verb *const *verbs, FILE *out);
void ctl_print_usage(const struct ctl_verb *verb, FILE *out);

/* Writes "parallaxctl: MESSAGE" and a newline to stderr; returns `status`. */
int ctl_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Where ctl_fail() writes from now on; NULL: stderr. */
void ctl_messages_to(FILE *out);

/* map_reader_read(); complains on failure. Returns CTL_OK or CTL_FAILED. */
int ctl_read(const struct ctl_options *options, unsigned int parts, struct snapshot **ret);

/* Writes the answer to `out` as the options say. Returns an exit status. */
int ctl_write(const struct ctl_options *options, const json_t *report, ctl_print_fn *print,
	      FILE *out);

/* JSON as all verbs write it, indented and with a final newline. Returns 0 or -EIO. */
int ctl_write_json(const json_t *json, FILE *out);

/* Asks and writes the answer to `out`. Returns an exit status. */
int ctl_answer_once(const struct ctl_verb *verb, const struct ctl_options *options,
		    const char *word, FILE *out);
/* The same to stdout, with --watch until a signal. */
int ctl_answer(const struct ctl_verb *verb, const struct ctl_options *options, const char *word);
bool ctl_watches(void);

extern const struct ctl_flags ctl_watch_flags;

/* Makes ctl_stopped() true after SIGINT, SIGTERM or SIGHUP, and ignores SIGPIPE. */
void ctl_catch_signals(void);
/* Also when nobody reads the output any more. */
bool ctl_stopped(void);

/* The flags by which `flows` and `endpoints` filter, and their values. */
extern const struct ctl_flags ctl_filter_flags;
extern struct report_filter ctl_filter;
/* Looks at their values. Returns CTL_OK or CTL_USAGE. */
int ctl_filter_check(const struct ctl_verb *verb);
/* Complains about an empty answer to a filter by a network that this node does not know. */
int ctl_filter_explain_nothing(const struct snapshot *snapshot);

#endif
