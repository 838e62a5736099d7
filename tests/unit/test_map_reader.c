/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A snapshot of real pinned maps equals their contents. Skipped without root. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "event_ring.h"
#include "hash_reader.h"
#include "map_reader.h"
#include "parallax_flow.h"
#include "pins.h"
#include "sample_snapshot.h"
#include "snapshot_find.h"
#include "status_map.h"

static char pin_dir[64];
static int settings_fd = -1;

/* Maps as the programs define them, large enough for the sample. */
static const struct shape {
	const char *name;
	enum bpf_map_type type;
	uint32_t key_size, value_size, max_entries, flags;
} shapes[] = {
	{ "settings", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct settings), 1, BPF_F_MMAPABLE },
	{ "services", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct service), 5, BPF_F_MMAPABLE },
	{ "backends", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct backend), 9, BPF_F_MMAPABLE },
	{ "slots", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct bucket), 64, BPF_F_MMAPABLE },
	{ "drops", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct drops), 5, BPF_F_MMAPABLE },
	{ "filters", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct filters), 1, BPF_F_MMAPABLE },
	{ "owners", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct owner), 4, BPF_F_MMAPABLE },
	{ "status", BPF_MAP_TYPE_HASH, sizeof(struct status_key), sizeof(struct status_part), 64,
	  BPF_F_NO_PREALLOC },
	{ "vips", BPF_MAP_TYPE_HASH, sizeof(struct vip_key4), 4, 64, 0 },
	{ "names", BPF_MAP_TYPE_HASH, sizeof(struct name_key), sizeof(struct name), 64,
	  BPF_F_NO_PREALLOC },
	{ "paths", BPF_MAP_TYPE_LRU_HASH, sizeof(struct ip_addr), sizeof(struct path), 64, 0 },
	{ "network_drops", BPF_MAP_TYPE_HASH, sizeof(struct network_drop_key), 8, 64,
	  BPF_F_NO_PREALLOC },
	{ "networks", BPF_MAP_TYPE_HASH, 4, sizeof(struct network), 64, 0 },
	{ "gateways", BPF_MAP_TYPE_HASH, sizeof(struct gateway_key), sizeof(struct gateway), 64,
	  0 },
	{ "ifaces", BPF_MAP_TYPE_HASH, 4, sizeof(struct iface), 64, 0 },
	{ "flows", BPF_MAP_TYPE_HASH, sizeof(struct flow_key4), sizeof(struct flow4), 8192, 0 },
	{ "embryonic", BPF_MAP_TYPE_LRU_HASH, sizeof(struct flow_key4), sizeof(struct flow4), 1024,
	  0 },
	{ "health", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct gateway_health), 4, BPF_F_MMAPABLE },
	{ "peers", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct peer), 4, BPF_F_MMAPABLE },
	{ "vips6", BPF_MAP_TYPE_HASH, sizeof(struct vip_key6), 4, 64, 0 },
	{ "flows6", BPF_MAP_TYPE_HASH, sizeof(struct flow_key6), sizeof(struct flow6), 8192, 0 },
	{ "embryonic6", BPF_MAP_TYPE_LRU_HASH, sizeof(struct flow_key6), sizeof(struct flow6), 1024,
	  0 },
	{ "counters", BPF_MAP_TYPE_PERCPU_ARRAY, 4, sizeof(struct cpu), 1, 0 },
	{ "events", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 },
	{ "drop_events", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 },
	{ "events6", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 },
	{ "drop_events6", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 },
};

static void put(const char *name, const void *key, const void *value)
{
	int fd;

	assert_int_equal(pins_open(pin_dir, name, &fd), 0);
	assert_int_equal(bpf_map_update_elem(fd, key, value, BPF_ANY), 0);
	close(fd);
}

static void put_rows(const char *name, const void *values, size_t size, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		put(name, &i, (const uint8_t *)values + i * size);
}

