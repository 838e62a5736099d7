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
#include "parallax.skel.h"

static int open_ways(struct dataplane *dataplane, const struct layout *older, struct flow_ways *ret)
{
	const struct layout_map *from = layout_find(older, "flows");
	const struct layout_map *to = layout_find(&dataplane->layout, "flows");
	const char *field = "flows";
	int err = from && to ? flow_ways_open(from, to, ret, &field) : -EPROTO;

	return err ? dataplane_fail(dataplane, err,
				    "%s/flows: field '%s' cannot be carried over; the "
				    "data plane serves on as it was",
				    dataplane->pin_dir, field) :
		     0;
}

static int check_room(struct dataplane *dataplane, const struct flow_ways *ways)
{
	const struct adoption *flows = dataplane_map(dataplane, "flows");
	int64_t count = carry_flows_count(flows->older_fd, ways);
	uint32_t room = bpf_map__max_entries(flows->map);

	if (count < 0)
		return dataplane_fail(dataplane, (int)count, "cannot read %s/flows: %s",
				      dataplane->pin_dir, strerror((int)-count));
	if (count > room)
		return dataplane_fail(dataplane, -ENOSPC,
				      "limits.flows is %u, and %u flows are open: "
				      "choose a larger one; the data plane serves on as it was",
				      room / 2, (uint32_t)(count / 2));
	return 0;
}

/* Before load: the programs look into the older maps by their own kind of key. */
static int set_older_keys(struct dataplane *dataplane, const struct flow_ways *ways)
{
	struct parallax_bpf *skeleton = dataplane->skeleton;

	if (ways->key_size > sizeof(skeleton->rodata->older_key))
		return dataplane_fail(dataplane, -EPROTO, "%s/flows: its keys are too long",
				      dataplane->pin_dir);
	skeleton->rodata->older_key_bytes = ways->key_size;
	for (uint32_t i = 0; i < ways->key_size; i++)
		skeleton->rodata->older_key[i] = ways->back[i] == LAYOUT_ZERO ?
							 sizeof(struct flow_key) :
							 (uint8_t)ways->back[i];
	return 0;
}

static const struct {
	const char *name;
	size_t slot; /* of the skeleton's maps */
} older_maps[CARRY_KINDS] = {
	{ "flows", offsetof(struct parallax_bpf, maps.older_flows) },
	{ "embryonic", offsetof(struct parallax_bpf, maps.older_embryonic) },
};

static struct bpf_map *older_slot(struct dataplane *dataplane, int kind)
{
	return *(struct bpf_map **)((char *)dataplane->skeleton + older_maps[kind].slot);
}

static bool flows_move(struct dataplane *dataplane)
{
	const struct adoption *flows = dataplane_map(dataplane, "flows");

	return flows && !flows->same && flows->older_fd >= 0;
}

int dataplane_prepare_flows(struct dataplane *dataplane)
{
	struct flow_ways ways = {};
	int err;

	if (!flows_move(dataplane))
		return 0;
	err = open_ways(dataplane, &dataplane->older_layout, &ways);
	if (!err)
		err = check_room(dataplane, &ways);
	if (!err)
		err = set_older_keys(dataplane, &ways);
	for (int kind = 0; !err && kind < CARRY_KINDS; kind++)
		err = bpf_map__set_inner_map_fd(
			older_slot(dataplane, kind),
			dataplane_map(dataplane, older_maps[kind].name)->older_fd);
	flow_ways_close(&ways);
	return err;
}

int dataplane_show_older(struct dataplane *dataplane)
{
	__u32 zero = 0;

	for (int kind = 0; flows_move(dataplane) && kind < CARRY_KINDS; kind++)
		if (bpf_map_update_elem(bpf_map__fd(older_slot(dataplane, kind)), &zero,
					&dataplane_map(dataplane, older_maps[kind].name)->older_fd,
					BPF_ANY))
			return -errno;
	return 0;
}

void dataplane_hide_older(struct dataplane *dataplane)
{
	__u32 zero = 0;

	for (int kind = 0; kind < CARRY_KINDS; kind++)
		bpf_map_delete_elem(bpf_map__fd(older_slot(dataplane, kind)), &zero);
}

static int open_pair(struct dataplane *dataplane, const struct layout *older, int kind,
		     struct carry_flows *carry)
{
	const struct layout_map *map = layout_find(older, older_maps[kind].name);
	char next[64];
	int err = map ? pins_open(dataplane->pin_dir, map->pin, &carry->from[kind]) : -EPROTO;

	snprintf(next, sizeof(next), HANDOVER_DIR "/%s", older_maps[kind].name);
	return err ? err : pins_open(dataplane->pin_dir, next, &carry->to[kind]);
}

static int open_carry(struct dataplane *dataplane, const struct layout *older,
		      struct carry_flows *carry)
{
	int err = 0;

	for (int kind = 0; !err && kind < CARRY_KINDS; kind++)
		err = open_pair(dataplane, older, kind, carry);
	if (!err)
		err = pins_open(dataplane->pin_dir, HANDOVER_DIR "/reclaim", &carry->reclaim);
	if (!err)
		err = pins_open(dataplane->pin_dir, HANDOVER_DIR "/filters", &carry->filters);
	if (err == -ENOENT && carry->reclaim >= 0) /* used as it was */
		err = pins_open(dataplane->pin_dir, "filters", &carry->filters);
	if (!err)
		err = pins_open(dataplane->pin_dir, HANDOVER_DIR "/owners", &carry->owners);
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

static void note_carried(struct dataplane *dataplane, const struct carry_flows *carry,
			 uint64_t start_ns)
{
	char text[160];

	snprintf(text, sizeof(text), "%u entries of flows carried over in %llu ms", carry->carried,
		 (unsigned long long)(clock_monotonic_ns() - start_ns) / 1000000);
	if (carry->lost)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 ", %u lost: limits.flows "
			 "is too small",
			 carry->lost);
	dataplane->note(dataplane->note_arg, text);
}

/* Moves the flows that are pinned, if they move at all. */
int dataplane_carry_flows(struct dataplane *dataplane, const struct layout *older)
{
	struct carry_flows carry = {
		.from = { -1, -1 }, .to = { -1, -1 }, .reclaim = -1, .filters = -1, .owners = -1
	};
	uint64_t start_ns = clock_monotonic_ns();
	struct flow_ways ways = {};
	char next[PIN_PATH_MAX];
	int err = pins_path(dataplane->pin_dir, HANDOVER_DIR "/flows", next);

	if (err || access(next, F_OK))
		return err;
	err = open_ways(dataplane, older, &ways);
	if (!err)
		err = open_carry(dataplane, older, &carry);
	carry.ways = &ways;
	if (!err)
		err = carry_flows(&carry);
	if (!err)
		note_carried(dataplane, &carry, start_ns);
	close_carry(&carry);
	flow_ways_close(&ways);
	return err;
}
