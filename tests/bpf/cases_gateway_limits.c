/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The gateway role: refusals, and full tables. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#include "gateway_packets.h"
#include "parallax_hash.h"
#include "table_walk.h"

/* The gateway's refusal, in the tunnel. */
#define RESET_IN_TUNNEL(...)                                                                       \
	FROM_VIP(__VA_ARGS__, .no_window = true, ANY_MAC, BACK_TO_NODE1())

static const struct pkt refused_datagram = UDP_TO_VIP(.len = 60);

static void setup_only_remote(struct world *world)
{
	world_become_gateway(world);
	world_service_of(world, VIP, IPPROTO_TCP, HELLO_ID, BACKEND_GENEVE, GATEWAY3, STOCK_PORT);
}

static void setup_closed_gateway(struct world *world)
{
	setup_gateway(world);
	world->settings->flags &= ~SETTING_GATEWAY;
}

/* The node itself has the address, and its masquerading may take ports that we take. */
static void setup_shared_snat(struct world *world)
{
	setup_gateway(world);
	world->settings->flags |= SETTING_SNAT_SHARED;
}

static void setup_one_snat_port(struct world *world)
{
	setup_gateway(world);
	world->settings->snat_last = SNAT_FIRST;
}

/* A client that opens one flow after another; `i` numbers them. */
static const struct pkt client_syn = TO_VIP(A_SYN, AT_GATEWAY());
static const struct pkt client_ack = TO_VIP(.ack = 5001, AT_GATEWAY());
static const struct pkt pod_packet = FROM_HELLO2(0, .ack = 1001);

static const struct step from_tunnel = {.program = UPLINK};
static const struct step from_pod = {.program = FROM_POD, .device = DEVICE_POD1};

static int open_flow(struct world *world, uint32_t i, uint32_t *ret_port)
{
	struct pkt pkt = client_syn;

	pkt.sport = 1024 + i;
	return run_pkt(world, &from_tunnel, &pkt, ret_port);
}

/* Frames of flow `i` through its SNAT port; the client's numbers begin at 1001, the pod's at 5001. */
static int client_sends(struct world *world, uint32_t i, uint8_t flags, uint32_t seq)
{
	struct pkt pkt = client_ack;

	pkt.sport = 1024 + i;
	pkt.flags = flags;
	pkt.seq = seq;
	return run_pkt(world, &from_tunnel, &pkt, NULL);
}

static int pod_sends(struct world *world, uint32_t port, uint8_t flags, uint32_t seq)
{
	struct pkt pkt = pod_packet;

	pkt.dport = port;
	pkt.flags = flags;
	pkt.seq = seq;
	return run_pkt(world, &from_pod, &pkt, NULL);
}

/* Open and establish flow `i`. Returns the verdict on the client's answer. */
static int connect_flow(struct world *world, uint32_t i, uint32_t *ret_port)
{
	int verdict = open_flow(world, i, ret_port);

	if (verdict != REDIRECT)
		return verdict;
	pod_sends(world, *ret_port, SYN | ACK, 5000);
	return client_sends(world, i, ACK, 1001);
}

enum closing { CLIENT_FIRST, POD_FIRST, RESET };

/* Establish flow `i`, which is open, and close it. */
static bool finish_flow(struct world *world, uint32_t i, uint32_t port, enum closing closing)
{
	pod_sends(world, port, SYN | ACK, 5000);
	if (client_sends(world, i, ACK, 1001) != REDIRECT)
		return false;
	if (closing == RESET)
		return client_sends(world, i, RST, 1001) == REDIRECT;
	if (closing == CLIENT_FIRST)
		client_sends(world, i, FIN | ACK, 1001);
	pod_sends(world, port, FIN | ACK, 5001);
	if (closing == POD_FIRST)
		client_sends(world, i, FIN | ACK, 1001);
	return client_sends(world, i, ACK, 1002) == REDIRECT;
}

