/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The worlds that rows begin in. */
#include "forward_packets.h"

#include <netinet/in.h>

static void hello(struct world *world, enum backend_kind kind, uint32_t addr, uint16_t port)
{
	world_service_of(world, VIP, IPPROTO_TCP, HELLO_ID, kind, addr, port);
	world_service_of(world, VIP, IPPROTO_UDP, OTHER_ID, kind, addr, port);
}

void setup_local(struct world *world)
{
	hello(world, BACKEND_LOCAL, HELLO1, HELLO_PORT);
}

void setup_redirect(struct world *world)
{
	setup_local(world);
	world->settings->flags |= SETTING_REDIRECT;
}

void setup_hairpin(struct world *world)
{
	hello(world, BACKEND_LOCAL, SLEEP, HELLO_PORT);
}

void setup_geneve(struct world *world)
{
	hello(world, BACKEND_GENEVE, GATEWAY, STOCK_PORT);
}

void setup_passthrough(struct world *world)
{
	hello(world, BACKEND_PASSTHROUGH, STOCK, STOCK_PORT);
}

void setup_nobody(struct world *world)
{
	world_service(world, VIP, HELLO_PORT, IPPROTO_TCP, HELLO_ID);
	world_service(world, VIP, HELLO_PORT, IPPROTO_UDP, OTHER_ID);
}

void setup_two_vips(struct world *world)
{
	setup_local(world);
	world_service_of(world, VIP2, IPPROTO_TCP, UNKNOWN_ID, BACKEND_LOCAL, HELLO1, HELLO_PORT);
	world_service_of(world, VIP2, IPPROTO_UDP, UNKNOWN_ID + 1, BACKEND_LOCAL, HELLO1,
			 HELLO_PORT);
}

void setup_two_stock(struct world *world)
{
	setup_passthrough(world);
	world_service_of(world, VIP2, IPPROTO_TCP, UNKNOWN_ID, BACKEND_PASSTHROUGH, STOCK,
			 STOCK_PORT);
}

void setup_gateway(struct world *world)
{
	world_become_gateway(world);
	hello(world, BACKEND_LOCAL, HELLO2, HELLO_PORT);
}

void setup_many_snat_ports(struct world *world)
{
	setup_gateway(world);
	world->settings->snat_last = SNAT_FIRST + 9999;
}

/* The id of a service's endpoint, which is at `row`. */
void add_endpoint(struct world *world, uint32_t row, uint32_t endpoint)
{
	struct endpoint_key key = { .service_id = world->backends[row].service_id,
				    .endpoint = endpoint, .family = PLAIN_FAMILY };

	world->backends[row].endpoint = endpoint;
	world_update(world, "endpoints", &key, &row);
}

void setup_forward(struct world *world)
{
	world_become_gateway(world);
	world->settings->flags |= SETTING_FORWARD;
	world->settings->inside[OWN_INDEX] = own_ip(GATEWAY);
	world_service_of(world, VIP, IPPROTO_TCP, HELLO_ID, BACKEND_LOCAL, HELLO2_ELSEWHERE,
			 HELLO_PORT);
	world_service_of(world, VIP, IPPROTO_UDP, OTHER_ID, BACKEND_LOCAL, HELLO2_ELSEWHERE,
			 HELLO_PORT);
	add_endpoint(world, TCP_ROW, ENDPOINT);
	add_endpoint(world, UDP_ROW, ENDPOINT);
}

void setup_forward_xdp(struct world *world)
{
	setup_forward(world);
	world->settings->flags |= SETTING_XDP_SEND;
}

void know_gateways(struct world *world, uint32_t network, uint32_t flags)
{
	struct network value = { .flags = flags,
				 .gateway_count = 2,
				 .gateways = { own_ip(GATEWAY), own_ip(GATEWAY2) } };

	world_update(world, "networks", &network, &value);
}

/* ------------------------------------------------------------------ tunnels of the other family */

static void know_gateway(struct world *world, uint32_t addr)
{
	struct gateway_key key = { .network = NETWORK2 };
	struct gateway gateway = { .tunnel_port = htons(TUNNEL_PORT), .kind = BACKEND_GENEVE };

	key.addr = other_ip(addr);
	world_update(world, "gateways", &key, &gateway);
}

void setup_mixed_client(struct world *world)
{
	setup_geneve(world);
	world->settings->source[OTHER_INDEX] = other_ip(NODE1);
	world->backends[TCP_ROW].addr = other_ip(GATEWAY);
	world->backends[UDP_ROW].addr = other_ip(GATEWAY);
	know_gateway(world, GATEWAY);
	know_gateway(world, GATEWAY2);
}

void setup_mixed_gateway(struct world *world)
{
	struct allowed_key all = { .prefix = ALLOWED_NETWORK_BITS + IP_MAPPED_BITS + 16,
				   .network = OTHER_ALLOWED };
	uint32_t yes = 1;

	setup_gateway(world);
	all.addr = other_ip(IP(192, 23, 0, 0));
	world_update(world, "allowed", &all, &yes);
	world->settings->source[OTHER_INDEX] = other_ip(GATEWAY);
	world->settings->listen[OTHER_INDEX] = other_ip(GATEWAY);
}
