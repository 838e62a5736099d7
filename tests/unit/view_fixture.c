/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A mesh of a few networks and assignments from short tables, for the tests of views. */
#include "view_fixture.h"

#include <math.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"

#define NETWORKS 8

static const char *const registries[NETWORKS][1] = {{"cluster1"}, {"cluster2"}, {"cluster3"},
						    {"cluster4"}, {"cluster5"}, {"cluster6"},
						    {"cluster7"}, {"cluster8"}};
static struct prefix cidrs[NETWORKS];
static struct mesh_gateway gateways[NETWORKS][2] = {
	{{.address = "192.0.2.1"}},
	{{.address = "192.23.120.32"}, {.address = "192.23.120.33"}},
	{{.address = "0.0.0.0", .port = 443}},
	{{.address = "192.0.2.40"}},
	{{.address = "192.0.2.50"}},
	{{.address = NULL}},
	{{.address = "2001:db8::7"}},
	{{.address = "2001:db8::8"}},
};
static struct mesh_network networks[NETWORKS] = {
	{.name = "network1", .own = true},
	{.name = "network2", .transport = TRANSPORT_GENEVE, .tunnel_port = 6081},
	{.name = "network3", .transport = TRANSPORT_GENEVE, .tunnel_port = 6081},
	{.name = "network4"},
	{.name = "network5", .transport = TRANSPORT_PASSTHROUGH},
	{.name = "network6", .flat = true},
	{.name = "network7", .transport = TRANSPORT_GENEVE, .tunnel_port = 7777},
	{.name = "network8", .transport = TRANSPORT_PASSTHROUGH},
};

static void fill_network(size_t index)
{
	static const char *const texts[NETWORKS] = {"10.10.0.0/16", "10.32.0.0/16", NULL, NULL,
						    NULL, "10.66.0.0/16"};
	struct mesh_network *network = &networks[index];

	network->id = 100 + (uint32_t)index;
	network->registries = (const char **)registries[index];
	network->registry_count = 1;
	network->cidrs = &cidrs[index];
	if (texts[index]) {
		assert_int_equal(prefix_parse(texts[index], &cidrs[index]), 0);
		network->cidr_count = 1;
	}
	network->gateways = gateways[index];
	network->gateway_count = 0;
	for (size_t i = 0; i < 2 && gateways[index][i].address; i++) {
		struct mesh_gateway *gateway = &gateways[index][i];

		assert_int_equal(addr_parse(gateway->address, &gateway->addr), 0);
		if (!gateway->port)
			gateway->port = 15443;
		network->gateway_count++;
	}
}

const struct mesh_networks *fixture_mesh(void)
{
	static const struct mesh_networks mesh = {.networks = networks, .count = NETWORKS};

	for (size_t i = 0; i < NETWORKS; i++)
		fill_network(i);
	return &mesh;
}

const struct mesh_networks *fixture_mesh_without_cidr(void)
{
	const struct mesh_networks *mesh = fixture_mesh();

	mesh->networks[0].cidr_count = 0;
	return mesh;
}

static void parse_address(const char *text, struct socket_addr *ret)
{
	char copy[ADDR_TEXT_MAX], *end;

	*ret = (struct socket_addr){.proto = IPPROTO_TCP};
	if (!strncmp(text, "udp ", 4)) {
		ret->proto = IPPROTO_UDP;
		text += 4;
	}
	snprintf(copy, sizeof(copy), "%s", text);
	end = strrchr(copy, ':');
	assert_non_null(end);
	*end = '\0';
	if (copy[0] == '[')
		end[-1] = '\0';
	assert_int_equal(addr_parse(copy + (copy[0] == '['), &ret->addr), 0);
	ret->port = (uint16_t)atoi(end + 1);
}

static void set_addresses(struct arena *arena, struct endpoint *endpoint, const char *texts)
{
	char *copy = arena_strdup(arena, texts), *save = NULL, *part;

	endpoint->addresses = arena_array(arena, 4, sizeof(*endpoint->addresses));
	for (part = strtok_r(copy, ",", &save); part; part = strtok_r(NULL, ",", &save))
		parse_address(part, &endpoint->addresses[endpoint->address_count++]);
}

