/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Random edits of a configuration and its source. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "desired_universe.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static uint32_t pick(struct universe *universe, uint32_t below)
{
	return dice_pick(universe->dice, below);
}

static struct random_host *pick_host(struct universe *universe)
{
	return &universe->hosts[pick(universe, UNIVERSE_HOSTS)];
}

/* ------------------------------------------------------------------ contents of assignments */

static void random_endpoint(struct universe *universe, struct random_endpoint *ret)
{
	uint32_t odd = pick(universe, 256), more = pick(universe, 256);

	*ret = (struct random_endpoint){
		.address = (uint8_t)pick(universe, 12),
		.more = (uint8_t)pick(universe, 12),
		.health = (uint8_t)odd,
		.port = (uint8_t)(odd / 16 + more),
		.weight = (uint8_t)more,
		.network = (uint8_t)(more / 8),
		.proto = (uint8_t)(1 + more / 16),
		.locality = odd / 64 == 0,
	};
}

/* Adds an endpoint, removes one, or changes one. */
static void edit_endpoints(struct universe *universe)
{
	struct random_host *host = pick_host(universe);
	uint32_t at = pick(universe, UNIVERSE_ENDPOINTS);

	universe->input.layout += !host->assigned || !host->listed || !host->known;
	host->assigned = host->listed = host->known = true;
	if (at >= host->endpoint_count) {
		if (host->endpoint_count < UNIVERSE_ENDPOINTS)
			random_endpoint(universe, &host->endpoints[host->endpoint_count++]);
	} else if (pick(universe, 3)) {
		random_endpoint(universe, &host->endpoints[at]);
	} else {
		host->endpoints[at] = host->endpoints[--host->endpoint_count];
	}
}

/* The same for an existing service: only its contents change. */
static void edit_contents(struct universe *universe)
{
	struct random_host *host = pick_host(universe);

	if (host->endpoint_count)
		random_endpoint(universe,
				&host->endpoints[pick(universe, host->endpoint_count)]);
	host->received_ns = universe->input.now_ns;
}

static void edit_locality(struct universe *universe)
{
	struct random_host *host = pick_host(universe);

	host->priority = pick(universe, 2);
	host->locality_weight = pick(universe, 3);
}

static void edit_drops(struct universe *universe)
{
	pick_host(universe)->drops = pick(universe, 3);
}

static void edit_stale(struct universe *universe)
{
	struct random_host *host = pick_host(universe);

	host->stale_after_ms = pick(universe, 4) * 500;
	host->received_ns = pick(universe, 8) ? universe->input.now_ns : 0;
}

static void edit_fingerprint(struct universe *universe)
{
	struct random_host *host = pick_host(universe);

	host->unknown = !pick(universe, 3);
}

static void edit_size(struct universe *universe)
{
	struct random_host *host = pick_host(universe);

	host->too_large = !pick(universe, 2);
	host->received_ns = universe->input.now_ns;
}

static void edit_clock(struct universe *universe)
{
	universe->input.now_ns += pick(universe, 4) * 400000000ULL;
}

/* ------------------------------------------------------------------ edits of the source */

static void edit_assigned(struct universe *universe)
{
	struct random_host *host = pick_host(universe);

	host->assigned = !host->assigned;
	host->known = pick(universe, 2);
	universe->input.layout++;
}

static void edit_known(struct universe *universe)
{
	struct random_host *host = pick_host(universe);

	host->listed = pick(universe, 4);
	host->known = pick(universe, 2);
	universe->input.layout++;
}

static void edit_complete(struct universe *universe)
{
	universe->input.clusters.complete = pick(universe, 2);
}

static void edit_names(struct universe *universe)
{
	struct random_host *host = pick_host(universe);

	universe->named = true;
	universe->input.layout++;
	host->listed = true;
	host->address_count = pick(universe, 3);
	for (size_t i = 0; i < host->address_count; i++)
		host->addresses[i] = universe_vip(universe);
}

static void edit_control_plane(struct universe *universe)
{
	universe->named = pick(universe, 4);
	universe->input.layout++;
}

/* A source may count a layout that is the same. */
static void edit_layout(struct universe *universe)
{
	universe->input.layout++;
}

/* ------------------------------------------------------------------ the configuration */

static void random_service(struct universe *universe, size_t s)
{
	static const char *const hosts[] = { "h1.x", "h2.x", "h3.x", "h4.x" };
	struct random_service *part = &universe->parts[s];
	struct config_service *service = &universe->services[s];
	uint32_t udp = pick(universe, 4);

	part->ports[0] = (struct service_port){ 80, udp == 1 ? IPPROTO_UDP : IPPROTO_TCP };
	part->ports[1] = (struct service_port){ 80, IPPROTO_UDP };
	*service = (struct config_service){
		.host = hosts[pick(universe, COUNT(hosts))],
		.addresses = part->addresses, .address_count = 1 + pick(universe, 2),
		.ports = part->ports, .port_count = 1 + !udp,
		.affinity_seconds = pick(universe, 4) ? 0 : 60,
	};
	for (size_t i = 0; i < service->address_count; i++)
		part->addresses[i] = universe_vip(universe);
}

