/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The packets whose cost is measured, and the flows they belong to. */
#include "packet.h"

#include <arpa/inet.h>
#include <string.h>

#include "parallax_hash.h"
#include "parallax_limits.h"
#include "parallax_wire.h"

#include "forward_packets.h"
#include "world_keys.h"

#define INNER_AT (14 + TUNNEL_OVERHEAD_IPV4)
#define XDP_PASS 2

/* ------------------------------------------------------------------ flows */

static uint32_t client_addr(uint32_t number)
{
	return htonl(CLIENT + (number >> HARNESS_PORT_BITS));
}

static uint16_t client_port(uint32_t number)
{
	return htons(HARNESS_PORT | (number & ((1 << HARNESS_PORT_BITS) - 1)));
}

static void finish(struct flow_key key[2], struct flow flow[2])
{
	for (int i = 0; i < 2; i++) {
		flow[i].tag = flow_tag(&key[i]);
		flow[i].state = FLOW_ESTABLISHED;
		flow[i].backend = 1;
		flow[i].generation = 1;
		flow[i].service = TCP_ROW;
	}
}

static void set_key(struct flow_key *key, uint32_t saddr, uint16_t sport, uint32_t daddr,
		    uint16_t dport, uint32_t zone)
{
	key->saddr.word[0] = saddr;
	key->sport = sport;
	key->daddr.word[0] = daddr;
	key->dport = dport;
	key->zone = zone;
}

static void set_nat(struct flow *flow, const struct flow_key *other)
{
	flow->nat.saddr = other->daddr;
	flow->nat.daddr = other->saddr;
	flow->nat.sport = other->dport;
	flow->nat.dport = other->sport;
}

static void flow_local(uint32_t number, struct flow_key key[2], struct flow flow[2])
{
	uint16_t port = htons(HELLO_PORT);

	set_key(&key[0], client_addr(number), client_port(number), htonl(VIP), port,
		FLOW_ZONE(0, FLOW_CLIENT, 0));
	set_key(&key[1], htonl(HELLO1), port, client_addr(number), client_port(number),
		FLOW_ZONE(0, FLOW_REPLY, 0));
	set_nat(&flow[0], &key[1]);
	set_nat(&flow[1], &key[0]);
	flow[0].action = flow[1].action = FLOW_NAT;
	finish(key, flow);
}

static void flow_redirect(uint32_t number, struct flow_key key[2], struct flow flow[2])
{
	flow_local(number, key, flow);
	flow[0].flags = flow[1].flags = FLOW_REDIRECT;
}

static void flow_tunnel(uint32_t number, struct flow_key key[2], struct flow flow[2])
{
	uint16_t port = htons(HELLO_PORT);

	set_key(&key[0], client_addr(number), client_port(number), htonl(VIP), port,
		FLOW_ZONE(0, FLOW_CLIENT, 0));
	set_key(&key[1], htonl(VIP), port, client_addr(number), client_port(number),
		FLOW_ZONE(0, FLOW_REPLY, 0));
	for (int i = 0; i < 2; i++) {
		flow[i].action = i ? FLOW_DECAP : FLOW_ENCAP;
		flow[i].service_id[0] = (uint32_t)HELLO_ID;
		flow[i].service_id[1] = HELLO_ID >> 32;
		flow[i].network = NETWORK2;
		flow[i].peer = htonl(GATEWAY);
		flow[i].peer_port = htons(TUNNEL_PORT);
	}
	finish(key, flow);
}

static void flow_gateway(uint32_t number, struct flow_key key[2], struct flow flow[2])
{
	uint16_t port = htons(HELLO_PORT);

	set_key(&key[0], client_addr(number), client_port(number), htonl(VIP), port,
		FLOW_ZONE(NETWORK1, FLOW_GATEWAY, 0));
	set_key(&key[1], htonl(HELLO2), port, htonl(FAR_SNAT + (number >> HARNESS_PORT_BITS)),
		client_port(number), FLOW_ZONE(0, FLOW_GATEWAY_REPLY, 0));
	set_nat(&flow[0], &key[1]);
	set_nat(&flow[1], &key[0]);
	for (int i = 0; i < 2; i++) {
		flow[i].action = i ? FLOW_NAT_ENCAP : FLOW_DECAP_NAT;
		flow[i].flags = FLOW_REDIRECT;
		flow[i].network = NETWORK1;
		flow[i].peer = htonl(NODE1);
		flow[i].peer_port = htons(NODE1_PORT);
	}
	finish(key, flow);
}

