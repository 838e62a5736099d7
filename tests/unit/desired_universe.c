/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The input of builds out of the state that random edits change. */
#include "desired_universe.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "assignment_fingerprint.h"
#include "view_build.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Sorted. */
static const char *const clusters[UNIVERSE_HOSTS] = {
	"outbound|80||h0.x", "outbound|80||h1.x", "outbound|80||h2.x", "outbound|80||h3.x",
	"outbound|80||h4.x",
};
static const char *const hosts[UNIVERSE_HOSTS] = { "h0.x", "h1.x", "h2.x", "h3.x", "h4.x" };

/* Pods of each network and of none, virtual IPs, the gateway; their IPv6 addresses. */
static const char *const endpoints[] = {
	"10.10.0.1", "10.10.0.2", "10.10.0.3", "10.10.0.4", "10.32.0.1", "10.32.0.2", "10.66.0.1",
	"10.99.0.1", "10.1.0.1",  "10.1.0.2",  "fd00::1",   "192.0.2.2",
};
static const char *const more[] = { NULL, NULL, "fd10::1", "fd10::2", "fd32::1", "fd00:1::1" };
static const char *const vips[] = { "10.1.0.1", "10.1.0.2", "10.1.0.3",  "10.1.0.4",
				    "10.1.0.1", "10.1.0.2", "fd00:1::1", "fd00:1::2" };
static const char *const networks[] = { NULL, NULL, NULL, "network2", "network3", "network9" };
/* Two of each network; some are endpoints too. */
static const char *const gateways[UNIVERSE_GATEWAYS] = { "10.99.0.1",   "192.0.2.1", "192.0.2.2",
							 "2001:db8::3", "192.0.2.2", "192.0.2.4" };

uint32_t dice_pick(struct dice *dice, uint32_t below)
{
	if (dice->data)
		return dice->at < dice->size ? dice->data[dice->at++] % below : 0;
	dice->state = dice->state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)((dice->state >> 33) % below);
}

static struct addr parse(const char *text)
{
	struct addr addr = {};

	addr_parse(text, &addr);
	return addr;
}

struct addr universe_vip(struct universe *universe)
{
	return parse(vips[dice_pick(universe->dice, COUNT(vips))]);
}

/* ------------------------------------------------------------------ a new one */

static void new_mesh(struct universe *universe)
{
	static const char *const cidrs[] = { "10.10.0.0/16", "fd10::/16",    "10.32.0.0/16",
					     "fd32::/16",    "10.66.0.0/16", "fd66::/16" };
	static const char *const names[] = { "network1", "network2", "network3" };

	for (uint32_t i = 0; i < UNIVERSE_NETWORKS; i++) {
		prefix_parse(cidrs[2 * i], &universe->cidrs[2 * i]);
		prefix_parse(cidrs[2 * i + 1], &universe->cidrs[2 * i + 1]);
		universe->networks[i] = (struct mesh_network){
			.name = names[i],
			.id = 100 + i,
			.own = !i,
			.cidrs = &universe->cidrs[2 * i],
			.cidr_count = 2,
			.gateways = &universe->gateways[2 * i],
			.transport = TRANSPORT_GENEVE,
			.tunnel_port = 6081,
		};
	}
	/* One is of two networks. */
	for (uint32_t i = 0; i < UNIVERSE_GATEWAYS; i++)
		universe->gateways[i] = (struct mesh_gateway){ .address = "gw",
							       .addr = parse(gateways[i]),
							       .port = 15443 };
	universe->networks[1].gateway_count = 1;
	universe->mesh = (struct mesh_networks){ .networks = universe->networks,
						 .count = UNIVERSE_NETWORKS };
}

void universe_new(struct universe *universe, struct dice *dice)
{
	static const char *uplinks[] = { "eth0" };

	*universe = (struct universe){ .dice = dice };
	new_mesh(universe);
	universe->config = (struct config){
		.network = "network1", .cluster = "cluster1", .mesh = &universe->mesh,
		.uplink_patterns = uplinks, .uplink_pattern_count = 1,
		.services = universe->services, .locality_weighted = true, .panic_threshold = 50,
	};
	universe->input = (struct build_input){
		.config = &universe->config,
		.now_ns = 1000000000,
		.ipv6 = dice_pick(dice, 8),
		.node = { .pods = 1,
			  .uplink = 3,
			  .uplink_mtu = 1500,
			  .hz = 250,
			  .source = { parse("10.0.0.1"), parse("fd00::1") } },
	};
}

void universe_done(struct universe *universe)
{
	arena_free(universe->arena);
}

/* ------------------------------------------------------------------ assignments */

static bool is_gateway(const struct addr *addr)
{
	bool found = false;

	for (size_t i = 0; i < UNIVERSE_GATEWAYS; i++) {
		struct addr gateway = parse(gateways[i]);

		found |= addr_equal(&gateway, addr);
	}
	return found;
}

static void make_endpoint(struct arena *arena, const struct random_endpoint *from,
			  struct endpoint *ret)
{
	struct socket_addr *address = arena_array(arena, 2, sizeof(*address));
	const char *second = more[from->more % COUNT(more)];

	*address = (struct socket_addr){
		.addr = parse(endpoints[from->address % COUNT(endpoints)]),
		.port = from->port % 16 ? 80 : 0,
		.proto = from->proto % 8 ? IPPROTO_TCP : IPPROTO_UDP,
	};
	if (is_gateway(&address->addr))
		address->port = 15443;
	address[1] = *address;
	if (second)
		address[1].addr = parse(second);
	*ret = (struct endpoint){ .addresses = address,
				  .address_count = 1 + !!second,
				  .weight = 1 + from->weight % 3,
				  .health = from->health % 16 > HEALTH_DEGRADED ? HEALTH_HEALTHY :
										  from->health % 16,
				  .network = networks[from->network % COUNT(networks)] };
}

