/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Probes of a size: how large the answers are, and what they tell of the path in both directions. */
#include "probe_row.h"

#include <stdio.h>

#include <bpf/bpf.h>

#include "family.h"

/* ------------------------------------------------------------------ sizes */

static void narrow_device(struct world *world, struct probe_bytes *probe)
{
	(void)probe;
	world->settings->mtu = NARROW_DEVICE;
}

ROW(is_echoed, probe_own_health, PROBE_OF(NODE1, WHOLE + PADDING), NULL, REDIRECT, COUNT(PROBE_ANSWERED), probe_is_answered_padded);
ROW(is_echoed_cut, probe_own_health, PROBE_OF(NODE1, WHOLE + PADDING), narrow_device, REDIRECT, COUNT(PROBE_ANSWERED), probe_is_answered_cut);
ROW(is_taken, probe_setup_asks, ANSWER, probe_asks_sized, SHOT, COUNT(PROBE_BACK), probe_is_known_sized);

/* ------------------------------------------------------------------ the path to the node */

static void says(struct world *world, struct probe_bytes *probe)
{
	(void)world;
	probe->option.mtu = htons(1400);
}

static void says_all(struct world *world, struct probe_bytes *probe)
{
	probe->option.mtu = htons(world->settings->mtu);
}

static void says_nonsense(struct world *world, struct probe_bytes *probe)
{
	(void)world;
	probe->option.mtu = htons(OWN_PATH_MIN - 1);
}

/* `age` seconds ago. */
static void path_before(struct world *world, uint32_t mtu, enum path_origin origin, uint32_t age)
{
	const struct path path = { .mtu = mtu,
				   .stamp = world_ticks(world) - age * world->hz,
				   .origin = origin };
	struct ip_addr key = own_ip(NODE1);

	world_update(world, "paths", &key, &path);
	world->settings->narrow_paths = 1;
}

static bool path_is(struct world *world, uint32_t mtu, enum path_origin origin)
{
	struct ip_addr key = own_ip(NODE1);
	struct path path = {0};

	bpf_map_lookup_elem(world_map_fd(world, "paths"), &key, &path);
	if (path.mtu == mtu && path.origin == origin)
		return true;
	printf("      MTU %u by %u, want %u by %u\n", path.mtu, path.origin, mtu, origin);
	return false;
}

static void opened(struct world *world)
{
	probe_own_health(world);
	world->settings->admission = ADMISSION_OPEN;
}

static void setup_peer_said_less(struct world *world)
{
	probe_own_health(world);
	path_before(world, 1300, PATH_PEER, 5);
}

static void setup_router_said_less(struct world *world)
{
	probe_own_health(world);
	path_before(world, 1300, PATH_ROUTER, 5);
}

static void setup_router_said_more(struct world *world)
{
	probe_own_health(world);
	path_before(world, 1450, PATH_ROUTER, 5);
}

static void setup_router_said_long_ago(struct world *world)
{
	probe_own_health(world);
	path_before(world, 1300, PATH_ROUTER, PATH_SECONDS + 5);
}

static void setup_own_found_less(struct world *world)
{
	probe_own_health(world);
	path_before(world, 1300, PATH_PROBED, PATH_SECONDS + 5);
}

static bool peer_1400(struct world *world, const uint8_t *frame, uint32_t len)
{
	(void)frame;
	(void)len;
	return path_is(world, 1400, PATH_PEER) &&
	       (world->settings->narrow_paths || probe_said("packets do not look for it"));
}

static bool none_noted(struct world *world, const uint8_t *frame, uint32_t len)
{
	(void)frame;
	(void)len;
	return path_is(world, 0, PATH_ROUTER) &&
	       (!world->settings->narrow_paths || probe_said("packets look for it"));
}

static bool router_1300(struct world *world, const uint8_t *frame, uint32_t len)
{
	(void)frame;
	(void)len;
	return path_is(world, 1300, PATH_ROUTER);
}

static bool probed_1300(struct world *world, const uint8_t *frame, uint32_t len)
{
	(void)frame;
	(void)len;
	return path_is(world, 1300, PATH_PROBED);
}

ROW(is_told, probe_own_health, PROBE, says, REDIRECT, COUNT(PROBE_ANSWERED), peer_1400);
ROW(is_told_all, probe_own_health, PROBE, says_all, REDIRECT, COUNT(PROBE_ANSWERED), none_noted);
ROW(is_told_nonsense, probe_own_health, PROBE, says_nonsense, REDIRECT, COUNT(PROBE_ANSWERED), none_noted);
ROW(is_told_by_anybody, opened, PROBE, says, REDIRECT, COUNT(PROBE_ANSWERED), none_noted);
ROW(is_told_more, setup_peer_said_less, PROBE, says, REDIRECT, COUNT(PROBE_ANSWERED), peer_1400);
ROW(router_said_less, setup_router_said_less, PROBE, says, REDIRECT, COUNT(PROBE_ANSWERED), router_1300);
ROW(router_said_more, setup_router_said_more, PROBE, says, REDIRECT, COUNT(PROBE_ANSWERED), peer_1400);
ROW(router_said_long_ago, setup_router_said_long_ago, PROBE, says, REDIRECT, COUNT(PROBE_ANSWERED), peer_1400);
ROW(own_found_less, setup_own_found_less, PROBE, says, REDIRECT, COUNT(PROBE_ANSWERED), probed_1300);

static const struct test_case rows[] = {
	{ "probe: the answer to a large one is as large", .run = is_echoed },
	{ "probe: but for what the gateway's device carries", .run = is_echoed_cut },
	{ "probe: an answer to one of a size has its own place", .run = is_taken },
	{ "probe: what the node says of the path holds", .run = is_told },
	{ "probe: the uplink's MTU is nothing to note", .run = is_told_all },
	{ "probe: nor is a size that no path has", .run = is_told_nonsense },
	{ "probe: nor what anybody says", .run = is_told_by_anybody },
	{ "probe: it said less before", .run = is_told_more },
	{ "probe: a router said less", .run = router_said_less },
	{ "probe: a router said more", .run = router_said_more },
	{ "probe: a router said less long ago", .run = router_said_long_ago },
	{ "probe: our own found less", .run = own_found_less },
};

REGISTER_CASES(rows);
