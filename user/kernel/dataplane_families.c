/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lets the programs of each family call those of the other (bpf/families.h). */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "array.h"
#include "dataplane_parts.h"
#include "handover.h"
#include "pins.h"

/* Programs of the map `families`. */
static const char *const hooks[FAMILY_HOOKS] = {
	[FAMILY_FROM_POD] = "px_from_pod",   [FAMILY_TO_POD] = "px_to_pod",
	[FAMILY_UPLINK] = "px_uplink",       [FAMILY_UPLINK_L3] = "px_uplink_l3",
	[FAMILY_TO_UPLINK] = "px_to_uplink", [FAMILY_TO_UPLINK_L3] = "px_to_uplink_l3",
	[FAMILY_INNER] = "px_inner",         [FAMILY_OUT] = "px_out",
	[FAMILY_PATH] = "px_path",
};

/* Puts a program of the other family into a map of this one. */
static int call(const struct dataplane *dataplane, enum family_index family, const char *map,
		__u32 index, const char *name)
{
	enum family_index other = family == FAMILY_4 ? FAMILY_6 : FAMILY_4;
	int fd = bpf_map__fd(dataplane_object_map(dataplane, family, map));
	int program = bpf_program__fd(dataplane_program(dataplane, other, name));

	return bpf_map_update_elem(fd, &index, &program, BPF_ANY) ? -errno : 0;
}

static int join(const struct dataplane *dataplane, enum family_index family)
{
	int err = call(dataplane, family, "families_xdp", 0, "px_xdp");

	for (__u32 hook = 0; !err && hook < FAMILY_HOOKS; hook++)
		err = call(dataplane, family, "families", hook, hooks[hook]);
	return err;
}

/* An agent that was killed may have left programs there whose maps are not pinned. */
static void call_nobody(const struct dataplane *dataplane)
{
	int fd = bpf_map__fd(dataplane_object_map(dataplane, FAMILY_4, "families"));
	int xdp = bpf_map__fd(dataplane_object_map(dataplane, FAMILY_4, "families_xdp"));

	for (__u32 hook = 0; hook < FAMILY_HOOKS; hook++)
		bpf_map_delete_elem(fd, &hook);
	bpf_map_delete_elem(xdp, &(__u32){ 0 });
}

int dataplane_join_families(struct dataplane *dataplane)
{
	int err;

	if (!dataplane_has_ipv6(dataplane)) {
		call_nobody(dataplane);
		return 0;
	}
	/* IPv6's first: as soon as those of IPv4 call them, they can call back. */
	err = join(dataplane, FAMILY_6);
	if (!err)
		err = join(dataplane, FAMILY_4);
	return err ? dataplane_fail(dataplane, err,
				    "cannot let the programs of IPv4 and IPv6 call each other: %s",
				    strerror(-err)) :
		     0;
}

bool dataplane_has_ipv6(const struct dataplane *dataplane)
{
	return dataplane->objects[FAMILY_6];
}

bool dataplane_pins_ipv6(const struct dataplane *dataplane)
{
	static const char *const pins[] = { "vips6", HANDOVER_DIR "/vips6" };
	char path[PIN_PATH_MAX];
	bool found = false;

	for (size_t i = 0; i < COUNT(pins); i++)
		found |= !pins_path(dataplane->pin_dir, pins[i], path) && !access(path, F_OK);
	return found;
}
