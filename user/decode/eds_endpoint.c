/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* LbEndpoint, its addresses and metadata (envoy/config/endpoint/v3/endpoint_components.proto). */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "arena.h"
#include "eds_assignment.h"
#include "eds_decode.h"
#include "proto_json.h"

static void read_protocol(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	unsigned int choice = 0;

	proto_enum(walk, node, "TCP UDP", 1, &choice);
	((struct eds_address *)target)->socket.proto = eds_protocol(choice);
}

static void read_ip(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct eds_address *address = target;

	address->has_address = true;
	tree_addr(walk, node, &address->socket.addr);
}

static void read_port_value(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct eds_address *address = target;
	char reason[EDS_REASON_MAX];
	uint32_t port = 0;

	address->has_port = true;
	if (!proto_uint32(walk, node, &port))
		eds_report(walk, node, eds_wrong_port(port, reason));
	address->socket.port = (uint16_t)port;
}

static void read_named_port(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	((struct eds_address *)target)->has_port = true;
	tree_problem(walk, node, "%s", eds_no_named_port);
}

static void read_socket_address(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_FIELD("address", read_ip)},
		{TREE_FIELD("portValue", read_port_value)},
		{TREE_FIELD("protocol", read_protocol)},
		{TREE_FIELD("namedPort", read_named_port)},
	};
	struct eds_address *address = target;

	address->kinds++;
	address->is_socket = true;
	address->socket.proto = IPPROTO_TCP;
	tree_fields(walk, node, "a SocketAddress", fields, COUNT(fields), address);
	if (!walk->failed)
		eds_report(walk, node, eds_wrong_socket(address));
}

static void read_other_address(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	((struct eds_address *)target)->kinds++;
	tree_expect(walk, node, TREE_MAPPING, "a mapping");
}

static void read_address(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_FIELD("socketAddress", read_socket_address)},
		{TREE_FIELD("pipe", read_other_address)},
		{TREE_FIELD("envoyInternalAddress", read_other_address)},
	};
	char reason[EDS_REASON_MAX];

	tree_fields(walk, node, "an Address", fields, COUNT(fields), target);
	if (!walk->failed)
		eds_report(walk, node, eds_wrong_kinds(target, reason));
}

/* One of additional_addresses. */
static void read_additional(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {{TREE_FIELD("address", read_address)}};
	const struct eds_address *address = target;

	tree_fields(walk, node, "an AdditionalAddress", fields, COUNT(fields), target);
	if (!walk->failed && !address->kinds)
		tree_problem(walk, node, "%s", eds_no_address);
}

struct endpoint_reader {
	struct endpoint *endpoint;
	struct eds_address first;
	struct eds_address *more;
	size_t more_count;
	bool seen;
};

static void read_additional_addresses(struct tree_walk *walk, const struct tree_node *node,
				      void *target)
{
	struct endpoint_reader *reader = target;
	struct eds_reader *eds = (struct eds_reader *)walk;

	reader->more = tree_list(walk, node, "a list of addresses", EDS_MAX_ADDRESSES - 1,
				 sizeof(*reader->more), read_additional, &reader->more_count);
	eds->used.endpoints += reader->more_count;
}

static void read_hostname(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct endpoint *endpoint = ((struct endpoint_reader *)target)->endpoint;

	proto_string(walk, node, EDS_MAX_NAME, &endpoint->hostname);
	if (endpoint->hostname && !*endpoint->hostname)
		endpoint->hostname = NULL;
}

static void read_endpoint(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_MEMBER("address", read_address, struct endpoint_reader, first)},
		{TREE_FIELD("hostname", read_hostname)},
		{TREE_FIELD("additionalAddresses", read_additional_addresses)},
	};
	struct endpoint_reader *reader = target;

	reader->seen = true;
	tree_fields(walk, node, "an Endpoint", fields, COUNT(fields), reader);
	if (!walk->failed && !reader->first.kinds)
		tree_problem(walk, node, "%s", eds_no_address);
	if (!walk->failed && eds_put_addresses(walk->arena, &reader->first, reader->more,
					       reader->more_count, reader->endpoint))
		walk->out_of_memory = true;
}

static void read_health(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	unsigned int health = HEALTH_UNKNOWN;

	proto_enum(walk, node, "UNKNOWN HEALTHY UNHEALTHY DRAINING TIMEOUT DEGRADED", UINT32_MAX,
		   &health);
	((struct endpoint_reader *)target)->endpoint->health = eds_health(health);
}

static void read_weight(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	uint32_t *weight = &((struct endpoint_reader *)target)->endpoint->weight;

	if (!proto_wrapped(walk, node, weight))
		eds_report(walk, node, eds_wrong_weight(*weight));
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
		{TREE_FIELD("endpoint", read_endpoint)},
		{TREE_FIELD("loadBalancingWeight", read_weight)},
		{TREE_FIELD("metadata", read_metadata)},
		{TREE_FIELD("healthStatus", read_health)},
	};
	struct endpoint_reader reader = {.endpoint = target};

	if (walk->failed) /* one error is enough to reject the resource */
		return;
	reader.endpoint->weight = 1;
	tree_fields(walk, node, "an LbEndpoint", fields, COUNT(fields), &reader);
	if (!walk->failed && !reader.seen)
		tree_problem(walk, node, "%s", eds_no_endpoint);
}

void eds_read_lb_endpoints(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct eds_reader *reader = (struct eds_reader *)walk;
	struct locality *locality = target;
	char reason[EDS_REASON_MAX];
	const char *wrong = eds_wrong_endpoints(&reader->used, node->count, reason);

	eds_report(walk, node, wrong);
	if (wrong)
		return;
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
