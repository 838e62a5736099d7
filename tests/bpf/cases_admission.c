/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who may enter: tags of keys, on all paths, and all that strangers may send instead. */
#include "datagrams.h"
#include "sign.h"
#include "world_keys.h"

#include <linux/bpf.h>
#include <stdio.h>

#include "parallax_limits.h"

#define SIGNED .key = KEY1

/* ------------------------------------------------------------------ worlds */

static void setup_gate(struct world *world)
{
	setup_gateway(world);
	use_keys(world, ADMISSION_ALL);
}

static void setup_gate_verifies(struct world *world)
{
	setup_gateway(world);
	use_keys(world, ADMISSION_VERIFY);
}

static void setup_gate_signs(struct world *world)
{
	setup_gateway(world);
	use_keys(world, ADMISSION_VERIFY | ADMISSION_SIGN);
}

static void setup_open_gate(struct world *world)
{
	setup_gate(world);
	only_by_key(world);
}

static void setup_open_gate_signs(struct world *world)
{
	setup_gate_signs(world);
	only_by_key(world);
}

static void setup_client(struct world *world)
{
	setup_geneve(world);
	use_keys(world, ADMISSION_ALL);
}

static void setup_client_without_key(struct world *world)
{
	setup_client(world);
	world->settings->key_generation++;
}

static void setup_keys_of_two(struct world *world)
{
	setup_gate(world);
	put_key(world, NETWORK2, NETWORK3, KEY1, KEY1);
}

static void one_epoch_passes(struct world *world)
{
	set_epoch(world, EPOCH - 1, EPOCH_SECONDS + 1);
}

static void thousand_epochs_pass(struct world *world)
{
	set_epoch(world, EPOCH - 1000, 1000 * EPOCH_SECONDS + 5);
}

static void epoch_goes_on(struct world *world)
{
	set_epoch(world, EPOCH + 1, 1);
}

static void two_epochs_later(struct world *world)
{
	set_epoch(world, EPOCH + 2, 1);
}

static void time_is_lost(struct world *world)
{
	world->settings->epoch = 0;
}

/* The first key is taken out of the file. */
static void only_second_key(struct world *world)
{
	uint32_t own = world->settings->network, other = own == NETWORK1 ? NETWORK2 : NETWORK1;

	world->settings->key_generation++;
	put_key(world, own, other, KEY2, KEY2);
	put_key(world, own, other, KEY2, 0);
}

/* ------------------------------------------------------------------ steps */

#define ENTERS(...)                                                                                \
	{UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY(__VA_ARGS__)), .verdict = REDIRECT,                \
	 .out = TO_HELLO2(ANY_SNAT, A_SYN, ONE_HOP, FROM_OUTSIDE), .count = COUNT(GATEWAY_IN)}
#define GOES_ON(...)                                                                               \
	{UPLINK, .in = TO_VIP(AN_ACK, AT_GATEWAY(__VA_ARGS__)), .verdict = REDIRECT,               \
	 .out = TO_HELLO2(ANY_SNAT, AN_ACK, ONE_HOP, FROM_OUTSIDE), .count = COUNT(GATEWAY_IN)}
#define STAYS_OUT(reason, ...)                                                                     \
	{UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY(__VA_ARGS__)), .verdict = SHOT,                    \
	 .count = COUNT(reason), .tables = true}
#define STAYS_OUT_AS(reason, packet, outer, ...)                                                   \
	{UPLINK, .in = packet(__VA_ARGS__, outer), .verdict = SHOT, .count = COUNT(reason),        \
	 .tables = true}
#define IS_ANSWERED(...)                                                                           \
	{FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, A_SYN_ACK), .verdict = REDIRECT,       \
	 .out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC, BACK_TO_NODE1(__VA_ARGS__)),                 \
	 .count = COUNT(GATEWAY_OUT)}
#define CALLS(...)                                                                                 \
	{FROM_POD, .in = TO_VIP(A_SYN), .verdict = REDIRECT,                                       \
	 .out = TO_VIP(A_SYN, ANY_MAC, TO_GATEWAY(__VA_ARGS__)), .count = COUNT(TO_TUNNEL)}
#define HEARS(...)                                                                                 \
	{UPLINK, .in = FROM_VIP(A_SYN_ACK, FROM_GATEWAY(__VA_ARGS__)), .verdict = REDIRECT,        \
	 .out = FROM_VIP(A_SYN_ACK, FROM_OUTSIDE), .count = COUNT(FROM_TUNNEL)}
