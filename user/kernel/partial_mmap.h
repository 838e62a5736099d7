/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The used part of a mapped array of the kernel. */
#ifndef PARTIAL_MMAP_H
#define PARTIAL_MMAP_H

#include <stddef.h>
#include <stdint.h>

/* The kernel maps all pages of an array at once, used or not, and all of them count as our memory.
 * Address space is reserved for the whole array and reads as zeros, which is what stands in the
 * elements nobody has written yet; the array itself is mapped over the beginning. `memory` never
 * moves. */
struct partial_mmap {
	int fd; /* borrowed */
	void *memory;
	size_t bytes, mapped; /* of the whole array; of its beginning that is mapped */
	size_t stride;        /* bytes from element to element */
	uint32_t rows;
};

/* Maps everything up to the last element that is not zero. `fd` is a BPF_F_MMAPABLE array that
 * nobody else writes beyond this. Returns 0 or -errno. */
int partial_mmap_open(int fd, struct partial_mmap *ret);
/* Accepts a window that was never opened. */
void partial_mmap_close(struct partial_mmap *window);

/* Makes the elements below `rows` writable. Returns 0, -EINVAL when there are none so far out, or
 * another -errno. */
int partial_mmap_need(struct partial_mmap *window, size_t rows);

/* Copies `bytes` to byte `at` of a BPF_F_MMAPABLE array, through a mapping that is gone
 * afterwards. Returns 0 or -errno. */
int partial_mmap_write(int fd, size_t at, const void *from, size_t bytes);

#endif