static const char *next_part(char **at)
{
	char *part = *at;

	if (!part)
		return "";
	*at = strchr(part, '/');
	if (*at)
		*(*at)++ = '\0';
	return part;
}

static void start_locality(struct arena *arena, struct locality *locality,
			   const struct endpoint_row *row)
{
	char *at = row->locality ? arena_strdup(arena, row->locality) : NULL;

	locality->has_locality = row->locality;
	locality->region = next_part(&at);
	locality->zone = next_part(&at);
	locality->sub_zone = next_part(&at);
	locality->has_weight = row->locality_weight;
	locality->weight = row->locality_weight;
	locality->priority = row->priority;
	locality->network = row->locality_network;
}

static bool same_locality(const struct endpoint_row *a, const struct endpoint_row *b)
{
	return a->priority == b->priority && a->locality_weight == b->locality_weight &&
	       (a->locality == b->locality ||
		(a->locality && b->locality && !strcmp(a->locality, b->locality)));
}

struct assignment *fixture_assignment(struct arena *arena, const struct endpoint_row *rows,
				      size_t count)
{
	struct assignment *assignment = arena_alloc(arena, sizeof(*assignment));
	struct locality *locality = NULL;

	assert_non_null(assignment);
	assignment->name = "outbound|80||web";
	assignment->overprovisioning = 140;
	assignment->localities = arena_array(arena, count, sizeof(*assignment->localities));
	for (size_t i = 0; i < count; i++) {
		struct endpoint *endpoint;

		if (!i || !same_locality(&rows[i - 1], &rows[i])) {
			locality = &assignment->localities[assignment->locality_count++];
			start_locality(arena, locality, &rows[i]);
			locality->endpoints = arena_array(arena, count, sizeof(*endpoint));
		}
		if (!rows[i].address)
			continue;
		endpoint = &locality->endpoints[locality->endpoint_count++];
		*endpoint = (struct endpoint){
			.weight = rows[i].weight ? rows[i].weight : 1,
			.health = rows[i].health,
			.network = rows[i].network,
			.workload = rows[i].workload,
		};
		set_addresses(arena, endpoint, rows[i].address);
	}
	return assignment;
}

struct view_request fixture_request(const struct assignment *assignment)
{
	return (struct view_request){
		.assignment = assignment,
		.mesh = fixture_mesh(),
		.network = "network1",
		.cluster = "cluster1",
		.locality_weighted = true,
		.panic_threshold = 50,
		.family = 4,
		.proto = IPPROTO_TCP,
		.tunnels = FAMILY_BIT(4),
		.side = VIEW_CLIENT,
	};
}

struct view *fixture_view(struct arena *arena, const struct view_request *request)
{
	struct view *view = NULL;

	assert_int_equal(view_build(arena, request, &view), 0);
	assert_non_null(view);
	return view;
}

const struct view_backend *fixture_backend(const struct view *view, const char *address,
					   uint32_t priority)
{
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < view->backend_count; i++) {
		const struct view_backend *backend = &view->backends[i];

		if (backend->priority == priority &&
		    !strcmp(addr_port_format(&backend->addr, backend->port, text), address))
			return backend;
	}
	return NULL;
}

void assert_share(const struct view *view, const char *address, double share)
{
	double got = 0;

	for (uint32_t i = 0; i < view->priority_count; i++) {
		const struct view_backend *backend = fixture_backend(view, address, i);

		got += backend ? backend->share : 0;
	}
	if (fabs(got - share) > 1e-12)
		fail_msg("%s has %.15f, expected %.15f", address, got, share);
}

void assert_sum(const struct view *view, double sum)
{
	double got = 0;

	for (size_t i = 0; i < view->backend_count; i++)
		got += view->backends[i].share;
	if (fabs(got - sum) > 1e-12)
		fail_msg("shares sum to %.15f, expected %.15f", got, sum);
}
