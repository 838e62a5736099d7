/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Watches the directories of our files, by inotify(7). */
#include "file_watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "file_list.h"

#define EVENTS                                                                                     \
	(IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |   \
	 IN_MOVE_SELF)

struct file_watch {
	int fd;
	int ids[FILE_WATCH_MAX];
	size_t count;
	int listed; /* the last path, when it is a directory; or -1 */
};

int file_watch_new(struct file_watch **ret)
{
	struct file_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return -ENOMEM;
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0) {
		free(watch);
		return -errno;
	}
	*ret = watch;
	return 0;
}

void file_watch_free(struct file_watch *watch)
{
	if (!watch)
		return;
	close(watch->fd);
	free(watch);
}

int file_watch_fd(const struct file_watch *watch)
{
	return watch->fd;
}

/* The same directory gets the same id, so that adding it again changes nothing. */
static int add_directory(struct file_watch *watch, const char *path, int *ret_id)
{
	int id = inotify_add_watch(watch->fd, path, EVENTS | IN_ONLYDIR);

	*ret_id = id;
	/* Of a path that cannot be followed, its parents are watched. */
	if (id < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP ?
			       0 : -errno;
	for (size_t i = 0; i < watch->count; i++)
		if (watch->ids[i] == id)
			return 0;
	if (watch->count == FILE_WATCH_MAX) {
		inotify_rm_watch(watch->fd, id);
		return -E2BIG;
	}
	watch->ids[watch->count++] = id;
	return 0;
}

static int add_parent(struct file_watch *watch, const char *path)
{
	char parent[PATH_MAX];
	char *slash;
	int id;

	if (snprintf(parent, sizeof(parent), "%s", path) >= (int)sizeof(parent))
		return -ENAMETOOLONG;
	slash = strrchr(parent, '/');
	if (slash)
		slash[slash == parent] = '\0';
	return add_directory(watch, slash ? parent : ".", &id);
}

static int add_path(struct file_watch *watch, const char *path)
{
	char real[PATH_MAX];
	int err = add_parent(watch, path);

	if (!err)
		err = add_directory(watch, path, &watch->listed);
	if (!err && realpath(path, real) && strcmp(real, path))
		err = add_parent(watch, real);
	return err;
}

/* The directory an id stood for may have been replaced by another of its name. */
static void drop_old(struct file_watch *watch, const int *ids, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool kept = false;

		for (size_t j = 0; j < watch->count; j++)
			kept |= watch->ids[j] == ids[i];
		if (!kept)
			inotify_rm_watch(watch->fd, ids[i]);
	}
}

int file_watch_set(struct file_watch *watch, const char *const *paths, size_t count)
{
	int old[FILE_WATCH_MAX], err = 0;
	size_t old_count = watch->count;

	memcpy(old, watch->ids, sizeof(old));
	watch->count = 0;
	for (size_t i = 0; !err && i < count; i++) {
		watch->listed = -1;
		if (paths[i])
			err = add_path(watch, paths[i]);
	}
	drop_old(watch, old, old_count);
	return err;
}

/* In the directory that is listed: names of files it may be enough to read. */
static void add_name(struct file_events *events, const struct inotify_event *event)
{
	if (!file_list_takes(event->name)) {
		events->more |= event->mask & IN_MOVED_TO; /* a volume's ..data */
		return;
	}
	if (!(event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) || events->count == FILE_EVENT_NAMES) {
		events->more = true;
		return;
	}
	for (size_t i = 0; i < events->count; i++)
		if (!strcmp(events->names[i], event->name))
			return;
	snprintf(events->names[events->count++], sizeof(*events->names), "%s", event->name);
}

/* What was created may still be empty, and what went away may be about to come back. Files with a
 * dot are not read; a volume's `..data` is renamed. */
static void add_event(const struct file_watch *watch, struct file_events *events,
		      const struct inotify_event *event)
{
	events->changed = true;
	events->whole |= event->mask & IN_MOVED_TO ||
			 (event->mask & IN_CLOSE_WRITE && event->len && event->name[0] != '.');
	if (event->wd == watch->listed && event->len)
		add_name(events, event);
	else
		events->more = true;
}

int file_watch_read(struct file_watch *watch, struct file_events *events)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *event;

	for (;;) {
		ssize_t n = read(watch->fd, buf, sizeof(buf));

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		for (size_t at = 0; at < (size_t)n; at += sizeof(*event) + event->len) {
			event = (const void *)(buf + at);
			add_event(watch, events, event);
		}
	}
}
