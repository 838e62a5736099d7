/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pins maps and programs, at the start and when somebody removed the pins. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "array.h"
#include "dataplane_parts.h"
#include "pins.h"

/* Of the map's pin, or NULL: the map holds no state and is created with each load. */
static const char *pin_name(const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);

	if (dataplane_is_variable(map))
		return name + strlen(VARIABLE_PREFIX);
	return bpf_map__is_internal(map) || !strcmp(name, "scratch") ||
			       !strncmp(name, "handover", 8) || !strncmp(name, "older_", 6) ?
		       NULL :
		       name;
}

static int list_object(struct dataplane *dataplane, enum family_index family)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, dataplane->objects[family]) {
		struct adoption *adoption = &dataplane->adoptions[dataplane->adoption_count];
		const char *name = pin_name(map);

		if (!name || (family != FAMILY_4 && dataplane_is_shared(map)))
			continue;
		if (dataplane->adoption_count == ADOPTIONS_MAX)
			return -E2BIG;
		*adoption = (struct adoption){ .map = map, .family = family, .older_fd = -1 };
		snprintf(adoption->pin, sizeof(adoption->pin), "%s%s", name, family_suffix(family));
		dataplane->adoption_count++;
	}
	return 0;
}

int dataplane_list_maps(struct dataplane *dataplane)
{
	int err = 0;

	dataplane->adoption_count = 0;
	for (int family = 0; !err && family < FAMILIES; family++)
		if (dataplane->objects[family])
			err = list_object(dataplane, family);
	return err;
}

/* *ret_made counts new pins. */
static int pin_map(struct dataplane *dataplane, const char *directory, const struct bpf_map *map,
		   const char *name, size_t *ret_made)
{
	char path[PIN_PATH_MAX];
	int err = pins_path(directory, name, path);

	if (!err && bpf_obj_pin(bpf_map__fd(map), path))
		err = -errno;
	if (err == -EEXIST)
		return 0;
	if (err)
		return dataplane_fail(dataplane, err, "cannot pin %s/%s: %s", directory, name,
				      strerror(-err));
	++*ret_made;
	return 0;
}

static int pin_maps(struct dataplane *dataplane, size_t *ret_made)
{
	int err = 0;

	for (size_t i = 0; !err && i < dataplane->adoption_count; i++)
		err = pin_map(dataplane, dataplane->pin_dir, dataplane->adoptions[i].map,
			      dataplane->adoptions[i].pin, ret_made);
	return err;
}

/* Programs of the handover are gone with it. */
static bool is_pinned(const struct bpf_program *program)
{
	return strncmp(bpf_program__name(program), "px_hand_", 8);
}

static int program_path(const char *directory, const struct bpf_program *program,
			enum family_index family, const char *end, char *buf)
{
	char name[64];

	snprintf(name, sizeof(name), "prog_%s%s%s", bpf_program__name(program),
		 family_suffix(family), end);
	return pins_path(directory, name, buf);
}

/* rename(2) replaces the pin atomically. */
static int pin_program(struct dataplane *dataplane, const char *directory,
		       const struct bpf_program *program, enum family_index family)
{
	char path[PIN_PATH_MAX], fresh[PIN_PATH_MAX];
	int err = program_path(directory, program, family, "", path);

	if (!err)
		err = program_path(directory, program, family, "_new", fresh);
	if (err)
		return err;
	unlink(fresh);
	if (bpf_obj_pin(bpf_program__fd(program), fresh) || rename(fresh, path))
		return dataplane_fail(dataplane, -errno, "cannot pin %s: %s", path, strerror(errno));
	return 0;
}

/* `missing`: only those that have no pin; *ret_made counts them. */
static int pin_object(struct dataplane *dataplane, const char *directory, enum family_index family,
		      bool missing, size_t *ret_made)
{
	struct bpf_program *program;
	char path[PIN_PATH_MAX];
	int err = 0;

	bpf_object__for_each_program(program, dataplane->objects[family]) {
		if (err || !is_pinned(program) ||
		    (missing && (program_path(directory, program, family, "", path) ||
				 !access(path, F_OK))))
			continue;
		err = pin_program(dataplane, directory, program, family);
		++*ret_made;
	}
	return err;
}

static int pin_programs(struct dataplane *dataplane, const char *directory, bool missing,
			size_t *ret_made)
{
	int err = 0;

	for (int family = 0; !err && family < FAMILIES; family++)
		if (dataplane->objects[family])
			err = pin_object(dataplane, directory, family, missing, ret_made);
	return err;
}

int dataplane_pin(struct dataplane *dataplane)
{
	size_t made = 0;
	int err = pin_maps(dataplane, &made);

	return err ? err : pin_programs(dataplane, dataplane->pin_dir, false, &made);
}

/* Without a pin the programs in them would be gone when this process ends. */
static int pin_handover(struct dataplane *dataplane, const char *directory, size_t *ret_made)
{
	static const char *const names[] = { "handover", "handover_programs" };
	int err = 0;

	for (size_t i = 0; !err && i < COUNT(names); i++)
		err = pin_map(dataplane, directory,
			      dataplane_object_map(dataplane, FAMILY_4, names[i]), names[i],
			      ret_made);
	return err;
}

int dataplane_pin_newer(struct dataplane *dataplane, const char *directory)
{
	size_t made = 0;
	int err = pin_handover(dataplane, directory, &made);

	for (size_t i = 0; !err && i < dataplane->adoption_count; i++) {
		const struct adoption *adoption = &dataplane->adoptions[i];

		if (!adoption->same)
			err = pin_map(dataplane, directory, adoption->map, adoption->pin, &made);
	}
	return err ? err : pin_programs(dataplane, directory, false, &made);
}

int dataplane_pin_again(struct dataplane *dataplane, size_t *ret_made, char *reason)
{
	int err;

	dataplane->reason = reason;
	*ret_made = 0;
	err = pin_maps(dataplane, ret_made);
	return err ? err : pin_programs(dataplane, dataplane->pin_dir, true, ret_made);
}
