/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Classifies an endpoint: the network it is in, and whether it can be used from here. */
#include "endpoint_class.h"

#include <netinet/in.h>
#include <string.h>

/* An unset protocol reads as TCP, so only UDP excludes the other. */
static bool serves(const struct socket_addr *address, uint8_t proto)
{
	return address->proto != IPPROTO_UDP || proto == IPPROTO_UDP;
}

/* The address a connection of this family and protocol would use, and the fault it has. */
static enum excluded choose_address(const struct view_request *request,
				    const struct endpoint *endpoint,
				    const struct socket_addr **ret_address)
{
	const struct socket_addr *found = NULL;

	*ret_address = endpoint->address_count ? endpoint->addresses : NULL;
	for (size_t i = 0; i < endpoint->address_count; i++) {
		const struct socket_addr *address = &endpoint->addresses[i];

		if (address->addr.family != request->family)
			continue;
		if (!found || (!serves(found, request->proto) && serves(address, request->proto)))
			found = address;
	}
	if (!found)
		return EXCLUDED_NO_ADDRESS;
	*ret_address = found;
	if (!serves(found, request->proto))
		return EXCLUDED_WRONG_PROTOCOL;
	if (!addr_is_usable(&found->addr))
		return EXCLUDED_BAD_ADDRESS;
	return found->port ? EXCLUDED_NONE : EXCLUDED_BAD_PORT;
}

static bool is_down(const struct view_request *request, const struct socket_addr *address)
{
	return address && reachability_is_down(request, &address->addr, address->port);
}

/* ------------------------------------------------------------------ the network it names */

/* The fifth part of `workload;namespace;name;revision;cluster` (istio: AppendLbEndpointMetadata);
 * NULL when it is absent or empty. */
static const char *workload_cluster(const char *workload, size_t *ret_length)
{
	for (int part = 0; workload && part < 4; part++) {
		workload = strchr(workload, ';');
		if (workload)
			workload++;
	}
	if (!workload)
		return NULL;
	*ret_length = strcspn(workload, ";");
	return *ret_length ? workload : NULL;
}

/* The name of `network`, or `name`, which the mesh does not have. */
static const char *network_name(const struct reachability *network, const char *name)
{
	return network ? network->network->name : name;
}

/* By metadata, then by registry. False when neither names a network. A name that the mesh does not
 * have gives true and NULL. */
static bool named_network(const struct reachability_map *map, const struct locality *locality,
			  const struct endpoint *endpoint, const char **ret_name,
			  const struct reachability **ret)
{
	const char *cluster;
	size_t length;

	*ret_name = NULL;
	if (endpoint->network && *endpoint->network)
		*ret_name = endpoint->network;
	else if (locality->network && *locality->network)
		*ret_name = locality->network;
	if (*ret_name) {
		*ret = reachability_by_name(map, *ret_name);
		return true;
	}
	cluster = workload_cluster(endpoint->workload, &length);
	*ret = cluster ? reachability_by_registry(map, cluster, length) : NULL;
	return *ret;
}

/* ------------------------------------------------------------------ pods */

/* An endpoint is in one network by all its addresses: that of another family may be in the range. */
static const struct reachability *network_by_cidr(const struct reachability_map *map,
						  const struct endpoint *endpoint,
						  const struct socket_addr *first)
{
	const struct reachability *found = first ? reachability_by_cidr(map, &first->addr) : NULL;

	for (size_t i = 0; !found && i < endpoint->address_count; i++)
		found = reachability_by_cidr(map, &endpoint->addresses[i].addr);
	return found;
}

/* No rule names its network, and no fromCidr has one of its addresses. */
static enum excluded assume_own(const struct reachability_map *map, const struct endpoint *endpoint)
{
	const struct view_request *request = map->request;
	size_t length;
	const char *cluster = workload_cluster(endpoint->workload, &length);

	if (request->cluster && cluster &&
	    (strncmp(cluster, request->cluster, length) || request->cluster[length]))
		return EXCLUDED_UNKNOWN_NETWORK;
	if (map->own && map->own->network->cidr_count && endpoint->address_count)
		return EXCLUDED_OUTSIDE_NETWORK;
	return EXCLUDED_NONE;
}

