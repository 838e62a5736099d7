/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The object files of both families: the same names of maps and programs in each. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "array.h"
#include "conntrack.h"
#include "dataplane_parts.h"
#include "parallax.skel.h"
#include "parallax6.skel.h"
#include "parallax_limits.h"
#include "power.h"

int dataplane_fail(struct dataplane *dataplane, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(dataplane->reason, DATAPLANE_REASON, format, args);
	va_end(args);
	return err;
}

static const void *(*const files[FAMILIES])(size_t *size) = {
	[FAMILY_4] = parallax_bpf__elf_bytes,
	[FAMILY_6] = parallax6_bpf__elf_bytes,
};

static int set_sizes(struct bpf_object *object, const struct config_limits *limits);

int dataplane_open_object(struct dataplane *dataplane, enum family_index family)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "parallax");
	size_t size = 0;
	const void *bytes = files[family](&size);
	int err = conntrack_prepare();

	if (!err) {
		dataplane->objects[family] = bpf_object__open_mem(bytes, size, &options);
		err = dataplane->objects[family] ? 0 : -errno;
	}
	if (!err)
		err = set_sizes(dataplane->objects[family], &dataplane->limits);
	return err ? dataplane_fail(dataplane, err, "cannot open the programs: %s",
				    strerror(-err)) :
		     0;
}

void dataplane_close_object(struct dataplane *dataplane, enum family_index family)
{
	bpf_object__close(dataplane->objects[family]);
	dataplane->objects[family] = NULL;
}

/* ------------------------------------------------------------------ maps */

bool dataplane_is_variable(const struct bpf_map *map)
{
	return !strncmp(bpf_map__name(map), VARIABLE_PREFIX, strlen(VARIABLE_PREFIX));
}

bool dataplane_is_shared(const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);

	if (bpf_map__is_internal(map))
		return dataplane_is_variable(map);
	return !layout_is_family_map(name) && strncmp(name, "older_", 6);
}

struct bpf_map *dataplane_object_map(const struct dataplane *dataplane, enum family_index family,
				     const char *name)
{
	return bpf_object__find_map_by_name(dataplane->objects[family], name);
}

/* A service's status takes one or two parts, and more where it lists many endpoints. */
static uint32_t status_parts(uint32_t services)
{
	return 4096 + 4 * services;
}

/* Both families' tables of flows are as large. */
static int set_sizes(struct bpf_object *object, const struct config_limits *limits)
{
	const uint32_t entries = 2 * limits->flows; /* both directions */
	const struct {
		const char *map;
		uint32_t entries;
	} sizes[] = {
		{ "vips", 2 * limits->services },
		{ "services", limits->services },
		{ "drops", limits->services },
		{ "service_ids", limits->services },
		{ "backends", limits->backends },
		{ "endpoints", limits->backends },
		{ "slots", limits->slots / BUCKET_SLOTS },
		{ "status", status_parts(limits->services) },
		{ "flows", entries },
		{ "embryonic", entries / EMBRYONIC_FRACTION },
		{ "reclaim", (uint32_t)power_of_two(1, entries) },
		{ "reclaim_embryonic", (uint32_t)power_of_two(1, entries / EMBRYONIC_FRACTION) },
	};
	int err = 0;

	for (size_t i = 0; !err && i < COUNT(sizes); i++)
		err = bpf_map__set_max_entries(bpf_object__find_map_by_name(object, sizes[i].map),
					       sizes[i].entries);
	return err;
}

/* ------------------------------------------------------------------ constants */

/* Offset of a variable in .rodata, or -1. */
static int64_t constant_offset(const struct bpf_object *object, const char *name, size_t size)
{
	const struct btf *btf = bpf_object__btf(object);
	int id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	const struct btf_type *section = id < 0 ? NULL : btf__type_by_id(btf, (uint32_t)id);

	for (int i = 0; section && i < btf_vlen(section); i++) {
		const struct btf_var_secinfo *place = &btf_var_secinfos(section)[i];
		const struct btf_type *variable = btf__type_by_id(btf, place->type);

		if (!strcmp(btf__name_by_offset(btf, variable->name_off), name))
			return place->size == size ? (int64_t)place->offset : -1;
	}
	return -1;
}

