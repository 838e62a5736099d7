/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The used part of a mapped array of the kernel. */
#ifndef MAP_WINDOW_H
#define MAP_WINDOW_H

#include <stddef.h>
#include <stdint.h>

/* The kernel maps all pages of an array at once, used or not, and all of them count as our memory.
 * Address space is reserved for the whole array and reads as zeros, which is what stands in the
 * elements nobody has written yet; the array itself is mapped over the beginning. `memory` never
 * moves. */
struct map_window {
	int fd; /* borrowed */
	void *memory;
	size_t bytes, mapped; /* of the whole array; of its beginning that is mapped */
	size_t stride;        /* bytes from element to element */
	uint32_t rows;
};

/* Maps everything up to the last element that is not zero. `fd` is a BPF_F_MMAPABLE array that
 * nobody else writes beyond this. Returns 0 or -errno. */
int map_window_open(int fd, struct map_window *ret);
/* Accepts a window that was never opened. */
void map_window_close(struct map_window *window);

/* Makes the elements below `rows` writable. Returns 0, -EINVAL when there are none so far out, or
 * another -errno. */
int map_window_need(struct map_window *window, size_t rows);

/* Copies `bytes` to byte `at` of a BPF_F_MMAPABLE array, through a mapping that is gone
 * afterwards. Returns 0 or -errno. */
int map_window_write(int fd, size_t at, const void *from, size_t bytes);

#endif
