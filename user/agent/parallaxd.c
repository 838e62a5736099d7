/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxd: flags, lock, loop. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "claim.h"
#include "config_load.h"
#include "flag_parse.h"
#include "log.h"
#include "memory.h"
#include "pins.h"
#include "problem.h"
#include "uninstall.h"
#include "version.h"

static const char usage[] =
	"usage: parallaxd --config FILE [--pin-dir DIR] [--log-level error|warn|info|debug]\n"
	"                 [--log-format logfmt|json]\n"
	"       parallaxd --check --config FILE\n"
	"\n"
	"  --config FILE     the configuration; it and the files it names are read again on change\n"
	"  --pin-dir DIR     where maps, programs and links are pinned ($PARALLAX_PIN_DIR, else\n"
	"                    " PIN_DIR_DEFAULT ")\n"
	"  --log-level LEVEL the least severe level logged to standard error (info)\n"
	"  --log-format FORMAT  of the log (logfmt); both stand above `log' in the configuration\n"
	"  --check           read the configuration, report its errors, and exit\n"
	"  --version, --help\n"
	"\n"
	"SIGTERM and SIGINT end the agent and leave the data plane running; SIGHUP reads all files\n"
	"again, and looks at interfaces and pins. Exit status: 0, 1 on failure, 2 on wrong usage.\n";

enum { EXIT_USAGE = 2 };

struct options {
	const char *config, *pin_dir, *log_level, *log_format;
	bool check, version, help;
};

static int parse(int argc, char **argv, struct options *ret)
{
	struct options options = { .pin_dir = pins_usual_dir() };
	const struct flag flags[] = {
		{ .name = "--config", .letter = "-c", .value = &options.config },
		{ .name = "--pin-dir", .value = &options.pin_dir },
		{ .name = "--log-level", .value = &options.log_level },
		{ .name = "--log-format", .value = &options.log_format },
		{ .name = "--check", .set = &options.check },
		{ .name = "--version", .set = &options.version },
		{ .name = "--help", .letter = "-h", .set = &options.help },
	};
	struct flag_words rest = {};
	char problem[256];
	int err = flag_parse(flags, sizeof(flags) / sizeof(*flags), argc, argv, &rest, problem,
			     sizeof(problem));

	if (err)
		fprintf(stderr, "parallaxd: %s\n", problem);
	else if (!err && rest.count)
		fprintf(stderr, "parallaxd: unexpected '%s'\n", rest.items[0]);
	err = err || rest.count ? -EINVAL : 0;
	free(rest.items);
	if (!err)
		*ret = options;
	return err;
}

/* Index of `name` in the list; -1 with a message if it is not there. */
static int choose(const char *flag, const char *name, const char *const *list, int count)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(name, list[i]))
			return i;
	fprintf(stderr, "parallaxd: %s is", flag);
	for (int i = 0; i < count; i++)
		fprintf(stderr, "%s %s", !i ? "" : i + 1 < count ? "," : " or", list[i]);
	fprintf(stderr, ", not '%s'\n", name);
	return -1;
}

static int set_log(const struct options *options)
{
	static const char *const levels[] = { "error", "warn", "info", "debug" };
	static const char *const formats[] = { "logfmt", "json" };
	int level = LOG_INFO, format = LOG_LOGFMT;

	if (options->log_level)
		level = choose("--log-level", options->log_level, levels, 4);
	if (options->log_format)
		format = choose("--log-format", options->log_format, formats, 2);
	if (level < 0 || format < 0)
		return -EINVAL;
	if (options->log_level)
		log_set_level((enum log_level)level);
	if (options->log_format)
		log_set_format((enum log_format)format);
	return 0;
}