int dataplane_set_constant(struct bpf_object *object, const char *name, const void *value,
			   size_t size)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	int64_t offset = constant_offset(object, name, size);
	const void *before;
	size_t bytes;
	char *all;
	int err;

	if (!map || offset < 0)
		return -ENOENT;
	before = bpf_map__initial_value(map, &bytes);
	all = malloc(bytes);
	if (!all)
		return -ENOMEM;
	memcpy(all, before, bytes);
	memcpy(all + offset, value, size);
	err = bpf_map__set_initial_value(map, all, bytes);
	free(all);
	return err;
}

static int set_constants(struct dataplane *dataplane, enum family_index family)
{
	struct bpf_object *object = dataplane->objects[family];
#define ENTRIES(name) bpf_map__max_entries(dataplane_object_map(dataplane, family, name))
	const struct {
		const char *name;
		__u32 value;
	} constants[] = {
		{ "reclaim_mask", ENTRIES("reclaim") - 1 },
		{ "reclaim_embryonic_mask", ENTRIES("reclaim_embryonic") - 1 },
		{ "flows_per_owner", ENTRIES("flows") / 2 / OWNER_FRACTION },
	};
#undef ENTRIES
	int err = 0;

	for (size_t i = 0; !err && i < COUNT(constants); i++)
		err = dataplane_set_constant(object, constants[i].name, &constants[i].value,
					     sizeof(constants[i].value));
	return err;
}

/* ------------------------------------------------------------------ load */

/* The object loaded first has made the shared maps. */
static int share_maps(struct dataplane *dataplane, struct bpf_object *object)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, object) {
		const struct bpf_map *first = dataplane_object_map(dataplane, FAMILY_4,
								   bpf_map__name(map));

		if (!err && dataplane_is_shared(map))
			err = first ? bpf_map__reuse_fd(map, bpf_map__fd(first)) : -ENOENT;
	}
	return err;
}

int dataplane_load_object(struct dataplane *dataplane, enum family_index family)
{
	struct bpf_object *object = dataplane->objects[family];
	int err = set_constants(dataplane, family);

	if (!err && family != FAMILY_4)
		err = share_maps(dataplane, object);
	return err ? err : bpf_object__load(object);
}

/* ------------------------------------------------------------------ descriptors */

struct bpf_program *dataplane_program(const struct dataplane *dataplane, enum family_index family,
				      const char *name)
{
	return bpf_object__find_program_by_name(dataplane->objects[family], name);
}

int dataplane_program_fd(const struct dataplane *dataplane, enum link_hook hook)
{
	char name[32];

	snprintf(name, sizeof(name), "px_%s", link_hook_name(hook));
	return bpf_program__fd(dataplane_program(dataplane, FAMILY_4, name));
}

int dataplane_now_fd(const struct dataplane *dataplane)
{
	return bpf_program__fd(dataplane_program(dataplane, FAMILY_4, "px_now"));
}

static int map_fd(const struct dataplane *dataplane, enum family_index family, const char *name)
{
	return dataplane->objects[family] ?
		       bpf_map__fd(dataplane_object_map(dataplane, family, name)) :
		       -1;
}

struct map_fds dataplane_fds(const struct dataplane *dataplane)
{
	return (struct map_fds){
#define X(name) .name = map_fd(dataplane, FAMILY_4, #name),
		MAP_FDS(X)
#undef X
#define X(name) .name = map_fd(dataplane, FAMILY_4, VARIABLE_PREFIX #name),
			VARIABLE_FDS(X)
#undef X
#define X(name)                                                                                    \
	.name = { map_fd(dataplane, FAMILY_4, #name), map_fd(dataplane, FAMILY_6, #name) },
				FAMILY_MAP_FDS(X)
#undef X
	};
}
