/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Filling the maps by hand, as the agent would. */
#include "world.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "../table_of.h"
#include "family.h"
#include "parallax_hash.h"

int world_update(struct world *world, const char *map, const void *key, const void *value)
{
	return bpf_map_update_elem(world_map_fd(world, map), key, value, BPF_ANY);
}

int world_delete(struct world *world, const char *map, const void *key)
{
	return bpf_map_delete_elem(world_map_fd(world, map), key);
}

static void add_network(struct world *world, uint32_t network, uint32_t flags)
{
	world_update(world, "networks", &network, &(struct network){.flags = flags});
}

static void add_gateway(struct world *world, uint32_t addr, uint32_t network, uint8_t kind)
{
	struct gateway_key key;
	struct gateway gateway = {.port = htons(STOCK_PORT), .kind = kind,
				  .tunnel_port = kind == BACKEND_GENEVE ? htons(TUNNEL_PORT) : 0};

	memset(&key, 0, sizeof(key)); /* every byte counts, also those of the union */
	key.addr = own_ip(addr);
	key.network = network;
	world_update(world, "gateways", &key, &gateway);
}

void world_iface(struct world *world, enum device device, uint32_t role, uint64_t captured_ns)
{
	world_update(world, "ifaces", &world->ifindex[device],
		     &(struct iface){.role = role, .captured_ns = captured_ns});
}

static void add_destination(struct world *world, uint32_t addr)
{
	struct family_addr own = own_addr(addr);
	uint32_t bit = address_bit(&own);

	world->filters->destinations[bit / 64] |= 1ULL << (bit % 64);
}

static void describe_node(struct world *world)
{
	struct settings *s = world->settings;

	s->abi_version = ABI_VERSION;
	s->network = NETWORK1;
	s->hz = world->hz;
	s->takeover_ns = 10 * 1000000000ULL;
	s->source[OWN_INDEX] = own_ip(NODE1);
	s->mtu = UPLINK_MTU;
	s->flows_per_owner = WORLD_FLOWS;
	s->uplink = world->ifindex[DEVICE_UPLINK];
	world_iface(world, DEVICE_POD0, IFACE_POD, 0);
	world_iface(world, DEVICE_POD1, IFACE_POD, 0);
	world_iface(world, DEVICE_UPLINK, IFACE_UPLINK, 0);
}

static void describe_mesh(struct world *world)
{
	add_network(world, NETWORK1, NETWORK_OWN);
	add_network(world, NETWORK2, 0);
	add_network(world, NETWORK3, 0);
	add_gateway(world, GATEWAY, NETWORK2, BACKEND_GENEVE);
	add_gateway(world, GATEWAY2, NETWORK2, BACKEND_GENEVE);
	add_gateway(world, STOCK, NETWORK2, BACKEND_PASSTHROUGH);
	add_gateway(world, GATEWAY3, NETWORK3, BACKEND_GENEVE);
}

void world_reset(struct world *world)
{
	world_clear(world);
	describe_node(world);
	describe_mesh(world);
}

void world_allow(struct world *world, uint32_t addr, uint32_t network)
{
	struct allowed_key key = { .prefix = ALLOWED_NETWORK_BITS + IP_MAPPED_BITS + 32,
				   .network = network | OWN_ALLOWED,
				   .addr = own_ip(addr) };
	uint32_t yes = 1;

	world_update(world, "allowed", &key, &yes);
}

uint32_t world_health(struct world *world, uint32_t addr, enum gateway_state state)
{
	struct ip_addr ip = own_ip(addr);
	uint32_t row = health_place(health_hash(&ip, htons(TUNNEL_PORT)), 0);

	world->health[row].addr = ip;
	world->health[row].port = htons(TUNNEL_PORT);
	world->health[row].state = state;
	if (state == GATEWAY_DOWN)
		world->health[0].state = GATEWAY_DOWN;
	return row;
}

