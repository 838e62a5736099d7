/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pins that record something of ours outside of the BPF file system. */
#include "pin_mark.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "netns.h"

/* A bpffs holds only BPF objects, so the mark is a map of one element: the network namespace in
 * which it is valid. */
int pin_mark(const char *path)
{
	int fd = bpf_obj_get(path), err = 0;
	uint32_t zero = 0, netns = netns_number();
	bool fresh = fd < 0;

	if (fresh)
		fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "px_mark", 4, 4, 1, NULL);
	if (fd < 0)
		return -errno;
	if (bpf_map_update_elem(fd, &zero, &netns, BPF_ANY) || (fresh && bpf_obj_pin(fd, path)))
		err = -errno;
	close(fd);
	return err;
}

bool pin_mark_elsewhere(const char *path)
{
	uint32_t zero = 0, netns = 0, here = netns_number();
	int fd = bpf_obj_get(path);

	if (fd < 0)
		return false;
	if (bpf_map_lookup_elem(fd, &zero, &netns))
		netns = 0;
	close(fd);
	return netns && here && netns != here;
}
