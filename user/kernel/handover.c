/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pins of a data plane that takes over from an older one, and the switch between the two. */
#include "handover.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "clsact.h"
#include "links.h"

static int next_dir(const char *pin_dir, char *buf)
{
	return pins_path(pin_dir, HANDOVER_DIR, buf);
}

/* ------------------------------------------------------------------ stage */

static int open_stage(const char *pin_dir, int *ret_fd)
{
	char next[PIN_PATH_MAX];
	int err = next_dir(pin_dir, next);

	return err ? err : pins_open_map_checked(next, "handover", 4, 4, ret_fd);
}

int handover_stage(const char *pin_dir, enum handover_stage *ret)
{
	char next[PIN_PATH_MAX];
	__u32 zero = 0, stage = HANDOVER_OLDER;
	int fd, err = next_dir(pin_dir, next);

	if (!err && access(next, F_OK))
		err = -errno;
	if (err)
		return err;
	err = open_stage(pin_dir, &fd);
	*ret = HANDOVER_OLDER;
	if (err) /* it is pinned first */
		return err == -ENOENT ? 0 : err;
	if (bpf_map_lookup_elem(fd, &zero, &stage))
		err = -errno;
	close(fd);
	*ret = stage;
	return err;
}

static int set_carried(const char *pin_dir)
{
	__u32 zero = 0, stage = HANDOVER_CARRIED;
	int fd, err = open_stage(pin_dir, &fd);

	if (err)
		return err;
	if (bpf_map_update_elem(fd, &zero, &stage, BPF_ANY))
		err = -errno;
	close(fd);
	return err;
}

/* ------------------------------------------------------------------ programs of hooks */

static int open_program(const char *pin_dir, enum link_hook hook, bool newer, int *ret_fd)
{
	char name[64];
	int err = -ENOENT;

	if (newer) {
		snprintf(name, sizeof(name), HANDOVER_DIR "/prog_px_%s", link_hook_name(hook));
		err = pins_open(pin_dir, name, ret_fd);
	}
	snprintf(name, sizeof(name), "prog_px_%s", link_hook_name(hook));
	return err == -ENOENT ? pins_open(pin_dir, name, ret_fd) : err;
}

int handover_programs(const char *pin_dir, bool newer, int ret[LINK_HOOKS])
{
	int err = 0;

	for (int hook = 0; hook < LINK_HOOKS; hook++)
		ret[hook] = -1;
	for (int hook = 0; !err && hook < LINK_HOOKS; hook++) {
		err = open_program(pin_dir, (enum link_hook)hook, newer, &ret[hook]);
		if (err == -ENOENT)
			err = 0;
	}
	return err;
}

void handover_close(int programs[LINK_HOOKS])
{
	for (int hook = 0; hook < LINK_HOOKS; hook++)
		if (programs[hook] >= 0)
			close(programs[hook]);
}

/* ------------------------------------------------------------------ attaching */

struct attaching {
	const char *pin_dir;
	const int *programs;
	char *pin; /* of the link in work */
};

/* True if the interface is gone, and the link or filter with it. */
static bool is_gone(int err)
{
	return err == -ENOENT || err == -ENOLINK || err == -ENODEV || err == -ENXIO;
}

static int update_link(const char *pin_dir, const char *name, int program)
{
	int fd, err = pins_open(pin_dir, name, &fd);

	if (err)
		return err;
	if (bpf_link_update(fd, program, NULL))
		err = -errno;
	close(fd);
	return err;
}

static int attach_one(void *arg, const char *name)
{
	const struct attaching *attaching = arg;
	enum link_hook hook;
	uint32_t ifindex;
	int err;

	if (!link_parse_pin(name, &ifindex, &hook))
		return 0;
	snprintf(attaching->pin, 64, "%s", name);
	if (attaching->programs[hook] < 0)
		return -ESRCH;
	if (!strncmp(name, "link_", 5))
		err = update_link(attaching->pin_dir, name, attaching->programs[hook]);
	else if (clsact_elsewhere(attaching->pin_dir, ifindex, hook))
		err = 0;
	else
		err = clsact_attach(attaching->pin_dir, ifindex, hook, attaching->programs[hook]);
	return is_gone(err) ? 0 : err;
}

int handover_attach(const char *pin_dir, const int programs[LINK_HOOKS], char ret_pin[64])
{
	struct attaching attaching = { .pin_dir = pin_dir, .programs = programs, .pin = ret_pin };

	ret_pin[0] = '\0';
	return pins_each(pin_dir, attach_one, &attaching);
}

static int attach_pinned(const char *pin_dir, bool newer)
{
	int programs[LINK_HOOKS];
	char pin[64];
	int err = handover_programs(pin_dir, newer, programs);

	if (!err)
		err = handover_attach(pin_dir, programs, pin);
	handover_close(programs);
	return err;
}

/* ------------------------------------------------------------------ pins */

struct moving {
	const char *pin_dir, *next;
	bool remove; /* else move up */
	size_t moved;
};

/* What only the handover itself needs. */
static bool is_temporary(const char *name)
{
	return !strcmp(name, "handover_programs");
}

static int move_pin(void *arg, const char *name)
{
	struct moving *moving = arg;
	char from[PIN_PATH_MAX], to[PIN_PATH_MAX];
	int err = pins_path(moving->next, name, from);

	if (!err)
		err = pins_path(moving->pin_dir, name, to);
	if (err || !strcmp(name, "handover"))
		return err; /* the last one */
	moving->moved++;
	if (moving->remove || is_temporary(name))
		return unlink(from) ? -errno : 0;
	return rename(from, to) ? -errno : 0;
}

/* Empties the directory, which is read until nothing is left, and removes it. */
static int empty_next(const char *pin_dir, bool remove)
{
	char next[PIN_PATH_MAX], last[PIN_PATH_MAX];
	struct moving moving = { .pin_dir = pin_dir, .next = next, .remove = remove };
	int err = next_dir(pin_dir, next);

	if (!err)
		err = pins_path(next, "handover", last);
	do {
		moving.moved = 0;
		err = err ? err : pins_each(next, move_pin, &moving);
	} while (!err && moving.moved);
	if (!err && unlink(last) && errno != ENOENT)
		err = -errno;
	if (!err && rmdir(next) && errno != ENOENT)
		err = -errno;
	return err;
}

int handover_undo(const char *pin_dir)
{
	int err = attach_pinned(pin_dir, false);

	return err ? err : empty_next(pin_dir, true);
}

int handover_finish(const char *pin_dir)
{
	int err = attach_pinned(pin_dir, true);

	if (!err)
		err = set_carried(pin_dir);
	return err ? err : empty_next(pin_dir, false);
}
