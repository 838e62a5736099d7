/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl bugreport: one archive with everything that helps to find a fault, and no secret. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "array.h"
#include "bug_machine.h"
#include "ctl.h"
#include "file_read.h"
#include "pin_list.h"
#include "pins.h"
#include "redact.h"
#include "report_common.h"
#include "tar_gz.h"
#include "version.h"

#define MEMBER_MAX (8u << 20) /* bytes of one file; the rest is cut */
#define TOTAL_MAX (64u << 20) /* of all, before compression; further files are left out */
#define ITEMS_MAX 10000       /* endpoints and flows */
#define CONFIG_DEFAULT "/etc/parallax/config.yaml"

static const char *file_path, *config_path;

static const struct flag flags[] = {
	{ "--file", .value = &file_path, .argument = "FILE",
	  .text = "the archive (parallax-bugreport-HOST-TIME.tar.gz); -: standard output" },
	{ "--config", "-c", .value = &config_path, .argument = "FILE",
	  .text = "the agent's configuration (the one it serves, else " CONFIG_DEFAULT ")" },
};

struct bugreport {
	const struct ctl_options *options;
	char name[TAR_NAME_MAX - 24]; /* directory within the archive */
	time_t now;
	struct tar_gz *tar;
	FILE *contents; /* the list of files, with what is missing */
	size_t total;
	char config[512];
	pid_t agent; /* 0: none */
	int err;
};

/* ------------------------------------------------------------------ files of the archive */

/* Every file passes here: it is cleaned of secrets and cut. Returns its size, and what was cut. */
static size_t add_clean(struct bugreport *bug, const char *name, const char *text, size_t length,
			size_t *ret_cut)
{
	char path[TAR_NAME_MAX + 1], *clean = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&clean, &size);

	*ret_cut = length > MEMBER_MAX ? length - MEMBER_MAX : 0;
	if (!out) {
		bug->err = -ENOMEM;
		return 0;
	}
	redact_text(text, length - *ret_cut, out);
	fclose(out);
	snprintf(path, sizeof(path), "%s/%s", bug->name, name);
	if (tar_gz_add(bug->tar, path, clean, size, bug->now))
		bug->err = -EIO;
	free(clean);
	return size;
}

static void add(struct bugreport *bug, const char *name, const char *text, size_t length)
{
	size_t size, cut;

	if (bug->total >= TOTAL_MAX) {
		fprintf(bug->contents, "%s: left out, the report is full\n", name);
		return;
	}
	size = add_clean(bug, name, text, length, &cut);
	bug->total += size;
	fprintf(bug->contents, "%s: %zu bytes", name, size);
	if (cut)
		fprintf(bug->contents, ", %zu more cut", cut);
	fputc('\n', bug->contents);
}

/* A file in the making. */
struct member {
	char *text;
	size_t length;
	FILE *out;
};

static bool begin(struct bugreport *bug, struct member *member)
{
	*member = (struct member){};
	member->out = open_memstream(&member->text, &member->length);
	if (!member->out)
		bug->err = -ENOMEM;
	return member->out;
}

static void end(struct bugreport *bug, struct member *member, const char *name)
{
	fclose(member->out);
	add(bug, name, member->text, member->length);
	free(member->text);
}

/* ------------------------------------------------------------------ answers of the verbs */

static void add_answer(struct bugreport *bug, const char *name, const json_t *report,
		       ctl_print_fn *print)
{
	struct member member;
	char file[64];

	if (begin(bug, &member)) {
		ctl_write_json(report, member.out);
		snprintf(file, sizeof(file), "%s.json", name);
		end(bug, &member, file);
	}
	if (begin(bug, &member)) {
		print(report, true, member.out);
		snprintf(file, sizeof(file), "%s.txt", name);
		end(bug, &member, file);
	}
}

/* Asked as on the command line; messages go to the list of files. */
static json_t *ask(struct bugreport *bug, const struct ctl_verb *verb)
{
	struct snapshot *snapshot;
	json_t *report = NULL;

	if (!verb->report) {
		verb->ask(bug->options, bug->config, &report);
	} else if (ctl_read(bug->options, 0, &snapshot) == CTL_OK) {
		report = verb->report(snapshot);
		map_reader_free(snapshot);
	}
	return report;
}

static void add_verbs(struct bugreport *bug)
{
	static const char *const names[] = { "status",   "services", "endpoints", "networks",
					     "gateways", "flows",    "diff",      "check" };

	ctl_filter.limit = ITEMS_MAX;
	for (size_t i = 0; i < COUNT(names); i++) {
		const struct ctl_verb *verb = ctl_find_verb(bug->options->verbs, names[i]);
		json_t *report = ask(bug, verb);

		if (report)
			add_answer(bug, names[i], report, verb->print);
		else
			fprintf(bug->contents, "%s: no answer\n", names[i]);
		json_decref(report);
	}
}

/* ------------------------------------------------------------------ the rest */

