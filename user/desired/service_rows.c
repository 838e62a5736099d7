/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rows of a generation, found by key, and the endpoints that their statuses list. */
#include "service_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "arena.h"
#include "assignment_find.h"

/* ------------------------------------------------------------------ rows */

int service_rows_init(struct service_rows *rows, size_t most)
{
	*rows = (struct service_rows){ .arena = arena_new(0) };
	if (!rows->arena)
		return -ENOMEM;
	rows->items = arena_array(rows->arena, most, sizeof(*rows->items));
	return rows->items ? index_init(&rows->made, rows->arena, most) : -ENOMEM;
}

void service_rows_done(struct service_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		service_status_drop(rows->items[i].status);
	arena_free(rows->arena);
	*rows = (struct service_rows){};
}

uint64_t service_key_hash(const struct service_key *key)
{
	struct {
		struct ip_addr ip;
		uint64_t id;
		uint32_t port, proto, family, vip_family;
	} bytes = {
		.ip = key->vip.ip, .id = key->id, .port = key->port, .proto = key->proto,
		.family = key->family, .vip_family = key->vip.family,
	};

	return XXH3_64bits(&bytes, sizeof(bytes));
}

static bool same_key(const struct service_key *a, const struct service_key *b)
{
	return a->id == b->id && a->port == b->port && a->proto == b->proto &&
	       a->family == b->family && addr_equal(&a->vip, &b->vip);
}

void service_rows_add(struct service_rows *rows, const struct service_row *row)
{
	uint32_t *place;

	rows->items[rows->count++] = *row;
	rows->wanted += row->wanted;
	if (!row->made)
		return;
	INDEX_FIND(&rows->made, service_key_hash(&row->key), place, false);
	*place = (uint32_t)rows->count;
}

const struct service_row *service_rows_find(const struct service_rows *rows,
					    const struct service_key *key)
{
	const uint32_t *place;

	if (!rows->count)
		return NULL;
	INDEX_FIND(&rows->made, service_key_hash(key), place,
		   same_key(&rows->items[*place - 1].key, key));
	return *place ? &rows->items[*place - 1] : NULL;
}

bool service_rows_replace(struct service_rows *rows, struct service_rows *with, const uint32_t *at)
{
	bool others = false;

	for (size_t i = 0; i < with->count; i++) {
		others |= !rows->items[at[i]].status != !with->items[i].status;
		service_status_drop(rows->items[at[i]].status);
		rows->items[at[i]] = with->items[i];
	}
	with->count = 0;
	service_rows_done(with);
	return others;
}

/* ------------------------------------------------------------------ excluded endpoints */

static bool has_source(const struct service_row *row)
{
	return row->assignment != ASSIGNMENT_NONE;
}

/* Where a row is counted that has a source. */
static size_t place_of(const struct service_row *row)
{
	return 2 * (size_t)row->assignment + (row->key.family == 6);
}

/* Rows of one assignment and family exclude the same endpoints: the first of them counts. */
int service_rows_count_excluded(const struct service_rows *rows, uint64_t *counts)
{
	size_t most = 0;
	bool *counted;

	for (size_t i = 0; i < rows->count; i++)
		if (has_source(&rows->items[i]) && place_of(&rows->items[i]) >= most)
			most = place_of(&rows->items[i]) + 1;
	counted = calloc(most + 1, sizeof(*counted));
	if (!counted)
		return -ENOMEM;
	for (size_t i = 0; i < rows->count; i++) {
		const struct service_row *row = &rows->items[i];

		if (!row->status || !row->made || (has_source(row) && counted[place_of(row)]))
			continue;
		if (has_source(row))
			counted[place_of(row)] = true;
		for (int reason = 0; reason < EXCLUDED_COUNT; reason++)
			counts[reason] += row->status->excluded_by_reason[reason];
	}
	free(counted);
	return 0;
}
