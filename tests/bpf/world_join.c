/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The programs of both families over the maps that they share, as the agent joins them: for packets of one
 * family in tunnels of the other. */
#if PLAIN_FAMILY == 6
#define parallax_bpf parallax6_bpf
#define OTHER_OBJECT "parallax.bpf.o"
#else
#define OTHER_OBJECT "parallax6.bpf.o"
#endif

#include "world_join.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "family.h"
#include "layout.h"
#include "parallax_abi.h"

#if PLAIN_FAMILY == 6
#include "parallax6.skel.h"
#else
#include "parallax.skel.h"
#endif

static const char *const hooks[FAMILY_HOOKS] = {
	[FAMILY_FROM_POD] = "px_from_pod",
	[FAMILY_TO_POD] = "px_to_pod",
	[FAMILY_UPLINK] = "px_uplink",
	[FAMILY_UPLINK_L3] = "px_uplink_l3",
	[FAMILY_TO_UPLINK] = "px_to_uplink",
	[FAMILY_TO_UPLINK_L3] = "px_to_uplink_l3",
	[FAMILY_INNER] = "px_inner",
	[FAMILY_OUT] = "px_out",
	[FAMILY_PATH] = "px_path",
};

static bool is_shared(const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);

	return bpf_map__is_internal(map) ? !strncmp(name, ".data.", 6) :
					   !layout_is_family_map(name);
}

static int share_maps(struct bpf_object *own, struct bpf_object *other)
{
	struct bpf_map *map;
	int ret = 0;

	bpf_object__for_each_map(map, other) {
		struct bpf_map *shared = bpf_object__find_map_by_name(own, bpf_map__name(map));

		if (!ret && is_shared(map))
			ret = shared ? bpf_map__reuse_fd(map, bpf_map__fd(shared)) : -ENOENT;
	}
	return ret;
}

/* It lies one directory above this program. */
static struct bpf_object *load_other(struct bpf_object *own)
{
	static const char file[] = "/../" OTHER_OBJECT;
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - sizeof(file));
	struct bpf_object *other;

	if (n < 0)
		return NULL;
	path[n] = '\0';
	strcpy(strrchr(path, '/'), file);
	other = bpf_object__open_file(path, NULL);
	if (other && !share_maps(own, other) && !bpf_object__load(other))
		return other;
	bpf_object__close(other);
	return NULL;
}

/* Let the programs of `from` call one of `to`, or nobody. */
static void set_call(struct bpf_object *from, const char *map, uint32_t index,
		     struct bpf_object *to, const char *program)
{
	int fd = bpf_object__find_map_fd_by_name(from, map);
	int called = to ? bpf_program__fd(bpf_object__find_program_by_name(to, program)) : -1;

	if (to)
		bpf_map_update_elem(fd, &index, &called, BPF_ANY);
	else
		bpf_map_delete_elem(fd, &index);
}

static void set_calls(struct bpf_object *from, struct bpf_object *to)
{
	for (uint32_t i = 0; i < FAMILY_HOOKS; i++)
		set_call(from, "families", i, to, hooks[i]);
	set_call(from, "families_xdp", 0, to, "px_xdp");
}

int world_join(struct world *world)
{
	struct bpf_object *own = world->skel->obj;

	if (!world->other)
		world->other = load_other(own);
	if (!world->other)
		return -ENOENT;
	set_calls(own, world->other);
	set_calls(world->other, own);
	return 0;
}

void world_part(struct world *world)
{
	if (!world->other)
		return;
	set_calls(world->skel->obj, NULL);
	set_calls(world->other, NULL);
}

/* A packet is first seen by the programs of IPv4. */
int world_entry(struct world *world, enum program program)
{
	static const char *const names[PROGRAM_COUNT] = {
		[FROM_POD] = "px_from_pod", [TO_POD] = "px_to_pod",	   [UPLINK] = "px_uplink",
		[XDP] = "px_xdp",	    [TO_UPLINK] = "px_to_uplink",
	};
	struct bpf_object *first = PLAIN_FAMILY == 4 ? world->skel->obj : world->other;

	return bpf_program__fd(bpf_object__find_program_by_name(first, names[program]));
}
