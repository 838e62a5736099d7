/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loads the programs, creates or adopts the maps, and pins both. */
#include "dataplane.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane_parts.h"
#include "parallax.skel.h"
#include "parallax_limits.h"
#include "pins.h"
#include "power.h"

/* ------------------------------------------------------------------ libbpf's messages */

/* The last warning explains a failure best. Global, because libbpf's callback has no argument. */
static char last_warning[DATAPLANE_REASON / 2];

static int keep_warning(enum libbpf_print_level level, const char *format, va_list args)
{
	char line[DATAPLANE_REASON / 2];

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(line, sizeof(line), format, args);
	if (strstr(line, "BEGIN PROG LOAD LOG") || strlen(line) < 4)
		return 0;
	snprintf(last_warning, sizeof(last_warning), "%s", line);
	last_warning[strcspn(last_warning, "\n")] = '\0';
	return 0;
}

/* ------------------------------------------------------------------ sizes */

/* A service's status takes one or two parts, and more where it lists many endpoints. */
static uint32_t status_parts(uint32_t services)
{
	return 4096 + 4 * services;
}

static void set_sizes(struct parallax_bpf *skeleton, const struct config_limits *limits)
{
	bpf_map__set_max_entries(skeleton->maps.vips, 2 * limits->services);
	bpf_map__set_max_entries(skeleton->maps.services, limits->services);
	bpf_map__set_max_entries(skeleton->maps.drops, limits->services);
	bpf_map__set_max_entries(skeleton->maps.service_ids, limits->services);
	bpf_map__set_max_entries(skeleton->maps.backends, limits->backends);
	bpf_map__set_max_entries(skeleton->maps.slots, limits->slots / BUCKET_SLOTS);
	bpf_map__set_max_entries(skeleton->maps.status, status_parts(limits->services));
	bpf_map__set_max_entries(skeleton->maps.flows, 2 * limits->flows); /* both directions */
	bpf_map__set_max_entries(skeleton->maps.embryonic, 2 * limits->flows / EMBRYONIC_FRACTION);
	bpf_map__set_max_entries(skeleton->maps.reclaim,
				 (uint32_t)power_of_two(1, 2 * limits->flows));
}

/* ------------------------------------------------------------------ adoption */

static int check_layout(struct dataplane *dataplane, const struct bpf_map *map,
			const struct pin_map *pinned)
{
	const char *name = dataplane_pin_name(map);
	uint32_t key = bpf_map__key_size(map), value = bpf_map__value_size(map);

	if (pinned->type == bpf_map__type(map) && pinned->key_size == key &&
	    pinned->value_size == value && pinned->flags == bpf_map__map_flags(map))
		return 0;
	return dataplane_fail(dataplane, -EPROTO,
		    "%s/%s was pinned by another version: type %u with %u-byte keys and %u-byte "
		    "values, expected type %u with %u and %u; run `parallaxctl uninstall --pin-dir %s`, "
		    "then start again",
		    dataplane->pin_dir, name, pinned->type, pinned->key_size, pinned->value_size,
		    bpf_map__type(map), key, value, dataplane->pin_dir);
}

static void note_size(struct dataplane *dataplane, const struct bpf_map *map, uint32_t pinned)
{
	char text[256];

	if (bpf_map__max_entries(map) == pinned)
		return;
	snprintf(text, sizeof(text),
		 "map %s has %u elements, limits ask for %u: run `parallaxctl uninstall` to change "
		 "its size",
		 dataplane_pin_name(map), pinned, bpf_map__max_entries(map));
	dataplane->note(dataplane->note_arg, text);
}