static void make_localities(struct arena *arena, const struct random_host *host,
			    struct assignment *ret)
{
	struct locality *localities = arena_array(arena, 2, sizeof(*localities));

	for (uint32_t l = 0; l < 2; l++) {
		struct locality *locality = &localities[l];

		*locality = (struct locality){ .region = l ? "r2" : "r1", .zone = "z",
					       .sub_zone = "", .has_locality = true };
		locality->endpoints = arena_array(arena, UNIVERSE_ENDPOINTS,
						  sizeof(*locality->endpoints));
		for (uint32_t i = 0; i < host->endpoint_count; i++)
			if (host->endpoints[i].locality % 2 == l)
				make_endpoint(arena, &host->endpoints[i],
					      &locality->endpoints[locality->endpoint_count++]);
	}
	localities[1].priority = host->priority;
	localities[1].has_weight = host->locality_weight;
	localities[1].weight = host->locality_weight;
	ret->localities = localities;
	ret->locality_count = 2;
}

static const struct assignment *make_assignment(const struct universe *universe, size_t h)
{
	static struct drop_overload drops[] = { { "a", 10, 100 }, { "b", 1, 2 } };
	const struct random_host *host = &universe->hosts[h];
	struct assignment *assignment = arena_alloc(universe->arena, sizeof(*assignment));

	*assignment = (struct assignment){
		.name = arena_strdup(universe->arena, clusters[h]), .overprovisioning = 140,
		.drops = drops, .drop_count = host->drops, .stale_after_ms = host->stale_after_ms,
		.received_ns = host->received_ns,
	};
	make_localities(universe->arena, host, assignment);
	if (!host->unknown)
		assignment->fingerprint = assignment_fingerprint(assignment);
	if (!host->too_large || universe->named || universe->config.gateway.enabled)
		return assignment;
	/* Only counted, except where virtual IPs are collected, and by a gateway. */
	assignment->localities[0].endpoint_count = VIEW_MAX_ENDPOINTS + 1;
	assignment->fingerprint++;
	return assignment;
}

static void make_assignments(struct universe *universe, const struct assignment **ret_of)
{
	struct build_input *input = &universe->input;
	const struct assignment **items =
		arena_array(universe->arena, UNIVERSE_HOSTS, sizeof(*items));
	size_t count = 0;

	for (size_t h = 0; h < UNIVERSE_HOSTS; h++) {
		ret_of[h] = NULL;
		if (universe->hosts[h].assigned)
			items[count++] = ret_of[h] = make_assignment(universe, h);
	}
	input->assignments = (struct assignment_list){ items, count };
}

/* ------------------------------------------------------------------ clusters and virtual IPs */

static int vip_input(const void *source, struct arena *arena, struct vip_input *ret)
{
	(void)arena;
	*ret = ((const struct universe *)source)->vip_input;
	return 0;
}

static void make_clusters(struct universe *universe, const struct assignment *const *of)
{
	struct arena *arena = universe->arena;
	struct listed_cluster *listed = arena_array(arena, UNIVERSE_HOSTS, sizeof(*listed));
	struct vip_cluster *named = arena_array(arena, UNIVERSE_HOSTS, sizeof(*named));
	struct cluster_list *list = &universe->input.clusters;

	list->items = listed;
	list->count = 0;
	for (size_t h = 0; h < UNIVERSE_HOSTS; h++) {
		const char *name = clusters[h];

		if (!universe->hosts[h].listed)
			continue;
		named[list->count] = (struct vip_cluster){ arena_strdup(arena, name), of[h] };
		listed[list->count++] = (struct listed_cluster){ arena_strdup(arena, name),
								 universe->hosts[h].known };
	}
	universe->vip_input.clusters = named;
	universe->vip_input.cluster_count = list->count;
}

static void make_names(struct universe *universe)
{
	struct xds_host *table = arena_array(universe->arena, UNIVERSE_HOSTS, sizeof(*table));

	for (size_t h = 0; h < UNIVERSE_HOSTS; h++)
		table[h] = (struct xds_host){ hosts[h], universe->hosts[h].addresses,
					      universe->hosts[h].address_count };
	universe->vip_input.hosts = table;
	universe->vip_input.host_count = UNIVERSE_HOSTS;
}

/* A prober knows only those that meshNetworks names. */
static void make_down(struct universe *universe)
{
	struct build_input *input = &universe->input;

	input->down = universe->down;
	input->down_count = 0;
	for (size_t i = 0; i < UNIVERSE_GATEWAYS; i++)
		if (universe->down_set >> i & 1 && i % 2 < universe->networks[i / 2].gateway_count)
			universe->down[input->down_count++] = (struct socket_addr){
				universe->gateways[i].addr, universe->gateways[i].port, 0
			};
}

const struct build_input *universe_input(struct universe *universe)
{
	const struct assignment *of[UNIVERSE_HOSTS];
	bool named = universe->named && universe->config.capture != CAPTURE_LISTED;

	arena_free(universe->arena);
	universe->arena = arena_new(0);
	if (!universe->arena)
		return NULL;
	make_assignments(universe, of);
	make_clusters(universe, of);
	make_names(universe);
	make_down(universe);
	universe->input.vip_input = named ? vip_input : NULL;
	universe->input.source = universe;
	return &universe->input;
}