static uint64_t counted(struct world *world, enum reason reason)
{
	struct counts counts;

	world_counts(world, &counts);
	return counts.packets[COUNTER(HOOK_UPLINK, reason)];
}

/* More flows to one pod than there are source ports. */
static bool use_up_ports(struct world *world)
{
	uint8_t used[SNAT_LAST - SNAT_FIRST + 1] = {0};
	uint32_t open = 0, refused = 0, port;

	for (uint32_t i = 0; i < 120; i++) {
		int verdict = open_flow(world, i, &port);

		refused += verdict == SHOT;
		if (verdict != REDIRECT)
			continue;
		open++;
		if (port < SNAT_FIRST || port > SNAT_LAST || used[port - SNAT_FIRST]++) {
			printf("      flow %u got port %u, taken or not ours\n", i, port);
			return false;
		}
	}
	if (open + refused == 120 && open >= 58 && counted(world, REASON_PORTS_FULL) == refused)
		return true;
	printf("      %u opened, %u refused\n", open, refused);
	return false;
}

/* The packet path alone makes room when flows have gone idle: as a client retries, the hand of
 * flow_reserve() moves on. */
static bool opens_within(struct world *world, uint32_t i, uint32_t tries)
{
	uint32_t port;

	while (tries--)
		if (connect_flow(world, i, &port) == REDIRECT)
			return true;
	printf("      no room was made for flow %u\n", i);
	return false;
}

static bool reclaim_idle(struct world *world)
{
	uint32_t i, port;

	for (i = 0; i < WORLD_FLOWS / 2; i++)
		if (connect_flow(world, i, &port) != REDIRECT)
			return printf("      flow %u refused\n", i), false;
	if (connect_flow(world, i, &port) != SHOT || counted(world, REASON_FLOWS_FULL) != 1)
		return printf("      one too many was let in\n"), false;
	for (int round = 0; round < 4; round++) {
		world_let_pass(world, TIMEOUT_ESTABLISHED + 1);
		for (i = 0; i < WORLD_FLOWS / 2; i++)
			if (!opens_within(world, 1000 * round + 1000 + i, 4))
				return false;
	}
	return true;
}

/* Flows to one pod until there are no more ports, each closed at once. */
static bool ports_within(struct world *world, uint32_t ports, enum closing closing)
{
	uint32_t i, port;

	for (i = 0; i <= 4 * ports && open_flow(world, i, &port) == REDIRECT; i++)
		finish_flow(world, i, port, closing);
	return i >= ports && i < 4 * ports;
}

static bool closed_by(struct world *world, enum closing closing, uint32_t seconds)
{
	uint32_t port;

	if (!ports_within(world, 50, closing))
		return printf("      not as many flows as there are ports\n"), false;
	world_let_pass(world, seconds - 1);
	if (open_flow(world, 60000 - 1024, &port) != SHOT)
		return printf("      a port did not rest\n"), false;
	world_let_pass(world, 2);
	return open_flow(world, 60000 - 1024, &port) == REDIRECT ||
	       (printf("      a port rested for too long\n"), false);
}

static bool closed_by_client(struct world *world)
{
	return closed_by(world, CLIENT_FIRST, TIMEOUT_CLOSED);
}

static bool closed_by_reset(struct world *world)
{
	return closed_by(world, RESET, TIMEOUT_CLOSED);
}

/* Until then the SYN does not begin behind the old connections. */
static bool closed_by_pod(struct world *world)
{
	return closed_by(world, POD_FIRST, TIMEOUT_TIME_WAIT);
}

/* A SYN that the TIME-WAIT of the pod's TCP accepts. */
static bool later_number(struct world *world)
{
	uint32_t port;

	if (!ports_within(world, 50, POD_FIRST))
		return printf("      not as many flows as there are ports\n"), false;
	world_let_pass(world, TIMEOUT_CLOSED + 1);
	return open_flow(world, 60000 - 1024, &port) == SHOT &&
	       client_sends(world, 60000 - 1024, SYN, 900000) == REDIRECT;
}

