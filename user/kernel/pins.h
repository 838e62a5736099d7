/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pin directory: maps by name, and the lock of the agent that owns them. */
#ifndef PINS_H
#define PINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PIN_DIR_DEFAULT "/sys/fs/bpf/parallax"

/* The directory that PARALLAX_PIN_DIR names, else the default. */
const char *pins_usual_dir(void);

/* Longest path of a pin, its zero byte included. */
#define PIN_PATH_MAX 512

/* Parameters of a map in the kernel, which may differ from those of the configuration. */
struct pin_map {
	uint32_t type; /* enum bpf_map_type */
	uint32_t key_size, value_size; /* bytes */
	uint32_t max_entries;
	uint32_t flags; /* BPF_F_* */
};

/* Writes "PIN_DIR/NAME" into `buf` of PIN_PATH_MAX bytes. Returns 0 or -ENAMETOOLONG. */
int pins_path(const char *pin_dir, const char *name, char *buf);

/* Opens a pinned map or program. The caller closes *ret_fd. Returns 0, -ENOENT when there is no such pin, or
 * another -errno. */
int pins_open(const char *pin_dir, const char *name, int *ret_fd);

/* The same, but returns -EPROTO for a map with other key or value sizes. */
int pins_open_map_checked(const char *pin_dir, const char *name, uint32_t key_size,
			  uint32_t value_size, int *ret_fd);

/* Describes the map behind `fd`. Returns 0 or -errno. */
int pins_map_info(int fd, struct pin_map *ret);

/* Bytes per element of an mmapable array: values are padded to a multiple of 8. */
size_t pins_stride(uint32_t value_size);

/* A BPF_F_MMAPABLE array, mapped as a whole. */
struct pin_array {
	void *memory;
	size_t bytes;
	uint32_t count; /* elements */
};

/* Maps the array behind `fd`. Returns 0 or -errno. */
int pins_mmap(int fd, bool writable, struct pin_array *ret);
/* Opens and maps a pinned array. Returns 0 or the errors of pins_open_map_checked(). */
int pins_open_array(const char *pin_dir, const char *name, uint32_t value_size, bool writable,
		    struct pin_array *ret);
/* Accepts a zeroed array. */
void pins_unmap(struct pin_array *array);

/* Returns 0, -EMEDIUMTYPE when `path` is not on a BPF file system, or another -errno. */
int pins_check_bpffs(const char *path);

/* Creates `pin_dir` (one level), for its owner alone, when it is missing; *ret_made then. Returns 0, -EMEDIUMTYPE when it is not on a BPF
 * file system, or another -errno. */
int pins_make_dir(const char *pin_dir, bool *ret_made);

/* Whether only root and we can remove pins of the locked directory. Returns 0, -EPERM or another -errno. */
int pins_check_private(int lock_fd);

/* Takes the lock of a running agent, held until *ret_fd is closed or the process ends. Returns 0,
 * -EBUSY with *ret_owner (0 when unknown), or another -errno. */
int pins_lock(const char *pin_dir, int *ret_fd, pid_t *ret_owner);

/* Recreates the directory, and moves the lock `*fd` to it, when the locked one was deleted. Returns
 * as pins_lock() and pins_make_dir() do. */
int pins_lock_again(const char *pin_dir, int *fd, pid_t *ret_owner);
/* True if `fd` holds the lock of the directory that is there now. */
bool pins_lock_is_of(int fd, const char *pin_dir);

/* The process that holds that lock. Returns 0, -ESRCH when none does, -ENOENT without directory. */
int pins_owner(const char *pin_dir, pid_t *ret_owner);

/* Calls `visit` with each name in the directory, until it returns non-zero, which is returned. */
int pins_each(const char *pin_dir, int (*visit)(void *arg, const char *name), void *arg);

#endif