static void classify_pod(const struct reachability_map *map, const struct locality *locality,
			 const struct endpoint *endpoint, struct endpoint_class *class)
{
	const struct reachability *network;
	const char *name;
	bool known = named_network(map, locality, endpoint, &name, &network);
	enum excluded reason = EXCLUDED_NONE;

	if (!known) {
		network = network_by_cidr(map, endpoint, class->address);
		known = network;
	}
	class->network_name = network_name(network, name);
	if (!known) {
		network = map->own;
		reason = assume_own(map, endpoint);
		class->network_name = reason ? NULL : map->request->network;
	} else if (network) {
		class->remote = !network->own;
		reason = network->reason;
		class->down = network->down && !network->local;
	} else if (strcmp(name, map->request->network)) {
		class->remote = true;
		reason = EXCLUDED_NO_GATEWAY;
	}
	class->network = network;
	if (!class->reason)
		class->reason = reason;
	class->down |= is_down(map->request, class->address);
}

/* ------------------------------------------------------------------ gateways */

/* A gateway of meshNetworks that any address of `endpoint` names, a usable one if there is. */
static const struct known_gateway *find_gateway(const struct reachability_map *map,
						const struct endpoint *endpoint,
						const struct socket_addr **ret_address)
{
	const struct known_gateway *found = NULL;

	for (size_t i = 0; i < endpoint->address_count && (!found || found->fault); i++) {
		const struct known_gateway *gateway =
			reachability_by_gateway(map, &endpoint->addresses[i]);

		if (!gateway || (found && gateway->fault))
			continue;
		found = gateway;
		*ret_address = &endpoint->addresses[i];
	}
	return found;
}

static void classify_gateway(const struct view_request *request,
			     const struct known_gateway *gateway,
			     const struct socket_addr *address, struct endpoint_class *ret)
{
	*ret = (struct endpoint_class){
		.address = address,
		.network = gateway->network,
		.network_name = gateway->network->network->name,
		.gateway = true,
		.remote = !gateway->network->own,
		.down = is_down(request, address),
	};
	if (gateway->fault)
		ret->reason = gateway->fault->reason;
	else if (!serves(address, request->proto))
		ret->reason = EXCLUDED_WRONG_PROTOCOL;
}

/* The network behind a gateway that nothing names: the only other network that has a transport,
 * provided that meshNetworks leaves its gateways to the control plane. */
static const struct reachability *only_candidate(const struct reachability_map *map)
{
	const struct reachability *found = NULL;

	for (size_t i = 0; i < map->network_count; i++) {
		const struct mesh_network *network = map->networks[i].network;

		if (map->networks[i].own || network->transport == TRANSPORT_NONE)
			continue;
		if (found || network->gateway_count)
			return NULL;
		found = &map->networks[i];
	}
	return found;
}

/* A gateway that meshNetworks does not name. Whether it speaks Geneve is unknown, but a stock one
 * may be entered where passthrough is configured for its network. */
static void classify_unknown_gateway(const struct reachability_map *map,
				     const struct locality *locality,
				     const struct endpoint *endpoint, struct endpoint_class *class)
{
	const struct reachability *network = NULL;
	const char *name;

	if (!named_network(map, locality, endpoint, &name, &network))
		network = only_candidate(map);
	class->gateway = true;
	class->network = network;
	class->network_name = network_name(network, name);
	class->remote = !(network ? network->own : name && !strcmp(name, map->request->network));
	if (!class->remote)
		class->reason = EXCLUDED_OWN_GATEWAY;
	else if (!class->reason &&
		 (!network || network->network->transport != TRANSPORT_PASSTHROUGH))
		class->reason = EXCLUDED_UNKNOWN_GATEWAY;
	class->down = is_down(map->request, class->address);
}

void endpoint_classify(const struct reachability_map *map, const struct locality *locality,
		       const struct endpoint *endpoint, struct endpoint_class *ret)
{
	const struct socket_addr *address;
	const struct known_gateway *gateway = find_gateway(map, endpoint, &address);
	struct endpoint_class class = {0};

	if (gateway) {
		classify_gateway(map->request, gateway, address, ret);
		return;
	}
	class.reason = choose_address(map->request, endpoint, &class.address);
	if (endpoint->workload && !strncmp(endpoint->workload, ";;", 2))
		classify_unknown_gateway(map, locality, endpoint, &class);
	else
		classify_pod(map, locality, endpoint, &class);
	*ret = class;
}
