/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Log levels, and lines of logfmt or JSON on stderr. Pure rooms never log; they return reasons. */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_LOGFMT, LOG_JSON };

/* What a command line sets stays, whatever log_follow() says later. */
void log_set_level(enum log_level level);
void log_set_format(enum log_format format);
/* The same by a configuration. */
void log_follow(enum log_level level, enum log_format format);

/* Writes `time=... level=... msg="..."`, or the same as a JSON object. Below the level debug, lines are
 * limited as log_limit.h says; those omitted are told by one line with `repeated=N`, the last of them. */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Tells of omitted lines: those whose time has come, or all. */
void log_flush(bool all);

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

#endif
