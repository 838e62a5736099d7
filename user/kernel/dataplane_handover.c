/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes over from the data plane of another layout or size. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "array.h"
#include "dataplane_parts.h"
#include "handover.h"
#include "rcu_sync.h"

/* px_hand_* by enum handover_hook, NULL where there is none. */
static const char *const hand_names[HANDOVER_HOOKS] = {
	[HANDOVER_FROM_POD] = "px_hand_from_pod",   [HANDOVER_TO_POD] = "px_hand_to_pod",
	[HANDOVER_UPLINK] = "px_hand_uplink",       [HANDOVER_INNER] = "px_hand_inner",
	[HANDOVER_UPLINK_L3] = "px_hand_uplink_l3",
};

_Static_assert((int)HANDOVER_FROM_POD == (int)LINK_FROM_POD &&
		       (int)HANDOVER_TO_POD == (int)LINK_TO_POD &&
		       (int)HANDOVER_UPLINK == (int)LINK_UPLINK &&
		       (int)HANDOVER_UPLINK_L3 == (int)LINK_UPLINK_L3 &&
		       (int)LINK_HOOKS <= (int)HANDOVER_HOOKS,
	       "enum handover_hook");

/* What is attached meanwhile; XDP has a program that passes all packets. What leaves by an uplink is judged
 * by rows alone, which are copied by then. */
static struct bpf_program *attached_program(const struct dataplane *dataplane, enum link_hook hook)
{
	char name[32];

	snprintf(name, sizeof(name), "px_%s%s", hook < LINK_TO_UPLINK ? "hand_" : "",
		 link_hook_name(hook));
	return dataplane_program(dataplane, FAMILY_4, name);
}

static void load_hand_programs(const struct dataplane *dataplane, enum family_index family)
{
	for (int hook = 0; hook < HANDOVER_HOOKS; hook++)
		if (hand_names[hook])
			bpf_program__set_autoload(dataplane_program(dataplane, family,
								    hand_names[hook]),
						  true);
}

int dataplane_prepare_handover(struct dataplane *dataplane)
{
	for (int family = 0; family < FAMILIES; family++)
		if (dataplane->objects[family])
			load_hand_programs(dataplane, family);
	bpf_program__set_autoload(attached_program(dataplane, LINK_XDP), true);
	return dataplane_prepare_flows(dataplane);
}

/* ------------------------------------------------------------------ the last steps */

static void unpin_older(struct dataplane *dataplane, const struct layout *older)
{
	char path[PIN_PATH_MAX];

	for (size_t i = 0; i < older->map_count; i++) {
		const char *pin = older->maps[i].pin;

		if (!layout_find(&dataplane->layout, pin) &&
		    !pins_path(dataplane->pin_dir, pin, path))
			unlink(path);
	}
}

/* From the flip to the end. The older data plane is still pinned beside the newer one, whose pins replace
 * those of the same name last: the next start knows the others no more. */
static int finish(struct dataplane *dataplane, const struct layout *older)
{
	int err = dataplane_carry_flows(dataplane, older);

	if (!err) {
		unpin_older(dataplane, older);
		err = handover_finish(dataplane->pin_dir);
	}
	if (err)
		return dataplane_fail(dataplane, err,
				      "the handover from layout version %u stopped: %s; "
				      "both data planes serve, and the next start continues",
				      dataplane->older_version, strerror(-err));
	return 0;
}

/* ------------------------------------------------------------------ the whole way */

static int fill(const struct dataplane *dataplane, enum handover_call call, int hook, int program)
{
	int fd = bpf_map__fd(dataplane_object_map(dataplane, FAMILY_4, "handover_programs"));
	__u32 slot = HANDOVER_PROGRAM((__u32)call, (__u32)hook);

	return program < 0 || !bpf_map_update_elem(fd, &slot, &program, BPF_ANY) ? 0 : -errno;
}

/* The px_hand_* that those of the other family call. */
static int fill_family(const struct dataplane *dataplane, enum family_index family)
{
	enum handover_call call = family == FAMILY_4 ? HANDOVER_CALL_IPV4 : HANDOVER_CALL_IPV6;
	int err = 0;

	for (int hook = 0; !err && hook < HANDOVER_HOOKS; hook++)
		if (hand_names[hook])
			err = fill(dataplane, call, hook,
				   bpf_program__fd(
					   dataplane_program(dataplane, family, hand_names[hook])));
	return err;
}

/* An older data plane may have no program for a hook of ours, and then no link there. */
static int fill_programs(const struct dataplane *dataplane, const int older[LINK_HOOKS])
{
	int err = 0;

	for (int hook = 0; !err && hook < LINK_TO_UPLINK; hook++) {
		if (hook == LINK_XDP)
			continue;
		err = fill(dataplane, HANDOVER_CALL_OLDER, hook, older[hook]);
		if (!err)
			err = fill(dataplane, HANDOVER_CALL_NEWER, hook,
				   dataplane_program_fd(dataplane, (enum link_hook)hook));
	}
	for (int family = 0; !err && family < FAMILIES; family++)
		if (dataplane->objects[family])
			err = fill_family(dataplane, family);
	return err;
}

