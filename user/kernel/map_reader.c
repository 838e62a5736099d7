/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the pinned maps into a snapshot. */
#include "map_reader_parts.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "clock.h"
#include "netns.h"
#include "pins.h"
#include "snapshot_find.h"

static uint64_t realtime_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Comes first: maps of another version must not be read. */
static int read_settings(struct reading *reading)
{
	struct pin_array array;
	int err;

	reading->failed = "settings";
	err = pins_open_array(reading->pin_dir, "settings", sizeof(struct settings), false, &array);
	if (err)
		return err;
	reading->snapshot.settings = *(const struct settings *)array.memory;
	pins_unmap(&array);
	if (reading->snapshot.settings.abi_version == 0)
		return -EAGAIN;
	return reading->snapshot.settings.abi_version == ABI_VERSION ? 0 : -EPROTO;
}

/* An array and its place in struct snapshot. */
static const struct {
	const char *name;
	uint32_t value_size;
	size_t items, count; /* offsets in struct snapshot; count 0: as many as services, or one */
} array_maps[READER_ARRAYS] = {
	{ "services", sizeof(struct service), offsetof(struct snapshot, services),
	  offsetof(struct snapshot, service_count) },
	{ "backends", sizeof(struct backend), offsetof(struct snapshot, backends),
	  offsetof(struct snapshot, backend_count) },
	{ "slots", sizeof(struct bucket), offsetof(struct snapshot, buckets),
	  offsetof(struct snapshot, bucket_count) },
	{ "drops", sizeof(struct drops), offsetof(struct snapshot, drops), 0 },
	{ "filters", sizeof(struct filters), offsetof(struct snapshot, filters), 0 },
	{ "owners", sizeof(struct owner), offsetof(struct snapshot, owners),
	  offsetof(struct snapshot, owner_count) },
	{ "health", sizeof(struct gateway_health), offsetof(struct snapshot, health),
	  offsetof(struct snapshot, health_count) },
	{ "peers", sizeof(struct peer), offsetof(struct snapshot, peers),
	  offsetof(struct snapshot, peer_count) },
};

static int map_arrays(struct reading *reading)
{
	uint8_t *snapshot = (uint8_t *)&reading->snapshot;

	for (size_t i = 0; i < READER_ARRAYS; i++) {
		struct pin_array *array = &reading->arrays[i];
		int err;

		reading->failed = array_maps[i].name;
		err = pins_open_array(reading->pin_dir, array_maps[i].name,
				      array_maps[i].value_size, false, array);
		if (err)
			return err;
		memcpy(snapshot + array_maps[i].items, &array->memory, sizeof(array->memory));
		if (array_maps[i].count)
			memcpy(snapshot + array_maps[i].count, &array->count, sizeof(array->count));
	}
	return 0;
}

/* A hash map and its array in struct snapshot. */
struct table_map {
	const char *name;
	struct hash_list shape;
	size_t items, count; /* offsets in struct snapshot */
	int (*compare)(const void *, const void *);
};

