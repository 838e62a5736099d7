/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which log lines are written, so that neither a peer nor a fault can fill a disk: the first of each kind,
 * and how many more there were. Pure. */
#ifndef LOG_LIMIT_H
#define LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#define LOG_WINDOW_MS 60000
#define LOG_KIND_LINES 20 /* of one kind in a window: messages that differ in numbers alone */
#define LOG_LINES 300     /* of all kinds in a window */

#define LOG_KINDS 64

/* Lines that were not written. */
struct log_omitted {
	unsigned long count;
	int level;
	char message[512]; /* the last of them, perhaps cut */
};

struct log_kind {
	uint64_t hash; /* 0: free */
	uint64_t last; /* hash of the whole message last written */
	int64_t since_ms;
	unsigned int lines;
	struct log_omitted omitted;
};

/* Zero-initialised is valid. The first kind is of all lines. */
struct log_limit {
	struct log_kind kinds[1 + LOG_KINDS];
};

/* Whether the message may be written now; else it is counted. An equal message follows another of its kind
 * only in the next window. */
bool log_limit_allows(struct log_limit *limit, int level, const char *message, int64_t now_ms);
/* The next kind with omitted lines whose window is over, or with `all` any. Returns false if there is none;
 * those returned count from 0 again. */
bool log_limit_next(struct log_limit *limit, int64_t now_ms, bool all, struct log_omitted *ret);

#endif
