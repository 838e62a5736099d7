/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Removes all of Parallax from the kernel. */
#include "uninstall.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "clsact.h"
#include "handover.h"
#include "host_clients.h"
#include "links.h"
#include "parallax_abi.h"
#include "pins.h"

#define LATE_TRIES 10

/* All names are read before the first removal: the directory must not change while it is read. */
struct names {
	char (*items)[64];
	size_t count;
};

static int collect(void *arg, const char *name)
{
	struct names *names = arg;
	char(*items)[64] = realloc(names->items, (names->count + 1) * sizeof(*items));

	if (!items)
		return -ENOMEM;
	names->items = items;
	snprintf(items[names->count++], sizeof(*items), "%.63s", name);
	return 0;
}

static int detach(const char *pin_dir, const char *name, struct uninstall_report *report)
{
	enum link_hook hook;
	uint32_t ifindex;
	int err;

	if (!link_parse_pin(name, &ifindex, &hook))
		return 0;
	err = link_detach(pin_dir, ifindex, hook);
	if (err)
		return err;
	report->detached++;
	report->unpinned++;
	return 0;
}

static int unpin(const char *pin_dir, const char *name, struct uninstall_report *report);

struct nested {
	const char *directory;
	struct uninstall_report *report;
};

static int unpin_nested(void *arg, const char *name)
{
	const struct nested *nested = arg;

	return unpin(nested->directory, name, nested->report);
}

/* What an interrupted handover left. */
static int remove_handover(const char *path, struct uninstall_report *report)
{
	struct nested nested = { .directory = path, .report = report };
	uint32_t before;
	int err;

	do {
		before = report->unpinned;
		err = pins_each(path, unpin_nested, &nested);
	} while (!err && report->unpinned != before);
	return err || !rmdir(path) ? err : -errno;
}

static int unpin(const char *pin_dir, const char *name, struct uninstall_report *report)
{
	char path[PIN_PATH_MAX];
	int err = pins_path(pin_dir, name, path);

	if (err)
		return err;
	if (!strcmp(name, HANDOVER_DIR))
		return remove_handover(path, report);
	if (unlink(path))
		return errno == ENOENT ? 0 : -errno;
	report->unpinned++;
	return 0;
}

/* Maps that prove the directory to be ours: the one pinned first, and the one removed last. */
#define FIRST_PIN "flows"
#define PROOF "settings"

static bool is_ours(const struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->items[i], PROOF) || !strcmp(names->items[i], FIRST_PIN))
			return true;
	return !names->count;
}

static bool is_elsewhere(const char *pin_dir, const struct names *names)
{
	enum link_hook hook;
	uint32_t ifindex;

	if (host_clients_elsewhere(pin_dir))
		return true;
	for (size_t i = 0; i < names->count; i++)
		if (link_parse_pin(names->items[i], &ifindex, &hook) &&
		    clsact_elsewhere(pin_dir, ifindex, hook))
			return true;
	return false;
}

/* Removes all links before the first map, and the proof last. */
static int remove_all(const char *pin_dir, const struct names *names,
		      struct uninstall_report *report)
{
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < names->count; i++) {
			const char *name = names->items[i];
			bool proof = !strcmp(name, PROOF);
			int err = round == 0 ? detach(pin_dir, name, report) :
				  proof == (round == 2) ? unpin(pin_dir, name, report) : 0;

			if (!err)
				continue;
			snprintf(report->failed, sizeof(report->failed), "%s", name);
			return err;
		}
	return rmdir(pin_dir) && errno != ENOENT ? -errno : 0;
}

/* The same, and again where an agent that has not noticed yet pinned something meanwhile. */
static int remove_late(const char *pin_dir, bool force, struct names *names,
		       struct uninstall_report *report)
{
	const struct timespec wait = { 0, 20000000 };
	int err = remove_all(pin_dir, names, report);

	for (int tries = 0; force && err == -ENOTEMPTY && tries < LATE_TRIES; tries++) {
		nanosleep(&wait, NULL);
		names->count = 0;
		err = pins_each(pin_dir, collect, names);
		if (!err)
			err = remove_all(pin_dir, names, report);
	}
	return err == -ENOTEMPTY ? -EAGAIN : err;
}

/* Before the programs, so that the node's packets are never led to a pair without them. */
static int remove_host_clients(const char *pin_dir, struct uninstall_report *report)
{
	int err = host_clients_remove(pin_dir);

	if (err)
		snprintf(report->failed, sizeof(report->failed), HOST_CLIENTS_MARK);
	return err;
}

/* Makes a running agent leave, which otherwise would restore the pins. */
static void tell_agent(const char *pin_dir)
{
	struct settings settings;
	__u32 zero = 0;
	int fd;

	if (pins_open_map_checked(pin_dir, "settings", sizeof(zero), sizeof(settings), &fd))
		return;
	if (!bpf_map_lookup_elem(fd, &zero, &settings)) {
		settings.abi_version = 0;
		bpf_map_update_elem(fd, &zero, &settings, BPF_ANY);
	}
	close(fd);
}

int dataplane_uninstall(const char *pin_dir, bool force, struct uninstall_report *ret)
{
	struct names names = {};
	int lock = -1;
	int err = pins_check_bpffs(pin_dir);

	*ret = (struct uninstall_report){};
	if (err)
		return err == -ENOENT ? 0 : err;
	/* Held to the end, so that no agent starts meanwhile. */
	err = pins_lock(pin_dir, &lock, &ret->owner);
	if (err == -EBUSY && force) {
		tell_agent(pin_dir);
		err = 0;
	}
	if (!err)
		err = pins_each(pin_dir, collect, &names);
	if (!err && !is_ours(&names))
		err = -ENOTEMPTY;
	if (!err && !force && is_elsewhere(pin_dir, &names))
		err = -EXDEV;
	if (!err)
		err = remove_host_clients(pin_dir, ret);
	if (!err)
		err = remove_late(pin_dir, force, &names, ret);
	free(names.items);
	if (lock >= 0)
		close(lock);
	return err;
}

int dataplane_remove_rest(const char *pin_dir)
{
	struct uninstall_report report = {};
	struct names names = {};
	int err = pins_each(pin_dir, collect, &names);

	if (!err)
		err = remove_host_clients(pin_dir, &report);
	if (!err)
		err = remove_all(pin_dir, &names, &report);
	free(names.items);
	return err;
}