static void edit_service(struct universe *universe)
{
	struct config *config = &universe->config;
	uint32_t at = pick(universe, UNIVERSE_SERVICES);

	universe->input.config_loads++;
	if (at >= config->service_count)
		at = (uint32_t)config->service_count++;
	else if (!pick(universe, 3) && --config->service_count == at)
		return;
	random_service(universe, at);
}

static void edit_order(struct universe *universe)
{
	struct config_service first = universe->services[0];

	if (universe->config.service_count < 2)
		return;
	universe->services[0] = universe->services[1];
	universe->services[1] = first;
	universe->input.config_loads++;
}

static void edit_affinity(struct universe *universe)
{
	uint32_t *seconds = &universe->services[0].affinity_seconds;

	*seconds = *seconds ? 0 : 60;
	universe->input.config_loads++;
}

static void edit_capture(struct universe *universe)
{
	universe->config.capture = pick(universe, 3);
	universe->input.config_loads++;
}

static void edit_role(struct universe *universe)
{
	static struct config_allowed allow = { .source = { .addr = { 4, IP_V4(0) }, .bits = 8 } };
	struct config_gateway_role *role = &universe->config.gateway;

	*role = (struct config_gateway_role){ .enabled = pick(universe, 3), .listen_port = 6081,
					      .allow = &allow, .allow_count = pick(universe, 2) };
	universe->input.config_loads++;
}

static void edit_balancing(struct universe *universe)
{
	universe->config.panic_threshold = pick(universe, 2) * 50;
	universe->config.locality_weighted = pick(universe, 2);
	universe->input.config_loads++;
}

/* ------------------------------------------------------------------ the mesh and the node */

/* A name is resolved, or no longer; a transport changes. The configuration stays the same. */
static void edit_mesh(struct universe *universe)
{
	struct mesh_network *network = &universe->networks[1];

	network->transport = pick(universe, 3);
	network->gateway_count = pick(universe, 3);
	universe->networks[0].gateway_count = pick(universe, 3);
	universe->networks[2].gateway_count = pick(universe, 3);
	universe->gateways[2].addr = pick(universe, 4) ?
					     (struct addr){ 4, IP_V4(htonl(0xc0000202)) } :
					     (struct addr){};
	universe->gateways[3].address = pick(universe, 2) ? "gw" : "other";
	universe->networks[2].flat = pick(universe, 2);
}

/* Gateways die and return; what is wrong then may last. */
static void edit_down(struct universe *universe)
{
	universe->down_set ^= 1u << pick(universe, UNIVERSE_GATEWAYS);
	if (!pick(universe, 4))
		universe->down_set = pick(universe, 2) ? 0 : (1u << UNIVERSE_GATEWAYS) - 1;
}

static struct addr address_or_none(struct universe *universe, const char *text)
{
	struct addr addr = {};

	if (pick(universe, 4))
		addr_parse(text, &addr);
	return addr;
}

static void edit_node(struct universe *universe)
{
	struct node_facts *node = &universe->input.node;

	node->uplink = pick(universe, 3);
	node->uplink_mtu = 1400 + pick(universe, 2) * 100;
	node->listen.v4 = address_or_none(universe, "10.0.0.1");
	node->listen.v6 = address_or_none(universe, "fd00::1");
	node->source.v4 = address_or_none(universe, "10.0.0.1");
	node->source.v6 = address_or_none(universe, "fd00::1");
	node->snat_shared = pick(universe, 2);
	node->local_port_last = pick(universe, 2) * 65000;
}

/* ------------------------------------------------------------------ choice of an edit */

static const struct edit {
	const char *name;
	void (*make)(struct universe *universe);
	uint32_t weight;
} edits[] = {
	{ "endpoints", edit_endpoints, 20 },
	{ "contents", edit_contents, 40 },
	{ "locality", edit_locality, 8 },
	{ "drops", edit_drops, 4 },
	{ "stale", edit_stale, 6 },
	{ "fingerprint", edit_fingerprint, 2 },
	{ "size", edit_size, 3 },
	{ "clock", edit_clock, 12 },
	{ "assigned", edit_assigned, 4 },
	{ "known", edit_known, 4 },
	{ "complete", edit_complete, 2 },
	{ "names", edit_names, 6 },
	{ "control plane", edit_control_plane, 1 },
	{ "layout", edit_layout, 2 },
	{ "service", edit_service, 10 },
	{ "order", edit_order, 2 },
	{ "affinity", edit_affinity, 2 },
	{ "capture", edit_capture, 2 },
	{ "role", edit_role, 2 },
	{ "balancing", edit_balancing, 1 },
	{ "down", edit_down, 16 },
	{ "mesh", edit_mesh, 3 },
	{ "node", edit_node, 1 },
};

static void edit_once(struct universe *universe)
{
	size_t used = strlen(universe->edits);
	const struct edit *edit = edits;
	uint32_t sum = 0, at;

	for (size_t i = 0; i < COUNT(edits); i++)
		sum += edits[i].weight;
	for (at = pick(universe, sum); at >= edit->weight; edit++)
		at -= edit->weight;
	edit->make(universe);
	snprintf(universe->edits + used, sizeof(universe->edits) - used, " %s", edit->name);
}

void universe_edit(struct universe *universe)
{
	universe->edits[0] = '\0';
	for (uint32_t i = 1 + !pick(universe, 3); i; i--)
		edit_once(universe);
}
