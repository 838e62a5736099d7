/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "world_keys.h"

#include "gateway_packets.h"

void put_key(struct world *world, uint32_t own, uint32_t other, uint32_t id, uint32_t named)
{
	struct admission_key_id name = { other, named, world->settings->key_generation };
	struct admission_key key = { .id = id,
				     .send = test_key(own, other, id),
				     .receive = test_key(other, own, id) };

	world_update(world, "keys", &name, &key);
}

void set_epoch(struct world *world, uint32_t epoch, uint32_t seconds_ago)
{
	uint32_t start = world_ticks(world) - seconds_ago * world->hz;

	world->settings->epoch = (uint64_t)epoch << 32 | start;
}

void use_keys(struct world *world, uint32_t flags)
{
	uint32_t own = world->settings->network, other = own == NETWORK1 ? NETWORK2 : NETWORK1;

	put_key(world, own, other, KEY1, KEY1);
	put_key(world, own, other, KEY1, 0);
	put_key(world, own, other, KEY2, KEY2);
	world->settings->admission = flags;
	world->settings->option_bytes = TAG_BYTES;
	set_epoch(world, EPOCH, 1);
}

void shut(struct world *world)
{
	struct allowed_key all = { .prefix = ALLOWED_NETWORK_BITS + IP_MAPPED_BITS + 16,
				   .network = OWN_ALLOWED,
				   .addr = own_ip(IP(192, 23, 0, 0)) };

	world_delete(world, "allowed", &all);
}

void only_by_key(struct world *world)
{
	shut(world);
	world->settings->admission |= ADMISSION_OPEN;
}
