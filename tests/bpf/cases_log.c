/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Byte counts of flows, and the records of the access log. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "flow_packets.h"

struct byte_sums {
	uint64_t forward, reply;
};

static void sum_bytes(const struct flow_key *key, struct flow *flow, void *data)
{
	struct byte_sums *sums = data;

	*(FLOW_ROLE(key->zone) == FLOW_CLIENT ? &sums->forward : &sums->reply) += flow->bytes;
}

/* A SYN and an ACK there, a SYN-ACK and 77 bytes of data back. */
static bool bytes_are_right(struct world *world)
{
	struct byte_sums sums = {0};
	struct flow_visit visit = {.visit = sum_bytes, .data = &sums};

	world_flows(world, "flows", &visit);
	if (sums.forward == 2 * TCP_HEADERS && sums.reply == 2 * TCP_HEADERS + 77)
		return true;
	printf("      %llu bytes there, %llu back\n",
	       (unsigned long long)sums.forward, (unsigned long long)sums.reply);
	return false;
}

static void follow(struct world *world)
{
	world->settings->follow_until = world_now_ns() + 60 * 1000000000ULL;
}

struct event_list {
	uint32_t count;
	struct flow_event events[4];
};

static int take_event(void *context, void *data, size_t size)
{
	struct event_list *list = context;

	if (list->count < 4 && size == sizeof(struct flow_event))
		memcpy(&list->events[list->count], data, size);
	list->count++;
	return 0;
}

static void read_events(struct world *world, struct event_list *ret)
{
	struct ring_buffer *ring = ring_buffer__new(world_map_fd(world, "events"), take_event, ret,
						    NULL);

	memset(ret, 0, sizeof(*ret));
	ring_buffer__consume(ring);
	ring_buffer__free(ring);
}

static bool is_event(const struct flow_event *event, uint32_t kind, uint64_t bytes, uint64_t back)
{
	return event->kind == kind && event->key.saddr.word[sizeof(struct family_addr) / 4 - 1] == htonl(SLEEP) &&
	       event->key.daddr.word[sizeof(struct family_addr) / 4 - 1] == htonl(VIP) && event->key.sport == htons(CLIENT_PORT) &&
	       event->key.zone == FLOW_ZONE(0, FLOW_CLIENT, 0) && event->flow.bytes == bytes &&
	       event->reply_bytes == back && event->flow.backend == 1;
}

/* One record at the SYN, one at the server's FIN, both of the forward entry. */
static bool two_events(struct world *world)
{
	struct event_list list;

	read_events(world, &list);
	if (list.count == 2 && is_event(&list.events[0], EVENT_OPEN, 0, 0) &&
	    is_event(&list.events[1], EVENT_CLOSE, 3 * TCP_HEADERS, 2 * TCP_HEADERS))
		return true;
	printf("      %u events", list.count);
	for (uint32_t i = 0; i < list.count && i < 4; i++)
		printf("; kind %u, %llu and %llu bytes", list.events[i].kind,
		       (unsigned long long)list.events[i].flow.bytes,
		       (unsigned long long)list.events[i].reply_bytes);
	printf("\n");
	return false;
}

/* The same tuple twice: the second record of an opening begins at nothing. */
static bool opens_twice(struct world *world)
{
	struct event_list list;

	read_events(world, &list);
	if (list.count == 3 && is_event(&list.events[0], EVENT_OPEN, 0, 0) &&
	    is_event(&list.events[1], EVENT_CLOSE, 3 * TCP_HEADERS, TCP_HEADERS) &&
	    is_event(&list.events[2], EVENT_OPEN, 0, 0))
		return true;
	printf("      %u events, or others\n", list.count);
	return false;
}

static bool no_events(struct world *world)
{
	struct event_list list;

	read_events(world, &list);
	return list.count == 0 || (printf("      %u events\n", list.count), false);
}

static void setup_followed(struct world *world)
{
	struct event_list list;

	setup_local(world);
	read_events(world, &list); /* of rows before */
	follow(world);
}

static const struct test_case rows[] = {
	{"flow: bytes are counted per entry, across the promotion too", setup_local,
	 STEPS(CONNECTS,
	       {TO_POD, .in = FROM_HELLO1(REPLY_DATA), .verdict = NEXT, .out = FROM_VIP(REPLY_DATA),
		.count = COUNT(REPLY)}),
	 .run = bytes_are_right},
	{"log: one record of the opening, one of the closing", setup_followed,
	 STEPS(CONNECTS, CLIENT_SENDS(FIN | ACK, ESTABLISHED),
	       SERVER_SENDS(FIN | ACK, CLOSING)),
	 .run = two_events},
	{"log: a flow opened again is one more", setup_followed,
	 STEPS(CONNECTS, CLIENT_SENDS(RST, CLOSING), CLIENT_SENDS(SYN, OPENING)),
	 .run = opens_twice},
	{"log: nobody follows, nothing is written", setup_local,
	 STEPS(CONNECTS, CLIENT_SENDS(RST, CLOSING)), .run = no_events},
};

REGISTER_CASES(rows);
