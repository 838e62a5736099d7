/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Probes that a gateway answers from XDP: as TC does, by the device that they came by. */
#include <string.h>

#include <linux/bpf.h>

#include "probe_row.h"

/* TC answers the first probe of a second, and looks the next hop up. */
static void look_up(struct world *world)
{
	static const struct step step = { .program = UPLINK };
	static const struct pkt probe = PROBE;
	struct port_values ports = { 0 };
	struct probe_bytes bytes;
	struct frame frame;
	int verdict;

	probe_fill(&bytes, NETWORK1);
	pkt_build(&probe, &ports, &frame);
	memcpy(frame.data + HEADERS, &bytes, WHOLE);
	frame_run(world, &step, frame.data, &frame.len, &verdict);
}

static void unknown_hop(struct world *world)
{
	probe_own_health(world);
	world->settings->flags |= SETTING_XDP_SEND;
}

static void sends(struct world *world)
{
	unknown_hop(world);
	look_up(world);
}

static void does_not_send(struct world *world)
{
	sends(world);
	world->settings->flags &= ~SETTING_XDP_SEND;
}

static void has_narrow_device(struct world *world)
{
	sends(world);
	world->settings->mtu = NARROW_DEVICE;
}

static void has_keys(struct world *world)
{
	sends(world);
	use_keys(world, ADMISSION_ALL);
}

static void admits_nobody(struct world *world)
{
	sends(world);
	shut(world);
}

static void requires_encryption(struct world *world)
{
	sends(world);
	world->settings->admission |= ADMISSION_ENCRYPTED;
}

static void forged(struct world *world, struct probe_bytes *probe)
{
	probe_by_key1(world, probe);
	probe->tag.tag[3]++;
}

ROW_AT(XDP, is_echoed, sends, PROBE, NULL, XDP_TX, COUNT(PROBE_ANSWERED), probe_is_answered);
ROW_AT(XDP, is_padded, sends, PROBE_OF(NODE1, WHOLE + PADDING), NULL, XDP_TX, COUNT(PROBE_ANSWERED), probe_is_answered_padded);
ROW_AT(XDP, is_cut, has_narrow_device, PROBE_OF(NODE1, WHOLE + PADDING), NULL, XDP_TX, COUNT(PROBE_ANSWERED), probe_is_answered_cut);
ROW_AT(XDP, is_signed, has_keys, SIGNED_PROBE, probe_by_key1, XDP_TX, COUNT(PROBE_ANSWERED), probe_is_answered_signed);
ROW_AT(XDP, is_unsigned, has_keys, PROBE, NULL, XDP_DROP, COUNT(TUNNEL_UNSIGNED), NULL);
ROW_AT(XDP, is_forged, has_keys, SIGNED_PROBE, forged, XDP_DROP, COUNT(TUNNEL_FORGED), NULL);
ROW_AT(XDP, stranger, admits_nobody, PROBE, NULL, XDP_DROP, COUNT(TUNNEL_SOURCE), NULL);
ROW_AT(XDP, unknown_network, sends, PROBE, probe_of_unknown_network, XDP_DROP, COUNT(TUNNEL_VNI), NULL);
ROW_AT(XDP, over_the_limit, sends, PROBE, probe_is_over_limit, XDP_DROP, COUNT(REPLY_LIMIT), NULL);
ROW_AT(XDP, no_hop, unknown_hop, PROBE, NULL, XDP_PASS, 0, NULL);
ROW_AT(XDP, no_sender, does_not_send, PROBE, NULL, XDP_PASS, 0, NULL);
ROW_AT(XDP, answer, sends, PROBE, probe_says_answer, XDP_PASS, 0, NULL);
ROW_AT(XDP, encrypted, requires_encryption, PROBE, NULL, XDP_PASS, 0, NULL);

static const struct test_case rows[] = {
	{ "probe xdp: the gateway answers", .run = is_echoed },
	{ "probe xdp: a padded one with as much", .run = is_padded },
	{ "probe xdp: and with no more than its own device takes", .run = is_cut },
	{ "probe xdp: a signed one with a tag", .run = is_signed },
	{ "probe xdp: without a tag it hears nothing where tags are required", .run = is_unsigned },
	{ "probe xdp: nor with a wrong one", .run = is_forged },
	{ "probe xdp: nor from a source that is not admitted", .run = stranger },
	{ "probe xdp: nor of an unknown network", .run = unknown_network },
	{ "probe xdp: nor too often", .run = over_the_limit },
	{ "probe xdp: TC looks the next hop up", .run = no_hop },
	{ "probe xdp: devices that do not send", .run = no_sender },
	{ "probe xdp: an answer is for TC to refuse", .run = answer },
	{ "probe xdp: TC judges where encryption is required", .run = encrypted },
};

REGISTER_CASES(rows);
