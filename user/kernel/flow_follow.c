/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Follows the ring `events`: asks the packet path to record flows, and reads the records. */
#include "flow_follow.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "clock.h"
#include "pins.h"

#define LEASE_NS 3000000000ull
#define RENEW_NS 1000000000ull

struct flow_follow {
	struct pin_array array; /* `settings`, writable */
	struct settings *settings;
	struct ring_buffer *ring;
	int events;
	uint64_t lease; /* the value we wrote last; 0: none */
	uint64_t since; /* events before this were recorded for another follower */
	flow_follow_visit visit;
	void *arg;
};

static bool swap(struct flow_follow *follow, uint64_t from, uint64_t to)
{
	__u64 expected = from;

	return __atomic_compare_exchange_n(&follow->settings->follow_until, &expected, to, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static uint64_t held_until(const struct flow_follow *follow)
{
	return __atomic_load_n(&follow->settings->follow_until, __ATOMIC_SEQ_CST);
}

/* A live follower renews its lease every second; that of a dead one expires. */
static int take_lease(struct flow_follow *follow)
{
	uint64_t seen = held_until(follow), now = clock_monotonic_ns(), next;

	/* A time further ahead than any lease was not written by a follower. */
	while (seen > now && seen <= now + LEASE_NS) {
		usleep(50000);
		next = held_until(follow);
		if (next > seen)
			return -EBUSY;
		seen = next;
		now = clock_monotonic_ns();
	}
	if (!swap(follow, seen, now + LEASE_NS))
		return -EBUSY;
	follow->lease = now + LEASE_NS;
	follow->since = now;
	return 0;
}

static int renew_lease(struct flow_follow *follow)
{
	uint64_t now = clock_monotonic_ns();

	if (now + LEASE_NS < follow->lease + RENEW_NS)
		return 0;
	if (!swap(follow, follow->lease, now + LEASE_NS)) {
		follow->lease = 0;
		return -EBUSY;
	}
	follow->lease = now + LEASE_NS;
	return 0;
}

static int on_event(void *arg, void *data, size_t size)
{
	struct flow_follow *follow = arg;
	const struct flow_event *event = data;

	if (size < sizeof(*event) || event->at_ns < follow->since)
		return 0;
	return follow->visit(follow->arg, event);
}

static int open_maps(struct flow_follow *follow, const char *pin_dir)
{
	int err = pins_open_array(pin_dir, "settings", sizeof(struct settings), true,
				  &follow->array);

	if (err)
		return err;
	follow->settings = follow->array.memory;
	err = pins_open(pin_dir, "events", &follow->events);
	if (err)
		return err;
	follow->ring = ring_buffer__new(follow->events, on_event, follow, NULL);
	return follow->ring ? 0 : -errno;
}

int flow_follow_open(const char *pin_dir, flow_follow_visit visit, void *arg,
		     struct flow_follow **ret)
{
	struct flow_follow *follow = calloc(1, sizeof(*follow));
	int err;

	if (!follow)
		return -ENOMEM;
	follow->events = -1;
	follow->visit = visit;
	follow->arg = arg;
	err = open_maps(follow, pin_dir);
	if (!err)
		err = take_lease(follow);
	if (err) {
		flow_follow_close(follow);
		return err;
	}
	*ret = follow;
	return 0;
}

int flow_follow_poll(struct flow_follow *follow, int timeout_ms)
{
	int err = renew_lease(follow);

	if (err)
		return err;
	err = ring_buffer__poll(follow->ring, timeout_ms);
	return err < 0 && err != -EINTR ? err : 0;
}

void flow_follow_close(struct flow_follow *follow)
{
	if (!follow)
		return;
	if (follow->lease)
		swap(follow, follow->lease, 0);
	ring_buffer__free(follow->ring);
	if (follow->events >= 0)
		close(follow->events);
	pins_unmap(&follow->array);
	free(follow);
}
