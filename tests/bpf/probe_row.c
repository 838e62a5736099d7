/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "probe_row.h"

#include <stdio.h>
#include <string.h>

#include "family.h"
#include "parallax_hash.h"

void probe_fill(struct probe_bytes *probe, uint32_t network)
{
	*probe = (struct probe_bytes){
		.geneve = { .version_length = sizeof(probe->option) / 4,
			    .flags = GENEVE_FLAG_OAM | GENEVE_FLAG_CRITICAL,
			    .vni = { network >> 16, network >> 8, network } },
		.option = { .head = { htons(GENEVE_CLASS_PARALLAX), GENEVE_OPTION_PROBE, 6 },
			    .sequence = htonl(SEQUENCE),
			    .time = TIME,
			    .row = htonl(5) },
	};
}

static void put_le(uint8_t *to, uint64_t value, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		to[i] = value >> (8 * i);
}

void probe_sign(struct probe_bytes *probe, uint16_t id)
{
	const uint8_t *vni = probe->geneve.vni;
	uint32_t network = (uint32_t)vni[0] << 16 | vni[1] << 8 | vni[2];
	struct siphash_key key = test_key(network, network == NETWORK1 ? NETWORK2 : NETWORK1, id);
	uint8_t text[40] = { 0 };
	__u64 words[5];

	memcpy(text, &probe->option, sizeof(probe->option));
	put_le(text + 28, EPOCH, 4);
	put_le(text + 32, network, 4);
	memcpy(words, text, sizeof(words));
	probe->geneve.version_length = (SIGNED_WHOLE - sizeof(probe->geneve)) / 4;
	probe->tag = (struct geneve_admission_option){
		.head = { htons(GENEVE_CLASS_PARALLAX), GENEVE_OPTION_ADMISSION, 3 },
		.key = htons(id),
		.epoch = htons((uint16_t)EPOCH),
	};
	put_le(probe->tag.tag, siphash(&key, words, 5, 40ull << 56), 8);
}

void probe_by_key1(struct world *world, struct probe_bytes *probe)
{
	(void)world;
	probe_sign(probe, KEY1);
}

void probe_of_unknown_network(struct world *world, struct probe_bytes *probe)
{
	(void)world;
	probe->geneve.vni[0] = UNKNOWN_NETWORK >> 16;
}

void probe_says_answer(struct world *world, struct probe_bytes *probe)
{
	(void)world;
	probe->option.flags = PROBE_ANSWER;
}

void probe_is_over_limit(struct world *world, struct probe_bytes *probe)
{
	(void)probe;
	for (uint32_t i = 0; i < OWNER_ROWS; i++) {
		world->owners[i].second = world_ticks(world);
		world->owners[i].probes = PROBES_PER_SECOND;
	}
}

bool probe_said(const char *text)
{
	printf("      %s\n", text);
	return false;
}

bool probe_row_run(struct world *world, const struct probe_row *row, enum program program)
{
	const struct step step = { .program = program };
	const enum hook hook = program == XDP ? HOOK_XDP : HOOK_UPLINK;
	struct port_values ports = { 0 };
	struct counts before, after;
	struct probe_bytes probe;
	struct frame frame;
	int verdict = 0, moved = 0;

	row->setup(world);
	probe_fill(&probe, row->pkt.dport == TUNNEL_PORT ? NETWORK1 : NETWORK2);
	if (row->pkt.sport == TUNNEL_PORT)
		probe.option.flags = PROBE_ANSWER | PROBE_KEEPS;
	if (row->change)
		row->change(world, &probe);
	pkt_build(&row->pkt, &ports, &frame);
	memcpy(frame.data + HEADERS, &probe, sizeof(probe));
	world_counts(world, &before);
	if (frame_run(world, &step, frame.data, &frame.len, &verdict))
		return probe_said("the program does not run");
	world_counts(world, &after);
	for (int i = 0; i < HOOK_COUNT * REASON_COUNT; i++)
		moved += after.packets[i] != before.packets[i];
	if (verdict != row->verdict)
		printf("      verdict %d, want %d\n", verdict, row->verdict);
	if (moved != (row->count != 0) ||
	    (row->count && after.packets[COUNTER(hook, row->count)] !=
				   before.packets[COUNTER(hook, row->count)] + 1))
		return probe_said("another counter than wanted moved");
	return verdict == row->verdict && (!row->after || row->after(world, frame.data, frame.len));
}

/* ------------------------------------------------------------------ the gateway */

void probe_own_health(struct world *world)
{
	setup_gateway(world);
	world->health[0].services = 70000;
	world->health[0].mtu = 1450;
	world->health[0].load = 30;
}

/* The header's words sum to ~0; IPv6 has no checksum. */
static bool ip_sums(const uint8_t *frame)
{
	return PLAIN_FAMILY == 6 || sum_fold(sum_add(frame + 14, 20, 0)) == 0xffff;
}

static bool is_from_gateway(const uint8_t *frame)
{
	const uint32_t at = 14 + OWN_HLEN;
	struct frame want;
	struct port_values ports = { 0 };
	const struct pkt back = ANSWER;
	const uint32_t addresses = PLAIN_FAMILY == 6 ? 14 + 8 : 14 + 12;

	pkt_build(&back, &ports, &want);
	return !memcmp(frame + at, want.data + at, 4) &&
	       !memcmp(frame + addresses, want.data + addresses, 14 + OWN_HLEN - addresses);
}

