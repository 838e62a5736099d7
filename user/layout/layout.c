/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Layouts of maps: reading their text, and the way from one to another. */
#include "layout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ text */

static void *grow(void *items, size_t *count, size_t size)
{
	char *grown = realloc(items, (*count + 1) * size);

	if (grown)
		memset(grown + (*count)++ * size, 0, size);
	return grown;
}

/* "map NAME PIN KEY_SIZE VALUE_SIZE" */
static int read_map(struct layout *layout, const char *line)
{
	struct layout_map *maps = grow(layout->maps, &layout->map_count, sizeof(*maps)), *map;

	if (!maps)
		return -ENOMEM;
	layout->maps = maps;
	map = &maps[layout->map_count - 1];
	return sscanf(line, "map %23s %23s %u %u", map->name, map->pin, &map->key_size,
		      &map->value_size) == 4 ?
		       0 :
		       -EPROTO;
}

static bool is_inside(const struct layout_map *map, const struct layout_field *field)
{
	uint64_t end = field->offset + (uint64_t)field->size * field->count;

	return end <= (field->key ? map->key_size : map->value_size);
}

/* "key|value PATH OFFSET SIZE COUNT KIND" */
static int read_field(struct layout *layout, const char *line)
{
	struct layout_map *map = layout->maps + layout->map_count - 1;
	struct layout_field *fields, *field;
	char side[8];

	if (!layout->map_count)
		return -EPROTO;
	fields = grow(map->fields, &map->field_count, sizeof(*fields));
	if (!fields)
		return -ENOMEM;
	map->fields = fields;
	field = &fields[map->field_count - 1];
	if (sscanf(line, "%7s %47s %u %u %u %c", side, field->path, &field->offset, &field->size,
		   &field->count, &field->kind) != 6)
		return -EPROTO;
	field->key = !strcmp(side, "key");
	return (field->key || !strcmp(side, "value")) && is_inside(map, field) ? 0 : -EPROTO;
}

static int read_line(struct layout *layout, const char *line)
{
	if (!*line || *line == '#')
		return 0;
	return strncmp(line, "map ", 4) ? read_field(layout, line) : read_map(layout, line);
}

int layout_parse(const char *text, struct layout *ret)
{
	struct layout layout = {};
	char line[160];
	int err = 0;

	while (!err && *text) {
		size_t length = strcspn(text, "\n");

		if (length >= sizeof(line))
			err = -EPROTO;
		else
			snprintf(line, sizeof(line), "%.*s", (int)length, text);
		if (!err)
			err = read_line(&layout, line);
		text += length + (text[length] == '\n');
	}
	if (err)
		layout_done(&layout);
	else
		*ret = layout;
	return err;
}

void layout_done(struct layout *layout)
{
	for (size_t i = 0; i < layout->map_count; i++)
		free(layout->maps[i].fields);
	free(layout->maps);
	*layout = (struct layout){};
}

/* ------------------------------------------------------------------ comparison */

const struct layout_map *layout_find(const struct layout *layout, const char *name)
{
	for (size_t i = 0; i < layout->map_count; i++)
		if (!strcmp(layout->maps[i].name, name))
			return &layout->maps[i];
	return NULL;
}

static const struct layout_field *find_field(const struct layout_map *map, bool key,
					     const char *path)
{
	for (size_t i = 0; i < map->field_count; i++)
		if (map->fields[i].key == key && !strcmp(map->fields[i].path, path))
			return &map->fields[i];
	return NULL;
}

static bool same_field(const struct layout_field *a, const struct layout_field *b)
{
	return a && b && a->offset == b->offset && a->size == b->size && a->count == b->count &&
	       a->kind == b->kind;
}

bool layout_same(const struct layout_map *a, const struct layout_map *b)
{
	if (a->key_size != b->key_size || a->value_size != b->value_size ||
	    a->field_count != b->field_count)
		return false;
	for (size_t i = 0; i < a->field_count; i++)
		if (!same_field(&a->fields[i], find_field(b, a->fields[i].key, a->fields[i].path)))
			return false;
	return true;
}

/* ------------------------------------------------------------------ the way from one to another */

static bool is_ipv4(const struct layout_field *field)
{
	return field->kind == 'b' && field->size == 4;
}

/* The field that `field` continues: its namesake or, of an address "x", an IPv4 address "x.v4". */
static const struct layout_field *find_older(const struct layout_map *from,
					     const struct layout_field *field)
{
	const struct layout_field *same = find_field(from, field->key, field->path);
	char path[LAYOUT_PATH + 4];

	if (same || field->kind != 'a')
		return same;
	snprintf(path, sizeof(path), "%s.v4", field->path);
	return find_field(from, field->key, path);
}

/* A number may become wider, an array longer, an IPv4 address one of either family. */
static bool fits(const struct layout_field *from, const struct layout_field *to)
{
	bool wider = from->kind == 'u' && from->size < to->size;
	bool address = is_ipv4(from) && to->kind == 'a';

	return from->count <= to->count &&
	       (address || (from->kind == to->kind && (from->size == to->size || wider)));
}

/* Bytes of struct ip_addr: the prefix of an IPv4 address, and the address. */
#define IP_PREFIX_AT 10
#define IP_V4_AT 12

static void place_address(uint32_t from, uint32_t *ret)
{
	ret[IP_PREFIX_AT] = ret[IP_PREFIX_AT + 1] = LAYOUT_MAPPED | from;
	for (uint32_t byte = 0; byte < 4; byte++)
		ret[IP_V4_AT + byte] = from + byte;
}

/* Little-endian: the bytes that a wider number gains come last. */
static void place(const struct layout_field *from, const struct layout_field *to, uint32_t *ret)
{
	for (uint32_t i = 0; from->kind != to->kind && i < from->count; i++)
		place_address(from->offset + i * from->size, ret + to->offset + i * to->size);
	for (uint32_t i = 0; from->kind == to->kind && i < from->count; i++)
		for (uint32_t byte = 0; byte < from->size; byte++)
			ret[to->offset + i * to->size + byte] = from->offset + i * from->size +
								byte;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "place() widens little-endian numbers");

int layout_permute(const struct layout_map *from, const struct layout_map *to, bool key,
		   uint32_t **ret, const char **ret_field)
{
	size_t size = key ? to->key_size : to->value_size;
	uint32_t *permutation = malloc((size + 1) * sizeof(*permutation));

	if (!permutation)
		return -ENOMEM;
	memset(permutation, 0xff, size * sizeof(*permutation)); /* LAYOUT_ZERO */
	for (size_t i = 0; i < to->field_count; i++) {
		const struct layout_field *field = &to->fields[i];
		const struct layout_field *old = find_older(from, field);

		if (field->key != key || !old)
			continue;
		if (!fits(old, field)) {
			*ret_field = field->path;
			free(permutation);
			return -EPROTO;
		}
		place(old, field, permutation);
	}
	*ret = permutation;
	return 0;
}

static uint8_t convert_byte(uint32_t index, const uint8_t *in)
{
	static const uint8_t none[4];

	if (index == LAYOUT_ZERO)
		return 0;
	if (!(index & LAYOUT_MAPPED))
		return in[index];
	return memcmp(in + (index & ~LAYOUT_MAPPED), none, sizeof(none)) ? 0xff : 0;
}

void layout_convert(const uint32_t *permutation, size_t size, const void *from, void *to)
{
	const uint8_t *in = from;
	uint8_t *out = to;

	for (size_t i = 0; i < size; i++)
		out[i] = convert_byte(permutation[i], in);
}
