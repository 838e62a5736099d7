/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which log lines are written, and how many were not. */
#include "log_limit.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>

/* FNV-1a; of a kind without digits. */
static uint64_t hash_of(int level, const char *message, bool digits)
{
	uint64_t hash = 0xcbf29ce484222325ull ^ (uint64_t)level;

	for (; *message; message++)
		if (digits || !isdigit((unsigned char)*message))
			hash = (hash ^ (unsigned char)*message) * 0x100000001b3ull;
	return hash ? hash : 1;
}

static bool is_over(const struct log_kind *kind, int64_t now_ms)
{
	return now_ms - kind->since_ms >= LOG_WINDOW_MS;
}

/* A kind keeps its place while its window lasts or lines were omitted; without a free place, NULL. */
static struct log_kind *find(struct log_limit *limit, uint64_t hash, int64_t now_ms)
{
	struct log_kind *free_kind = NULL;

	for (int i = 1; i <= LOG_KINDS; i++) {
		struct log_kind *kind = &limit->kinds[i];

		if (kind->hash == hash)
			return kind;
		if (!free_kind && (!kind->hash || (is_over(kind, now_ms) && !kind->omitted.count)))
			free_kind = kind;
	}
	if (free_kind)
		*free_kind = (struct log_kind){ .hash = hash, .since_ms = now_ms };
	return free_kind;
}

static void omit(struct log_kind *kind, int level, const char *message)
{
	kind->omitted.count++;
	kind->omitted.level = level;
	snprintf(kind->omitted.message, sizeof(kind->omitted.message), "%s", message);
}

/* A window that is over begins anew with this line, once its omitted lines were told. */
static bool takes(struct log_kind *kind, unsigned int most, int64_t now_ms)
{
	if (is_over(kind, now_ms) && !kind->omitted.count) {
		kind->since_ms = now_ms;
		kind->lines = 0;
		kind->last = 0;
	}
	return kind->lines < most;
}

bool log_limit_allows(struct log_limit *limit, int level, const char *message, int64_t now_ms)
{
	struct log_kind *all = &limit->kinds[0], *kind = find(limit, hash_of(level, message, false), now_ms);
	uint64_t whole = hash_of(level, message, true);

	if (!kind || !takes(all, LOG_LINES, now_ms)) {
		omit(all, level, message);
		return false;
	}
	if (!takes(kind, LOG_KIND_LINES, now_ms) || kind->last == whole) {
		omit(kind, level, message);
		return false;
	}
	kind->last = whole;
	kind->lines++;
	all->lines++;
	return true;
}

bool log_limit_next(struct log_limit *limit, int64_t now_ms, bool all, struct log_omitted *ret)
{
	for (int i = 0; i <= LOG_KINDS; i++) {
		struct log_kind *kind = &limit->kinds[i];

		if (!kind->omitted.count || !(all || is_over(kind, now_ms)))
			continue;
		*ret = kind->omitted;
		kind->omitted.count = 0;
		kind->lines = 0;
		kind->since_ms = now_ms;
		return true;
	}
	return false;
}