static void put_vip(const struct vip_entry *entry)
{
	const struct vip_key4 key = { addr_narrow4(&entry->key.addr), entry->key.port,
				      entry->key.proto, 0 };

	put("vips", &key, &entry->row);
}

/* As the map of IPv4 holds it. */
static void put_flow(const char *map, const struct flow_entry *entry)
{
	const struct flow_key4 key = flow_key_narrow4(&entry->key);
	const struct flow *wide = &entry->flow;
	struct flow4 flow = {
		.tag = wide->tag,
		.state = wide->state,
		.action = wide->action,
		.seen = wide->seen,
		.backend = wide->backend,
		.generation = wide->generation,
		.service = wide->service,
		.bytes = wide->bytes,
		.opened = wide->opened,
		.flags = wide->flags,
		.packets = wide->packets,
		.peer_port = wide->peer_port,
		.network = wide->network,
		.peer = wide->peer,
		.iface = wide->iface,
	};

	if (flow_has_nat(wide)) {
		flow.nat = (struct nat4){ addr_narrow4(&wide->nat.saddr),
					  addr_narrow4(&wide->nat.daddr), wide->nat.sport,
					  wide->nat.dport };
	} else {
		memcpy(flow.service_id, wide->service_id, sizeof(flow.service_id));
		flow.endpoint = wide->endpoint;
	}
	put(map, &key, &flow);
}

static void put_hashes(const struct snapshot *s)
{
	for (size_t i = 0; i < s->vip_count; i++)
		put_vip(&s->vips[i]);
	for (size_t i = 0; i < s->name_count; i++)
		put("names", &s->names[i].key, s->names[i].text);
	for (size_t i = 0; i < s->network_count; i++)
		put("networks", &s->networks[i].id, &s->networks[i].network);
	for (size_t i = 0; i < s->gateway_count; i++)
		put("gateways", &s->gateways[i].key, &s->gateways[i].gateway);
	for (size_t i = 0; i < s->path_count; i++)
		put("paths", &s->paths[i].peer, &s->paths[i].path);
	for (size_t i = 0; i < s->network_drop_count; i++)
		put("network_drops", &s->network_drops[i].key, &s->network_drops[i].packets);
	for (size_t i = 0; i < s->iface_count; i++)
		put("ifaces", &s->ifaces[i].ifindex, &s->ifaces[i].iface);
	for (size_t i = 0; i < s->flow_count; i++)
		put_flow(s->flows[i].embryonic ? "embryonic" : "flows", &s->flows[i]);
}

/* Equal on every CPU, so that a sum is recognised. */
static void put_counter(int hook, int reason, struct counter value)
{
	int cpus = libbpf_num_possible_cpus();
	struct cpu *values = calloc((size_t)cpus, sizeof(*values));
	uint32_t zero = 0;
	int fd;

	assert_non_null(values);
	assert_int_equal(pins_open(pin_dir, "counters", &fd), 0);
	assert_int_equal(bpf_map_lookup_elem(fd, &zero, values), 0);
	close(fd);
	for (int cpu = 0; cpu < cpus; cpu++)
		values[cpu].counters[COUNTER(hook, reason)] = value;
	put("counters", &zero, values);
	free(values);
}

static void put_text(int fd, uint64_t record, const json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	assert_int_equal(status_map_write(fd, record, text, strlen(text)), 0);
	free(text);
}

/* One record for the agent, one for each service. */
static void put_status(const json_t *status)
{
	json_t *agent = json_copy((json_t *)status), *service;
	size_t i;
	int fd;

	assert_int_equal(pins_open(pin_dir, "status", &fd), 0);
	json_object_del(agent, "services");
	put_text(fd, STATUS_AGENT, agent);
	json_array_foreach(json_object_get(status, "services"), i, service)
		put_text(fd, i + 1, service);
	json_decref(agent);
	close(fd);
}

