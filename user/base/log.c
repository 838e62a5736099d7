/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Log levels, and logfmt lines on stderr. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "monotonic.h"
#include "utf8.h"

#define MESSAGE_MAX 4096
#define REPEAT_MS 60000

static enum log_level threshold = LOG_INFO;

/* The last message written, and how often it was repeated since. */
static struct {
	char message[MESSAGE_MAX];
	enum log_level level;
	int64_t at_ms; /* CLOCK_MONOTONIC */
	unsigned long repeats;
} last;

void log_set_level(enum log_level level)
{
	threshold = level;
}

/* Escapes quotes and unprintable bytes, so that a message stays on one line and cannot control a
 * terminal. */
static void quote(const char *text, char *buf, size_t size)
{
	size_t at = 0, length;

	for (; *text && at + 5 < size; text += length ? length : 1) {
		length = utf8_printable(text);
		if (*text == '"' || *text == '\\')
			at += (size_t)snprintf(buf + at, size - at, "\\%c", *text);
		else if (*text == '\n')
			at += (size_t)snprintf(buf + at, size - at, "\\n");
		else if (!length)
			at += (size_t)snprintf(buf + at, size - at, "\\x%02x", (unsigned char)*text);
		else
			at = (size_t)((char *)mempcpy(buf + at, text, length) - buf);
	}
	buf[at] = '\0';
}

static void write_line(enum log_level level, const char *message)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};
	char quoted[MESSAGE_MAX], line[MESSAGE_MAX + 128], stamp[32];
	struct timespec now;
	struct tm utc;
	int length;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &utc);
	quote(message, quoted, sizeof(quoted));
	length = snprintf(line, sizeof(line), "time=%s.%03ldZ level=%s msg=\"%s\"\n", stamp,
			  now.tv_nsec / 1000000, names[level], quoted);
	/* One write(2) for each line, so that lines of several processes do not mix. */
	if (length > 0 && write(STDERR_FILENO, line, (size_t)length) < 0)
		return;
}

static void write_repeats(void)
{
	char message[64];

	if (!last.repeats)
		return;
	snprintf(message, sizeof(message), "last message repeated %lu times", last.repeats);
	write_line(last.level, message);
	last.repeats = 0;
}

void log_write(enum log_level level, const char *format, ...)
{
	char message[MESSAGE_MAX];
	int64_t now = clock_monotonic_ms();
	va_list args;

	if (level > threshold)
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (level == last.level && now - last.at_ms < REPEAT_MS &&
	    !strcmp(message, last.message)) {
		last.repeats++;
		return;
	}
	write_repeats();
	write_line(level, message);
	strcpy(last.message, message);
	last.level = level;
	last.at_ms = now;
}
