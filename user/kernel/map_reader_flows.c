/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the maps that exist once per family, and those that packets change: flows and counters. */
#include "map_reader_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "flow_form.h"
#include "pins.h"
#include "snapshot_find.h"

int map_reader_hash(struct reading *reading, const char *name, struct hash_list *list,
		    uint32_t *ret_max)
{
	struct pin_map info;
	int fd, err;

	reading->failed = name;
	err = pins_open_map_checked(reading->pin_dir, name, list->key_size, list->value_size, &fd);
	if (err)
		return err;
	err = pins_map_info(fd, &info);
	if (!err)
		err = hash_list_read(fd, list);
	if (!err && ret_max)
		*ret_max = info.max_entries;
	close(fd);
	return err;
}

/* Of a key in both maps, the entry of `flows` is kept. */
static void sort_flows(struct snapshot *s)
{
	size_t kept = 0;

	if (s->flow_count)
		qsort(s->flows, s->flow_count, sizeof(*s->flows), snapshot_flow_compare);
	for (size_t i = 0; i < s->flow_count; i++) {
		if (kept && !snapshot_flow_compare(&s->flows[kept - 1], &s->flows[i])) {
			if (!s->flows[i].embryonic)
				s->flows[kept - 1] = s->flows[i];
			continue;
		}
		s->flows[kept++] = s->flows[i];
	}
	s->flow_count = kept;
}

static void fill_flow(const void *form, void *item, const void *key, const void *value)
{
	struct flow_entry *entry = item;

	((const struct flow_form *)form)->widen_key(key, &entry->key);
	((const struct flow_form *)form)->widen_flow(value, &entry->flow);
}

static void fill_vip(const void *form, void *item, const void *key, const void *value)
{
	struct vip_entry *entry = item;

	((const struct flow_form *)form)->widen_vip(key, &entry->key);
	memcpy(&entry->row, value, sizeof(entry->row));
}

/* Appends the elements of one family's map; *ret is its usage. */
static int read_family(struct reading *reading, const char *name, enum family_index family,
		       struct hash_list *list, struct map_usage *ret)
{
	size_t before = list->count;
	char pin[64];
	int err;

	snprintf(pin, sizeof(pin), "%s%s", name, family_suffix(family));
	list->arg = flow_form(family);
	err = map_reader_hash(reading, pin, list, &ret->max);
	if (err == -ENOENT && family == FAMILY_6) /* not in use */
		err = 0;
	ret->used = (uint32_t)(list->count - before);
	return err;
}

static int read_flows(struct reading *reading, const char *name, enum family_index family,
		      struct hash_list *list, struct map_usage *ret)
{
	list->key_size = flow_form(family)->key_size;
	list->value_size = flow_form(family)->flow_size;
	return read_family(reading, name, family, list, ret);
}

/* Reads all flow maps into one array. A flow that is being promoted may be in two. */
int map_reader_flows(struct reading *reading)
{
	struct snapshot *s = &reading->snapshot;
	struct hash_list list = { .size = sizeof(struct flow_entry), .fill = fill_flow };
	size_t embryonic;
	int err = 0;

	for (int family = 0; !err && family < FAMILIES; family++)
		err = read_flows(reading, "embryonic", family, &list, &s->embryonic_usage[family]);
	embryonic = list.count;
	for (int family = 0; !err && family < FAMILIES; family++)
		err = read_flows(reading, "flows", family, &list, &s->flow_usage[family]);
	s->flows = (struct flow_entry *)(void *)list.items;
	s->flow_count = list.count;
	for (size_t i = 0; i < embryonic; i++)
		s->flows[i].embryonic = true;
	sort_flows(s);
	return err;
}

int map_reader_vips(struct reading *reading)
{
	struct snapshot *s = &reading->snapshot;
	struct hash_list list = { .size = sizeof(struct vip_entry),
				  .value_size = sizeof(uint32_t),
				  .fill = fill_vip };
	struct map_usage usage;
	int err = 0;

	for (int family = 0; !err && family < FAMILIES; family++) {
		list.key_size = flow_form(family)->vip_size;
		err = read_family(reading, "vips", family, &list, &usage);
	}
	if (list.count)
		qsort(list.items, list.count, list.size, snapshot_vip_compare);
	s->vips = (struct vip_entry *)(void *)list.items;
	s->vip_count = list.count;
	return err;
}

static struct counter sum_counter(const struct cpu *cpus, int count, uint32_t index)
{
	struct counter sum = {};

	for (int i = 0; i < count; i++) {
		sum.packets += cpus[i].counters[index].packets;
		sum.bytes += cpus[i].counters[index].bytes;
	}
	return sum;
}

int map_reader_counters(struct reading *reading)
{
	int count = libbpf_num_possible_cpus();
	struct cpu *cpus;
	int fd, err;

	reading->failed = "counters";
	err = pins_open_map_checked(reading->pin_dir, "counters", sizeof(uint32_t),
				    sizeof(struct cpu), &fd);
	if (err)
		return err;
	cpus = count > 0 ? calloc((size_t)count, sizeof(*cpus)) : NULL;
	err = !cpus ? -ENOMEM : bpf_map_lookup_elem(fd, &(uint32_t){ 0 }, cpus) ? -errno : 0;
	for (int hook = 0; hook < HOOK_COUNT && !err; hook++)
		for (int reason = REASON_NONE + 1; reason < REASON_COUNT; reason++)
			reading->snapshot.counters[hook][reason] =
				sum_counter(cpus, count, COUNTER(hook, reason));
	free(cpus);
	close(fd);
	return err;
}