static int make_map(const struct shape *shape)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = shape->flags);
	char path[PIN_PATH_MAX];
	int fd, err;

	fd = bpf_map_create(shape->type, NULL, shape->key_size, shape->value_size,
			    shape->max_entries, &options);
	if (fd < 0)
		return -errno;
	err = pins_path(pin_dir, shape->name, path) || bpf_obj_pin(fd, path) ? -errno : 0;
	if (!err && !strcmp(shape->name, "settings"))
		settings_fd = fd;
	else
		close(fd);
	return err;
}

static int remove_pin(void *arg, const char *name)
{
	char path[PIN_PATH_MAX];

	(void)arg;
	if (!pins_path(pin_dir, name, path))
		unlink(path);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (settings_fd >= 0)
		close(settings_fd);
	settings_fd = -1;
	pins_each(pin_dir, remove_pin, NULL);
	rmdir(pin_dir);
	return 0;
}

/* Without permission the tests skip; any other error is a failure. */
static int setup(void **state)
{
	bool made;
	int err = 0;

	snprintf(pin_dir, sizeof(pin_dir), "/sys/fs/bpf/px-reader-%d", getpid());
	if (geteuid() != 0 || pins_make_dir(pin_dir, &made))
		return 0;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]) && !err; i++)
		err = make_map(&shapes[i]);
	if (err)
		teardown(state);
	return err == -EPERM ? 0 : err;
}

static void need_maps(void)
{
	if (settings_fd < 0) {
		print_message("SKIP needs root and a BPF file system\n");
		skip();
	}
}

static void put_sample(const struct snapshot *s)
{
	uint32_t zero = 0;

	put("settings", &zero, &s->settings);
	put("filters", &zero, s->filters);
	put_rows("services", s->services, sizeof(struct service), s->service_count);
	put_rows("backends", s->backends, sizeof(struct backend), s->backend_count);
	put_rows("slots", s->buckets, sizeof(struct bucket), s->bucket_count);
	put_rows("owners", s->owners, sizeof(struct owner), s->owner_count);
	put_hashes(s);
	put_status(s->status);
}

static struct snapshot *read_back(unsigned int parts)
{
	char reason[MAP_READER_REASON] = "";
	struct snapshot *snapshot = NULL;

	if (map_reader_read(pin_dir, parts, &snapshot, reason))
		fail_msg("%s", reason);
	return snapshot;
}

static void reads_what_stands_there(void **state)
{
	struct snapshot *sample, *s;

	(void)state;
	need_maps();
	sample = sample_snapshot();
	put_sample(sample);
	put_counter(HOOK_UPLINK, REASON_TUNNEL_VNI, (struct counter){ 3, 300 });
	s = read_back(READ_FLOWS | READ_COUNTERS | READ_STATUS);

	assert_memory_equal(&s->settings, &sample->settings, sizeof(s->settings));
	assert_int_equal(s->service_count, sample->service_count);
	assert_memory_equal(s->services, sample->services, 5 * sizeof(struct service));
	assert_int_equal(s->backend_count, sample->backend_count);
	assert_memory_equal(s->backends, sample->backends, 9 * sizeof(struct backend));
	assert_int_equal(s->bucket_count, sample->bucket_count);
	assert_memory_equal(s->buckets, sample->buckets, s->bucket_count * sizeof(struct bucket));
	assert_memory_equal(s->filters, sample->filters, sizeof(struct filters));
	assert_int_equal(s->vip_count, sample->vip_count);
	assert_memory_equal(s->vips, sample->vips, s->vip_count * sizeof(*s->vips));
	assert_int_equal(s->name_count, sample->name_count);
	assert_memory_equal(s->names, sample->names, s->name_count * sizeof(*s->names));
	assert_int_equal(s->network_count, sample->network_count);
	assert_memory_equal(s->networks, sample->networks, s->network_count * sizeof(*s->networks));
	assert_int_equal(s->gateway_count, sample->gateway_count);
	assert_int_equal(s->path_count, sample->path_count);
	assert_memory_equal(s->paths, sample->paths, s->path_count * sizeof(*s->paths));
	assert_memory_equal(s->gateways, sample->gateways, s->gateway_count * sizeof(*s->gateways));
	assert_int_equal(s->iface_count, sample->iface_count);
	assert_int_equal(s->flow_count, sample->flow_count);
	assert_memory_equal(s->flows, sample->flows, s->flow_count * sizeof(*s->flows));
	assert_int_equal(s->embryonic_usage[FAMILY_4].used, 1);
	assert_int_equal(s->flow_usage[FAMILY_4].used, s->flow_count - 1);
	assert_int_equal(s->flow_usage[FAMILY_4].max, 8192);
	assert_true(json_equal(s->status, sample->status));
	assert_false(s->agent_running);
	assert_false(s->has_jiffies);
	assert_int_equal(s->counters[HOOK_UPLINK][REASON_TUNNEL_VNI].packets,
			 3 * libbpf_num_possible_cpus());
	assert_int_equal(s->counters[HOOK_XDP][REASON_TUNNEL_VNI].packets, 0);
	map_reader_free(s);
}

