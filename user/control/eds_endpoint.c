/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* LbEndpoint, its addresses and metadata (envoy/config/endpoint/v3/endpoint_components.proto). */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "arena.h"
#include "eds_assignment.h"
#include "eds_decode.h"
#include "proto_json.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* envoy.config.core.v3.Address: a oneof, of which we carry socket addresses. */
struct address {
	struct socket_addr socket;
	bool has_address, has_port;
	unsigned int kinds; /* how many of the oneof are there */
	bool is_socket;
};

static void read_protocol(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const char *const names[] = {"TCP", "UDP"};
	unsigned int choice = 0;

	proto_enum(walk, node, names, COUNT(names), false, &choice);
	((struct address *)target)->socket.proto = choice ? IPPROTO_UDP : IPPROTO_TCP;
}

static void read_ip(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct address *address = target;

	address->has_address = true;
	tree_addr(walk, node, &address->socket.addr);
}

static void read_port_value(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct address *address = target;
	uint32_t port = 0;

	address->has_port = true;
	if (!proto_uint32(walk, node, &port) && port > 65535)
		tree_problem(walk, node, "expected a port up to 65535, found %u", port);
	address->socket.port = (uint16_t)port;
}

static void read_named_port(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	((struct address *)target)->has_port = true;
	tree_problem(walk, node, "expected port_value: named ports need a resolver");
}

static void read_socket_address(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{"address", read_ip, false},
		{"portValue", read_port_value, false},
		{"protocol", read_protocol, false},
		{"namedPort", read_named_port, false},
	};
	struct address *address = target;

	address->kinds++;
	address->is_socket = true;
	address->socket.proto = IPPROTO_TCP;
	tree_fields(walk, node, "a SocketAddress", fields, COUNT(fields), address);
	if (!walk->failed && !address->has_address)
		tree_problem(walk, node, "the address is not set");
	if (!walk->failed && !address->has_port)
		tree_problem(walk, node, "the port is not set");
}

static void read_other_address(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	((struct address *)target)->kinds++;
	tree_expect(walk, node, TREE_MAPPING, "a mapping");
}

static void read_address(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{"socketAddress", read_socket_address, false},
		{"pipe", read_other_address, false},
		{"envoyInternalAddress", read_other_address, false},
	};
	struct address *address = target;

	tree_fields(walk, node, "an Address", fields, COUNT(fields), address);
	if (!walk->failed && address->kinds != 1)
		tree_problem(walk, node, "expected one address, found %u", address->kinds);
}

/* One of additional_addresses. */
static void read_additional(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {{"address", read_address, false}};
	const struct address *address = target;

	tree_fields(walk, node, "an AdditionalAddress", fields, COUNT(fields), target);
	if (!walk->failed && !address->kinds)
		tree_problem(walk, node, "the address is not set");
}

struct endpoint_reader {
	struct endpoint *endpoint;
	struct address first;
	struct address *more;
	size_t more_count;
	bool seen;
};

static void read_first_address(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	read_address(walk, node, &((struct endpoint_reader *)target)->first);
}

static void read_additional_addresses(struct tree_walk *walk, const struct tree_node *node,
				      void *target)
{
	struct endpoint_reader *reader = target;
	struct eds_reader *eds = (struct eds_reader *)walk;

	reader->more = tree_list(walk, node, "a list of addresses", EDS_MAX_ADDRESSES - 1,
				 sizeof(*reader->more), read_additional, &reader->more_count);
	eds->endpoints += reader->more_count;
}

static void read_hostname(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct endpoint *endpoint = ((struct endpoint_reader *)target)->endpoint;

	proto_string(walk, node, EDS_MAX_NAME, &endpoint->hostname);
	if (endpoint->hostname && !*endpoint->hostname)
		endpoint->hostname = NULL;
}

/* Where the first address is of another kind, the rest has no meaning for us either. */
static void put_addresses(struct tree_walk *walk, const struct endpoint_reader *reader)
{
	struct endpoint *endpoint = reader->endpoint;

	if (!reader->first.is_socket)
		return;
	endpoint->addresses = arena_array(walk->arena, reader->more_count + 1,
					  sizeof(*endpoint->addresses));
	walk->out_of_memory |= !endpoint->addresses;
	if (!endpoint->addresses)
		return;
	endpoint->addresses[endpoint->address_count++] = reader->first.socket;
	for (size_t i = 0; i < reader->more_count; i++)
		if (reader->more[i].is_socket)
			endpoint->addresses[endpoint->address_count++] = reader->more[i].socket;
}

