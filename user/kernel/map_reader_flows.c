/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the maps that packets change: flows and counters. */
#include "map_reader_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

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

/* Reads both flow maps into one array. A flow that is being promoted may be in both. */
int map_reader_flows(struct reading *reading)
{
	struct snapshot *s = &reading->snapshot;
	struct hash_list list = HASH_LIST(struct flow_entry, key, flow);
	int err = map_reader_hash(reading, "embryonic", &list, &s->embryonic_usage.max);

	s->embryonic_usage.used = (uint32_t)list.count;
	for (size_t i = 0; i < list.count; i++)
		((struct flow_entry *)(void *)list.items)[i].embryonic = true;
	if (!err)
		err = map_reader_hash(reading, "flows", &list, &s->flow_usage.max);
	s->flow_usage.used = (uint32_t)list.count - s->embryonic_usage.used;
	s->flows = (struct flow_entry *)(void *)list.items;
	s->flow_count = list.count;
	sort_flows(s);
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