/* ------------------------------------------------------------------ status */

#define STATUS_PARTS 64 /* room of the map */

static size_t count_parts(int fd)
{
	struct status_key key, *last = NULL;
	size_t count = 0;

	for (; !bpf_map_get_next_key(fd, last, &key); last = &key)
		count++;
	return count;
}

/* A text for which there is no room takes none, and its record is gone. */
static void a_text_without_room_leaves_nothing(void **state)
{
	char text[STATUS_PART_BYTES * STATUS_PARTS + 1];
	struct status_texts texts;
	int fd;

	(void)state;
	need_maps();
	assert_int_equal(pins_open(pin_dir, "status", &fd), 0);
	memset(text, 'x', sizeof(text));
	assert_int_equal(status_map_write(fd, 7, text, 2 * STATUS_PART_BYTES), 0);
	assert_int_equal(status_map_write(fd, 8, text, STATUS_PART_BYTES), 0);
	assert_int_equal(status_map_write(fd, 7, text, sizeof(text) - 1), -E2BIG);
	assert_int_equal(count_parts(fd), 1);
	assert_int_equal(status_map_read(fd, &texts), 0);
	assert_int_equal(texts.count, 1);
	assert_int_equal(texts.items[0].record, 8);
	status_texts_done(&texts);
	close(fd);
}

/* An agent that was killed while it wrote leaves a record that the next one can find and delete. */
static void a_torn_text_is_listed_and_deleted(void **state)
{
	struct status_key key = { .record = 7, .part = 2 };
	struct status_part part = {};
	struct status_texts texts;
	char text[3 * STATUS_PART_BYTES];
	int fd;

	(void)state;
	need_maps();
	assert_int_equal(pins_open(pin_dir, "status", &fd), 0);
	memset(text, 'x', sizeof(text));
	assert_int_equal(status_map_write(fd, 7, text, sizeof(text)), 0);
	assert_int_equal(bpf_map_update_elem(fd, &key, &part, BPF_ANY), 0);
	assert_int_equal(status_map_read(fd, &texts), 0);
	assert_int_equal(texts.count, 0);
	status_texts_done(&texts);
	assert_int_equal(status_map_list(fd, &texts), 0);
	assert_int_equal(texts.count, 1);
	assert_int_equal(status_map_delete(fd, texts.items[0].record), 0);
	status_texts_done(&texts);
	assert_int_equal(count_parts(fd), 0);
	close(fd);
}

/* Before an agent has published its own text, those of services are not shown. */
static void services_alone_are_no_status(void **state)
{
	struct snapshot *s;
	int fd;

	(void)state;
	need_maps();
	put_sample(sample_snapshot());
	assert_int_equal(pins_open(pin_dir, "status", &fd), 0);
	assert_int_equal(status_map_delete(fd, STATUS_AGENT), 0);
	close(fd);
	s = read_back(READ_STATUS);
	assert_null(s->status);
	map_reader_free(s);
}