/* Opens a flow by UDP; `heard`: with an answer. Returns the verdict. */
static int ask(struct world *world, uint32_t i, bool heard)
{
	struct pkt question = UDP_TO_VIP(.len = 4, OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT,
							 NETWORK1, OTHER_ID));
	struct pkt answer = UDP(HELLO2, HELLO_PORT, SNAT, 0, .len = 4);
	int verdict;

	question.sport = 1024 + i;
	verdict = run_pkt(world, &from_tunnel, &question, &answer.dport);
	if (verdict == REDIRECT && heard && run_pkt(world, &from_pod, &answer, NULL) != REDIRECT)
		return -100;
	return verdict;
}

static bool exchange_is_over(struct world *world)
{
	if (ask(world, 0, true) != REDIRECT || ask(world, 1, true) != SHOT)
		return false;
	world_let_pass(world, TIMEOUT_CROWDED_UDP + 1);
	return ask(world, 1, true) == REDIRECT;
}

static bool question_is_open(struct world *world)
{
	if (ask(world, 0, false) != REDIRECT)
		return false;
	world_let_pass(world, TIMEOUT_CROWDED_UDP + 1);
	return ask(world, 1, false) == SHOT;
}

/* 10,000 ports, of which few are in use when the table is full: none is taken that rests, for a
 * while. */
static bool closed_ports_rest(struct world *world)
{
	uint32_t port;

	for (uint32_t i = 0; i < WORLD_FLOWS / 2; i++)
		if (open_flow(world, i, &port) != REDIRECT ||
		    !finish_flow(world, i, port, POD_FIRST))
			return printf("      flow %u refused\n", i), false;
	if (connect_flow(world, 5000, &port) != SHOT)
		return printf("      a resting port was taken\n"), false;
	world_let_pass(world, TIMEOUT_CLOSED + 1);
	return opens_within(world, 6000, 4);
}

static void setup_no_snat(struct world *world)
{
	setup_gateway(world);
	world->settings->snat_count[OWN_INDEX] = 0;
}

/* SNAT and the address after it. */
static void setup_two_snat(struct world *world)
{
	setup_gateway(world);
	world->settings->snat_count[OWN_INDEX] = 2;
	world->settings->snat[OWN_INDEX][1] = own_ip(SNAT + 1);
}

static bool use_both_addresses(struct world *world)
{
	static const struct step step = {.program = UPLINK};
	struct port_values ports = {0};
	struct pkt pkt = client_syn;
	uint32_t used[2] = {0};
	struct frame frame;
	int verdict;

	for (pkt.sport = 1024; pkt.sport < 1024 + 60; pkt.sport++) {
		uint32_t index;

		pkt_build(&pkt, &ports, &frame);
		if (frame_run(world, &step, frame.data, &frame.len, &verdict) ||
		    verdict != REDIRECT)
			return printf("      port %u refused\n", pkt.sport), false;
		index = frame32(&frame, FRAME_SADDR) - SNAT;
		if (index > 1)
			return printf("      not from a SNAT address\n"), false;
		used[index]++;
	}
	return (used[0] > 15 && used[1] > 15) ||
	       (printf("      %u and %u flows\n", used[0], used[1]), false);
}

static void setup_three_pods(struct world *world)
{
	uint32_t service, rows[3];

	world_become_gateway(world);
	world->settings->snat_last = SNAT_FIRST + 9999;
	service = world_service(world, VIP, HELLO_PORT, IPPROTO_TCP, HELLO_ID);
	rows[0] = world_backend(world, service, BACKEND_LOCAL, HELLO2, HELLO_PORT);
	rows[1] = world_backend(world, service, BACKEND_LOCAL, OTHER_POD, HELLO_PORT);
	rows[2] = world_backend(world, service, BACKEND_LOCAL, HELLO2_ELSEWHERE, HELLO_PORT);
	world_table(world, service, rows, 3);
}

