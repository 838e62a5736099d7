/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The records of dropped packets. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "gateway_packets.h"
#include "parallax_limits.h"

struct drop_list {
	uint32_t count, missed;
	struct drop_event last;
};

static int take_event(void *context, void *data, size_t size)
{
	struct drop_list *list = context;

	if (size != sizeof(list->last))
		return 0;
	memcpy(&list->last, data, size);
	list->missed += list->last.missed;
	list->count++;
	return 0;
}

static void read_events(struct world *world, struct drop_list *ret)
{
	struct ring_buffer *ring = ring_buffer__new(world_map_fd(world, "drop_events"), take_event,
						    ret, NULL);

	memset(ret, 0, sizeof(*ret));
	ring_buffer__consume(ring);
	ring_buffer__free(ring);
}

static void watch(struct world *world)
{
	struct drop_list list;

	read_events(world, &list); /* of rows before */
	world->settings->drops_until = world_now_ns() + 60 * 1000000000ULL;
}

static void setup_watched(struct world *world)
{
	setup_nobody(world);
	watch(world);
}

static void setup_watched_gateway(struct world *world)
{
	setup_gateway(world);
	watch(world);
}

static void setup_watched_too_long_ago(struct world *world)
{
	setup_nobody(world);
	watch(world);
	world->settings->drops_until = 1;
}

/* One record, equal to `want` but for its time. */
static bool is_record(struct world *world, struct drop_event want)
{
	struct drop_list list;

	read_events(world, &list);
	want.at_ns = list.last.at_ns;
	if (list.count == 1 && list.last.at_ns && !memcmp(&list.last, &want, sizeof(want)))
		return true;
	printf("      %u records; the last: hook %u, reason %u, proto %u, length %u, missed %u, flags "
	       "%x, ports %u %u\n", list.count, list.last.hook, list.last.reason, list.last.proto,
	       list.last.length, list.last.missed, list.last.tcp_flags,
	       ntohs(list.last.key.sport), ntohs(list.last.key.dport));
	return false;
}

#define TO_SERVICE(port, to_port)                                                                  \
	.key = {.saddr = own_addr(SLEEP), .daddr = own_addr(VIP), .sport = htons(port),                  \
		.dport = htons(to_port)}

static bool refused_syn(struct world *world)
{
	return is_record(world, (struct drop_event){
		TO_SERVICE(CLIENT_PORT, HELLO_PORT), .length = TCP_HEADERS, .hook = HOOK_FROM_POD,
		.reason = REASON_NO_BACKEND, .proto = IPPROTO_TCP, .tcp_flags = SYN});
}

/* IPv6 has a header for a fragment. */
#define FRAGMENT_BYTES (OWN_HLEN + (PLAIN_FAMILY == 6 ? 8 : 0) + 20)

/* What follows the addresses is not the ports. */
static bool fragment(struct world *world)
{
	return is_record(world, (struct drop_event){
		TO_SERVICE(0, 0), .length = FRAGMENT_BYTES, .hook = HOOK_FROM_POD, .reason = REASON_FRAGMENT,
		.proto = IPPROTO_TCP});
}

static bool unknown_service(struct world *world)
{
	return is_record(world, (struct drop_event){
		TO_SERVICE(CLIENT_PORT, HELLO_PORT), .outer_saddr = own_ip(NODE1),
		.outer_daddr = own_ip(GATEWAY), .vni = NETWORK1, .length = TCP_HEADERS, .hook = HOOK_UPLINK,
		.reason = REASON_TUNNEL_SERVICE, .proto = IPPROTO_TCP, .tcp_flags = SYN});
}

/* The packet before it was a tunnel's: none of its fields must show. */
static bool no_tunnel(struct world *world)
{
	return is_record(world, (struct drop_event){
		.key = {.saddr = own_addr(HELLO2), .daddr = own_addr(SNAT), .sport = htons(HELLO_PORT + 1),
			.dport = htons(SNAT_FIRST + 1)},
		.length = TCP_HEADERS, .hook = HOOK_UPLINK, .reason = REASON_SNAT_NO_FLOW,
		.proto = IPPROTO_TCP, .tcp_flags = ACK});
}

static bool no_records(struct world *world)
{
	struct drop_list list;

	read_events(world, &list);
	return !list.count || (printf("      %u records\n", list.count), false);
}

static const struct pkt lonely_syn = TO_VIP(A_SYN);

static bool drop_many(struct world *world, uint32_t count)
{
	static const struct step step = {.program = FROM_POD};
	struct port_values ports = {0};
	struct frame frame;
	int verdict;

	for (uint32_t i = 0; i < count; i++) {
		pkt_build(&lonely_syn, &ports, &frame);
		if (frame_run(world, &step, frame.data, &frame.len, &verdict))
			return false;
	}
	return true;
}

/* Records of a second are limited; the first one of the next counts all others. */
static bool rate_limit(struct world *world)
{
	uint32_t sent = 3 * DROP_EVENTS_PER_SECOND, seen, missed;
	struct drop_list list;

	if (!drop_many(world, sent))
		return false;
	read_events(world, &list);
	seen = list.count;
	missed = list.missed;
	usleep(1100000);
	if (!drop_many(world, 1))
		return false;
	read_events(world, &list);
	seen += list.count;
	missed += list.missed;
	if (list.count == 1 && seen < sent && seen + missed == sent + 1)
		return true;
	printf("      %u records, %u missed of %u\n", seen, missed, sent + 1);
	return false;
}

static const struct test_case rows[] = {
	{"drop events: a refused SYN", setup_watched,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT, .count = COUNT(NO_BACKEND),
		.out = FROM_VIP(.flags = RST | ACK, .ack = 1001, .no_window = true,
				.src_mac = MAC_NODE, .dst_mac = MAC_SLEEP)}),
	 .run = refused_syn},
	{"drop events: a fragment has no ports", setup_watched,
	 STEPS({FROM_POD, .in = TO_VIP(.frag = 3, .len = 20), .verdict = SHOT,
		.count = COUNT(FRAGMENT)}),
	 .run = fragment},
	{"drop events: a tunnel packet has its outer addresses", setup_watched_gateway,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,
						  HELLO_ID + 1)),
		.verdict = REDIRECT, .count = COUNT(TUNNEL_SERVICE),
		.out = FROM_VIP(.flags = RST | ACK, .ack = 1001, .no_window = true, ANY_MAC,
				OUTER(GATEWAY, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2,
				      HELLO_ID + 1))}),
	 .run = unknown_service},
	{"drop events: a packet behind a tunnel's has none", setup_watched_gateway,
	 STEPS(OPENS,
	       {UPLINK, .in = TCP(HELLO2, HELLO_PORT + 1, SNAT, SNAT_FIRST + 1, AN_ACK), .verdict = SHOT,
		.count = COUNT(SNAT_NO_FLOW)}),
	 .run = no_tunnel},
	{"drop events: without a watcher none is written", setup_nobody,
	 STEPS({FROM_POD, .in = TO_VIP(.frag = 3, .len = 20), .verdict = SHOT,
		.count = COUNT(FRAGMENT)}),
	 .run = no_records},
	{"drop events: nor after a watcher has gone", setup_watched_too_long_ago,
	 STEPS({FROM_POD, .in = TO_VIP(.frag = 3, .len = 20), .verdict = SHOT,
		.count = COUNT(FRAGMENT)}),
	 .run = no_records},
	{"drop events: a flood is limited, and counted", setup_watched, .run = rate_limit},
};

REGISTER_CASES(rows);
