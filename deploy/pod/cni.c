/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallax-pod keep-cni, remove-cni: the chained CNI plugin on the node, and its entry in the node's
 * list of plugins. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pod.h"

#define PLUGIN "parallax-cni"
#define PATH_BYTES 1024
#define INTERVAL_SECONDS 2 /* CNIs write their list again when they restart */

static int failed(const char *action, const char *path)
{
	fprintf(stderr, "parallax-pod: cannot %s %s: %s\n", action, path, strerror(errno));
	return -1;
}

/* ------------------------------------------------------------------ whole files */

/* Replaces a file in one step, so that a reader never sees a part. */
static int replace(const char *path, const void *content, size_t length, mode_t mode)
{
	char fresh[PATH_BYTES + 16];
	FILE *file;
	bool written;

	snprintf(fresh, sizeof(fresh), "%s.parallax", path);
	file = fopen(fresh, "we");
	if (!file)
		return failed("write", fresh);
	written = fwrite(content, 1, length, file) == length && !fchmod(fileno(file), mode) &&
		  !fflush(file) && !fsync(fileno(file));
	fclose(file);
	if (written && !rename(fresh, path))
		return 0;
	failed("write", path);
	unlink(fresh);
	return -1;
}

static char *read_file(const char *path, size_t *ret_length)
{
	FILE *file = fopen(path, "re");
	struct stat info;
	char *content = NULL;

	if (file && !fstat(fileno(file), &info) && (content = malloc((size_t)info.st_size + 1)))
		*ret_length = fread(content, 1, (size_t)info.st_size, file);
	if (file)
		fclose(file);
	return content;
}

/* The plugin lies beside this program. */
static int find_plugin(char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size - sizeof(PLUGIN));

	if (length < 0)
		return failed("read", "/proc/self/exe");
	path[length] = '\0';
	strcpy(strrchr(path, '/') + 1, PLUGIN);
	return 0;
}

static int copy_plugin(const char *directory)
{
	char path[PATH_BYTES], source[PATH_BYTES];
	size_t length = 0, held_length = 0;
	char *content = find_plugin(source, sizeof(source)) ? NULL : read_file(source, &length),
	     *held;
	int err = 0;

	if (!content)
		return failed("read", source);
	snprintf(path, sizeof(path), "%s/" PLUGIN, directory);
	held = read_file(path, &held_length);
	if (!held || held_length != length || memcmp(held, content, length))
		err = replace(path, content, length, 0755);
	free(held);
	free(content);
	return err;
}

/* ------------------------------------------------------------------ the list of plugins */

static bool ends_with(const char *name, const char *end)
{
	size_t length = strlen(name), tail = strlen(end);

	return length > tail && !strcmp(name + length - tail, end);
}

static int is_configuration(const struct dirent *entry)
{
	return entry->d_name[0] != '.' &&
	       (ends_with(entry->d_name, ".conflist") || ends_with(entry->d_name, ".conf") ||
		ends_with(entry->d_name, ".json"));
}

static bool is_ours(const json_t *plugin)
{
	const char *type = json_string_value(json_object_get(plugin, "type"));

	return type && !strcmp(type, PLUGIN);
}

/* Takes our entries out. Returns whether there was one. */
static bool strip(json_t *plugins)
{
	bool found = false;

	for (size_t i = json_array_size(plugins); i-- > 0;)
		if (is_ours(json_array_get(plugins, i))) {
			json_array_remove(plugins, i);
			found = true;
		}
	return found;
}

static int write_list(const char *path, const json_t *list)
{
	char *text = json_dumps(list, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	struct stat info;
	int err = !text || stat(path, &info) ?
			  failed("write", path) :
			  replace(path, text, strlen(text), info.st_mode & 0777);

	free(text);
	if (!err)
		printf("%s: the list of plugins was changed\n", path);
	return err;
}

/* Our entry is the last one, and as `entry`; NULL: there is none. */
static int edit_list(const char *path, const json_t *entry)
{
	json_t *list = json_load_file(path, 0, NULL);
	json_t *plugins = json_object_get(list, "plugins"), *last;
	int err = 0;

	if (!json_array_size(plugins)) {
		json_decref(list);
		return 1; /* no list: one plugin alone, or nothing that a runtime would use */
	}
	last = json_array_get(plugins, json_array_size(plugins) - 1);
	if (!entry ? strip(plugins) : !json_equal(last, entry)) {
		strip(plugins);
		if (entry)
			json_array_append(plugins, (json_t *)entry);
		err = write_list(path, list);
	}
	json_decref(list);
	return err;
}

/* Runtimes use the first file by name. */
static int edit_lists(const char *directory, const json_t *entry)
{
	struct dirent **names;
	int count = scandir(directory, &names, is_configuration, alphasort), err = 0;

	if (count < 0)
		return errno == ENOENT && !entry ? 0 : failed("list", directory);
	for (int i = 0; i < count; i++) {
		char path[PATH_BYTES];

		snprintf(path, sizeof(path), "%s/%s", directory, names[i]->d_name);
		if (!entry || i == 0)
			err = edit_list(path, entry);
		if (err > 0 && entry)
			fprintf(stderr,
				"parallax-pod: %s holds no list of plugins: the plugin of "
				"Parallax is not chained\n",
				path);
		free(names[i]);
	}
	free(names);
	return err < 0 ? err : 0;
}

/* ------------------------------------------------------------------ verbs */

int pod_keep_cni(const char *configurations, const char *programs, const char *settings)
{
	const struct timespec interval = { INTERVAL_SECONDS, 0 };
	json_t *entry = json_loads(settings, 0, NULL);
	sigset_t signals;

	if (!json_is_object(entry) || json_object_set_new(entry, "type", json_string(PLUGIN)))
		return failed("read the settings", settings) != 0;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	/* The program first: a list must not name one that is not there. */
	do {
		if (!copy_plugin(programs))
			edit_lists(configurations, entry);
	} while (sigtimedwait(&signals, NULL, &interval) < 0);
	json_decref(entry);
	return 0;
}

int pod_remove_cni(const char *configurations, const char *programs)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/" PLUGIN, programs);
	if (edit_lists(configurations, NULL))
		return 1;
	return unlink(path) && errno != ENOENT ? -failed("remove", path) : 0;
}