static int check(const char *path)
{
	struct problems problems = {};
	struct config *config = NULL;
	int err = config_load(path, &config, &problems);

	if (err)
		fputs(problems_text(&problems), stderr);
	config_free(config);
	problems_done(&problems);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int refuse_second(const char *pin_dir, pid_t owner)
{
	if (owner)
		log_error("another agent, pid %d, runs on %s", (int)owner, pin_dir);
	else
		log_error("another agent runs on %s", pin_dir);
	return -EBUSY;
}

/* A killed predecessor holds its lock until the kernel has taken it apart. */
static int lock_dir(const char *pin_dir, int *ret_fd, pid_t *ret_owner)
{
	const struct timespec wait = { 0, 50000000 };
	int err = pins_lock(pin_dir, ret_fd, ret_owner);

	for (int tries = 0; err == -EBUSY && tries < 20; tries++) {
		nanosleep(&wait, NULL);
		err = pins_lock(pin_dir, ret_fd, ret_owner);
	}
	return err;
}

static int make_dir(const char *pin_dir, bool *ret_made)
{
	int err = pins_make_dir(pin_dir, ret_made);

	if (err == -ENOENT)
		log_error("the directory that would hold %s does not exist", pin_dir);
	else if (err == -EMEDIUMTYPE)
		log_error("%s does not lie on a BPF file system: mount one with `mount -t bpf -o "
			  "mode=0700 bpf /sys/fs/bpf`",
			  pin_dir);
	else if (err)
		log_error("cannot make %s: %s", pin_dir, strerror(-err));
	return err;
}

static int take_dir(const char *pin_dir, struct pin_keeper *pins)
{
	pid_t owner = 0;
	int err = make_dir(pin_dir, &pins->made);

	if (err)
		return err;
	err = lock_dir(pin_dir, &pins->lock_fd, &owner);
	if (err == -EBUSY)
		return refuse_second(pin_dir, owner);
	if (!err)
		err = pins_check_private(pins->lock_fd);
	if (err == -EPERM)
		log_error(
			"%s belongs to another user, or others may write to it: who can remove its pins "
			"can take the programs off their hooks; remove it, or mend owner and mode (0700)",
			pin_dir);
	else if (err)
		log_error("cannot lock %s: %s", pin_dir, strerror(-err));
	return err;
}

/* A start that failed leaves the directory as it found it: not there. */
static void leave_nothing(const char *pin_dir)
{
	struct uninstall_report report;
	int err = dataplane_uninstall(pin_dir, false, &report);

	if (err)
		log_error("cannot remove %s after the failed start: %s", pin_dir, strerror(-err));
}

/* Pins that were being made while `uninstall --force` removed all of them. */
static void leave_no_rest(const struct agent *agent)
{
	const struct pin_keeper *pins = &agent->pins;
	int err;

	if (!pins->leaving || pins->displaced || !pins_lock_is_of(pins->lock_fd, agent->pin_dir))
		return;
	err = dataplane_remove_rest(agent->pin_dir);
	if (err)
		log_error("cannot remove the rest of %s: %s", agent->pin_dir, strerror(-err));
}

/* Two data planes on the same hooks would each take packets from the other. A killed predecessor is
 * waited for as in lock_dir(). */
static int take_namespace(const char *pin_dir, int *ret_fd)
{
	const struct timespec wait = { 0, 50000000 };
	struct claim_holder other;
	int err = claim_namespace(pin_dir, ret_fd, &other);

	for (int tries = 0; err == -EBUSY && tries < 20; tries++) {
		nanosleep(&wait, NULL);
		err = claim_namespace(pin_dir, ret_fd, &other);
	}
	if (err == -EBUSY)
		log_error("another agent, pid %d, runs in this network namespace on %s: end it, and "
			  "take its data plane out by `parallaxctl uninstall --pin-dir %s`",
			  (int)other.pid, other.pin_dir, other.pin_dir);
	else if (err)
		log_error("cannot claim this network namespace: %s", strerror(-err));
	return err;
}

/* Kernels before 5.11 count maps against the first; each hook of an interface takes a descriptor. */
static void raise_limits(void)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit files;

	if (setrlimit(RLIMIT_MEMLOCK, &unlimited))
		log_debug("RLIMIT_MEMLOCK stays: %s", strerror(errno));
	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files))
		log_debug("RLIMIT_NOFILE stays: %s", strerror(errno));
}

static int run(const struct options *options)
{
	struct agent agent = { .config_path = options->config, .pin_dir = options->pin_dir,
			       .pins.lock_fd = -1, .started = time(NULL) };
	int claim_fd = -1, err;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN); /* but while the loop runs: a start reads everything anyway */
	raise_limits();
	memory_keep_small();
	agent.base = event_base_new();
	err = agent.base ? agent_load(&agent) : -ENOMEM;
	if (!err)
		err = take_namespace(options->pin_dir, &claim_fd);
	if (!err)
		err = take_dir(options->pin_dir, &agent.pins);
	if (!err)
		err = agent_start(&agent);
	if (!err)
		event_base_dispatch(agent.base);
	agent_stop(&agent);
	log_flush(true);
	if (agent.base)
		event_base_free(agent.base);
	leave_no_rest(&agent);
	if (agent.pins.lock_fd >= 0)
		close(agent.pins.lock_fd);
	if (err && agent.pins.made)
		leave_nothing(options->pin_dir);
	if (claim_fd >= 0)
		close(claim_fd);
	return err || agent.pins.displaced ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct options options;

	if (parse(argc, argv, &options) || (!options.help && set_log(&options))) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (options.help || options.version) {
		fputs(options.help ? usage : "parallaxd " PARALLAX_VERSION "\n", stdout);
		return EXIT_SUCCESS;
	}
	if (!options.config) {
		fprintf(stderr, "parallaxd: --config is required\n%s", usage);
		return EXIT_USAGE;
	}
	return options.check ? check(options.config) : run(&options);
}