/* ------------------------------------------------------------------ worlds */

static void announce(struct world *world, uint32_t addr)
{
	uint32_t bit = reply_bit(&(struct addr4){ { htonl(addr) } }, htons(HELLO_PORT));

	world->filters->replies[bit / 64] |= 1ULL << (bit % 64);
}

void packet_fill(struct world *world, uint32_t services, uint32_t endpoints)
{
	uint32_t each = endpoints / services ? endpoints / services : 1;
	static uint32_t rows[DEFAULT_BACKENDS];

	for (uint32_t s = 0; s < services; s++) {
		uint32_t row = world_service(world, VIP + s, HELLO_PORT, IPPROTO_TCP, HELLO_ID + s);

		for (uint32_t e = 0; e < each; e++)
			rows[e] = world_backend(world, row, BACKEND_LOCAL, HELLO1 + s * each + e,
						HELLO_PORT);
		world_table(world, row, rows, each);
	}
	announce(world, HELLO1);
}

static void local(struct world *world)
{
	setup_local(world);
	announce(world, HELLO1);
}

static void redirect(struct world *world)
{
	setup_redirect(world);
	announce(world, HELLO1);
}

static void gateway(struct world *world)
{
	setup_gateway(world);
	announce(world, HELLO2);
}

static void gateway_forward(struct world *world)
{
	setup_forward(world);
	announce(world, HELLO2);
}

static void client_keys(struct world *world)
{
	setup_geneve(world);
	use_keys(world, ADMISSION_ALL);
}

/* ------------------------------------------------------------------ cases */

#define FROM_CLIENT(to, ...) TCP(CLIENT, HARNESS_PORT, to, HELLO_PORT, __VA_ARGS__)
#define TO_CLIENT(from, ...) TCP(from, HELLO_PORT, CLIENT, HARNESS_PORT, __VA_ARGS__)
#define BACK_FROM_GATEWAY                                                                          \
	OUTER(GATEWAY, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2, HELLO_ID)
#define ENDPOINT_AND_RETURN (8 + 12) /* bytes of these options, over IPv4 */
#define TAG ((int)sizeof(struct geneve_admission_option))
#define SOURCE_AT (14 + 12)
#define DESTINATION_AT (14 + 16)

