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
	return bpf_map__is_internal(map) || !strcmp(name, "scratch") ||
			       !strncmp(name, "handover", 8) || !strncmp(name, "older_", 6) ?
		       NULL :
		       name;
}

int dataplane_program_fd(const struct dataplane *dataplane, enum link_hook hook)
{
	const struct parallax_bpf *skeleton = dataplane->skeleton;
	const struct bpf_program *const programs[LINK_HOOKS] = {
		[LINK_FROM_POD] = skeleton->progs.px_from_pod,
		[LINK_TO_POD] = skeleton->progs.px_to_pod,
		[LINK_UPLINK] = skeleton->progs.px_uplink,
		[LINK_XDP] = skeleton->progs.px_xdp,
		[LINK_UPLINK_L3] = skeleton->progs.px_uplink_l3,
		[LINK_TO_UPLINK] = skeleton->progs.px_to_uplink,
		[LINK_TO_UPLINK_L3] = skeleton->progs.px_to_uplink_l3,
	};

	return bpf_program__fd(programs[hook]);
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
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, dataplane->skeleton->obj) {
		const char *name = dataplane_pin_name(map);

		if (name)
			err = pin_map(dataplane, dataplane->pin_dir, map, name, ret_made);
		if (err)
			return err;
	}
	return 0;
}

/* Programs of the handover are gone with it. */
static bool is_pinned(const struct bpf_program *program)
{
	return strncmp(bpf_program__name(program), "px_hand_", 8);
}

static int program_path(const char *directory, const struct bpf_program *program, const char *end,
			char *buf)
{
	char name[64];

	snprintf(name, sizeof(name), "prog_%s%s", bpf_program__name(program), end);
	return pins_path(directory, name, buf);
}

/* rename(2) replaces the pin atomically. */
static int pin_program(struct dataplane *dataplane, const char *directory,
		       const struct bpf_program *program)
{
	char path[PIN_PATH_MAX], fresh[PIN_PATH_MAX];
	int err = program_path(directory, program, "", path);

	if (!err)
		err = program_path(directory, program, "_new", fresh);
	if (err)
		return err;
	unlink(fresh);
	if (bpf_obj_pin(bpf_program__fd(program), fresh) || rename(fresh, path))
		return dataplane_fail(dataplane, -errno, "cannot pin %s: %s", path, strerror(errno));
	return 0;
}

static int pin_programs(struct dataplane *dataplane, const char *directory)
{
	struct bpf_program *program;
	int err = 0;

	bpf_object__for_each_program(program, dataplane->skeleton->obj) {
		if (!err && is_pinned(program))
			err = pin_program(dataplane, directory, program);
	}
	return err;
}

int dataplane_pin(struct dataplane *dataplane)
{
	size_t made = 0;
	int err = pin_maps(dataplane, &made);

	return err ? err : pin_programs(dataplane, dataplane->pin_dir);
}

int dataplane_pin_newer(struct dataplane *dataplane, const char *directory)
{
	const struct parallax_bpf *skeleton = dataplane->skeleton;
	size_t made = 0;
	int err = pin_map(dataplane, directory, skeleton->maps.handover, "handover", &made);

	if (!err) /* without a pin it would be emptied when this process ends */
		err = pin_map(dataplane, directory, skeleton->maps.handover_programs,
			      "handover_programs", &made);
	for (size_t i = 0; !err && i < dataplane->adoption_count; i++) {
		const struct bpf_map *map = dataplane->adoptions[i].map;

		if (!dataplane->adoptions[i].same)
			err = pin_map(dataplane, directory, map, dataplane_pin_name(map), &made);
	}
	return err ? err : pin_programs(dataplane, directory);
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
		if (err || !is_pinned(program) ||
		    program_path(dataplane->pin_dir, program, "", path) || !access(path, F_OK))
			continue;
		err = pin_program(dataplane, dataplane->pin_dir, program);
		++*ret_made;
	}
	return err;
}
