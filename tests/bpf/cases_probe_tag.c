/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Probes where networks have keys: which are answered, and which answers are believed. */
#include "probe_row.h"

#define SIGNED_ANSWER SENT(GATEWAY, TUNNEL_PORT, NODE1, NODE1_PORT, SIGNED_WHOLE)

/* ------------------------------------------------------------------ the gateway */

static void gate(struct world *world)
{
	probe_own_health(world);
	use_keys(world, ADMISSION_ALL);
}

static void open_gate(struct world *world)
{
	gate(world);
	only_by_key(world);
}

static void gate_signs(struct world *world)
{
	probe_own_health(world);
	use_keys(world, ADMISSION_VERIFY | ADMISSION_SIGN);
}

static void by_key2(struct world *world, struct probe_bytes *probe)
{
	(void)world;
	probe_sign(probe, KEY2);
}

static void by_strange_key(struct world *world, struct probe_bytes *probe)
{
	(void)world;
	probe_sign(probe, 9);
}

static void in_the_name_of_key2(struct world *world, struct probe_bytes *probe)
{
	probe_by_key1(world, probe);
	probe->tag.key = htons(KEY2);
}

static void other_tag(struct world *world, struct probe_bytes *probe)
{
	probe_by_key1(world, probe);
	probe->tag.tag[7] ^= 0x80;
}

static void other_number(struct world *world, struct probe_bytes *probe)
{
	probe_by_key1(world, probe);
	probe->option.sequence++;
}

static void other_time(struct world *world, struct probe_bytes *probe)
{
	probe_by_key1(world, probe);
	probe->option.time ^= 1ull << 63;
}

static void other_sender(struct world *world, struct probe_bytes *probe)
{
	put_key(world, NETWORK2, NETWORK3, KEY1, KEY1);
	probe_by_key1(world, probe);
	probe->geneve.vni[0] = 0;
	probe->geneve.vni[1] = 0;
	probe->geneve.vni[2] = NETWORK3;
}

static void old(struct world *world, struct probe_bytes *probe)
{
	probe_by_key1(world, probe);
	set_epoch(world, EPOCH + 2, 1);
}

static void next_epoch(struct world *world, struct probe_bytes *probe)
{
	probe_by_key1(world, probe);
	set_epoch(world, EPOCH - 1, EPOCH_SECONDS + 1);
}

static void shorter_tag(struct world *world, struct probe_bytes *probe)
{
	probe_by_key1(world, probe);
	probe->tag.head.length = 2;
}

static void tag_is_cut(struct world *world, struct probe_bytes *probe)
{
	probe_by_key1(world, probe);
	probe->geneve.version_length--;
}

ROW(is_signed, gate, SIGNED_PROBE, probe_by_key1, REDIRECT, COUNT(PROBE_ANSWERED), probe_is_answered_signed);
ROW(large_signed, gate, PROBE_OF(NODE1, SIGNED_WHOLE + PADDING), probe_by_key1, REDIRECT, COUNT(PROBE_ANSWERED), probe_is_answered_signed_padded);
ROW(second_key, gate, SIGNED_PROBE, by_key2, REDIRECT, COUNT(PROBE_ANSWERED), probe_is_answered_by_key2);
ROW(counts_on, gate, SIGNED_PROBE, next_epoch, REDIRECT, COUNT(PROBE_ANSWERED), probe_is_answered_signed);
ROW(key_is_enough, open_gate, PROBE_OF(NODE3, SIGNED_WHOLE), probe_by_key1, REDIRECT, COUNT(PROBE_ANSWERED), NULL);
ROW(key_and_list, gate, PROBE_OF(STRANGER, SIGNED_WHOLE), probe_by_key1, SHOT, COUNT(TUNNEL_SOURCE), NULL);
ROW(is_unsigned, gate, PROBE, NULL, SHOT, COUNT(TUNNEL_UNSIGNED), NULL);
ROW(unsigned_and_open, open_gate, PROBE, NULL, SHOT, COUNT(TUNNEL_UNSIGNED), NULL);
ROW(not_required, gate_signs, PROBE, NULL, REDIRECT, COUNT(PROBE_ANSWERED), probe_is_answered);
ROW(not_required_signed, gate_signs, SIGNED_PROBE, probe_by_key1, REDIRECT, COUNT(PROBE_ANSWERED), probe_is_answered_signed);
ROW(not_required_forged, gate_signs, SIGNED_PROBE, other_tag, SHOT, COUNT(TUNNEL_FORGED), NULL);
ROW(no_keys_here, probe_own_health, SIGNED_PROBE, probe_by_key1, SHOT, COUNT(TUNNEL_EPOCH), NULL);
ROW(strange_key, gate, SIGNED_PROBE, by_strange_key, SHOT, COUNT(TUNNEL_KEY), NULL);
ROW(wrong_key, gate, SIGNED_PROBE, in_the_name_of_key2, SHOT, COUNT(TUNNEL_FORGED), NULL);
ROW(wrong_tag, gate, SIGNED_PROBE, other_tag, SHOT, COUNT(TUNNEL_FORGED), NULL);
ROW(wrong_number, gate, SIGNED_PROBE, other_number, SHOT, COUNT(TUNNEL_FORGED), NULL);
ROW(wrong_time, gate, SIGNED_PROBE, other_time, SHOT, COUNT(TUNNEL_FORGED), NULL);
ROW(wrong_network, gate, SIGNED_PROBE, other_sender, SHOT, COUNT(TUNNEL_FORGED), NULL);
ROW(wrong_epoch, gate, SIGNED_PROBE, old, SHOT, COUNT(TUNNEL_EPOCH), NULL);
ROW(short_tag, gate, SIGNED_PROBE, shorter_tag, SHOT, COUNT(TUNNEL_MALFORMED), NULL);
ROW(cut_tag, gate, SIGNED_PROBE, tag_is_cut, SHOT, COUNT(TUNNEL_MALFORMED), NULL);