const struct packet_case packet_cases[] = {
	{"not a service", FROM_POD, .in = FROM_CLIENT(OTHER_POD, AN_ACK), .verdict = NEXT,
	 .check_at = DESTINATION_AT, .check = OTHER_POD, .setup = local},
	{"not a service, SYN", FROM_POD, .in = FROM_CLIENT(OTHER_POD, A_SYN), .verdict = NEXT,
	 .check_at = DESTINATION_AT, .check = OTHER_POD, .setup = local},
	{"not a service, to the pod", TO_POD, .destination = true,
	 .in = TO_CLIENT(OTHER_POD, AN_ACK), .verdict = NEXT, .check_at = SOURCE_AT,
	 .check = OTHER_POD, .setup = local},
	{"not a tunnel, uplink", UPLINK, .destination = true, .in = TO_CLIENT(OTHER_POD, AN_ACK),
	 .verdict = NEXT, .check_at = SOURCE_AT, .check = OTHER_POD, .setup = local},
	{"local hit, stack", FROM_POD, .in = FROM_CLIENT(VIP, AN_ACK), .verdict = NEXT,
	 .check_at = DESTINATION_AT, .check = HELLO1, .count = COUNT(TO_LOCAL), .setup = local,
	 .flow = flow_local},
	{"local hit, redirect", FROM_POD, .in = FROM_CLIENT(VIP, AN_ACK), .verdict = REDIRECT,
	 .check_at = DESTINATION_AT, .check = HELLO1, .count = COUNT(TO_LOCAL), .setup = redirect,
	 .flow = flow_redirect},
	{"reply, stack", TO_POD, .destination = true, .in = TO_CLIENT(HELLO1, AN_ACK),
	 .verdict = NEXT, .check_at = SOURCE_AT, .check = VIP, .count = COUNT(REPLY),
	 .setup = local, .flow = flow_local},
	{"reply, redirect", FROM_POD, DEVICE_POD1, .destination = true,
	 .in = TO_CLIENT(HELLO1, AN_ACK), .verdict = REDIRECT, .check_at = SOURCE_AT, .check = VIP,
	 .count = COUNT(REPLY), .setup = redirect, .flow = flow_redirect},
	{"new flow", FROM_POD, .in = FROM_CLIENT(VIP, A_SYN), .verdict = NEXT,
	 .check_at = DESTINATION_AT, .check = HELLO1, .count = COUNT(TO_LOCAL), .setup = local},
	{"gateway decap", UPLINK, .inner = true, .in = FROM_CLIENT(VIP, AN_ACK, AT_GATEWAY()),
	 .verdict = REDIRECT, .length_change = -TUNNEL_OVERHEAD_IPV4, .check_at = DESTINATION_AT,
	 .check = HELLO2, .count = COUNT(GATEWAY_IN), .setup = gateway, .flow = flow_gateway},
	{"gateway forward", UPLINK, .inner = true, .options = ENDPOINT_AND_RETURN,
	 .in = FROM_CLIENT(VIP, AN_ACK, AT_GATEWAY(KNOWS)), .verdict = REDIRECT,
	 .check_at = DESTINATION_AT, .check = HELLO2_ELSEWHERE, .count = COUNT(GATEWAY_IN),
	 .setup = gateway_forward},
	{"gateway forward, reply", UPLINK, .inner = true, .destination = true,
	 .options = ENDPOINT_AND_RETURN,
	 .in = TO_CLIENT(VIP, AN_ACK, FROM_DOOR(HELLO2_ELSEWHERE, .endpoint = ENDPOINT)),
	 .verdict = REDIRECT, .check_at = DESTINATION_AT, .check = NODE1,
	 .count = COUNT(GATEWAY_OUT), .setup = gateway_forward},
	{"client decap", UPLINK, .inner = true, .destination = true,
	 .in = TO_CLIENT(VIP, AN_ACK, BACK_FROM_GATEWAY), .verdict = REDIRECT,
	 .length_change = -TUNNEL_OVERHEAD_IPV4, .check_at = SOURCE_AT, .check = VIP,
	 .count = COUNT(FROM_TUNNEL), .setup = setup_geneve, .flow = flow_tunnel},
	{"XDP decap", XDP, .inner = true, .in = FROM_CLIENT(VIP, AN_ACK, AT_GATEWAY()),
	 .verdict = XDP_PASS, .length_change = -TUNNEL_OVERHEAD_IPV4, .check_at = DESTINATION_AT,
	 .check = VIP, .count = COUNT(XDP_DECAP), .setup = gateway, .flow = flow_gateway},
	{"XDP, not a tunnel", XDP, .destination = true, .in = TO_CLIENT(OTHER_POD, AN_ACK),
	 .verdict = XDP_PASS, .check_at = SOURCE_AT, .check = OTHER_POD, .setup = gateway},
	{"encap", FROM_POD, .single = true, .in = FROM_CLIENT(VIP, AN_ACK), .verdict = REDIRECT,
	 .length_change = TUNNEL_OVERHEAD_IPV4, .check_at = DESTINATION_AT, .check = GATEWAY,
	 .count = COUNT(TO_TUNNEL), .setup = setup_geneve, .flow = flow_tunnel},
	{"encap, keys", FROM_POD, .single = true, .in = FROM_CLIENT(VIP, AN_ACK),
	 .verdict = REDIRECT, .length_change = TUNNEL_OVERHEAD_IPV4 + TAG,
	 .check_at = DESTINATION_AT, .check = GATEWAY, .count = COUNT(TO_TUNNEL),
	 .setup = client_keys, .flow = flow_tunnel},
	{"gateway reply", FROM_POD, DEVICE_POD1, .single = true, .destination = true,
	 .in = TCP(HELLO2, HELLO_PORT, FAR_SNAT, HARNESS_PORT, AN_ACK), .verdict = REDIRECT,
	 .length_change = TUNNEL_OVERHEAD_IPV4, .check_at = DESTINATION_AT, .check = NODE1,
	 .count = COUNT(GATEWAY_OUT), .setup = gateway, .flow = flow_gateway},
	{"local hit, stack, single runs", FROM_POD, .single = true, .in = FROM_CLIENT(VIP, AN_ACK),
	 .verdict = NEXT, .check_at = DESTINATION_AT, .check = HELLO1, .count = COUNT(TO_LOCAL),
	 .setup = local, .flow = flow_local},
};

const unsigned int packet_case_count = sizeof(packet_cases) / sizeof(*packet_cases);
