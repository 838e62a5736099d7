/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Jiffies, as the programs see them. */
#include "clock.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

#include <bpf/bpf.h>

#define NS_PER_SECOND 1000000000ULL
#define MEASURE_NS 100000000L

int clock_jiffies(int now_fd, uint32_t *ret)
{
	unsigned char frame[64] = {};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame));

	if (bpf_prog_test_run_opts(now_fd, &run))
		return -errno;
	*ret = run.retval;
	return 0;
}

uint32_t clock_round_hz(uint32_t ticks, uint64_t ns)
{
	static const uint32_t rates[] = { 100, 250, 300, 1000 };
	uint64_t measured = ns ? ticks * NS_PER_SECOND / ns : 0;
	uint32_t best = rates[0];

	for (size_t i = 1; i < sizeof(rates) / sizeof(*rates); i++) {
		uint64_t far = measured > rates[i] ? measured - rates[i] : rates[i] - measured;
		uint64_t least = measured > best ? measured - best : best - measured;

		if (far < least)
			best = rates[i];
	}
	return best;
}

/* Waits for the next tick, so that the measured interval begins and ends with one. */
static int wait_for_tick(int now_fd, uint32_t *ret)
{
	uint32_t first, now;
	int err = clock_jiffies(now_fd, &first);

	now = first;
	while (!err && now == first)
		err = clock_jiffies(now_fd, &now);
	if (!err)
		*ret = now;
	return err;
}

int clock_measure_hz(int now_fd, uint32_t *ret_hz)
{
	struct timespec wait = { 0, MEASURE_NS };
	uint32_t first, last;
	uint64_t start;
	int err = wait_for_tick(now_fd, &first);

	if (err)
		return err;
	start = clock_monotonic_ns();
	while (nanosleep(&wait, &wait) && errno == EINTR)
		;
	err = wait_for_tick(now_fd, &last);
	if (!err)
		*ret_hz = clock_round_hz(last - first, clock_monotonic_ns() - start);
	return err;
}
