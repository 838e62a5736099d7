/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* LbEndpoint, its addresses and metadata (envoy/config/endpoint/v3/endpoint_components.proto). */
#include <netinet/in.h>

#include "eds_assignment.h"
#include "eds_decode.h"
#include "proto_json.h"

static void read_protocol(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	unsigned int choice = 0;

	proto_enum(walk, node, "TCP UDP", 1, &choice);
	*(uint8_t *)target = eds_protocol(choice);
}

static void read_ip(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	tree_addr(walk, node, target);
}

static void read_port_value(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	uint32_t port = 0;

	if (!proto_uint32(walk, node, &port) && port > EDS_PORT_MAX)
		tree_problem(walk, node, EDS_WRONG_PORT, port);
	*(uint16_t *)target = (uint16_t)port;
}

static void read_named_port(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	tree_problem(walk, node, EDS_NAMED_PORT);
}

static void read_socket_address(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_MEMBER("address", read_ip, struct socket_addr, addr)},
		{TREE_MEMBER("portValue", read_port_value, struct socket_addr, port)},
		{TREE_MEMBER("protocol", read_protocol, struct socket_addr, proto)},
		{TREE_FIELD("namedPort", read_named_port)},
	};

	((struct socket_addr *)target)->proto = IPPROTO_TCP;
	if (!tree_fields(walk, node, "a SocketAddress", fields, COUNT(fields), target))
		return;
	if (!tree_field_get(walk, node, "address"))
		tree_problem(walk, node, EDS_NO_ADDRESS);
	else if (!tree_field_get(walk, node, "portValue"))
		tree_problem(walk, node, EDS_NO_PORT);
}

static void read_other_address(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	tree_expect(walk, node, TREE_MAPPING, "a mapping");
}

/* Into a struct socket_addr, whose protocol stays 0 if the address is of another kind. */
static void read_address(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_FIELD("socketAddress", read_socket_address)},
		{TREE_FIELD("pipe", read_other_address)},
		{TREE_FIELD("envoyInternalAddress", read_other_address)},
	};
	unsigned int kinds = 0;

	if (!tree_fields(walk, node, "an Address", fields, COUNT(fields), target))
		return;
	for (size_t i = 0; i < COUNT(fields); i++)
		kinds += tree_field_get(walk, node, fields[i].key) != NULL;
	if (kinds != 1)
		tree_problem(walk, node, EDS_WRONG_KINDS, kinds);
}

/* One of additional_addresses. */
static void read_additional(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {{TREE_FIELD("address", read_address)}};

	if (tree_fields(walk, node, "an AdditionalAddress", fields, COUNT(fields), target) &&
	    !tree_field_get(walk, node, "address"))
		tree_problem(walk, node, EDS_NO_ADDRESS);
}

struct endpoint_reader {
	struct endpoint endpoint;
	struct socket_addr first;
	struct socket_addr *more;
	size_t more_count;
};

static void read_endpoint(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_MEMBER("address", read_address, struct endpoint_reader, first)},
		{TREE_MEMBER("hostname", proto_read_name, struct endpoint_reader, endpoint.hostname)},
		{TREE_LIST("additionalAddresses", "a list of addresses", EDS_MAX_ADDRESSES - 1,
			   read_additional, struct endpoint_reader, more, more_count)},
	};
	struct endpoint_reader *reader = target;

	if (!tree_fields(walk, node, "an Endpoint", fields, COUNT(fields), reader))
		return;
	if (!tree_field_get(walk, node, "address"))
		tree_problem(walk, node, EDS_NO_ADDRESS);
	if (reader->endpoint.hostname && !*reader->endpoint.hostname)
		reader->endpoint.hostname = NULL;
	walk->out_of_memory |= eds_put_addresses(walk->arena, reader->first, reader->more,
						 reader->more_count, &reader->endpoint) < 0;
}

static void read_health(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	unsigned int health = HEALTH_UNKNOWN;

	proto_enum(walk, node, "UNKNOWN HEALTHY UNHEALTHY DRAINING TIMEOUT DEGRADED", UINT32_MAX,
		   &health);
	*(enum health *)target = eds_health(health);
}

void eds_read_weight(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	uint32_t *weight = target;

	if (!proto_wrapped(walk, node, weight) && !*weight)
		tree_problem(walk, node, EDS_NO_WEIGHT);
}

static void read_metadata(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct endpoint *endpoint = target;
	const struct tree_node *istio = eds_istio_metadata(walk, node);

	eds_read_istio(walk, istio, "network", EDS_MAX_NAME, &endpoint->network);
	eds_read_istio(walk, istio, "workload", EDS_MAX_WORKLOAD, &endpoint->workload);
}

static void read_lb_endpoint(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_FIELD("endpoint", read_endpoint)},
		{TREE_MEMBER("loadBalancingWeight", eds_read_weight, struct endpoint_reader,
			     endpoint.weight)},
		{TREE_MEMBER("metadata", read_metadata, struct endpoint_reader, endpoint)},
		{TREE_MEMBER("healthStatus", read_health, struct endpoint_reader, endpoint.health)},
	};
	struct endpoint_reader reader = {.endpoint.weight = 1};

	if (walk->failed) /* one error is enough to reject the resource */
		return;
	if (tree_fields(walk, node, "an LbEndpoint", fields, COUNT(fields), &reader) &&
	    !tree_field_get(walk, node, "endpoint"))
		tree_problem(walk, node, EDS_NO_ENDPOINT);
	((struct eds_reader *)walk)->used.endpoints += reader.more_count;
	*(struct endpoint *)target = reader.endpoint;
}

void eds_read_lb_endpoints(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct eds_reader *reader = (struct eds_reader *)walk;
	struct locality *locality = target;

	if (!eds_fits(reader->used.endpoints, node->count, EDS_MAX_ENDPOINTS)) {
		tree_problem(walk, node, EDS_MANY_ENDPOINTS, EDS_MAX_ENDPOINTS);
		return;
	}
	locality->endpoints = tree_list(walk, node, "a list of endpoints", EDS_MAX_ENDPOINTS,
					sizeof(*locality->endpoints), read_lb_endpoint,
					&locality->endpoint_count);
	reader->used.endpoints += locality->endpoint_count;
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