static int adopt_map(struct dataplane *dataplane, struct bpf_map *map)
{
	const char *name = dataplane_pin_name(map);
	struct pin_map info;
	int fd, err;

	err = pins_open(dataplane->pin_dir, name, &fd);
	if (err == -ENOENT)
		return 0;
	if (err)
		return dataplane_fail(dataplane, err, "cannot open %s/%s: %s", dataplane->pin_dir, name,
			    strerror(-err));
	err = pins_map_info(fd, &info);
	if (!err)
		err = check_layout(dataplane, map, &info);
	if (!err) {
		note_size(dataplane, map, info.max_entries);
		err = bpf_map__reuse_fd(map, fd);
		dataplane->adopted = true;
	}
	close(fd);
	return err;
}

static int adopt_maps(struct dataplane *dataplane)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, dataplane->skeleton->obj) {
		if (dataplane_pin_name(map))
			err = adopt_map(dataplane, map);
		if (err)
			return err;
	}
	return 0;
}

/* The version is 0 if the agent died between creating and filling the maps. */
static int check_version(struct dataplane *dataplane)
{
	__u32 version = dataplane->skeleton->data_settings->settings.abi_version;

	if (!version || version == ABI_VERSION)
		return 0;
	return dataplane_fail(dataplane, -EPROTO,
		    "%s was pinned with layout version %u, this is %u; run `parallaxctl uninstall "
		    "--pin-dir %s`, then start again",
		    dataplane->pin_dir, version, ABI_VERSION, dataplane->pin_dir);
}

/* ------------------------------------------------------------------ open */

static int load(struct dataplane *dataplane)
{
	struct parallax_bpf *skeleton = dataplane->skeleton;
	int err;

	skeleton->rodata->reclaim_mask = bpf_map__max_entries(skeleton->maps.reclaim) - 1;
	err = parallax_bpf__load(skeleton);
	if (err)
		return dataplane_fail(dataplane, err, "cannot load the programs: %s (%s); `parallaxctl check` "
			    "lists what this machine lacks", strerror(-err), last_warning);
	return 0;
}

static int open_and_adopt(struct dataplane *dataplane, const struct config_limits *limits)
{
	dataplane->skeleton = parallax_bpf__open();
	if (!dataplane->skeleton)
		return dataplane_fail(dataplane, -errno, "cannot open the programs: %s", strerror(errno));
	set_sizes(dataplane->skeleton, limits);
	return adopt_maps(dataplane);
}

int dataplane_open(const char *pin_dir, const struct config_limits *limits, dataplane_note note,
		   void *arg, struct dataplane **ret, char *reason)
{
	struct dataplane *dataplane = calloc(1, sizeof(*dataplane));
	int err;

	if (!dataplane)
		return -ENOMEM;
	*dataplane = (struct dataplane){ .pin_dir = pin_dir, .note = note, .note_arg = arg,
					 .reason = reason };
	libbpf_set_print(keep_warning);
	last_warning[0] = '\0';
	snprintf(reason, DATAPLANE_REASON, "out of memory");
	err = open_and_adopt(dataplane, limits);
	if (!err)
		err = load(dataplane);
	if (!err && dataplane->adopted)
		err = check_version(dataplane);
	if (!err)
		err = dataplane_pin(dataplane);
	if (err) {
		dataplane_close(dataplane);
		return err;
	}
	*ret = dataplane;
	return 0;
}

void dataplane_close(struct dataplane *dataplane)
{
	if (!dataplane)
		return;
	parallax_bpf__destroy(dataplane->skeleton);
	free(dataplane);
}

bool dataplane_adopted(const struct dataplane *dataplane)
{
	return dataplane->adopted;
}

struct map_fds dataplane_fds(const struct dataplane *dataplane)
{
	const struct parallax_bpf *skeleton = dataplane->skeleton;

	return (struct map_fds){
#define X(name) .name = bpf_map__fd(skeleton->maps.name),
		MAP_FDS(X)
#undef X
		.settings = bpf_map__fd(skeleton->maps.data_settings),
	};
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
	};

	return bpf_program__fd(programs[hook]);
}

int dataplane_now_fd(const struct dataplane *dataplane)
{
	return bpf_program__fd(dataplane->skeleton->progs.px_now);
}
