/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An answer once, or with --watch again and again. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"

#define CLEAR_SCREEN "\033[H\033[2J\033[3J"
#define INTERVAL_MIN 0.1
#define INTERVAL_MAX 86400

static bool watch;
static const char *interval_word;

static const struct flag flags[] = {
	{ "--watch", "-w", .set = &watch,
	  .text = "again and again until interrupted: a terminal is redrawn, else changes are added" },
	{ "--interval", .value = &interval_word, .argument = "SECONDS",
	  .text = "time between two answers of --watch (2)" },
};

const struct ctl_flags ctl_watch_flags = CTL_FLAGS(flags);

/* ------------------------------------------------------------------ signals */

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	stopped = 1;
}

void ctl_catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL); /* a lease is given back when the reader goes */
}

/* A pipe reports at once that its reader has gone, not only when something is written. */
static bool reader_is_gone(void)
{
	struct pollfd poll_fd = { .fd = STDOUT_FILENO };

	return poll(&poll_fd, 1, 0) > 0 && poll_fd.revents & (POLLERR | POLLHUP | POLLNVAL);
}

bool ctl_stopped(void)
{
	return stopped || ferror(stdout) || reader_is_gone();
}

/* ------------------------------------------------------------------ the loop */

static int parse_interval(const char *verb, struct timespec *ret)
{
	double seconds = 2;
	char *end = NULL;

	if (interval_word)
		seconds = strtod(interval_word, &end);
	if (end &&
	    (*end || end == interval_word || !(seconds >= INTERVAL_MIN) || seconds > INTERVAL_MAX))
		return ctl_fail(CTL_USAGE, "%s: --interval is 0.1 to 86400 seconds, not '%s'", verb,
				interval_word);
	ret->tv_sec = (time_t)seconds;
	ret->tv_nsec = (long)((seconds - (double)ret->tv_sec) * 1e9);
	return CTL_OK;
}

/* A terminal shows the last answer; a file or a pipe gets each that differs from the one before. */
static void show(const struct ctl_options *options, const char *text, const char *before)
{
	if (isatty(STDOUT_FILENO))
		fputs(CLEAR_SCREEN, stdout);
	else if (before && !strcmp(before, text))
		return;
	else if (options->output == OUTPUT_YAML)
		fputs("---\n", stdout);
	else if (before && options->output != OUTPUT_JSON)
		fputc('\n', stdout);
	fputs(text, stdout);
	fflush(stdout);
}

/* Once something was shown, a failure is told and tried again: the agent may be setting up. */
static int show_one(const struct ctl_verb *verb, const struct ctl_options *options,
		    const char *word, char **before)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	int status;

	if (!out)
		return ctl_fail(CTL_FAILED, "%s", strerror(errno));
	status = ctl_answer_once(verb, options, word, out);
	fclose(out);
	if (!text || !*text) {
		free(text);
		return *before ? CTL_OK : status;
	}
	show(options, text, *before);
	free(*before);
	*before = text;
	return CTL_OK;
}

static int repeat(const struct ctl_verb *verb, const struct ctl_options *options, const char *word,
		  const struct timespec *interval)
{
	char *before = NULL;
	int status;

	ctl_catch_signals();
	do {
		status = show_one(verb, options, word, &before);
	} while (status == CTL_OK && !ctl_stopped() && !nanosleep(interval, NULL));
	free(before);
	return status;
}

int ctl_answer(const struct ctl_verb *verb, const struct ctl_options *options, const char *word)
{
	struct timespec interval;
	int status = parse_interval(verb->name, &interval);

	if (status != CTL_OK)
		return status;
	if (interval_word && !watch)
		return ctl_fail(CTL_USAGE, "%s: --interval needs --watch", verb->name);
	return watch ? repeat(verb, options, word, &interval) :
		       ctl_answer_once(verb, options, word, stdout);
}

bool ctl_watches(void)
{
	return watch;
}
