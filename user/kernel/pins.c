/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pin directory: maps by name, and the lock of the agent that owns them. */
#include "pins.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/magic.h>

const char *pins_usual_dir(void)
{
	const char *dir = getenv("PARALLAX_PIN_DIR");

	return dir && *dir ? dir : PIN_DIR_DEFAULT;
}

int pins_path(const char *pin_dir, const char *name, char *buf)
{
	int n = snprintf(buf, PIN_PATH_MAX, "%s/%s", pin_dir, name);

	return n > 0 && n < PIN_PATH_MAX ? 0 : -ENAMETOOLONG;
}

int pins_open(const char *pin_dir, const char *name, int *ret_fd)
{
	char path[PIN_PATH_MAX];
	int err = pins_path(pin_dir, name, path);
	int fd;

	if (err)
		return err;
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

int pins_map_info(int fd, struct pin_map *ret)
{
	struct bpf_map_info info = {};
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	*ret = (struct pin_map){
		.type = info.type,
		.key_size = info.key_size,
		.value_size = info.value_size,
		.max_entries = info.max_entries,
		.flags = info.map_flags,
	};
	return 0;
}

int pins_open_map_checked(const char *pin_dir, const char *name, uint32_t key_size,
			  uint32_t value_size, int *ret_fd)
{
	struct pin_map info;
	int fd, err;

	err = pins_open(pin_dir, name, &fd);
	if (err)
		return err;
	err = pins_map_info(fd, &info);
	if (!err && (info.key_size != key_size || info.value_size != value_size))
		err = -EPROTO;
	if (err) {
		close(fd);
		return err;
	}
	*ret_fd = fd;
	return 0;
}

size_t pins_stride(uint32_t value_size)
{
	return ((size_t)value_size + 7) & ~(size_t)7;
}

int pins_mmap(int fd, bool writable, struct pin_array *ret)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct pin_map info;
	size_t bytes;
	void *memory;
	int err = pins_map_info(fd, &info);

	if (err)
		return err;
	bytes = (pins_stride(info.value_size) * info.max_entries + page - 1) & ~(page - 1);
	memory = mmap(NULL, bytes, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	*ret = (struct pin_array){ memory, bytes, info.max_entries };
	return 0;
}

int pins_open_array(const char *pin_dir, const char *name, uint32_t value_size, bool writable,
		    struct pin_array *ret)
{
	int fd, err = pins_open_map_checked(pin_dir, name, sizeof(uint32_t), value_size, &fd);

	if (err)
		return err;
	err = pins_mmap(fd, writable, ret);
	close(fd);
	return err;
}

void pins_unmap(struct pin_array *array)
{
	if (array->memory)
		munmap(array->memory, array->bytes);
}

int pins_check_bpffs(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs))
		return -errno;
	return (unsigned long)fs.f_type == BPF_FS_MAGIC ? 0 : -EMEDIUMTYPE;
}

/* Checks the parent of `path`, so that a missing bpffs is reported before anything is created. */
static int check_parent(const char *path)
{
	char parent[PIN_PATH_MAX];
	char *slash;

	if (snprintf(parent, sizeof(parent), "%s", path) >= (int)sizeof(parent))
		return -ENAMETOOLONG;
	slash = strrchr(parent, '/');
	if (!slash || slash == parent)
		return -EMEDIUMTYPE;
	*slash = '\0';
	return pins_check_bpffs(parent);
}

int pins_make_dir(const char *pin_dir, bool *ret_made)
{
	int err = pins_check_bpffs(pin_dir);

	*ret_made = false;

	if (err != -ENOENT)
		return err;
	err = check_parent(pin_dir);
	if (err)
		return err;
	if (mkdir(pin_dir, 0700))
		return -errno;
	*ret_made = true;
	return 0;
}

int pins_check_private(int lock_fd)
{
	struct stat st;

	if (fstat(lock_fd, &st))
		return -errno;
	if ((st.st_uid && st.st_uid != geteuid()) || st.st_mode & (S_IWGRP | S_IWOTH))
		return -EPERM;
	return 0;
}

static int open_dir(const char *pin_dir)
{
	int fd = open(pin_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* flock(2) does not name the holder, /proc/locks does, by device and inode. 0: not found. */
static pid_t find_holder(int fd)
{
	unsigned int major_id, minor_id;
	unsigned long inode;
	char line[256];
	struct stat st;
	pid_t found = 0;
	FILE *locks;
	int pid;

	locks = fstat(fd, &st) ? NULL : fopen("/proc/locks", "re");
	while (locks && !found && fgets(line, sizeof(line), locks)) {
		if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%lu", &pid, &major_id, &minor_id,
			   &inode) != 4)
			continue;
		if (major_id == major(st.st_dev) && minor_id == minor(st.st_dev) &&
		    inode == st.st_ino)
			found = pid;
	}
	if (locks)
		fclose(locks);
	return found;
}

int pins_lock(const char *pin_dir, int *ret_fd, pid_t *ret_owner)
{
	int fd = open_dir(pin_dir);
	int err;

	if (fd < 0)
		return fd;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		err = errno == EWOULDBLOCK ? -EBUSY : -errno;
		if (err == -EBUSY)
			*ret_owner = find_holder(fd);
		close(fd);
		return err;
	}
	*ret_fd = fd;
	return 0;
}

bool pins_lock_is_of(int fd, const char *pin_dir)
{
	struct stat held, there;

	return !fstat(fd, &held) && !stat(pin_dir, &there) && held.st_dev == there.st_dev &&
	       held.st_ino == there.st_ino;
}

int pins_lock_again(const char *pin_dir, int *fd, pid_t *ret_owner)
{
	bool made;
	int fresh, err;

	if (pins_lock_is_of(*fd, pin_dir))
		return 0;
	err = pins_make_dir(pin_dir, &made);
	if (!err)
		err = pins_lock(pin_dir, &fresh, ret_owner);
	if (err)
		return err;
	err = pins_check_private(fresh);
	if (err) {
		close(fresh);
		return err;
	}
	close(*fd);
	*fd = fresh;
	return 0;
}

int pins_owner(const char *pin_dir, pid_t *ret_owner)
{
	int fd = open_dir(pin_dir);
	pid_t owner;
	int err = 0;

	if (fd < 0)
		return fd;
	owner = find_holder(fd);
	/* Only if /proc does not show it: even a short lock may make a starting agent fail. */
	if (!owner && !flock(fd, LOCK_SH | LOCK_NB))
		err = -ESRCH;
	close(fd);
	if (!err)
		*ret_owner = owner;
	return err;
}

int pins_each(const char *pin_dir, int (*visit)(void *arg, const char *name), void *arg)
{
	DIR *dir = opendir(pin_dir);
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			err = visit(arg, entry->d_name);
	closedir(dir);
	return err;
}
