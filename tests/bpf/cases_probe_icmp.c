/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What routers say about probes. */
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>

#include "family.h"
#include "parallax_path.h"
#include "probe_row.h"

static const struct pkt sent = SENT(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, WHOLE);

/* Put the probe into an ICMP packet that quotes `sent`. */
static void put_probe(struct frame *frame, const struct probe_bytes *probe)
{
	uint8_t *check = frame->data + 14 + OWN_HLEN + 2;
	uint8_t *at = frame->data + 14 + OWN_HLEN + 8 + OWN_HLEN + 8;
	uint32_t sum = (uint16_t)~(check[0] << 8 | check[1]);

	sum += (uint16_t)~sum_fold(sum_add(at, WHOLE, 0));
	memcpy(at, probe, WHOLE);
	sum = (uint16_t)~sum_fold(sum_add(at, WHOLE, sum));
	check[0] = sum >> 8;
	check[1] = sum;
}

/* Returns the row of the gateway in `health`. */
static uint32_t tell_of(struct world *world, enum gateway_state state, const struct pkt *says,
			uint32_t sequence, uint64_t later)
{
	const struct step step = { .program = UPLINK };
	struct port_values ports = { 0 };
	struct probe_bytes probe;
	struct frame frame;
	int verdict;

	probe_setup_asks(world);
	world->health[probe_asked()].state = state;
	probe_fill(&probe, NETWORK1);
	probe_asks(world, &probe);
	probe.option.sequence = htonl(sequence);
	probe.option.time += later;
	pkt_build(says, &ports, &frame);
	put_probe(&frame, &probe);
	if (frame_run(world, &step, frame.data, &frame.len, &verdict) || verdict != NEXT)
		probe_said("the program does not run, or not to its end");
	return ntohl(probe.option.row);
}

static uint32_t tell(struct world *world, const struct pkt *says, uint32_t sequence, uint64_t later)
{
	return tell_of(world, GATEWAY_UP, says, sequence, later);
}

static uint32_t path_of_gateway(struct world *world)
{
	struct ip_addr key = own_ip(GATEWAY);
	struct path path = { 0 };

	bpf_map_lookup_elem(world_map_fd(world, "paths"), &key, &path);
	return path.mtu;
}

static const struct pkt unreachable = ICMP(ROUTER, NODE1, 3, 1, .quote = &sent);
static const struct pkt too_big = ICMP(ROUTER, NODE1, 3, 4, .quote = &sent, .icmp_mtu = 1400);

static bool is_avoided(struct world *world)
{
	uint32_t row = tell(world, &unreachable, SEQUENCE, 0);

	return world->health[row].avoided && world->health[0].state;
}

static bool not_started(struct world *world)
{
	uint32_t row = tell_of(world, GATEWAY_UNKNOWN, &unreachable, SEQUENCE, 0);

	return !world->health[row].avoided && !world->health[0].state;
}

static bool other_number(struct world *world)
{
	uint32_t row = tell(world, &unreachable, SEQUENCE + 1, 0);

	return !world->health[row].avoided && !world->health[0].state;
}

static bool other_time(struct world *world)
{
	uint32_t row = tell(world, &unreachable, SEQUENCE, 1);

	return !world->health[row].avoided && !world->health[0].state;
}

static bool size_counts(struct world *world)
{
	tell(world, &too_big, SEQUENCE, 0);
	return path_of_gateway(world) == 1400;
}

static bool path_is_as_before(struct world *world)
{
	tell(world, &too_big, SEQUENCE, 1);
	return !path_of_gateway(world);
}

static const struct test_case rows[] = {
	{ "probe icmp: a gateway that a probe does not reach is avoided", .run = is_avoided },
	{ "probe icmp: not one that never answered", .run = not_started },
	{ "probe icmp: not by a probe of another number", .run = other_number },
	{ "probe icmp: not by one of another time", .run = other_time },
	{ "probe icmp: what a router says of its size counts", .run = size_counts },
	{ "probe icmp: but not of one that was not sent", .run = path_is_as_before },
};

REGISTER_CASES(rows);
