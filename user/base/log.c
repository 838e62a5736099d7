/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Log levels, and lines of logfmt or JSON on stderr. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log_limit.h"
#include "monotonic.h"
#include "utf8.h"

#define MESSAGE_MAX 4096

static struct {
	enum log_level level;
	enum log_format format;
	bool level_set, format_set; /* by the command line */
} now = { .level = LOG_INFO };

void log_set_level(enum log_level level)
{
	now.level = level;
	now.level_set = true;
}

void log_set_format(enum log_format format)
{
	now.format = format;
	now.format_set = true;
}

void log_follow(enum log_level level, enum log_format format)
{
	if (!now.level_set)
		now.level = level;
	if (!now.format_set)
		now.format = format;
}

/* ------------------------------------------------------------------ one line */

/* An unprintable byte: JSON knows code points only, and a byte of no character is none. */
static const char *escape_format(unsigned char byte)
{
	if (now.format != LOG_JSON)
		return "\\x%02x";
	return byte < 0x80 ? "\\u%04x" : "\\ufffd";
}

/* Escapes quotes and unprintable bytes, so that a message stays on one line and cannot control a
 * terminal. */
static void quote(const char *text, char *buf, size_t size)
{
	size_t at = 0, length;

	for (; *text && at + 8 < size; text += length ? length : 1) {
		length = utf8_printable(text);
		if (*text == '"' || *text == '\\')
			at += (size_t)snprintf(buf + at, size - at, "\\%c", *text);
		else if (*text == '\n')
			at += (size_t)snprintf(buf + at, size - at, "\\n");
		else if (!length)
			at += (size_t)snprintf(buf + at, size - at, escape_format((unsigned char)*text),
					       (unsigned char)*text);
		else
			at = (size_t)((char *)mempcpy(buf + at, text, length) - buf);
	}
	buf[at] = '\0';
}

static void stamp(char *buf, size_t size)
{
	struct timespec real;
	char seconds[32];
	struct tm utc;

	clock_gettime(CLOCK_REALTIME, &real);
	gmtime_r(&real.tv_sec, &utc);
	strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(buf, size, "%s.%03ldZ", seconds, real.tv_nsec / 1000000);
}

/* `repeated`: of how many omitted lines this is the last; 0: of none. */
static void write_line(int level, const char *message, unsigned long repeated)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	bool json = now.format == LOG_JSON;
	char quoted[MESSAGE_MAX], line[MESSAGE_MAX + 192], time[48], count[48] = "";
	int length;

	stamp(time, sizeof(time));
	quote(message, quoted, sizeof(quoted));
	if (repeated)
		snprintf(count, sizeof(count), json ? "\"repeated\":%lu," : "repeated=%lu ", repeated);
	length = snprintf(line, sizeof(line),
			  json ? "{\"time\":\"%s\",\"level\":\"%s\",%s\"msg\":\"%s\"}\n" :
				 "time=%s level=%s %smsg=\"%s\"\n",
			  time, names[level], count, quoted);
	/* One write(2) for each line, so that lines of several processes do not mix. */
	if (length > 0 && write(STDERR_FILENO, line, (size_t)length) < 0)
		return;
}

/* ------------------------------------------------------------------ which lines */

static struct log_limit limit;

static void tell_omitted(int64_t now_ms, bool all)
{
	struct log_omitted omitted;

	while (log_limit_next(&limit, now_ms, all, &omitted))
		write_line(omitted.level, omitted.message, omitted.count);
}

void log_flush(bool all)
{
	tell_omitted(clock_monotonic_ms(), all);
}

void log_write(enum log_level level, const char *format, ...)
{
	char message[MESSAGE_MAX];
	int64_t now_ms = clock_monotonic_ms();
	va_list args;

	if (level > now.level)
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	tell_omitted(now_ms, false);
	if (now.level == LOG_DEBUG || log_limit_allows(&limit, (int)level, message, now_ms))
		write_line((int)level, message, 0);
}