#define HEARS_NOT(reason, ...)                                                                     \
	{UPLINK, .in = FROM_VIP(A_SYN_ACK, FROM_GATEWAY(__VA_ARGS__)), .verdict = SHOT,            \
	 .count = COUNT(reason), .tables = true, .embryonic = 2, .state = STATE(OPENING),          \
	 .flags = FLAGS(0)}

/* Fragments of one datagram. */
#define FIRST .ip_id = 77, .frag = MF, .whole = 1000, .len = 800
#define LATER .ip_id = 77, .frag = 100, .from = 800, .len = 208
#define DATAGRAM_IN(...)                                                                           \
	{UPLINK, .in = UDP_TO_VIP(__VA_ARGS__, OTHER_AT_GATEWAY(SIGNED)), .verdict = REDIRECT,     \
	 .out = UDP_TO_HELLO2(__VA_ARGS__, ONE_HOP, FROM_OUTSIDE), .count = COUNT(GATEWAY_IN)}
#define DATAGRAM_OUT(...)                                                                          \
	{FROM_POD, DEVICE_POD1, .in = UDP_FROM_HELLO2(__VA_ARGS__), .verdict = REDIRECT,           \
	 .out = UDP_FROM_VIP(__VA_ARGS__, ONE_HOP, ANY_MAC, OTHER_TO_NODE1(SIGNED)),               \
	 .count = COUNT(GATEWAY_OUT)}

static const struct pkt last_hop = TO_VIP(A_SYN, .ttl = 1);
static const struct pkt quoted_vip = UDP_FROM_VIP(.len = 60);
static const struct pkt sent_to_vip = UDP_TO_VIP(.len = 60, .ttl = 9);
static const struct pkt sent_to_hello2 = UDP_TO_HELLO2(.len = 60, .ttl = 9);

static bool no_mark(struct world *world)
{
	return world->mark_len == 0;
}

#define XDP_DROPS(reason, ...)                                                                     \
	{XDP, .in = TO_VIP(A_SYN, AT_GATEWAY(__VA_ARGS__)), .verdict = XDP_DROP,                   \
	 .count = COUNT(reason), .ip_bytes_unknown = true}
#define XDP_ENTERS(...)                                                                            \
	{XDP, .live = DEVICE_POD1, .in = TO_VIP(A_SYN, AT_GATEWAY(__VA_ARGS__)),                   \
	 .verdict = REDIRECT, .out = TO_HELLO2(ANY_SNAT, A_SYN, ONE_HOP, FROM_OUTSIDE),            \
	 .count = COUNT(GATEWAY_IN)}

