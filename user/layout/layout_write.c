/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Layouts of maps: describing those of an object file, by its BTF. */
#include "layout.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bpf/btf.h>

struct writer {
	const struct btf *btf;
	char *text;
	size_t size, length;
	const char *side; /* "key" or "value" */
	uint8_t family;
};

static int put(struct writer *writer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int put(struct writer *writer, const char *format, ...)
{
	size_t room = writer->size - writer->length;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(writer->text + writer->length, room, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room)
		return -ENOSPC;
	writer->length += (size_t)n;
	return 0;
}

/* ------------------------------------------------------------------ types */

/* The type behind typedefs and qualifiers; *ret_big: one of them is __be16, __be32 or __be64. */
static const struct btf_type *resolve(const struct btf *btf, uint32_t id, bool *ret_big)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_typedef(type) || btf_is_mod(type))) {
		if (!strncmp(btf__name_by_offset(btf, type->name_off), "__be", 4))
			*ret_big = true;
		type = btf__type_by_id(btf, type->type);
	}
	return type;
}

static int put_field(struct writer *writer, const char *path, uint32_t offset, int64_t size,
		     uint32_t count, char kind)
{
	if (size < 0)
		return -EPROTO;
	return put(writer, "%s %s %u %u %u %c\n", writer->side, *path ? path : "-", offset,
		   (uint32_t)size, count, kind);
}

static bool is_address(const struct writer *writer, const struct btf_type *type)
{
	return !strcmp(btf__name_by_offset(writer->btf, type->name_off), "ip_addr");
}

static char kind_of(const struct writer *writer, const struct btf_type *type, bool big)
{
	if (btf_is_composite(type))
		return is_address(writer, type) ? 'a' : 's';
	return big ? 'b' : 'u';
}

/* An array of arrays has the elements of all. */
static int put_array(struct writer *writer, const struct btf_type *type, const char *path,
		     uint32_t offset)
{
	uint32_t id = 0, count = 1;
	bool big = false;

	for (; type && btf_is_array(type); type = resolve(writer->btf, id, &big)) {
		id = btf_array(type)->type;
		count *= btf_array(type)->nelems;
	}
	return type ? put_field(writer, path, offset, btf__resolve_size(writer->btf, id), count,
				kind_of(writer, type, big)) :
		      -EPROTO;
}

static int put_type(struct writer *writer, uint32_t id, const char *path, uint32_t offset);

/* A member without a name adds nothing to the path of those in it, nor do the words of an address. */
static const char *path_name(const struct writer *writer, const struct btf_member *member)
{
	const char *name = btf__name_by_offset(writer->btf, member->name_off);

	return strcmp(name, "word") ? name : "";
}

/* Members of a structure or union within another. */
static int put_members(struct writer *writer, const struct btf_type *type, const char *path,
		       uint32_t offset)
{
	const struct btf_member *member = btf_members(type);
	char inner[LAYOUT_PATH];
	int err = 0;

	for (uint32_t i = 0; !err && i < btf_vlen(type); i++, member++) {
		const char *name = path_name(writer, member);
		int n = snprintf(inner, sizeof(inner), "%s%s%s", path, *path && *name ? "." : "",
				 name);

		if ((size_t)n >= sizeof(inner) || btf_member_bitfield_size(type, i))
			return -EPROTO;
		if (strcmp(name, "zero"))
			err = put_type(writer, member->type, inner,
				       offset + btf_member_bit_offset(type, i) / 8);
	}
	return err;
}

static int put_type(struct writer *writer, uint32_t id, const char *path, uint32_t offset)
{
	bool big = false;
	const struct btf_type *type = resolve(writer->btf, id, &big);

	if (!type)
		return -EPROTO;
	if (btf_is_composite(type) && is_address(writer, type))
		return put_field(writer, path, offset, type->size, 1, 'a');
	if (btf_is_composite(type))
		return put_members(writer, type, path, offset);
	if (btf_is_array(type))
		return put_array(writer, type, path, offset);
	if (!btf_is_int(type) && !btf_is_any_enum(type))
		return -EPROTO;
	return put_field(writer, path, offset, type->size, 1, big ? 'b' : 'u');
}

/* ------------------------------------------------------------------ maps */

bool layout_is_family_map(const char *name)
{
	static const char *const names[] = {
		"vips",      "flows",         "embryonic", "reclaim",   "reclaim_embryonic",
		"next_hops", "reclaim_clock", "scratch",   "events",    "drop_events",
		"families",  "families_xdp",  "fragments", "tags_sent", "tags_verified",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* Id of the type to which the member `name` of a map's definition points, or 0: rings have none. */
static uint32_t pointed_type(const struct btf *btf, const struct btf_type *map, const char *name)
{
	const struct btf_member *member = btf_members(map);

	for (uint32_t i = 0; i < btf_vlen(map); i++, member++)
		if (!strcmp(btf__name_by_offset(btf, member->name_off), name))
			return btf__type_by_id(btf, member->type)->type;
	return 0;
}

static int put_side(struct writer *writer, const char *side, uint32_t id)
{
	writer->side = side;
	return id ? put_type(writer, id, "", 0) : 0;
}

static uint32_t size_of(const struct btf *btf, uint32_t id)
{
	int64_t size = id ? btf__resolve_size(btf, id) : 0;

	return size < 0 ? 0 : (uint32_t)size;
}

static int put_map(struct writer *writer, const char *name, uint32_t key, uint32_t value,
		   uint32_t key_size)
{
	const char *end = writer->family == 6 ? "6" : "";
	int err;

	if (writer->family == 6 && !layout_is_family_map(name))
		return 0;
	err = put(writer, "map %s%s %s%s %u %u\n", name, end, name, end, key_size,
		  size_of(writer->btf, value));
	if (!err)
		err = put_side(writer, "key", key);
	return err ? err : put_side(writer, "value", value);
}

/* A variable of the section of maps, or one that is a map of its own (".data.NAME"). */
static int put_variable(struct writer *writer, const struct btf_type *variable, bool is_map)
{
	const char *name = btf__name_by_offset(writer->btf, variable->name_off);
	const struct btf_type *map = btf__type_by_id(writer->btf, variable->type);
	uint32_t key, value;

	if (!is_map)
		return put_map(writer, name, 0, variable->type, sizeof(uint32_t));
	key = pointed_type(writer->btf, map, "key");
	value = pointed_type(writer->btf, map, "value");
	return put_map(writer, name, key, value, size_of(writer->btf, key));
}

int layout_write(const struct btf *btf, uint8_t family, char *text, size_t size)
{
	struct writer writer = {
		.btf = btf, .text = text, .size = size, .length = strlen(text), .family = family
	};
	int err = 0;

	for (uint32_t id = 1; !err && id < btf__type_cnt(btf); id++) {
		const struct btf_type *section = btf__type_by_id(btf, id);
		const char *name = btf__name_by_offset(btf, section->name_off);
		bool is_map = !strcmp(name, ".maps");

		if (!btf_is_datasec(section) || (!is_map && strncmp(name, ".data.", 6)))
			continue;
		for (uint32_t i = 0; !err && i < btf_vlen(section); i++)
			err = put_variable(&writer,
					   btf__type_by_id(btf, btf_var_secinfos(section)[i].type),
					   is_map);
	}
	return err;
}
