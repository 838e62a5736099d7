/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Maps the used part of a BPF array. */
#ifndef PARTIAL_MMAP_H
#define PARTIAL_MMAP_H

#include <stddef.h>
#include <stdint.h>

/* mmap() of an array populates all of its pages, used or not, and all count as memory of the process.
 * So address space is reserved for the whole array, where reads return zeros as they would for
 * elements never written, and only the beginning of the array is mapped over it. `memory` never
 * moves. */
struct partial_mmap {
	int fd; /* borrowed */
	void *memory;
	size_t bytes, mapped; /* of the whole array; of its mapped beginning */
	size_t stride;        /* bytes per element */
	uint32_t rows;
};

/* Maps the array up to its last nonzero element. `fd` is a BPF_F_MMAPABLE array; no other process may
 * write beyond that element. Returns 0 or -errno. */
int partial_mmap_open(int fd, struct partial_mmap *ret);
/* Accepts a zeroed map. */
void partial_mmap_close(struct partial_mmap *map);

/* Makes the elements below `rows` writable. Returns 0, -EINVAL when the array is smaller, or another
 * -errno. */
int partial_mmap_need(struct partial_mmap *map, size_t rows);

/* Copies `bytes` to offset `at` of a BPF_F_MMAPABLE array through a temporary mapping. Returns 0 or
 * -errno. */
int partial_mmap_write(int fd, size_t at, const void *from, size_t bytes);

#endif