/* ------------------------------------------------------------------ the node that asked */

static void asker(struct world *world)
{
	probe_setup_asks(world);
	use_keys(world, ADMISSION_ALL);
}

static void asker_signs(struct world *world)
{
	probe_setup_asks(world);
	use_keys(world, ADMISSION_VERIFY | ADMISSION_SIGN);
}

static void answers(struct world *world, struct probe_bytes *probe)
{
	probe_asks(world, probe);
	probe_sign(probe, KEY1);
}

static void answers_by_strange_key(struct world *world, struct probe_bytes *probe)
{
	probe_asks(world, probe);
	probe_sign(probe, 9);
}

static void answers_with_wrong_tag(struct world *world, struct probe_bytes *probe)
{
	answers(world, probe);
	probe->tag.tag[0]++;
}

/* It would make the node send longer packets. */
static void answers_with_other_mtu(struct world *world, struct probe_bytes *probe)
{
	answers(world, probe);
	probe->option.mtu = htons(9000);
}

static void answers_as_network3(struct world *world, struct probe_bytes *probe)
{
	put_key(world, NETWORK1, NETWORK3, KEY1, KEY1);
	probe_asks(world, probe);
	probe->geneve.vni[0] = probe->geneve.vni[1] = 0;
	probe->geneve.vni[2] = NETWORK3;
	probe_sign(probe, KEY1);
}

static void answers_long_ago(struct world *world, struct probe_bytes *probe)
{
	answers(world, probe);
	set_epoch(world, EPOCH + 2, 1);
}

/* An answer of before, with a right tag: its place is that of a later probe now. */
static void is_replayed(struct world *world, struct probe_bytes *probe)
{
	probe_asks(world, probe);
	probe->option.sequence = htonl(SEQUENCE - HEALTH_PROBES);
	probe_sign(probe, KEY1);
}

ROW(is_believed, asker, SIGNED_ANSWER, answers, SHOT, COUNT(PROBE_BACK), probe_is_known);
ROW(has_no_tag, asker, ANSWER, probe_asks, SHOT, COUNT(TUNNEL_UNSIGNED), probe_is_not_known);
ROW(needs_no_tag, asker_signs, ANSWER, probe_asks, SHOT, COUNT(PROBE_BACK), probe_is_known);
ROW(of_no_key, asker, SIGNED_ANSWER, answers_by_strange_key, SHOT, COUNT(TUNNEL_KEY), probe_is_not_known);
ROW(is_forged, asker, SIGNED_ANSWER, answers_with_wrong_tag, SHOT, COUNT(TUNNEL_FORGED), probe_is_not_known);
ROW(says_else, asker, SIGNED_ANSWER, answers_with_other_mtu, SHOT, COUNT(TUNNEL_FORGED), probe_is_not_known);
ROW(of_other_network, asker, SIGNED_ANSWER, answers_as_network3, SHOT, COUNT(TUNNEL_VNI), probe_is_not_known);
ROW(is_old, asker, SIGNED_ANSWER, answers_long_ago, SHOT, COUNT(TUNNEL_EPOCH), probe_is_not_known);
ROW(is_repeated, asker, SIGNED_ANSWER, is_replayed, SHOT, COUNT(TUNNEL_NO_FLOW), probe_is_not_known);

static const struct test_case rows[] = {
	{ "probe tag: a signed one gets a signed answer", .run = is_signed },
	{ "probe tag: a large one too", .run = large_signed },
	{ "probe tag: each key of the pair is believed, and signs the answer", .run = second_key },
	{ "probe tag: the programs count epochs on", .run = counts_on },
	{ "probe tag: without a list the key is enough", .run = key_is_enough },
	{ "probe tag: with a list it is not", .run = key_and_list },
	{ "probe tag: without one there is no answer", .run = is_unsigned },
	{ "probe tag: nor where a key is enough", .run = unsigned_and_open },
	{ "probe tag: before tags are required there is one", .run = not_required },
	{ "probe tag: signed as the probe was", .run = not_required_signed },
	{ "probe tag: but not to a wrong one", .run = not_required_forged },
	{ "probe tag: a signed one where no keys are", .run = no_keys_here },
	{ "probe tag: a key that is not here", .run = strange_key },
	{ "probe tag: a tag of another key", .run = wrong_key },
	{ "probe tag: another tag", .run = wrong_tag },
	{ "probe tag: another number", .run = wrong_number },
	{ "probe tag: another time", .run = wrong_time },
	{ "probe tag: another network with a key of the same id", .run = wrong_network },
	{ "probe tag: an epoch long ago", .run = wrong_epoch },
	{ "probe tag: an option that is shorter", .run = short_tag },
	{ "probe tag: options that end within it", .run = cut_tag },
	{ "probe tag: a signed answer is noted", .run = is_believed },
	{ "probe tag: an answer without is not", .run = has_no_tag },
	{ "probe tag: before tags are required it is", .run = needs_no_tag },
	{ "probe tag: an answer of no key is not", .run = of_no_key },
	{ "probe tag: a forged answer is not", .run = is_forged },
	{ "probe tag: an answer that was changed is not", .run = says_else },
	{ "probe tag: nor one signed by a key of another network", .run = of_other_network },
	{ "probe tag: an answer of an epoch long ago is not", .run = is_old },
	{ "probe tag: nor one that is sent again", .run = is_repeated },
};

REGISTER_CASES(rows);
