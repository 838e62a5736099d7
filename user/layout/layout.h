/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Layouts of maps as text, so that builds of different versions understand each other's maps.
 *
 * A data plane pins the description of its own maps. A build that finds another layout carries each
 * field over by its name: a field that the target lacks is dropped, one that the source lacks is
 * zero. A field that changes its meaning therefore changes its name. */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct btf;

#define LAYOUT_NAME 24
#define LAYOUT_PATH 48

struct layout_field {
	char path[LAYOUT_PATH]; /* "nat.saddr"; "-": the key or value itself */
	bool key;               /* of the key, else of the value */
	char kind;              /* 'u' host order, 'b' network order, 's' an array of structures,
				 * 'a' struct ip_addr */
	uint32_t offset, size;  /* bytes; size is that of one element */
	uint32_t count;         /* elements of an array, else 1 */
};

struct layout_map {
	char name[LAYOUT_NAME]; /* as in this build */
	char pin[LAYOUT_NAME];  /* as it was pinned */
	uint32_t key_size, value_size;
	struct layout_field *fields;
	size_t field_count;
};

struct layout {
	struct layout_map *maps;
	size_t map_count;
};

/* Whether each family has a map of this name of its own; the families share the others. */
bool layout_is_family_map(const char *name);

/* Appends a description of the maps of a family's object file to `text` of `size` bytes: all of those of
 * IPv4 (4), the family's own of IPv6 (6), whose names get a 6 behind them. Returns 0, -ENOSPC, or
 * -EPROTO for types that this cannot describe. */
int layout_write(const struct btf *btf, uint8_t family, char *text, size_t size);

/* Reads such a text. Returns 0 with *ret to be released by layout_done(); -EPROTO; or -ENOMEM. */
int layout_parse(const char *text, struct layout *ret);
void layout_done(struct layout *layout);

/* The description of a released version whose data plane pinned none, or NULL. */
const char *layout_history(uint32_t version);

/* The map of this name, or NULL. */
const struct layout_map *layout_find(const struct layout *layout, const char *name);

/* Whether keys and values are the same, byte by byte and name by name. */
bool layout_same(const struct layout_map *a, const struct layout_map *b);

#define LAYOUT_ZERO UINT32_MAX
/* With the index of an IPv4 address in network order: 0xff, or 0 if that address is zero. */
#define LAYOUT_MAPPED (1u << 31)

/* For each byte of the key or value of `to`: its index in that of `from`, LAYOUT_ZERO or LAYOUT_MAPPED.
 * An IPv4 address "x" or "x.v4" becomes a struct ip_addr "x". Returns 0;
 * -ENOMEM; or -EPROTO with *ret_field, which does not fit into its namesake: it became smaller or
 * changed its byte order. The caller frees *ret. */
int layout_permute(const struct layout_map *from, const struct layout_map *to, bool key,
		   uint32_t **ret, const char **ret_field);

/* Makes the `size` bytes at `to` from those at `from`. */
void layout_convert(const uint32_t *permutation, size_t size, const void *from, void *to);

#endif