/* A flow that is being promoted is in both maps: it is listed once, as in `flows`. */
static void a_promoted_flow_is_one(void **state)
{
	struct snapshot *sample, *s;
	struct flow_entry half;
	struct flow_key key;

	(void)state;
	need_maps();
	sample = sample_snapshot();
	put_sample(sample);
	key = sample->flows[0].key;
	half = sample->flows[0];
	half.flow.bytes = 1;
	put_flow(half.embryonic ? "flows" : "embryonic", &half);
	s = read_back(READ_FLOWS);
	assert_int_equal(s->flow_count, sample->flow_count);
	assert_false(snapshot_flow(s, &key)->embryonic);
	map_reader_free(s);
}

static int count_element(void *arg, const void *key, const void *value)
{
	(void)key;
	*(uint64_t *)arg += *(const uint32_t *)value;
	return 0;
}

static int stop_at_once(void *arg, const void *key, const void *value)
{
	(void)key;
	(void)value;
	++*(uint64_t *)arg;
	return -ECANCELED;
}

/* More elements than one batch holds, each once. */
static void walks_every_element(void **state)
{
	LIBBPF_OPTS(bpf_map_create_opts, options);
	uint64_t sum = 0, calls = 0;
	int fd;

	(void)state;
	need_maps();
	fd = bpf_map_create(BPF_MAP_TYPE_HASH, NULL, 4, 4, 20000, &options);
	assert_true(fd >= 0);
	assert_int_equal(hash_reader_walk(fd, 4, 4, count_element, &sum), 0);
	assert_int_equal(sum, 0);
	for (uint32_t i = 1; i <= 10000; i++)
		assert_int_equal(bpf_map_update_elem(fd, &i, &i, BPF_NOEXIST), 0);
	assert_int_equal(hash_reader_walk(fd, 4, 4, count_element, &sum), 0);
	assert_int_equal(sum, 50005000);
	assert_int_equal(hash_reader_walk(fd, 4, 4, stop_at_once, &calls), -ECANCELED);
	assert_int_equal(calls, 1);
	close(fd);
}

static void assert_refused(int expected, const char *word)
{
	char reason[MAP_READER_REASON] = "";
	struct snapshot *snapshot = NULL;

	assert_int_equal(map_reader_read(pin_dir, 0, &snapshot, reason), expected);
	assert_null(snapshot);
	assert_non_null(strstr(reason, pin_dir));
	assert_non_null(strstr(reason, word));
}

static void refuses_by_reason(void **state)
{
	struct settings settings;
	uint32_t zero = 0;
	char path[PIN_PATH_MAX];

	(void)state;
	need_maps();
	settings = sample_snapshot()->settings;
	settings.abi_version = ABI_VERSION + 1;
	put("settings", &zero, &settings);
	assert_refused(-EPROTO, "another version");
	settings.abi_version = 0;
	put("settings", &zero, &settings);
	assert_refused(-EAGAIN, "setting up");
	settings.abi_version = ABI_VERSION;
	put("settings", &zero, &settings);
	assert_int_equal(pins_path(pin_dir, "names", path), 0);
	assert_int_equal(unlink(path), 0);
	assert_refused(-ENOENT, "no data plane");
	/* A map of another shape. */
	assert_int_equal(make_map(&(struct shape){ "names", BPF_MAP_TYPE_HASH, 4, 4, 4, 0 }), 0);
	assert_refused(-EPROTO, "'names'");
}

static int ignore(void *arg, const void *record)
{
	(void)arg;
	(void)record;
	return 0;
}