static uint32_t row_of(struct world *world, uint64_t hash)
{
	const struct slot_arena arena = {world->buckets, WORLD_BUCKETS};

	return table_walk(&arena, world->services[TCP_ROW].local_table, hash).row;
}

static uint32_t pod_of(struct world *world, uint64_t hash)
{
	return ntohl(world->backends[row_of(world, hash)].addr.word[3]);
}

/* Another seed than the client's: with one hash for both, the choices would follow each other. */
static bool choose_by_gateway_hash(struct world *world)
{
	static const struct step step = {.program = UPLINK};
	struct port_values ports = {0};
	struct pkt pkt = client_syn;
	struct frame frame;
	int verdict;

	for (pkt.sport = 1024; pkt.sport < 1024 + 100; pkt.sport++) {
		struct flow_key key = { own_addr(SLEEP), own_addr(VIP), htons(pkt.sport),
				       htons(HELLO_PORT), 0};
		uint64_t hash = walk_hash(&key, IPPROTO_TCP, HELLO_ID ^ HASH_SEED_GATEWAY);
		pkt_build(&pkt, &ports, &frame);
		if (frame_run(world, &step, frame.data, &frame.len, &verdict) ||
		    verdict != REDIRECT ||
		    frame32(&frame, FRAME_DADDR) != pod_of(world, hash))
			return printf("      port %u: not the pod of its hash\n", pkt.sport), false;
	}
	return true;
}

static void setup_affinity(struct world *world)
{
	setup_three_pods(world);
	world->services[TCP_ROW].flags |= SERVICE_AFFINITY;
}

/* Affinity is by the inner client, whichever node brings it: all its ports, the same pod. */
static bool choose_by_inner_client(struct world *world)
{
	static const struct step step = {.program = UPLINK};
	struct port_values ports = {0};
	unsigned int taken[WORLD_BACKENDS] = {0};
	struct pkt pkt = client_syn;
	struct frame frame;
	int verdict;

	for (uint32_t client = IP(10, 10, 1, 0); client < IP(10, 10, 1, 20); client++) {
		struct flow_key key = {.saddr = own_addr(client)};
		uint64_t hash = walk_hash(&key, 0, HELLO_ID ^ HASH_SEED_GATEWAY);

		for (pkt.sport = 1024; pkt.sport < 1024 + 3; pkt.sport++) {
			pkt.saddr = client;
			pkt_build(&pkt, &ports, &frame);
			if (frame_run(world, &step, frame.data, &frame.len, &verdict) ||
			    verdict != REDIRECT ||
			    frame32(&frame, FRAME_DADDR) != pod_of(world, hash))
				return printf("      not the pod of its client\n"), false;
		}
		taken[row_of(world, hash)]++;
	}
	return taken[1] && taken[2] && taken[3];
}

#define COPY(...)                                                                                  \
	{UPLINK, .in = TO_VIP(__VA_ARGS__, AT_GATEWAY()), .verdict = REDIRECT,                     \
	 .out = TO_HELLO2(ANY_SNAT, __VA_ARGS__, ONE_HOP, FROM_OUTSIDE),                           \
	 .count = COUNT(GATEWAY_IN), .tables = true, .flows = 2, .state = STATE(ESTABLISHED)}

