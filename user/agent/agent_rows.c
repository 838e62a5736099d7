/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rows of a picture, and what people are told of them, from one look to the next. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "agent.h"
#include "power.h"

/* ------------------------------------------------------------------ what is told */

struct agent_told *agent_told_new(const char *cluster)
{
	struct arena *arena = arena_new_sized(sizeof(struct agent_told) + 2 * strlen(cluster));
	struct agent_told *told = arena ? arena_alloc(arena, sizeof(*told)) : NULL;

	if (!told) {
		arena_free(arena);
		return NULL;
	}
	*told = (struct agent_told){ .users = 1, .arena = arena,
				     .cluster = arena_strdup(arena, cluster) };
	if (told->cluster)
		return told;
	arena_free(arena);
	return NULL;
}

void agent_told_drop(struct agent_told *told)
{
	if (told && !--told->users)
		arena_free(told->arena);
}

void agent_tally_add(struct agent_tally *tally, const struct agent_told *told)
{
	if (!told)
		return;
	tally->services += !!told->host;
	tally->excluded += told->excluded_count;
	tally->problems += !!told->problem;
}

void agent_tally_remove(struct agent_tally *tally, const struct agent_told *told)
{
	if (!told)
		return;
	tally->services -= !!told->host;
	tally->excluded -= told->excluded_count;
	tally->problems -= !!told->problem;
}

/* ------------------------------------------------------------------ rows */

int agent_rows_init(struct agent_rows *rows, size_t most)
{
	uint32_t places = (uint32_t)power_of_two(16, 2 * most);

	*rows = (struct agent_rows){ .arena = arena_new(0), .mask = places - 1 };
	if (!rows->arena)
		return -ENOMEM;
	rows->items = arena_array(rows->arena, most, sizeof(*rows->items));
	rows->places = arena_array(rows->arena, places, sizeof(*rows->places));
	return rows->items && rows->places ? 0 : -ENOMEM;
}

void agent_rows_done(struct agent_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		agent_told_drop(rows->items[i].told);
	arena_free(rows->arena);
	*rows = (struct agent_rows){};
}

static uint64_t hash_key(const struct service_key *key)
{
	struct {
		union ip_addr ip;
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

void agent_rows_add(struct agent_rows *rows, const struct agent_row *row)
{
	rows->items[rows->count++] = *row;
	rows->wanted += row->wanted;
	agent_tally_add(&rows->tally, row->told);
	if (!row->made)
		return;
	for (uint64_t at = hash_key(&row->key);; at++) {
		uint32_t *place = &rows->places[at & rows->mask];

		if (*place)
			continue;
		*place = (uint32_t)rows->count;
		return;
	}
}

const struct agent_row *agent_rows_find(const struct agent_rows *rows,
					const struct service_key *key)
{
	if (!rows->count)
		return NULL;
	for (uint64_t at = hash_key(key);; at++) {
		uint32_t place = rows->places[at & rows->mask];

		if (!place || same_key(&rows->items[place - 1].key, key))
			return place ? &rows->items[place - 1] : NULL;
	}
}

void agent_rows_replace(struct agent_rows *rows, struct agent_rows *with, const uint32_t *at)
{
	for (size_t i = 0; i < with->count; i++) {
		struct agent_row *row = &rows->items[at[i]];

		agent_tally_remove(&rows->tally, row->told);
		agent_told_drop(row->told);
		*row = with->items[i];
		agent_tally_add(&rows->tally, row->told);
	}
	with->count = 0;
	agent_rows_done(with);
}

/* ------------------------------------------------------------------ endpoints excluded */

struct told_item {
	const char *cluster;
	const struct agent_excluded *item;
};

static size_t list_excluded(const struct agent_rows *rows, struct told_item *list)
{
	size_t count = 0;

	for (size_t i = 0; i < rows->count; i++) {
		const struct agent_told *told = rows->items[i].told;

		for (size_t j = 0; told && j < told->excluded_count; j++)
			list[count++] = (struct told_item){ told->cluster, &told->excluded[j] };
	}
	return count;
}

static bool same_item(const struct told_item *a, const struct told_item *b)
{
	return a->item->port == b->item->port && a->item->reason == b->item->reason &&
	       addr_equal(&a->item->addr, &b->item->addr) && !strcmp(a->cluster, b->cluster);
}

/* A service of two protocols, or several virtual IPs, has one assignment. */
static bool is_repeated(const struct told_item *list, size_t at)
{
	size_t i = 0;

	while (!same_item(&list[i], &list[at]))
		i++;
	return i < at;
}

void agent_rows_each_excluded(const struct agent_rows *rows,
			      void (*visit)(void *arg, const char *cluster,
					    const struct agent_excluded *item), void *arg)
{
	struct told_item *list = calloc(rows->tally.excluded + 1, sizeof(*list));
	size_t count = list ? list_excluded(rows, list) : 0;

	for (size_t i = 0; i < count; i++)
		if (!is_repeated(list, i))
			visit(arg, list[i].cluster, list[i].item);
	free(list);
}
