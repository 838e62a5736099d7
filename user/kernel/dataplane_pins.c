/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pins maps and programs, at the start and when somebody removed the pins. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane_parts.h"
#include "parallax.skel.h"
#include "pins.h"

int dataplane_fail(struct dataplane *dataplane, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(dataplane->reason, DATAPLANE_REASON, format, args);
	va_end(args);
	return err;
}

const char *dataplane_pin_name(const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);

	if (!strcmp(name, ".data.settings"))
		return "settings";
	return bpf_map__is_internal(map) || !strcmp(name, "scratch") ? NULL : name;
}

/* *ret_made counts new pins. */
static int pin_map(struct dataplane *dataplane, const struct bpf_map *map, size_t *ret_made)
{
	const char *name = dataplane_pin_name(map);
	char path[PIN_PATH_MAX];
	int err = pins_path(dataplane->pin_dir, name, path);

	if (!err && bpf_obj_pin(bpf_map__fd(map), path))
		err = -errno;
	if (err == -EEXIST)
		return 0;
	if (err)
		return dataplane_fail(dataplane, err, "cannot pin %s/%s: %s", dataplane->pin_dir,
				      name, strerror(-err));
	++*ret_made;
	return 0;
}

static int pin_maps(struct dataplane *dataplane, size_t *ret_made)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, dataplane->skeleton->obj) {
		if (dataplane_pin_name(map))
			err = pin_map(dataplane, map, ret_made);
		if (err)
			return err;
	}
	return 0;
}

static int program_path(const struct dataplane *dataplane, const struct bpf_program *program,
			const char *end, char *buf)
{
	char name[64];

	snprintf(name, sizeof(name), "prog_%s%s", bpf_program__name(program), end);
	return pins_path(dataplane->pin_dir, name, buf);
}

/* rename(2) replaces the pin atomically. */
static int pin_program(struct dataplane *dataplane, const struct bpf_program *program)
{
	char path[PIN_PATH_MAX], fresh[PIN_PATH_MAX];
	int err = program_path(dataplane, program, "", path);

	if (!err)
		err = program_path(dataplane, program, "_new", fresh);
	if (err)
		return err;
	unlink(fresh);
	if (bpf_obj_pin(bpf_program__fd(program), fresh) || rename(fresh, path))
		return dataplane_fail(dataplane, -errno, "cannot pin %s: %s", path, strerror(errno));
	return 0;
}

int dataplane_pin(struct dataplane *dataplane)
{
	struct bpf_program *program;
	size_t made = 0;
	int err = pin_maps(dataplane, &made);

	bpf_object__for_each_program(program, dataplane->skeleton->obj) {
		if (!err)
			err = pin_program(dataplane, program);
	}
	return err;
}

int dataplane_pin_again(struct dataplane *dataplane, size_t *ret_made, char *reason)
{
	struct bpf_program *program;
	char path[PIN_PATH_MAX];
	int err;

	dataplane->reason = reason;
	*ret_made = 0;
	err = pin_maps(dataplane, ret_made);
	bpf_object__for_each_program(program, dataplane->skeleton->obj) {
		if (err || program_path(dataplane, program, "", path) || !access(path, F_OK))
			continue;
		err = pin_program(dataplane, program);
		++*ret_made;
	}
	return err;
}
