/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The flows of an older data plane: shown to our programs, then carried over. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "array.h"
#include "carry_flows.h"
#include "clock.h"
#include "dataplane_parts.h"
#include "handover.h"

#define OLDER_KEY_MAX 64 /* as in bpf/older.h */

static const char *const flow_maps[CARRY_KINDS] = { "flows", "embryonic" };

static int open_ways(struct dataplane *dataplane, const struct layout *older, const char *pin,
		     struct flow_ways *ret)
{
	const struct layout_map *from = layout_find(older, pin);
	const struct layout_map *to = layout_find(&dataplane->layout, pin);
	const char *field = pin;
	int err = from && to ? flow_ways_open(from, to, ret, &field) : -EPROTO;

	return err ? dataplane_fail(dataplane, err,
				    "%s/%s: field '%s' cannot be carried over; the "
				    "data plane serves on as it was",
				    dataplane->pin_dir, pin, field) :
		     0;
}

static int check_room(struct dataplane *dataplane, const struct adoption *flows,
		      const struct flow_ways *ways)
{
	int64_t count = carry_flows_count(flows->older_fd, ways);
	uint32_t room = bpf_map__max_entries(flows->map);

	if (count < 0)
		return dataplane_fail(dataplane, (int)count, "cannot read %s/%s: %s",
				      dataplane->pin_dir, flows->pin, strerror((int)-count));
	if (count > room)
		return dataplane_fail(dataplane, -ENOSPC,
				      "limits.flows is %u, and %u flows are open: "
				      "choose a larger one; the data plane serves on as it was",
				      room / 2, (uint32_t)(count / 2));
	return 0;
}

/* Before load: the programs look into the older maps by their own kind of key. */
static int set_older_keys(struct dataplane *dataplane, const struct adoption *flows,
			  const struct flow_ways *ways)
{
	struct bpf_object *object = dataplane->objects[flows->family];
	uint8_t key[OLDER_KEY_MAX] = {};
	__u32 bytes = ways->key_size;
	int err;

	if (bytes > sizeof(key))
		return dataplane_fail(dataplane, -EPROTO, "%s/%s: its keys are too long",
				      dataplane->pin_dir, flows->pin);
	for (uint32_t i = 0; i < bytes; i++)
		key[i] = (uint8_t)(ways->back[i] == LAYOUT_ZERO ? bpf_map__key_size(flows->map) :
								  ways->back[i]);
	err = dataplane_set_constant(object, "older_key_bytes", &bytes, sizeof(bytes));
	return err ? err : dataplane_set_constant(object, "older_key", key, sizeof(key));
}

static struct bpf_map *older_slot(struct dataplane *dataplane, enum family_index family, int kind)
{
	char name[32];

	snprintf(name, sizeof(name), "older_%s", flow_maps[kind]);
	return dataplane_object_map(dataplane, family, name);
}

/* The pinned map of flows of one family, if they move; else NULL. */
static struct adoption *moving_flows(struct dataplane *dataplane, enum family_index family)
{
	struct adoption *flows = dataplane_family_map(dataplane, family, "flows");

	return flows && !flows->same && flows->older_fd >= 0 ? flows : NULL;
}

static int older_fd(struct dataplane *dataplane, enum family_index family, int kind)
{
	return dataplane_family_map(dataplane, family, flow_maps[kind])->older_fd;
}

static int prepare_family(struct dataplane *dataplane, enum family_index family)
{
	const struct adoption *flows = moving_flows(dataplane, family);
	struct flow_ways ways = {};
	int err;

	if (!flows)
		return 0;
	err = open_ways(dataplane, &dataplane->older_layout, flows->pin, &ways);
	if (!err)
		err = check_room(dataplane, flows, &ways);
	if (!err)
		err = set_older_keys(dataplane, flows, &ways);
	for (int kind = 0; !err && kind < CARRY_KINDS; kind++)
		err = bpf_map__set_inner_map_fd(older_slot(dataplane, family, kind),
						older_fd(dataplane, family, kind));
	flow_ways_close(&ways);
	return err;
}

int dataplane_prepare_flows(struct dataplane *dataplane)
{
	int err = 0;

	for (int family = 0; !err && family < FAMILIES; family++)
		err = prepare_family(dataplane, family);
	return err;
}

static int show_family(struct dataplane *dataplane, enum family_index family)
{
	__u32 zero = 0;

	for (int kind = 0; moving_flows(dataplane, family) && kind < CARRY_KINDS; kind++) {
		int fd = older_fd(dataplane, family, kind);

		if (bpf_map_update_elem(bpf_map__fd(older_slot(dataplane, family, kind)), &zero,
					&fd, BPF_ANY))
			return -errno;
	}
	return 0;
}