static void read_endpoint(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{"address", read_first_address, false},
		{"hostname", read_hostname, false},
		{"additionalAddresses", read_additional_addresses, false},
	};
	struct endpoint_reader *reader = target;

	reader->seen = true;
	tree_fields(walk, node, "an Endpoint", fields, COUNT(fields), reader);
	if (!walk->failed && !reader->first.kinds)
		tree_problem(walk, node, "the address is not set");
	if (!walk->failed)
		put_addresses(walk, reader);
}

static void read_health(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const char *const names[] = {"UNKNOWN",  "HEALTHY", "UNHEALTHY",
					    "DRAINING", "TIMEOUT", "DEGRADED"};
	unsigned int health = HEALTH_UNKNOWN;

	/* Envoy takes a number it does not know for healthy (setEdsHealthFlag). */
	if (proto_enum(walk, node, names, COUNT(names), true, &health) || health >= COUNT(names))
		health = HEALTH_UNKNOWN;
	((struct endpoint_reader *)target)->endpoint->health = health;
}

static void read_weight(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	uint32_t *weight = &((struct endpoint_reader *)target)->endpoint->weight;

	if (!proto_wrapped(walk, node, weight) && !*weight)
		tree_problem(walk, node, "expected a weight of 1 or more, found 0");
}

static void read_metadata(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct endpoint *endpoint = ((struct endpoint_reader *)target)->endpoint;
	const struct tree_node *istio = eds_istio_metadata(walk, node);

	eds_read_istio(walk, istio, "network", EDS_MAX_NAME, &endpoint->network);
	eds_read_istio(walk, istio, "workload", EDS_MAX_WORKLOAD, &endpoint->workload);
}

static void read_lb_endpoint(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{"endpoint", read_endpoint, false},
		{"loadBalancingWeight", read_weight, false},
		{"metadata", read_metadata, false},
		{"healthStatus", read_health, false},
	};
	struct endpoint_reader reader = {.endpoint = target};

	if (walk->failed) /* one reason is enough to reject the resource */
		return;
	reader.endpoint->weight = 1;
	tree_fields(walk, node, "an LbEndpoint", fields, COUNT(fields), &reader);
	if (!walk->failed && !reader.seen)
		tree_problem(walk, node, "the endpoint is not set");
}

void eds_read_lb_endpoints(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct eds_reader *reader = (struct eds_reader *)walk;
	struct locality *locality = target;

	if (node->count > EDS_MAX_ENDPOINTS - reader->endpoints) {
		tree_problem(walk, node, "more than %u endpoints in one response",
			     EDS_MAX_ENDPOINTS);
		return;
	}
	locality->endpoints = tree_list(walk, node, "a list of endpoints", EDS_MAX_ENDPOINTS,
					sizeof(*locality->endpoints), read_lb_endpoint,
					&locality->endpoint_count);
	reader->endpoints += locality->endpoint_count;
}

const struct tree_node *eds_istio_metadata(struct tree_walk *walk, const struct tree_node *node)
{
	const struct tree_node *filters, *istio;

	if (!tree_expect(walk, node, TREE_MAPPING, "Metadata"))
		return NULL;
	filters = tree_field_get(walk, node, "filterMetadata");
	if (!filters || !tree_expect(walk, filters, TREE_MAPPING, "a mapping"))
		return NULL;
	istio = tree_get(filters, "istio");
	if (tree_is_null(istio) || !tree_expect(walk, istio, TREE_MAPPING, "a mapping"))
		return NULL;
	return istio;
}

void eds_read_istio(struct tree_walk *walk, const struct tree_node *istio, const char *key,
		    size_t max, const char **ret)
{
	const struct tree_node *node = tree_get(istio, key);

	if (!tree_is_null(node) && node->kind == TREE_SCALAR && node->count)
		proto_string(walk, node, max, ret);
}

void eds_read_metadata_network(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	eds_read_istio(walk, eds_istio_metadata(walk, node), "network", EDS_MAX_NAME, target);
}