static int make_next(struct dataplane *dataplane)
{
	char next[PIN_PATH_MAX];
	int err = pins_path(dataplane->pin_dir, HANDOVER_DIR, next);

	if (!err && mkdir(next, 0700))
		err = -errno;
	if (err)
		return dataplane_fail(dataplane, err, "cannot make %s/" HANDOVER_DIR ": %s",
				      dataplane->pin_dir, strerror(-err));
	return dataplane_pin_newer(dataplane, next);
}

static int attach_both(struct dataplane *dataplane)
{
	int programs[LINK_HOOKS];
	char pin[64];
	int err;

	for (int hook = 0; hook < LINK_HOOKS; hook++)
		programs[hook] = bpf_program__fd(attached_program(dataplane, (enum link_hook)hook));
	err = handover_attach(dataplane->pin_dir, programs, pin);
	return err ? dataplane_fail(dataplane, err,
				    "cannot replace the program of %s/%s: %s; the data "
				    "plane serves on as it was",
				    dataplane->pin_dir, pin, strerror(-err)) :
		     0;
}

/* Frames that XDP of the older data plane stripped have left the receive queues by then. */
static const struct timespec drain = { 0, 50000000 };

static int flip(struct dataplane *dataplane)
{
	int fd = bpf_map__fd(dataplane_object_map(dataplane, FAMILY_4, "handover"));
	__u32 zero = 0, stage = HANDOVER_NEWER;
	struct rcu_sync sync;
	int err = rcu_sync_open(&sync);

	if (!err) {
		nanosleep(&drain, NULL);
		err = bpf_map_update_elem(fd, &zero, &stage, BPF_ANY) ? -errno : 0;
	}
	if (!err)
		err = rcu_sync_wait(&sync);
	rcu_sync_close(&sync);
	return err;
}

static int older_programs(struct dataplane *dataplane, int ret[LINK_HOOKS])
{
	int err = handover_programs(dataplane->pin_dir, false, ret);

	for (int hook = LINK_FROM_POD; !err && hook <= LINK_UPLINK; hook++)
		if (ret[hook] < 0)
			err = -ENOENT;
	return err ? dataplane_fail(dataplane, err,
				    "the programs that serve are not pinned in %s: %s",
				    dataplane->pin_dir, strerror(-err)) :
		     0;
}

static int begin(struct dataplane *dataplane)
{
	int older[LINK_HOOKS];
	int err = older_programs(dataplane, older);

	if (!err)
		err = dataplane_copy_rows(dataplane);
	if (!err)
		err = dataplane_show_older(dataplane);
	if (!err)
		err = fill_programs(dataplane, older);
	if (!err)
		err = make_next(dataplane);
	if (!err)
		err = attach_both(dataplane);
	handover_close(older);
	return err;
}

int dataplane_hand_over(struct dataplane *dataplane)
{
	int err = begin(dataplane);

	if (!err)
		err = flip(dataplane);
	if (err) {
		handover_undo(dataplane->pin_dir);
		return err;
	}
	err = finish(dataplane, &dataplane->older_layout);
	if (!err)
		dataplane_hide_older(dataplane);
	return err;
}

/* ------------------------------------------------------------------ after a kill */

/* Only the build that began can continue: it knows both layouts. */
static int check_newer(struct dataplane *dataplane)
{
	char next[PIN_PATH_MAX];
	int err = pins_path(dataplane->pin_dir, HANDOVER_DIR, next);

	if (!err && !dataplane_layout_is_ours(dataplane, next))
		err = dataplane_fail(dataplane, -EPROTO,
				     "%s: the handover to another layout was "
				     "interrupted: start that build again, which finishes it",
				     dataplane->pin_dir);
	return err;
}

static int continue_handover(struct dataplane *dataplane, enum handover_stage stage)
{
	struct layout older = {};
	int err;

	if (stage == HANDOVER_CARRIED)
		return handover_finish(dataplane->pin_dir);
	err = check_newer(dataplane);
	if (err)
		return err;
	err = dataplane_read_layout(dataplane->pin_dir, &older, &dataplane->older_version);
	if (!err)
		err = finish(dataplane, &older);
	layout_done(&older);
	return err;
}

int dataplane_recover(struct dataplane *dataplane)
{
	enum handover_stage stage;
	int err = handover_stage(dataplane->pin_dir, &stage);

	if (err == -ENOENT)
		return 0;
	if (!err)
		dataplane->note(dataplane->note_arg,
				stage == HANDOVER_OLDER ? "a handover was interrupted: undone" :
							  "a handover was interrupted: continued");
	if (!err)
		err = stage == HANDOVER_OLDER ? handover_undo(dataplane->pin_dir) :
						continue_handover(dataplane, stage);
	if (err && !*dataplane->reason)
		dataplane_fail(dataplane, err, "cannot end the handover in %s: %s",
			       dataplane->pin_dir, strerror(-err));
	return err;
}