static uint64_t lease_of(enum event_ring_kind kind)
{
	struct settings settings;
	uint32_t zero = 0;

	assert_int_equal(bpf_map_lookup_elem(settings_fd, &zero, &settings), 0);
	return kind == EVENT_RING_FLOWS ? settings.follow_until : settings.drops_until;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void one_follower_at_a_time(void **state)
{
	struct event_ring *first, *second = NULL;
	struct settings settings;
	uint32_t zero = 0;
	uint64_t lease;

	(void)state;
	need_maps();
	settings = sample_snapshot()->settings;
	put("settings", &zero, &settings);
	assert_int_equal(event_ring_open(pin_dir, EVENT_RING_FLOWS, ignore, NULL, &first), 0);
	lease = lease_of(EVENT_RING_FLOWS);
	assert_true(lease > now_ns());

	/* Another follower takes the ring over: the first must not write to its lease. */
	settings.follow_until = lease + 5000000000u;
	put("settings", &zero, &settings);
	usleep(1100000);
	assert_int_equal(event_ring_poll(first, 0), -EBUSY);
	event_ring_close(first);
	assert_int_equal(lease_of(EVENT_RING_FLOWS), lease + 5000000000u);

	/* A dead follower's lease expires. */
	settings.follow_until = now_ns() + 300000000u;
	put("settings", &zero, &settings);
	assert_int_equal(event_ring_open(pin_dir, EVENT_RING_FLOWS, ignore, NULL, &second), 0);
	assert_int_equal(event_ring_poll(second, 0), 0);
	event_ring_close(second);
	assert_int_equal(lease_of(EVENT_RING_FLOWS), 0);
	event_ring_close(NULL);
}

/* Another data plane, or none: nobody writes to the ring any more. */
static void a_replaced_ring_is_stale(void **state)
{
	struct settings settings = sample_snapshot()->settings;
	struct event_ring *ring;
	char path[PIN_PATH_MAX];
	uint32_t zero = 0;

	(void)state;
	need_maps();
	put("settings", &zero, &settings);
	assert_int_equal(event_ring_open(pin_dir, EVENT_RING_FLOWS, ignore, NULL, &ring), 0);
	assert_int_equal(pins_path(pin_dir, "events", path), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(event_ring_poll(ring, 0), 0); /* looked at once a second */
	usleep(1100000);
	assert_int_equal(event_ring_poll(ring, 0), -ESTALE);
	assert_int_equal(make_map(&(struct shape){ "events", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 }),
			 0);
	assert_int_equal(event_ring_poll(ring, 0), -ESTALE);
	event_ring_close(ring);
	assert_int_equal(event_ring_open(pin_dir, EVENT_RING_FLOWS, ignore, NULL, &ring), 0);
	event_ring_close(ring);
}

/* Flows and drops have a ring and a lease each. */
static void flows_and_drops_are_followed_at_once(void **state)
{
	struct settings settings = sample_snapshot()->settings;
	struct event_ring *flows, *drops, *second;
	uint32_t zero = 0;

	(void)state;
	need_maps();
	put("settings", &zero, &settings);
	assert_int_equal(event_ring_open(pin_dir, EVENT_RING_FLOWS, ignore, NULL, &flows), 0);
	assert_int_equal(lease_of(EVENT_RING_DROPS), 0);
	assert_int_equal(event_ring_open(pin_dir, EVENT_RING_DROPS, ignore, NULL, &drops), 0);
	assert_true(lease_of(EVENT_RING_DROPS) > now_ns());
	event_ring_close(flows);
	assert_int_equal(lease_of(EVENT_RING_FLOWS), 0);
	assert_int_equal(event_ring_poll(drops, 0), 0);
	event_ring_close(drops);
	assert_int_equal(lease_of(EVENT_RING_DROPS), 0);
	assert_int_equal(event_ring_open(pin_dir, EVENT_RING_DROPS, ignore, NULL, &second), 0);
	event_ring_close(second);
}

#define WITH_MAPS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_MAPS(reads_what_stands_there),
		WITH_MAPS(a_promoted_flow_is_one),
		WITH_MAPS(a_text_without_room_leaves_nothing),
		WITH_MAPS(a_torn_text_is_listed_and_deleted),
		WITH_MAPS(services_alone_are_no_status),
		WITH_MAPS(walks_every_element),
		WITH_MAPS(refuses_by_reason),
		WITH_MAPS(one_follower_at_a_time),
		WITH_MAPS(flows_and_drops_are_followed_at_once),
		WITH_MAPS(a_replaced_ring_is_stale),
	};

	libbpf_set_print(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