/* `bytes` from the Geneve header on, and padding; signed by this key, or 0. */
static bool is_answered(const struct world *world, const uint8_t *frame, uint32_t len,
			uint32_t bytes, uint32_t padding, uint16_t key)
{
	struct probe_bytes got, want;

	memcpy(&got, frame + HEADERS, bytes);
	probe_fill(&want, NETWORK2);
	want.option.flags = PROBE_ANSWER;
	if (!(world->settings->flags & SETTING_FORWARD))
		want.option.flags |= PROBE_KEEPS;
	want.option.services = htonl(70000);
	want.option.mtu = htons(1450);
	want.option.load = 30;
	if (key)
		probe_sign(&want, key);
	if (len != HEADERS + bytes + padding)
		return probe_said("the answer has another length");
	if (memcmp(&got, &want, bytes))
		return probe_said("the answer says something else");
	if ((uint32_t)(frame[14 + OWN_HLEN + 4] << 8 | frame[14 + OWN_HLEN + 5]) !=
	    8 + bytes + padding)
		return probe_said("the answer's UDP header has another length");
	if (frame[14 + OWN_HLEN + 6] || frame[14 + OWN_HLEN + 7])
		return probe_said("the answer has a UDP checksum");
	if (!ip_sums(frame))
		return probe_said("the answer's IP header has a wrong checksum");
	return is_from_gateway(frame) || probe_said("the answer goes elsewhere");
}

bool probe_is_answered(struct world *world, const uint8_t *frame, uint32_t len)
{
	return is_answered(world, frame, len, WHOLE, 0, 0);
}

bool probe_is_answered_padded(struct world *world, const uint8_t *frame, uint32_t len)
{
	return is_answered(world, frame, len, WHOLE, PADDING, 0);
}

bool probe_is_answered_cut(struct world *world, const uint8_t *frame, uint32_t len)
{
	return is_answered(world, frame, len, WHOLE, NARROW_DEVICE + 14 - HEADERS - WHOLE, 0);
}

bool probe_is_answered_signed_padded(struct world *world, const uint8_t *frame, uint32_t len)
{
	return is_answered(world, frame, len, SIGNED_WHOLE, PADDING, KEY1);
}

bool probe_is_answered_signed(struct world *world, const uint8_t *frame, uint32_t len)
{
	return is_answered(world, frame, len, SIGNED_WHOLE, 0, KEY1);
}

bool probe_is_answered_by_key2(struct world *world, const uint8_t *frame, uint32_t len)
{
	return is_answered(world, frame, len, SIGNED_WHOLE, 0, KEY2);
}

/* ------------------------------------------------------------------ the node that asked */

static uint32_t asked_row;

uint32_t probe_asked(void)
{
	return asked_row;
}

/* Row 5 of probe_fill() stands for the gateway's. */
void probe_asks(struct world *world, struct probe_bytes *probe)
{
	struct health_probe *sent = &world->health[asked_row].probes[SEQUENCE % HEALTH_PROBES];

	*sent = (struct health_probe){ .sent_ns = world_now_ns() - 2000000, .sequence = SEQUENCE };
	probe->option.row = htonl(asked_row);
	probe->option.time = sent->sent_ns;
	probe->option.services = htonl(12);
	probe->option.mtu = htons(1400);
	probe->option.load = 99;
}

void probe_asks_sized(struct world *world, struct probe_bytes *probe)
{
	struct health_probe *slots = world->health[asked_row].probes;

	probe_asks(world, probe);
	slots[HEALTH_SIZED] = slots[SEQUENCE % HEALTH_PROBES];
	probe->option.row = htonl(asked_row | HEALTH_ROW_SIZED);
}

void probe_setup_asks(struct world *world)
{
	setup_geneve(world);
	asked_row = world_health(world, GATEWAY, GATEWAY_UP);
}

bool probe_is_known(struct world *world, const uint8_t *frame, uint32_t len)
{
	const struct gateway_health *health = &world->health[asked_row];
	uint32_t rtt_us = health->probes[SEQUENCE % HEALTH_PROBES].rtt_us;

	(void)frame;
	(void)len;
	if (health->services != 12 || health->mtu != 1400 || health->load != 99 ||
	    health->network != NETWORK2 || health->flags != (PROBE_ANSWER | PROBE_KEEPS))
		return probe_said("the answer is not what is known");
	return (rtt_us >= 2000 && rtt_us < 5000000) || probe_said("the time is another one");
}

bool probe_is_not_known(struct world *world, const uint8_t *frame, uint32_t len)
{
	(void)frame;
	(void)len;
	return !world->health[asked_row].probes[SEQUENCE % HEALTH_PROBES].rtt_us ||
	       probe_said("it counts as an answer");
}

bool probe_is_known_sized(struct world *world, const uint8_t *frame, uint32_t len)
{
	return (probe_is_not_known(world, frame, len) &&
		world->health[asked_row].probes[HEALTH_SIZED].rtt_us) ||
	       probe_said("it does not count as the answer to one of a size");
}