void world_become_gateway(struct world *world)
{
	struct settings *s = world->settings;
	struct allowed_key all = { .prefix = ALLOWED_NETWORK_BITS + IP_MAPPED_BITS + 16,
				   .network = OWN_ALLOWED,
				   .addr = own_ip(IP(192, 23, 0, 0)) };
	uint32_t own = NETWORK1, yes = 1;

	world_update(world, "networks", &own, &(struct network){0});
	add_network(world, NETWORK2, NETWORK_OWN);
	world_update(world, "allowed", &all, &yes);
	s->network = NETWORK2;
	s->source[OWN_INDEX] = own_ip(GATEWAY);
	s->listen[OWN_INDEX] = own_ip(GATEWAY);
	s->listen_port = htons(TUNNEL_PORT);
	s->snat_count[OWN_INDEX] = 1;
	s->snat[OWN_INDEX][0] = own_ip(SNAT);
	s->snat_first = SNAT_FIRST;
	s->snat_last = SNAT_LAST;
	add_destination(world, SNAT);
	s->flags |= SETTING_GATEWAY;
}

uint32_t world_service(struct world *world, uint32_t vip, uint16_t port, uint8_t proto, uint64_t id)
{
	uint32_t row = world->service++, none = 0;
	struct service_id_key id_key = { .id = id, .family = PLAIN_FAMILY };
	struct vip_key key = { .addr = own_addr(vip), .port = htons(port), .proto = proto };
	struct vip_key whole = { .addr = own_addr(vip) };

	world->services[row] = (struct service){
		.vip = own_ip(vip),
		.port = htons(port),
		.proto = proto,
		.family = PLAIN_FAMILY,
		.flags = SERVICE_IN_USE,
		.id = id,
		.table = TABLE_DESC(0, 0, 0, 1),
		.local_table = TABLE_DESC(0, 0, 0, 1),
		.captured_ns = 1,
	};
	world_update(world, "service_ids", &id_key, &row);
	world_update(world, "vips", &key, &row);
	world_update(world, "vips", &whole, &none);
	add_destination(world, vip);
	return row;
}

uint32_t world_backend(struct world *world, uint32_t service, enum backend_kind kind, uint32_t addr,
		       uint16_t port)
{
	uint32_t row = world->backend++;

	world->backends[row] = (struct backend){
		.addr = own_ip(addr),
		.port = htons(port),
		.generation = 1,
		.kind = kind,
		.tunnel_port = kind == BACKEND_GENEVE ? htons(TUNNEL_PORT) : 0,
		.service = service,
		.network = kind == BACKEND_LOCAL ? world->settings->network : NETWORK2,
		.service_id = world->services[service].id,
		.share = 1000000000,
		.weight = 1,
		.slots = 1,
	};
	return row;
}

/* The rows, or those that are local, as a table. */
static table_desc put_table(struct world *world, const uint32_t *rows, uint32_t count, bool local)
{
	uint32_t *taken = calloc(count + 1, 2 * sizeof(*taken)), used = 0;
	uint32_t *weights = taken + count;
	table_desc word;

	if (!taken)
		abort();
	for (uint32_t i = 0; i < count; i++) {
		if (local && world->backends[rows[i]].kind != BACKEND_LOCAL)
			continue;
		weights[used] = world->backends[rows[i]].weight;
		taken[used++] = rows[i];
	}
	word = table_of(world->buckets, world->bucket, taken, weights, used, 1);
	world->bucket += TABLE_BUCKETS(word);
	free(taken);
	return word;
}

void world_table(struct world *world, uint32_t service, const uint32_t *rows, uint32_t count)
{
	world->services[service].table = put_table(world, rows, count, false);
	world->services[service].local_table = put_table(world, rows, count, true);
}

uint32_t world_service_of(struct world *world, uint32_t vip, uint8_t proto, uint64_t id,
			  enum backend_kind kind, uint32_t addr, uint16_t port)
{
	uint32_t service = world_service(world, vip, HELLO_PORT, proto, id);
	uint32_t row = world_backend(world, service, kind, addr, port);

	world_table(world, service, &row, 1);
	return service;
}
