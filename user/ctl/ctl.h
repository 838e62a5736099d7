/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the verbs of parallaxctl share: options, the verb table's shape, exit statuses. */
#ifndef CTL_H
#define CTL_H

#define CTL_PIN_DIR "/sys/fs/bpf/parallax"

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

/* One row of the verb table. */
struct ctl_verb {
	const char *name;
	const char *summary; /* one line, for the list of verbs */
	const char *usage;   /* lines for --help: arguments and the verb's own flags */
	int (*run)(const struct ctl_options *options, int argc, char **argv);
};

/* The verbs. argv[0] is the verb's name, the flags of struct ctl_options and --help have been
 * taken out, the verb's own flags stand wherever the user put them. Each returns an exit status
 * and writes its answer to stdout, its complaints to stderr by ctl_fail(). */
int ctl_status(const struct ctl_options *options, int argc, char **argv);
int ctl_services(const struct ctl_options *options, int argc, char **argv);
int ctl_endpoints(const struct ctl_options *options, int argc, char **argv);
int ctl_networks(const struct ctl_options *options, int argc, char **argv);
int ctl_gateways(const struct ctl_options *options, int argc, char **argv);
int ctl_flows(const struct ctl_options *options, int argc, char **argv);
int ctl_explain(const struct ctl_options *options, int argc, char **argv);
int ctl_preview(const struct ctl_options *options, int argc, char **argv);
int ctl_diff(const struct ctl_options *options, int argc, char **argv);
int ctl_check(const struct ctl_options *options, int argc, char **argv);
int ctl_uninstall(const struct ctl_options *options, int argc, char **argv);

/* Writes "parallaxctl: MESSAGE" and a newline to stderr; returns `status`. */
int ctl_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
