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
#include "pins.h"

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

/* ------------------------------------------------------------------ open */

static int load(struct dataplane *dataplane, enum family_index family)
{
	int err = dataplane_load_object(dataplane, family);

	if (err)
		return dataplane_fail(dataplane, err, "cannot load the programs: %s (%s); `parallaxctl check` "
			    "lists what this machine lacks", strerror(-err), last_warning);
	return 0;
}

static int open_and_adopt(struct dataplane *dataplane)
{
	int err = dataplane_open_object(dataplane, FAMILY_4);

	if (!err && dataplane_pins_ipv6(dataplane))
		err = dataplane_open_object(dataplane, FAMILY_6);
	if (!err)
		err = dataplane_describe(dataplane);
	if (!err)
		err = dataplane_recover(dataplane);
	if (!err)
		err = dataplane_adopt(dataplane);
	if (!err && dataplane->hand_over)
		err = dataplane_prepare_handover(dataplane);
	return err;
}

/* For builds of other versions. */
static int write_layout(struct dataplane *dataplane)
{
	int fd = bpf_map__fd(dataplane_object_map(dataplane, FAMILY_4, "layout"));
	__u32 zero = 0;

	return bpf_map_update_elem(fd, &zero, dataplane->layout_text, BPF_ANY) ? -errno : 0;
}

static int open_all(struct dataplane *dataplane)
{
	int err = open_and_adopt(dataplane);

	if (!err)
		err = load(dataplane, FAMILY_4);
	if (!err && dataplane_has_ipv6(dataplane))
		err = load(dataplane, FAMILY_6);
	if (!err)
		err = dataplane_join_families(dataplane);
	if (!err)
		err = write_layout(dataplane);
	if (!err && dataplane->hand_over)
		err = dataplane_hand_over(dataplane);
	return err ? err : dataplane_pin(dataplane);
}

static void listen_to_libbpf(struct dataplane *dataplane, char *reason)
{
	dataplane->reason = reason;
	reason[0] = '\0';
	last_warning[0] = '\0';
	libbpf_set_print(keep_warning);
}

int dataplane_open(const char *pin_dir, const struct config_limits *limits, dataplane_note note,
		   void *arg, struct dataplane **ret, char *reason)
{
	struct dataplane *dataplane = calloc(1, sizeof(*dataplane));
	int err;

	if (!dataplane)
		return -ENOMEM;
	*dataplane = (struct dataplane){
		.pin_dir = pin_dir, .limits = *limits, .note = note, .note_arg = arg
	};
	listen_to_libbpf(dataplane, reason);
	err = open_all(dataplane);
	dataplane_adopt_done(dataplane);
	if (err && !*reason)
		dataplane_fail(dataplane, err, "cannot open the data plane: %s", strerror(-err));
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
	for (int family = 0; family < FAMILIES; family++)
		dataplane_close_object(dataplane, family);
	free(dataplane);
}

bool dataplane_adopted(const struct dataplane *dataplane)
{
	return dataplane->adopted;
}

/* ------------------------------------------------------------------ IPv6 */

/* Of maps that an earlier agent used, some of which somebody removed: they would hide ours. */
static void unpin_ipv6(struct dataplane *dataplane)
{
	char path[PIN_PATH_MAX];

	for (size_t i = 0; i < dataplane->adoption_count; i++)
		if (dataplane->adoptions[i].family == FAMILY_6 &&
		    !pins_path(dataplane->pin_dir, dataplane->adoptions[i].pin, path))
			unlink(path);
}

static int load_ipv6(struct dataplane *dataplane)
{
	int err = dataplane_open_object(dataplane, FAMILY_6);

	if (!err)
		err = dataplane_describe(dataplane);
	if (!err)
		err = load(dataplane, FAMILY_6);
	if (!err)
		err = dataplane_join_families(dataplane);
	return err ? err : write_layout(dataplane);
}

int dataplane_add_ipv6(struct dataplane *dataplane, char *reason)
{
	int err;

	listen_to_libbpf(dataplane, reason);
	err = load_ipv6(dataplane);
	dataplane_adopt_done(dataplane);
	if (err) {
		dataplane_close_object(dataplane, FAMILY_6);
		dataplane_list_maps(dataplane);
		return err;
	}
	unpin_ipv6(dataplane);
	return dataplane_pin(dataplane);
}