#define TABLE(name, key, value)                                                                    \
	.shape = HASH_LIST(struct name##_entry, key, value),                                       \
	.items = offsetof(struct snapshot, name##s),                                               \
	.count = offsetof(struct snapshot, name##_count), .compare = snapshot_##name##_compare

static const struct table_map table_maps[] = {
	{ .name = "names", TABLE(name, key, text) },
	{ .name = "gateways", TABLE(gateway, key, gateway) },
	{ .name = "paths", TABLE(path, peer, path) },
	{ .name = "network_drops", TABLE(network_drop, key, packets) },
	{ .name = "networks", TABLE(network, id, network) },
	{ .name = "ifaces", TABLE(iface, ifindex, iface) },
};

static int read_table(struct reading *reading, const struct table_map *map)
{
	uint8_t *snapshot = (uint8_t *)&reading->snapshot;
	struct hash_list list = map->shape;
	int err = map_reader_hash(reading, map->name, &list, NULL);

	if (list.count)
		qsort(list.items, list.count, list.size, map->compare);
	memcpy(snapshot + map->items, &list.items, sizeof(list.items));
	memcpy(snapshot + map->count, &list.count, sizeof(list.count));
	return err;
}

static int read_tables(struct reading *reading)
{
	struct snapshot *s = &reading->snapshot;
	int err = map_reader_vips(reading);

	for (size_t i = 0; i < sizeof(table_maps) / sizeof(table_maps[0]) && !err; i++)
		err = read_table(reading, &table_maps[i]);
	for (size_t i = 0; i < s->iface_count; i++)
		if (!if_indextoname(s->ifaces[i].ifindex, s->ifaces[i].name))
			s->ifaces[i].name[0] = '\0';
	return err;
}

/* The programs that are pinned, and the time that px_now returns. */
static void read_programs(struct reading *reading)
{
	struct snapshot *snapshot = &reading->snapshot;
	char name[64];
	int fd;

	for (int i = 0; i < SNAPSHOT_PROGRAMS; i++) {
		snprintf(name, sizeof(name), "prog_%s", snapshot_program_names[i]);
		if (pins_open(reading->pin_dir, name, &fd))
			continue;
		snapshot->programs |= 1u << i;
		if (!strcmp(snapshot_program_names[i], "px_now"))
			snapshot->has_jiffies = !clock_jiffies(fd, &snapshot->jiffies);
		close(fd);
	}
}

static int read_all(struct reading *reading, unsigned int parts)
{
	int err = read_settings(reading);

	if (!err)
		err = map_arrays(reading);
	if (err)
		return err;
	err = read_tables(reading);
	if (!err && (parts & READ_FLOWS))
		err = map_reader_flows(reading);
	if (!err && (parts & READ_COUNTERS))
		err = map_reader_counters(reading);
	if (!err && (parts & READ_STATUS))
		err = map_reader_status(reading);
	read_programs(reading);
	reading->snapshot.netns = netns_number();
	reading->snapshot.monotonic_ns = clock_monotonic_ns();
	reading->snapshot.realtime_ns = realtime_ns();
	return err;
}

static void explain_failure(const char *pin_dir, const char *map, int err, char *reason)
{
	char what[160];

	switch (err) {
	case -ENOENT:
		snprintf(what, sizeof(what), "no data plane is pinned there: start parallaxd, or "
			 "name its directory with --pin-dir");
		break;
	case -EPERM:
	case -EACCES:
		snprintf(what, sizeof(what), "not permitted: run as root, or with CAP_BPF and "
			 "access to the directory");
		break;
	case -EPROTO:
		snprintf(what, sizeof(what), "map '%s' was pinned by another version of Parallax: "
			 "use the parallaxctl of that version", map);
		break;
	case -EAGAIN:
		snprintf(what, sizeof(what), "the agent is still setting up: try again");
		break;
	default:
		snprintf(what, sizeof(what), "map '%s': %s", map, strerror(-err));
	}
	snprintf(reason, MAP_READER_REASON, "%s: %s", pin_dir, what);
}

int map_reader_read(const char *pin_dir, unsigned int parts, struct snapshot **ret_snapshot,
		    char *reason)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	int err;

	if (!reading) {
		snprintf(reason, MAP_READER_REASON, "out of memory");
		return -ENOMEM;
	}
	reading->pin_dir = pin_dir;
	err = read_all(reading, parts);
	if (err) {
		explain_failure(pin_dir, reading->failed, err, reason);
		map_reader_free(&reading->snapshot);
		return err;
	}
	*ret_snapshot = &reading->snapshot;
	return 0;
}

void map_reader_free(struct snapshot *snapshot)
{
	struct reading *reading = (struct reading *)(void *)snapshot;

	if (!snapshot)
		return;
	for (size_t i = 0; i < READER_ARRAYS; i++)
		pins_unmap(&reading->arrays[i]);
	free(snapshot->vips);
	free(snapshot->names);
	free(snapshot->networks);
	free(snapshot->gateways);
	free(snapshot->paths);
	free(snapshot->network_drops);
	free(snapshot->ifaces);
	free(snapshot->flows);
	json_decref(snapshot->status);
	free(reading);
}