static void add_config(struct bugreport *bug)
{
	struct member member;
	size_t length;
	char *text;
	int err = file_read(bug->config, MEMBER_MAX, &text, &length, NULL);

	if (err) {
		fprintf(bug->contents, "%s: %s\n", bug->config, file_error(err));
		return;
	}
	if (begin(bug, &member)) {
		redact_config(bug->config, text, length, member.out);
		end(bug, &member, "config.yaml");
	}
	free(text);
}

static void write_agent(const struct bugreport *bug, FILE *out)
{
	bug_write_agent(bug->agent, out);
}

static void write_kernel(const struct bugreport *bug, FILE *out)
{
	bug_write_kernel(out);
}

static void write_network(const struct bugreport *bug, FILE *out)
{
	bug_write_network(out);
}

static void write_journal(const struct bugreport *bug, FILE *out)
{
	bug_write_journal(out);
}

static void write_pins(const struct bugreport *bug, FILE *out)
{
	int err = pin_list_write(bug->options->pin_dir, out);

	if (err)
		fprintf(out, "%s: %s\n", bug->options->pin_dir, strerror(-err));
}

static void add_machine(struct bugreport *bug)
{
	static const struct {
		const char *name;
		void (*write)(const struct bugreport *bug, FILE *out);
	} files[] = {
		{ "kernel.txt", write_kernel }, { "network.txt", write_network },
		{ "agent.txt", write_agent },   { "journal.txt", write_journal },
		{ "pins.txt", write_pins },
	};
	struct member member;

	for (size_t i = 0; i < COUNT(files); i++) {
		if (!begin(bug, &member))
			continue;
		files[i].write(bug, member.out);
		end(bug, &member, files[i].name);
	}
}

/* ------------------------------------------------------------------ all of it */

static void find_agent(struct bugreport *bug)
{
	char reason[MAP_READER_REASON];
	struct snapshot *snapshot = NULL;
	const char *path = config_path;

	if (pins_owner(bug->options->pin_dir, &bug->agent))
		bug->agent = 0;
	if (!path && !map_reader_read(bug->options->pin_dir, READ_STATUS, &snapshot, reason))
		path = report_string(snapshot->status, "config");
	snprintf(bug->config, sizeof(bug->config), "%s", path ? path : CONFIG_DEFAULT);
	map_reader_free(snapshot);
}

static void write_preface(const struct bugreport *bug, FILE *out)
{
	char when[32];

	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime(&bug->now));
	fprintf(out,
		"Parallax %s, bug report of %s\n\n"
		"It has names and addresses of services, endpoints, clients, networks and interfaces.\n"
		"Private keys, certificates and tokens are never read. Values that look like one, values\n"
		"of keys that name a secret, and the node's metadata are replaced by " REDACTED
		".\n\n",
		PARALLAX_VERSION, when);
}

static void fill(struct bugreport *bug)
{
	struct member contents;
	size_t cut;

	if (!begin(bug, &contents))
		return;
	bug->contents = contents.out;
	write_preface(bug, contents.out);
	ctl_messages_to(contents.out);
	add_verbs(bug);
	add_config(bug);
	add_machine(bug);
	ctl_messages_to(NULL);
	fclose(contents.out);
	add_clean(bug, "README.txt", contents.text, contents.length, &cut);
	free(contents.text);
}

/* Only its owner may read it. */
static int open_archive(const struct bugreport *bug, char *path, size_t size)
{
	if (file_path && !strcmp(file_path, "-"))
		return dup(STDOUT_FILENO);
	if (file_path)
		snprintf(path, size, "%s", file_path);
	else
		snprintf(path, size, "%s.tar.gz", bug->name);
	return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

static void set_name(struct bugreport *bug)
{
	char host[40] = "", when[32];

	gethostname(host, sizeof(host) - 1);
	for (char *at = host; *at; at++)
		*at = *at == '/' ? '-' : *at;
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", gmtime(&bug->now));
	snprintf(bug->name, sizeof(bug->name), "parallax-bugreport-%.32s-%.20s", host, when);
}

static int write_archive(struct bugreport *bug, int fd)
{
	int err = tar_gz_open(fd, &bug->tar);

	if (err)
		return err;
	find_agent(bug);
	fill(bug);
	err = tar_gz_close(bug->tar);
	return err ? err : bug->err;
}

static int run(const struct ctl_options *options, const char *word)
{
	struct bugreport bug = { .options = options, .now = time(NULL) };
	char path[512] = "";
	int fd, err;

	set_name(&bug);
	fd = open_archive(&bug, path, sizeof(path));
	err = fd < 0 ? -errno : write_archive(&bug, fd);
	if (err && fd >= 0 && *path)
		unlink(path);
	if (err)
		return ctl_fail(CTL_FAILED, "bugreport: %s: %s", *path ? path : "standard output",
				strerror(-err));
	if (*path)
		puts(path);
	return CTL_OK;
}

static const struct ctl_flags own_flags = CTL_FLAGS(flags);

const struct ctl_verb ctl_bugreport = {
	.name = "bugreport",
	.aliases = { "bug" },
	.summary = "one archive of everything above, without secrets, to send with a report",
	.flags = { &own_flags },
	.run = run,
};