static const struct test_case rows[] = {
	/* ---------------------------------------------------------- gateway */
	{"admission: a request with the tag of a key, and its reply", setup_gate,
	 STEPS(ENTERS(SIGNED), IS_ANSWERED(SIGNED), GOES_ON(SIGNED))},
	{"admission: each key of the pair is believed, the first signs", setup_gate,
	 STEPS(ENTERS(.key = KEY2), IS_ANSWERED(SIGNED), GOES_ON(SIGNED), GOES_ON(.key = KEY2))},
	{"admission: a tag that was believed is believed again", setup_gate,
	 STEPS(ENTERS(SIGNED), IS_ANSWERED(SIGNED), GOES_ON(SIGNED), GOES_ON(SIGNED))},
	{"admission: with the id of an endpoint", setup_gate, STEPS(ENTERS(SIGNED, .endpoint = 0x99))},
	{"admission: behind an unknown option", setup_gate,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY(SIGNED, .option_type = 7, .option_class = 0x0102,
						       .option_words = 2)),
		.verdict = REDIRECT, .out = TO_HELLO2(ANY_SNAT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .ip_bytes_unknown = true})},
	{"admission: no tag", setup_gate, STEPS(STAYS_OUT(TUNNEL_UNSIGNED))},
	{"admission: a key that is not here", setup_gate, STEPS(STAYS_OUT(TUNNEL_KEY, .key = 9))},
	{"admission: no key has the id 0", setup_gate,
	 STEPS(STAYS_OUT(TUNNEL_FORGED, SIGNED, .tag_flip = 1, .named_key = KEY2))},
	{"admission: a tag of another key", setup_gate,
	 STEPS(STAYS_OUT(TUNNEL_FORGED, SIGNED, .named_key = KEY2))},
	{"admission: each bit of the tag counts", setup_gate,
	 STEPS(STAYS_OUT(TUNNEL_FORGED, SIGNED, .tag_flip = 1),
	       STAYS_OUT(TUNNEL_FORGED, SIGNED, .tag_flip = 1ull << 63),
	       STAYS_OUT(TUNNEL_FORGED, SIGNED, .tag_flip = 1ull << 31))},
	{"admission: another network than the key's", setup_gate,
	 STEPS(STAYS_OUT_AS(TUNNEL_KEY, TO_VIP,
			    OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK3, HELLO_ID,
				  SIGNED, .signed_vni = NETWORK1), A_SYN))},
	{"admission: another network with a key of the same id", setup_keys_of_two,
	 STEPS(STAYS_OUT_AS(TUNNEL_FORGED, TO_VIP,
			    OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK3, HELLO_ID,
				  SIGNED, .signed_vni = NETWORK1), A_SYN))},
	{"admission: replayed to another service", setup_gate,
	 STEPS(STAYS_OUT(TUNNEL_FORGED, SIGNED, .signed_id = OTHER_ID))},
	{"admission: replayed to another service, after it was believed", setup_gate,
	 STEPS(ENTERS(SIGNED),
	       {UPLINK, .in = TO_VIP(A_SYN, OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1,
						  OTHER_ID, SIGNED, .signed_id = HELLO_ID)),
		.verdict = SHOT, .count = COUNT(TUNNEL_FORGED)})},
	{"admission: replayed with another port", setup_gate,
	 STEPS(STAYS_OUT(TUNNEL_FORGED, SIGNED, .signed_port_add = 1))},
	{"admission: replayed with another endpoint", setup_gate,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY(SIGNED, .option_type = 3,
						       .option_class = 0xff00, .option_words = 1)),
		.verdict = SHOT, .count = COUNT(TUNNEL_FORGED), .tables = true})},
	{"admission: replayed in the other direction", setup_gate,
	 STEPS(STAYS_OUT(TUNNEL_FORGED, SIGNED, .other_direction = true))},
	{"admission: the epochs beside ours", setup_gate,
	 STEPS(ENTERS(SIGNED, .epoch_add = -1), IS_ANSWERED(SIGNED), GOES_ON(SIGNED, .epoch_add = 1),
	       GOES_ON(SIGNED))},
	{"admission: older and later epochs", setup_gate,
	 STEPS(STAYS_OUT(TUNNEL_EPOCH, SIGNED, .epoch_add = -2),
	       STAYS_OUT(TUNNEL_EPOCH, SIGNED, .epoch_add = 2),
	       STAYS_OUT(TUNNEL_EPOCH, SIGNED, .epoch_add = 0x8000))},
	{"admission: the same low half of an epoch long ago", setup_gate,
	 STEPS(STAYS_OUT(TUNNEL_FORGED, SIGNED, .epoch_add = -0x10000))},
	{"admission: a tag that was believed grows old", setup_gate,
	 STEPS(ENTERS(SIGNED),
	       {UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY(SIGNED)), .verdict = SHOT,
		.count = COUNT(TUNNEL_EPOCH), .before = two_epochs_later})},
	{"admission: without the time nobody enters", setup_gate,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY(SIGNED)), .verdict = SHOT,
		.count = COUNT(TUNNEL_EPOCH), .before = time_is_lost, .tables = true})},
	{"admission: the programs count on when no agent does", setup_gate,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY(SIGNED)), .verdict = REDIRECT,
		.out = TO_HELLO2(ANY_SNAT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .before = one_epoch_passes},
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, A_SYN_ACK), .verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC, BACK_TO_NODE1(SIGNED)),
		.count = COUNT(GATEWAY_OUT), .before = thousand_epochs_pass})},
	{"admission: a new epoch has new tags", setup_gate,
	 STEPS(ENTERS(SIGNED), IS_ANSWERED(SIGNED),
	       {FROM_POD, DEVICE_POD1, .in = FROM_HELLO2(ANY_SNAT, A_SYN_ACK), .verdict = REDIRECT,
		.out = FROM_VIP(A_SYN_ACK, ONE_HOP, ANY_MAC, BACK_TO_NODE1(SIGNED, .epoch_add = 1)),
		.count = COUNT(GATEWAY_OUT), .before = epoch_goes_on})},
	{"admission: a key that is removed is no longer believed", setup_gate,
	 STEPS(ENTERS(SIGNED), IS_ANSWERED(SIGNED),
	       {UPLINK, .in = TO_VIP(AN_ACK, AT_GATEWAY(SIGNED)), .verdict = SHOT,
		.count = COUNT(TUNNEL_KEY), .before = only_second_key},
	       GOES_ON(.key = KEY2), IS_ANSWERED(.key = KEY2))},
	{"admission: a key does not take the place of the list", setup_gate,
	 STEPS(STAYS_OUT_AS(TUNNEL_SOURCE, TO_VIP,
			    OUTER(STRANGER, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1, HELLO_ID,
				  SIGNED), A_SYN))},
	{"admission: without a list the key is enough", setup_open_gate,
	 STEPS(ENTERS(SIGNED), IS_ANSWERED(SIGNED), GOES_ON(SIGNED))},
	{"admission: no tag, no list", setup_open_gate_signs,
	 STEPS(STAYS_OUT(TUNNEL_SOURCE), ENTERS(SIGNED))},
	{"admission: a stranger's packet moves no client", setup_open_gate,
	 STEPS(ENTERS(SIGNED), IS_ANSWERED(SIGNED),
	       {UPLINK, .in = TO_VIP(AN_ACK, OUTER(NODE3, NODE1_PORT, GATEWAY, TUNNEL_PORT,
						   NETWORK1, HELLO_ID)),
		.verdict = SHOT, .count = COUNT(TUNNEL_UNSIGNED)},
	       IS_ANSWERED(SIGNED))},
	{"admission: refusals are signed", setup_gate,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, .ttl = 1, AT_GATEWAY(SIGNED)), .verdict = REDIRECT,
		.out = ICMP(SNAT, SLEEP, 11, 0, .quote = &last_hop, .quote_len = 40, ANY_MAC,
			    BACK_TO_NODE1(SIGNED)),
		.count = COUNT(TUNNEL_TTL), .tables = true},
	       {UPLINK, .in = TO_VIP(AN_ACK, AT_GATEWAY(SIGNED)), .verdict = REDIRECT,
		.out = FROM_VIP(.flags = RST, .seq = 5001, .no_window = true, .no_df = false,
				.dst_mac = MAC_NODE1, .src_mac = MAC_UPLINK,
				BACK_TO_NODE1(SIGNED)),
		.count = COUNT(NO_FLOW), .tables = true})},
	{"admission: nothing is answered to strangers", setup_gate,
	 STEPS(STAYS_OUT_AS(TUNNEL_UNSIGNED, TO_VIP, AT_GATEWAY(), AN_ACK),
	       STAYS_OUT_AS(TUNNEL_UNSIGNED, TO_VIP, AT_GATEWAY(), A_SYN, .ttl = 1),
	       STAYS_OUT_AS(TUNNEL_FORGED, TO_VIP, AT_GATEWAY(SIGNED, .tag_flip = 2), AN_ACK),
	       STAYS_OUT_AS(TUNNEL_UNSIGNED, TO_VIP,
			    OUTER(NODE1, NODE1_PORT, GATEWAY, TUNNEL_PORT, NETWORK1, UNKNOWN_ID),
			    A_SYN),
	       STAYS_OUT_AS(TUNNEL_UNSIGNED, UDP_TO_VIP, OTHER_AT_GATEWAY(), .len = 20))},

	/* ---------------------------------------------------------- introduction */
	{"admission: keys are known, but not used yet", setup_gate_verifies,
	 STEPS(ENTERS(), IS_ANSWERED(), GOES_ON(SIGNED),
	       {UPLINK, .in = TO_VIP(AN_ACK, AT_GATEWAY(SIGNED, .tag_flip = 1)), .verdict = SHOT,
		.count = COUNT(TUNNEL_FORGED)})},
	{"admission: keys sign, but are not required yet", setup_gate_signs,
	 STEPS(ENTERS(), IS_ANSWERED(SIGNED), GOES_ON(SIGNED))},
	{"admission: tags where no keys are", setup_gateway, STEPS(STAYS_OUT(TUNNEL_EPOCH, SIGNED))},
	{"admission: no keys, no tags", setup_gateway, STEPS(ENTERS(), IS_ANSWERED())},

	/* ---------------------------------------------------------- client */
	{"admission: a client signs, and believes signed replies", setup_client,
	 STEPS(CALLS(SIGNED), HEARS(SIGNED))},
	{"admission: a client believes no others", setup_client,
	 STEPS(CALLS(SIGNED), HEARS_NOT(TUNNEL_UNSIGNED),
	       HEARS_NOT(TUNNEL_FORGED, SIGNED, .tag_flip = 4), HEARS_NOT(TUNNEL_KEY, .key = 9),
	       HEARS_NOT(TUNNEL_EPOCH, SIGNED, .epoch_add = 3),
	       HEARS_NOT(TUNNEL_FORGED, SIGNED, .other_direction = true), HEARS(.key = KEY2))},
	{"admission: a client without a key sends, and hears nobody", setup_client_without_key,
	 STEPS(CALLS(), HEARS_NOT(TUNNEL_UNSIGNED), HEARS_NOT(TUNNEL_KEY, SIGNED))},
	{"admission: the MSS leaves room for the tag", setup_client,
	 STEPS({FROM_POD, .in = TO_VIP(A_SYN, .mss = LINK_MSS), .verdict = REDIRECT,
		.out = TO_VIP(A_SYN, .mss = INNER_MSS - TAG_BYTES, ANY_MAC, TO_GATEWAY(SIGNED)),
		.count = COUNT(TO_TUNNEL)})},

	/* ---------------------------------------------------------- fragments, ICMP */
	{"admission: fragments", setup_gate,
	 STEPS(DATAGRAM_IN(FIRST), DATAGRAM_IN(LATER), DATAGRAM_OUT(.len = 10),
	       DATAGRAM_OUT(FIRST), DATAGRAM_OUT(LATER))},
	{"admission: a stranger's fragment leads no other", setup_gate,
	 STEPS(STAYS_OUT_AS(TUNNEL_UNSIGNED, UDP_TO_VIP, OTHER_AT_GATEWAY(), FIRST),
	       STAYS_OUT_AS(FRAGMENT, UDP_TO_VIP, OTHER_AT_GATEWAY(SIGNED), LATER))},
	{"admission: ICMP errors", setup_gate,
	 STEPS(DATAGRAM_IN(.len = 10), DATAGRAM_OUT(.len = 10),
	       {UPLINK, .in = ICMP(SLEEP, VIP, 3, 3, .quote = &quoted_vip, OTHER_AT_GATEWAY()),
		.verdict = SHOT, .count = COUNT(TUNNEL_UNSIGNED)},
	       {FROM_POD, DEVICE_POD1, .in = ICMP(HELLO2, SNAT, 3, 3, .quote = &sent_to_hello2),
		.verdict = REDIRECT, .count = COUNT(ICMP_ERROR),
		.out = ICMP(VIP, SLEEP, 3, 3, .quote = &sent_to_vip, ONE_HOP, ANY_MAC,
			    OTHER_TO_NODE1(SIGNED))})},

	/* ---------------------------------------------------------- XDP */
	{"admission: XDP takes off what has a right tag", setup_gate, STEPS(XDP_ENTERS(SIGNED))},
	{"admission: XDP takes off with the list alone as before", setup_gate_signs,
	 STEPS(XDP_ENTERS())},
	{"admission: XDP drops strangers", setup_gate,
	 STEPS(XDP_DROPS(TUNNEL_UNSIGNED), XDP_DROPS(TUNNEL_KEY, .key = 9),
	       XDP_DROPS(TUNNEL_FORGED, SIGNED, .tag_flip = 1),
	       XDP_DROPS(TUNNEL_EPOCH, SIGNED, .epoch_add = -2))},
	{"admission: XDP leaves ICMP to TC", setup_gate,
	 STEPS({XDP, .in = ICMP(SLEEP, VIP, 3, 3, .quote = &quoted_vip, OTHER_AT_GATEWAY()),
		.verdict = XDP_PASS, .after = no_mark})},

	/* ---------------------------------------------------------- malformed */
	{"admission: an option that is shorter", setup_gate,
	 STEPS(STAYS_OUT(TUNNEL_CRITICAL, .option_type = 0x82, .option_class = 0xff00,
			 .option_words = 2))},
	{"admission: an option that is longer", setup_gate,
	 STEPS(STAYS_OUT(TUNNEL_CRITICAL, .option_type = 0x82, .option_class = 0xff00,
			 .option_words = 4))},
	{"admission: two tags, of which the last counts", setup_gate,
	 STEPS({UPLINK, .in = TO_VIP(A_SYN, AT_GATEWAY(SIGNED, .option_type = 0x82,
						       .option_class = 0xff00, .option_words = 3)),
		.verdict = REDIRECT, .out = TO_HELLO2(ANY_SNAT, A_SYN, ONE_HOP, FROM_OUTSIDE),
		.count = COUNT(GATEWAY_IN), .ip_bytes_unknown = true})},
	{"admission: a tag without a service", setup_gate,
	 STEPS(STAYS_OUT(TUNNEL_MALFORMED, SIGNED, .no_service = true))},
	{"admission: options that end within the tag", setup_gate,
	 STEPS(STAYS_OUT(TUNNEL_MALFORMED, SIGNED, .option_length_add = -1))},
};

REGISTER_CASES(rows);
