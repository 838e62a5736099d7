/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A sweep over a real map: its steps, and the entries that it leaves. */
#include "sweep_map.h"

#include <stdint.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "parallax_limits.h"
#include "sweep.h"

#define HALVES 5000
#define HZ 100u
#define NOW (HZ * 100000)

/* Every third has been idle for too long. */
static int fill(int fd)
{
	for (uint32_t i = 0; i < HALVES; i++) {
		struct flow_key key = { .saddr = { { i } },
					.zone = FLOW_ZONE(0, FLOW_CLIENT, true) };
		struct flow flow = { .seen = NOW - (i % 3 ? 1 : TIMEOUT_UDP + 1) * HZ };

		if (bpf_map_update_elem(fd, &key, &flow, BPF_NOEXIST))
			return -1;
	}
	return 0;
}

static bool left_are_the_fresh_ones(int fd)
{
	struct flow flow;

	for (uint32_t i = 0; i < HALVES; i++) {
		struct flow_key key = { .saddr = { { i } },
					.zone = FLOW_ZONE(0, FLOW_CLIENT, true) };

		if (!bpf_map_lookup_elem(fd, &key, &flow) != (i % 3 != 0))
			return false;
	}
	return true;
}

bool sweep_map_check(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "sweep", sizeof(struct flow_key),
				sizeof(struct flow), HALVES, NULL);
	struct sweep_options options = { .fd = fd, .owners = -1, .now = NOW, .hz = HZ };
	struct sweep sweep = {};
	int more = fd < 0 || fill(fd) ? -1 : sweep_start(&sweep, &options), steps = 0;
	uint32_t left;

	if (!more)
		do {
			more = sweep_step(&sweep);
			steps++;
		} while (more > 0);
	left = sweep.left;
	sweep_done(&sweep);
	more = more || !left_are_the_fresh_ones(fd);
	close(fd);
	return !more && steps >= HALVES / 1024 && left == HALVES - (HALVES + 2) / 3;
}
