/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Follows a ring of events: asks the packet path to record them, and reads the records. */
#include "event_ring.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "clock.h"
#include "flow_form.h"
#include "pins.h"

#define LEASE_NS 3000000000ull
#define RENEW_NS 1000000000ull

/* Every record begins with its time, __u64 at_ns. */
static const struct kind {
	const char *map;
	size_t lease; /* offset of its field in struct settings */
	size_t record; /* bytes, as in struct flow_form */
} kinds[] = {
	[EVENT_RING_FLOWS] = { "events", offsetof(struct settings, follow_until),
			       offsetof(struct flow_form, event_size) },
	[EVENT_RING_DROPS] = { "drop_events", offsetof(struct settings, drops_until),
			       offsetof(struct flow_form, drop_size) },
};

/* The ring of one family. */
struct family_ring {
	struct event_ring *ring;
	const struct flow_form *form;
	uint32_t record; /* bytes */
	int fd;
};

struct event_ring {
	const struct kind *kind;
	struct pin_array array; /* `settings`, writable */
	__u64 *until; /* the lease in `settings` */
	struct ring_buffer *buffer;
	char pin_dir[PIN_PATH_MAX];
	struct family_ring families[FAMILIES];
	uint64_t lease; /* the value we wrote last; 0: none */
	uint64_t since; /* records before this were written for another follower */
	event_ring_visit visit;
	void *arg;
};

static bool swap(struct event_ring *ring, uint64_t from, uint64_t to)
{
	__u64 expected = from;

	return __atomic_compare_exchange_n(ring->until, &expected, to, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

static uint64_t held_until(const struct event_ring *ring)
{
	return __atomic_load_n(ring->until, __ATOMIC_SEQ_CST);
}

/* A live follower renews its lease every second; that of a dead one expires. */
static int take_lease(struct event_ring *ring)
{
	uint64_t seen = held_until(ring), now = clock_monotonic_ns(), next;

	/* A time further ahead than any lease was not written by a follower. */
	while (seen > now && seen <= now + LEASE_NS) {
		usleep(50000);
		next = held_until(ring);
		if (next > seen)
			return -EBUSY;
		seen = next;
		now = clock_monotonic_ns();
	}
	if (!swap(ring, seen, now + LEASE_NS))
		return -EBUSY;
	ring->lease = now + LEASE_NS;
	ring->since = now;
	return 0;
}

/* Id of a map, or 0. */
static uint32_t map_id(int fd)
{
	struct bpf_map_info info = {};
	__u32 length = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &length) ? 0 : info.id;
}

/* A data plane of another layout has maps of its own, and nobody writes to ours any more. */
static bool is_pinned(const struct event_ring *ring)
{
	uint32_t id;
	int fd;

	if (pins_open(ring->pin_dir, ring->kind->map, &fd))
		return false;
	id = map_id(fd);
	close(fd);
	return id == map_id(ring->families[FAMILY_4].fd);
}

/* Passes a record on in the wide form. */
static int pass(const struct family_ring *family, const void *data)
{
	union {
		struct flow_event flow;
		struct drop_event drop;
	} event;

	if (family->ring->kind == &kinds[EVENT_RING_FLOWS])
		family->form->widen_event(data, &event.flow);
	else
		family->form->widen_drop(data, &event.drop);
	return family->ring->visit(family->ring->arg, &event);
}

static int on_record(void *arg, void *data, size_t size)
{
	const struct family_ring *family = arg;
	uint64_t at_ns;

	if (size < family->record)
		return 0;
	memcpy(&at_ns, data, sizeof(at_ns));
	return at_ns < family->ring->since ? 0 : pass(family, data);
}

static int open_family(struct event_ring *ring, enum family_index index)
{
	struct family_ring *family = &ring->families[index];
	char name[64];
	int err;

	family->ring = ring;
	family->form = flow_form(index);
	memcpy(&family->record, (const char *)family->form + ring->kind->record,
	       sizeof(family->record));
	snprintf(name, sizeof(name), "%s%s", ring->kind->map, family_suffix(index));
	err = pins_open(ring->pin_dir, name, &family->fd);
	if (err)
		return err;
	if (ring->buffer)
		return ring_buffer__add(ring->buffer, family->fd, on_record, family);
	ring->buffer = ring_buffer__new(family->fd, on_record, family, NULL);
	return ring->buffer ? 0 : -errno;
}

static int renew_lease(struct event_ring *ring)
{
	uint64_t now = clock_monotonic_ns();

	if (now + LEASE_NS < ring->lease + RENEW_NS)
		return 0;
	if (!is_pinned(ring))
		return -ESTALE;
	if (ring->families[FAMILY_6].fd < 0)
		open_family(ring, FAMILY_6); /* later than the follower */
	if (!swap(ring, ring->lease, now + LEASE_NS)) {
		ring->lease = 0;
		return -EBUSY;
	}
	ring->lease = now + LEASE_NS;
	return 0;
}

static int open_families(struct event_ring *ring)
{
	int err = open_family(ring, FAMILY_4);

	if (!err)
		err = open_family(ring, FAMILY_6);
	return err == -ENOENT && ring->buffer ? 0 : err;
}

static int open_maps(struct event_ring *ring, const char *pin_dir)
{
	int err = pins_open_array(pin_dir, "settings", sizeof(struct settings), true,
				  &ring->array);

	if (err)
		return err;
	ring->until = (__u64 *)((char *)ring->array.memory + ring->kind->lease);
	return open_families(ring);
}

int event_ring_open(const char *pin_dir, enum event_ring_kind kind, event_ring_visit visit,
		    void *arg, struct event_ring **ret)
{
	struct event_ring *ring = calloc(1, sizeof(*ring));
	int err;

	if (!ring)
		return -ENOMEM;
	ring->kind = &kinds[kind];
	snprintf(ring->pin_dir, sizeof(ring->pin_dir), "%s", pin_dir);
	for (int family = 0; family < FAMILIES; family++)
		ring->families[family].fd = -1;
	ring->visit = visit;
	ring->arg = arg;
	err = open_maps(ring, pin_dir);
	if (!err)
		err = take_lease(ring);
	if (err) {
		event_ring_close(ring);
		return err;
	}
	*ret = ring;
	return 0;
}

int event_ring_poll(struct event_ring *ring, int timeout_ms)
{
	int err = renew_lease(ring);

	if (err)
		return err;
	err = ring_buffer__poll(ring->buffer, timeout_ms);
	return err < 0 && err != -EINTR ? err : 0;
}

void event_ring_close(struct event_ring *ring)
{
	if (!ring)
		return;
	if (ring->lease)
		swap(ring, ring->lease, 0);
	ring_buffer__free(ring->buffer);
	for (int family = 0; family < FAMILIES; family++)
		if (ring->families[family].fd >= 0)
			close(ring->families[family].fd);
	pins_unmap(&ring->array);
	free(ring);
}
