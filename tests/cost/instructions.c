/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A step of a packet table, interpreted. */
#include "instructions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <arpa/inet.h>
#include <bpf/libbpf.h>

#include "execute.h"
#include "parallax.skel.h"

#define HEADROOM 256
#define PACKET_OTHERHOST 3 /* test frames are, on the kernel too */

int share_maps(struct world *world, struct bpf_object *object)
{
	struct bpf_map *map, *shared;
	int ret = 0;

	bpf_object__for_each_map(map, object)
	{
		shared = bpf_object__find_map_by_name(world->skel->obj, bpf_map__name(map));
		if (!ret)
			ret = shared ? bpf_map__reuse_fd(map, bpf_map__fd(shared)) : -ENOENT;
	}
	return ret;
}

static uint32_t device_of(struct world *world, const struct step *step)
{
	bool pod = step->program == FROM_POD || step->program == TO_POD;

	return world->ifindex[step->device ? step->device : pod ? DEVICE_POD0 : DEVICE_UPLINK];
}

static void fill_skb(struct world *world, const struct step *step, struct execute_packet *packet,
		     uint32_t length)
{
	struct __sk_buff *skb = &packet->skb;

	skb->data = (uint32_t)(uintptr_t)packet->frame + HEADROOM;
	skb->data_meta = skb->data;
	skb->data_end = skb->data + length;
	skb->len = length;
	skb->pkt_type = PACKET_OTHERHOST;
	skb->protocol = htons(0x0800);
	skb->ifindex = device_of(world, step);
	skb->ingress_ifindex = step->program == TO_POD ? world->ifindex[step->from] : skb->ifindex;
}

static void fill_xdp(struct world *world, const struct step *step, struct execute_packet *packet,
		     uint32_t length)
{
	packet->xdp = (struct xdp_md){
		.data = (uint32_t)(uintptr_t)packet->frame + HEADROOM,
		.ingress_ifindex = device_of(world, step),
	};
	packet->xdp.data_meta = packet->xdp.data;
	packet->xdp.data_end = packet->xdp.data + length;
}

static void fill(struct world *world, const struct step *step, const struct port_values *ports,
		 struct execute_packet *packet)
{
	struct frame frame;

	pkt_build(&step->in, ports, &frame);
	memset(packet, 0, sizeof(*packet));
	memcpy(packet->frame + HEADROOM, frame.data, frame.len);
	(step->program == XDP ? fill_xdp : fill_skb)(world, step, packet, frame.len);
}

static const struct bpf_program *program_of(struct bpf_object *object, const struct step *step)
{
	static const char *const names[PROGRAM_COUNT] = {
		[FROM_POD] = "px_from_pod", [TO_POD] = "px_to_pod",       [UPLINK] = "px_uplink",
		[XDP] = "px_xdp",           [TO_UPLINK] = "px_to_uplink",
	};

	return bpf_object__find_program_by_name(object, names[step->program]);
}

static bool run(struct machine *m, const struct step *step)
{
	int verdict = execute(m);

	if (!m->failed && verdict != step->verdict)
		m->failed = "it returns another verdict";
	if (m->failed)
		printf("      interpreted: %s\n", m->failed);
	return !m->failed;
}

int64_t instructions_of(struct world *world, struct bpf_object *object, const struct step *step,
			const struct port_values *ports)
{
	struct machine *m = calloc(1, sizeof(*m));
	struct execute_packet *packet = mmap(NULL, sizeof(*packet), PROT_READ | PROT_WRITE,
					     MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	int64_t count = -1;

	if (m && packet != MAP_FAILED) {
		m->code = bpf_program__insns(program_of(object, step));
		m->packet = packet;
		m->jiffies = world_ticks(world);
		m->saddr = htonl(step->in.saddr);
		m->other_side = world->ifindex[step->program == UPLINK ? DEVICE_POD1 : DEVICE_UPLINK];
		fill(world, step, ports, packet);
		count = run(m, step) ? (int64_t)m->executed : -1;
		elements_free(m);
	}
	if (packet != MAP_FAILED)
		munmap(packet, sizeof(*packet));
	free(m);
	return count;
}