int dataplane_show_older(struct dataplane *dataplane)
{
	int err = 0;

	for (int family = 0; !err && family < FAMILIES; family++)
		err = show_family(dataplane, family);
	return err;
}

void dataplane_hide_older(struct dataplane *dataplane)
{
	__u32 zero = 0;

	for (int family = 0; family < FAMILIES; family++)
		for (int kind = 0; dataplane->objects[family] && kind < CARRY_KINDS; kind++)
			bpf_map_delete_elem(bpf_map__fd(older_slot(dataplane, family, kind)), &zero);
}

/* Opens a map of the newer data plane. */
static int open_next(const struct dataplane *dataplane, const char *pin, int *ret_fd)
{
	char next[64];

	snprintf(next, sizeof(next), HANDOVER_DIR "/%s", pin);
	return pins_open(dataplane->pin_dir, next, ret_fd);
}

static int open_pair(struct dataplane *dataplane, const struct layout *older,
		     enum family_index family, int kind, struct carry_flows *carry)
{
	const char *pin = dataplane_family_map(dataplane, family, flow_maps[kind])->pin;
	const struct layout_map *map = layout_find(older, pin);
	int err = map ? pins_open(dataplane->pin_dir, map->pin, &carry->from[kind]) : -EPROTO;

	return err ? err : open_next(dataplane, pin, &carry->to[kind]);
}

static int open_carry(struct dataplane *dataplane, const struct layout *older,
		      enum family_index family, struct carry_flows *carry)
{
	const char *reclaim = dataplane_family_map(dataplane, family, "reclaim")->pin;
	int err = 0;

	for (int kind = 0; !err && kind < CARRY_KINDS; kind++)
		err = open_pair(dataplane, older, family, kind, carry);
	if (!err)
		err = open_next(dataplane, reclaim, &carry->reclaim);
	if (!err)
		err = open_next(dataplane, "filters", &carry->filters);
	if (err == -ENOENT && carry->reclaim >= 0) /* used as it was */
		err = pins_open(dataplane->pin_dir, "filters", &carry->filters);
	if (!err)
		err = open_next(dataplane, "owners", &carry->owners);
	return err == -ENOENT ? 0 : err;
}

static void close_carry(struct carry_flows *carry)
{
	const int fds[] = { carry->from[0], carry->from[1], carry->to[0], carry->to[1],
			    carry->reclaim, carry->filters, carry->owners };

	for (size_t i = 0; i < COUNT(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* Entries, of both families. */
struct moved {
	uint32_t carried, lost;
	bool any; /* whether flows moved at all */
};

static void note_moved(struct dataplane *dataplane, const struct moved *moved, uint64_t start_ns)
{
	char text[160];

	snprintf(text, sizeof(text), "%u entries of flows carried over in %llu ms", moved->carried,
		 (unsigned long long)(clock_monotonic_ns() - start_ns) / 1000000);
	if (moved->lost)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 ", %u lost: limits.flows "
			 "is too small",
			 moved->lost);
	dataplane->note(dataplane->note_arg, text);
}

/* Moves the flows of a family that are pinned, if they move at all. */
static int carry_family(struct dataplane *dataplane, const struct layout *older,
			enum family_index family, struct moved *moved)
{
	struct carry_flows carry = {
		.from = { -1, -1 }, .to = { -1, -1 }, .reclaim = -1, .filters = -1, .owners = -1
	};
	const char *pin = dataplane_family_map(dataplane, family, "flows")->pin;
	struct flow_ways ways = {};
	char next[PIN_PATH_MAX];
	int err = pins_path(dataplane->pin_dir, HANDOVER_DIR, next);

	snprintf(next + strlen(next), sizeof(next) - strlen(next), "/%s", pin);
	if (err || access(next, F_OK) || !layout_find(older, pin))
		return err;
	err = open_ways(dataplane, older, pin, &ways);
	if (!err)
		err = open_carry(dataplane, older, family, &carry);
	carry.ways = &ways;
	carry.family = family;
	if (!err)
		err = carry_flows(&carry);
	moved->carried += carry.carried;
	moved->lost += carry.lost;
	moved->any = true;
	close_carry(&carry);
	flow_ways_close(&ways);
	return err;
}

int dataplane_carry_flows(struct dataplane *dataplane, const struct layout *older)
{
	uint64_t start_ns = clock_monotonic_ns();
	struct moved moved = {};
	int err = 0;

	for (int family = 0; !err && family < FAMILIES; family++)
		if (dataplane->objects[family])
			err = carry_family(dataplane, older, family, &moved);
	if (!err && moved.any)
		note_moved(dataplane, &moved, start_ns);
	return err;
}
