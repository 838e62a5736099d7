/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The search for the MTU of a path (RFC 8899). */
#include "path_mtu.h"

#include <stddef.h>

/* MTUs that links really have: most searches end at one of them, after few probes. Ethernet, jumbo
 * frames, and either less PPPoE, VXLAN, IPIP, GRE, WireGuard or IPsec. */
static const uint32_t common[] = {
	1280, 1350, 1380, 1400, 1420, 1440, 1450, 1460, 1476, 1480, 1492, 1500,
	2304, 4352, 8500, 8896, 8900, 8920, 8950, 8980, 8992, 9000, 9001, 9216,
};

#define COMMON_COUNT (sizeof(common) / sizeof(*common))

void path_mtu_init(struct path_mtu *path, bool ipv6, bool probing, uint32_t device)
{
	*path = (struct path_mtu){
		.device = device,
		.base = ipv6 ? PATH_MTU_BASE_IPV6 : PATH_MTU_BASE_IPV4,
		.min = ipv6 ? PATH_MTU_MIN_IPV6 : PATH_MTU_MIN_IPV4,
		.mtu = device,
		.failed = device + 1,
		.probing = probing,
		.answered_ms = INT64_MIN,
	};
	if (path->base > device)
		path->base = device;
	if (path->min > device)
		path->min = device;
}

void path_mtu_device(struct path_mtu *path, uint32_t device)
{
	if (device != path->device)
		path_mtu_init(path, path->min == PATH_MTU_MIN_IPV6, path->probing, device);
}

static void forget_probe(struct path_mtu *path)
{
	path->probe = path->lost = 0;
}

static void found(struct path_mtu *path, int64_t now_ms)
{
	path->state = PATH_MTU_FOUND;
	path->confirm_ms = now_ms + PATH_MTU_CONFIRM_MS;
	path->raise_ms = now_ms + PATH_MTU_RAISE_MS;
}

/* From the size in use towards the device's, as if nothing had failed before. */
static void search_up(struct path_mtu *path)
{
	path->failed = path->device + 1;
	path->state = PATH_MTU_SEARCHING;
}

/* ------------------------------------------------------------------ events */

/* Validation of PTB messages: RFC 8899 section 4.6.2. */
void path_mtu_told(struct path_mtu *path, uint32_t mtu, int64_t now_ms)
{
	if (!mtu)
		mtu = path->base;
	if (mtu < path->min)
		mtu = path->min;
	if (path->probe > mtu)
		forget_probe(path);
	if (path->failed > mtu + 1 && mtu >= path->mtu)
		path->failed = mtu + 1;
	if (mtu >= path->mtu)
		return;
	path->mtu = mtu;
	path->failed = mtu + 1;
	path->confirmed = false;
	found(path, now_ms);
	path->confirm_ms = now_ms;
}

void path_mtu_resume(struct path_mtu *path, uint32_t mtu, int64_t now_ms)
{
	path_mtu_told(path, mtu, now_ms);
	if (path->state == PATH_MTU_FOUND)
		search_up(path);
}

void path_mtu_answered(struct path_mtu *path, uint32_t size, int64_t now_ms)
{
	path->answered_ms = now_ms;
	if (!path->probe || size != path->probe)
		return;
	forget_probe(path);
	if (size < path->mtu)
		return;
	path->mtu = size;
	path->confirmed = true;
	path->confirm_ms = now_ms + PATH_MTU_CONFIRM_MS;
	if (path->state == PATH_MTU_ERROR)
		search_up(path);
	else if (path->state == PATH_MTU_ASSUMED)
		found(path, now_ms);
}

/* ------------------------------------------------------------------ probes */

/* The size in use does not pass: start over from the base, and from what is below it if need be. */
static void black_hole(struct path_mtu *path, uint32_t size, int64_t now_ms)
{
	path->failed = size;
	path->confirmed = false;
	if (size > path->base) {
		path->mtu = path->base;
		path->state = PATH_MTU_SEARCHING;
		return;
	}
	path->mtu = path->min;
	path->state = PATH_MTU_ERROR;
	path->confirm_ms = now_ms + PATH_MTU_CONFIRM_MS;
}

/* A probe's time is over. It counts as lost only if another one was answered meanwhile: else the path is
 * down, and that says nothing of sizes. */
static void probe_expired(struct path_mtu *path, int64_t now_ms)
{
	uint32_t size = path->probe;

	if (path->answered_ms < path->sent_ms || ++path->lost < PATH_MTU_PROBES)
		return;
	forget_probe(path);
	if (size <= path->mtu || path->state == PATH_MTU_ERROR)
		black_hole(path, size, now_ms);
	else
		path->failed = size;
}

/* The next size to try between `mtu` and `failed`, or 0: the device's first, then by halves among the
 * common sizes, then among all. */
static uint32_t candidate(const struct path_mtu *path)
{
	size_t first = 0, end;

	if (path->failed > path->device)
		return path->mtu < path->device ? path->device : 0;
	while (first < COMMON_COUNT && common[first] <= path->mtu)
		first++;
	for (end = first; end < COMMON_COUNT && common[end] < path->failed;)
		end++;
	if (end > first)
		return common[first + (end - first) / 2];
	return path->failed - path->mtu > PATH_MTU_STEP ? (path->mtu + path->failed) / 2 : 0;
}

/* The size that the state asks for, or 0: none now. */
static uint32_t wanted(struct path_mtu *path, int64_t now_ms)
{
	uint32_t size;

	if (path->state == PATH_MTU_ERROR)
		return now_ms >= path->confirm_ms ? path->base : 0;
	/* Who was away for long tries the size in use first. */
	if (path->state == PATH_MTU_FOUND && now_ms >= path->confirm_ms)
		path->confirmed = false;
	if (path->state == PATH_MTU_FOUND && now_ms >= path->raise_ms)
		search_up(path);
	if (!path->confirmed)
		return path->state == PATH_MTU_FOUND && now_ms < path->confirm_ms ? 0 : path->mtu;
	if (path->state == PATH_MTU_FOUND)
		return 0;
	size = candidate(path);
	if (!size)
		found(path, now_ms);
	return size;
}

/* Without probes the next packets of the device's size are the probe, and a router answers again (RFC
 * 1191 section 6.3). */
static void age(struct path_mtu *path, int64_t now_ms)
{
	if (path->state == PATH_MTU_FOUND && now_ms >= path->raise_ms)
		path_mtu_init(path, path->min == PATH_MTU_MIN_IPV6, false, path->device);
}

uint32_t path_mtu_tick(struct path_mtu *path, int64_t now_ms)
{
	if (!path->probing) {
		age(path, now_ms);
		return 0;
	}
	if (path->probe && now_ms < path->sent_ms + PATH_MTU_PROBE_MS)
		return 0;
	if (path->probe)
		probe_expired(path, now_ms);
	if (!path->probe)
		path->probe = wanted(path, now_ms);
	path->sent_ms = now_ms;
	return path->probe;
}

int64_t path_mtu_due(const struct path_mtu *path)
{
	if (!path->probing)
		return path->state == PATH_MTU_FOUND ? path->raise_ms : INT64_MAX;
	if (path->probe)
		return path->sent_ms + PATH_MTU_PROBE_MS;
	if (path->state == PATH_MTU_ERROR)
		return path->confirm_ms;
	if (path->state != PATH_MTU_FOUND)
		return INT64_MIN;
	return path->confirm_ms < path->raise_ms ? path->confirm_ms : path->raise_ms;
}
