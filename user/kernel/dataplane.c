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

static int load(struct dataplane *dataplane)
{
	int err = dataplane_load_objects(dataplane);

	if (err)
		return dataplane_fail(dataplane, err, "cannot load the programs: %s (%s); `parallaxctl check` "
			    "lists what this machine lacks", strerror(-err), last_warning);
	return 0;
}

static int open_and_adopt(struct dataplane *dataplane, const struct config_limits *limits)
{
	int err = dataplane_open_objects(dataplane);

	if (!err)
		err = dataplane_set_sizes(dataplane, limits);
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

static int open_all(struct dataplane *dataplane, const struct config_limits *limits)
{
	int err = open_and_adopt(dataplane, limits);

	if (!err)
		err = load(dataplane);
	if (!err)
		err = dataplane_join_families(dataplane);
	if (!err)
		err = write_layout(dataplane);
	if (!err && dataplane->hand_over)
		err = dataplane_hand_over(dataplane);
	return err ? err : dataplane_pin(dataplane);
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
	reason[0] = '\0';
	err = open_all(dataplane, limits);
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
	dataplane_close_objects(dataplane);
	free(dataplane);
}

bool dataplane_adopted(const struct dataplane *dataplane)
{
	return dataplane->adopted;
}