static const struct test_case rows[] = {
	{"gateway: affinity by the inner client", setup_affinity, .run = choose_by_inner_client},
	{"gateway: pods are chosen by the hash all gateways share", setup_three_pods,
	 .run = choose_by_gateway_hash},
	{"gateway: no endpoint of this network: RST in the tunnel", setup_only_remote,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, .mss = 1400, AT_GATEWAY()), .verdict = REDIRECT,
		.out = RESET_IN_TUNNEL(.flags = RST | ACK, .ack = 1001),
		.count = COUNT(NO_BACKEND), .tables = true, .ip_bytes_unknown = true})},
	{"gateway: a service it lacks: RST in the tunnel", setup_gateway,
	 STEPS({UPLINK,
		.in = TO_VIP(A_SYN, .len = 20, OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT,
						     NETWORK1, UNKNOWN_ID)),
		.verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST | ACK, .ack = 1021, .no_window = true, ANY_MAC,
				OUTER(GATEWAY, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2,
				      UNKNOWN_ID)),
		.count = COUNT(TUNNEL_SERVICE), .tables = true, .ip_bytes_unknown = true})},
	{"gateway: a service it lacks: ICMP in the tunnel", setup_gateway,
	 STEPS({UPLINK,
		.in = UDP_TO_VIP(.len = 60, OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,
						  UNKNOWN_ID)),
		.verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 3, .quote = &refused_datagram, .quote_len = 28, ANY_MAC,
			    OUTER(GATEWAY, TUNNEL_PORT, NODE1, NODE1_PORT, NETWORK2, UNKNOWN_ID)),
		.count = COUNT(TUNNEL_SERVICE), .tables = true, .ip_bytes_unknown = true})},
	{"gateway: a service id opens no door to the other protocol", setup_gateway,
	 STEPS({UPLINK, .in = UDP_TO_VIP(.len = 60, AT_GATEWAY()), .verdict = REDIRECT,
		.out = ICMP(VIP, SLEEP, 3, 3, .quote = &refused_datagram, .quote_len = 28, ANY_MAC,
			    BACK_TO_NODE1()),
		.count = COUNT(TUNNEL_SERVICE), .tables = true, .ip_bytes_unknown = true})},
	{"gateway: copies of an open connection's packets reach the pod and change nothing",
	 setup_gateway,
	 STEPS(CONNECTS, COPY(AN_ACK), COPY(SOME_DATA), COPY(SOME_DATA), COPY(A_SYN))},
	{"gateway: mid-stream without a flow: RST in the tunnel", setup_gateway,
	 STEPS({UPLINK, .in = TO_VIP(SOME_DATA, AT_GATEWAY()), .verdict = REDIRECT,
		.out = RESET_IN_TUNNEL(.flags = RST, .seq = 5001), .count = COUNT(NO_FLOW),
		.tables = true, .ip_bytes_unknown = true})},
	{"gateway: a RST without a flow is not answered", setup_gateway,
	 STEPS({UPLINK, .in = TO_VIP(.flags = RST, AT_GATEWAY()), .verdict = SHOT,
		.count = COUNT(NO_FLOW), .tables = true})},
	{"gateway: a flow of one network is not another's", setup_gateway,
	 STEPS(CONNECTS,
	       {UPLINK, .in = TO_VIP(SOME_DATA, FROM_NODE3()), .verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST, .seq = 5001, .no_window = true, ANY_MAC,
				OUTER(GATEWAY, TUNNEL_PORT, NODE3, NODE1_PORT, NETWORK2,
				      HELLO_ID)),
		.count = COUNT(NO_FLOW), .ip_bytes_unknown = true})},
	{"gateway: the role is closed", setup_closed_gateway,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = NEXT})},
	{"gateway: an unmatched packet of a pod to a SNAT port", setup_gateway,
	 STEPS({FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(SNAT_FIRST, REPLY_DATA), .verdict = SHOT,
		.count = COUNT(SNAT_NO_FLOW)},
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(SNAT_LAST, A_SYN), .verdict = SHOT,
		.count = COUNT(SNAT_NO_FLOW)})},
	{"gateway: an unmatched packet from outside to a SNAT port", setup_gateway,
	 STEPS({UPLINK, .in = FROM_HELLO2(SNAT_FIRST, REPLY_DATA), .verdict = SHOT,
		.count = COUNT(SNAT_NO_FLOW)},
	       {UPLINK, .in = UDP(STRANGER, 53, SNAT, SNAT_LAST, .len = 9), .verdict = SHOT,
		.count = COUNT(SNAT_NO_FLOW)})},
	{"gateway: an unmatched packet to a SNAT port that is shared", setup_shared_snat,
	 STEPS({FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(SNAT_FIRST, REPLY_DATA), .verdict = NEXT},
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(SNAT_LAST, A_SYN), .verdict = NEXT},
	       {FROM_POD, .in = UDP(SLEEP, 53, SNAT, SNAT_LAST, .len = 9), .verdict = NEXT},
	       {UPLINK, .in = FROM_HELLO2(SNAT_FIRST, REPLY_DATA), .verdict = NEXT},
	       {UPLINK, .in = UDP(STRANGER, 53, SNAT, SNAT_LAST, .len = 9), .verdict = NEXT,
		.tables = true})},
	{"gateway: flows of a SNAT port that is shared", setup_shared_snat,
	 STEPS(CONNECTS, REPLIES(BACK_TO_NODE1(), REPLY_DATA))},
	{"gateway: ports of a SNAT address that we do not take", setup_gateway,
	 STEPS({UPLINK, .in = FROM_HELLO2(SNAT_FIRST - 1, REPLY_DATA), .verdict = NEXT},
	       {UPLINK, .in = FROM_HELLO2(SNAT_LAST + 1, REPLY_DATA), .verdict = NEXT})},
	{"gateway: a reply too big for the tunnel gets ICMP", setup_gateway,
	 STEPS(CONNECTS,
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, .flags = ACK, .len = LINK_MSS),
		.verdict = REDIRECT,
		.out = ICMP(SNAT, HELLO2, 3, 4, .icmp_mtu = INNER_MTU,
			    .quote = &(const struct pkt)FROM_HELLO2(ANY_SNAT, .flags = ACK,
								    .len = LINK_MSS),
			    .quote_len = 40, .dst_mac = MAC_SLEEP, .src_mac = MAC_NODE),
		.count = COUNT(TOO_BIG)})},
	{"gateway: a refused flow's port is free at once", setup_one_snat_port,
	 STEPS(OPENS,
	       {UPLINK, .in = TO_VIP(CLIENT_RST, AT_GATEWAY()), .verdict = REDIRECT,
		.out = TO_HELLO2(ANY_SNAT, CLIENT_RST, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .state = STATE(CLOSING)},
	       {UPLINK, .in = TO_VIP(A_SYN, FROM_NODE3()), .verdict = REDIRECT,
		.out = TO_HELLO2(ANY_SNAT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .tables = true, .embryonic = 2})},
	{"gateway: a port rests for a moment where the client closed", setup_gateway,
	 .run = closed_by_client},
	{"gateway: a port rests for a moment after a RST", setup_gateway, .run = closed_by_reset},
	{"gateway: a port rests where the pod closed", setup_gateway, .run = closed_by_pod},
	{"gateway: a resting port is taken by a SYN that the pod accepts", setup_gateway,
	 .run = later_number},
	{"gateway: a port of an exchange by UDP rests for a moment", setup_one_snat_port,
	 .run = exchange_is_over},
	{"gateway: a port waits for the answer of UDP", setup_one_snat_port,
	 .run = question_is_open},
	{"gateway: in a full table a port rests for a moment", setup_many_snat_ports,
	 .run = closed_ports_rest},
	{"gateway: several SNAT addresses share the flows", setup_two_snat,
	 .run = use_both_addresses},
	{"gateway: without a SNAT address nobody enters", setup_no_snat,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY()), .verdict = SHOT,
		.count = COUNT(PORTS_FULL), .tables = true})},
	{"gateway: all source ports taken", setup_gateway, .run = use_up_ports},
	{"gateway: idle flows make room without an agent", setup_many_snat_ports,
	 .run = reclaim_idle},
};

REGISTER_CASES(rows);
