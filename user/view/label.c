/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which network an endpoint is in, and whether it can be used from here. */
#include "label.h"

#include <netinet/in.h>
#include <string.h>

#include "gateway_fault.h"

/* TCP is what an unset protocol means, so only UDP is a statement. */
static bool serves(const struct socket_addr *address, uint8_t proto)
{
	return address->proto != IPPROTO_UDP || proto == IPPROTO_UDP;
}

/* The address a connection of this family and protocol would use, and what is wrong with it. */
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

/* Metadata, then the registry. False: no rule says anything. A name the mesh does not have gives
 * true and NULL. */
static bool named_network(const struct reach_map *map, const struct locality *locality,
			  const struct endpoint *endpoint, const char **ret_name,
			  const struct reach **ret)
{
	const char *cluster;
	size_t length;

	*ret_name = NULL;
	if (endpoint->network && *endpoint->network)
		*ret_name = endpoint->network;
	else if (locality->network && *locality->network)
		*ret_name = locality->network;
	if (*ret_name) {
		*ret = reach_by_name(map, *ret_name);
		return true;
	}
	cluster = workload_cluster(endpoint->workload, &length);
	*ret = cluster ? reach_by_registry(map, cluster, length) : NULL;
	return *ret;
}

/* Rule 3: nothing names a network. */
static enum excluded assume_own(const struct reach_map *map, const struct endpoint *endpoint,
				const struct socket_addr *address)
{
	const struct view_request *request = map->request;
	size_t length;
	const char *cluster = workload_cluster(endpoint->workload, &length);

	if (request->cluster && cluster &&
	    (strncmp(cluster, request->cluster, length) || request->cluster[length]))
		return EXCLUDED_UNKNOWN_NETWORK;
	/* An address inside was matched by rule 2 already. */
	if (map->own && map->own->network->cidr_count && address)
		return EXCLUDED_OUTSIDE_NETWORK;
	return EXCLUDED_NONE;
}

static void label_pod(const struct reach_map *map, const struct locality *locality,
		      const struct endpoint *endpoint, struct label *label)
{
	const struct view_request *request = map->request;
	const struct reach *network;
	const char *name;
	bool known = named_network(map, locality, endpoint, &name, &network);
	enum excluded reason = EXCLUDED_NONE;

	if (!known && label->address) {
		network = reach_by_cidr(map, &label->address->addr);
		known = network;
	}
	if (!known) {
		network = map->own;
		reason = assume_own(map, endpoint, label->address);
	} else if (network) {
		label->remote = !network->own;
		reason = network->reason;
		label->down = network->down && !network->local;
	} else if (strcmp(name, request->network)) {
		label->remote = true;
		reason = EXCLUDED_NO_GATEWAY;
	}
	label->network = network;
	if (!label->reason)
		label->reason = reason;
	if (label->address)
		label->down |= reach_is_down(request, &label->address->addr, label->address->port);
}

/* A gateway of meshNetworks that any address of `endpoint` names, a usable one if there is. */
static const struct reach_gateway *find_gateway(const struct reach_map *map,
						const struct endpoint *endpoint,
						const struct socket_addr **ret_address)
{
	const struct reach_gateway *found = NULL;

	for (size_t i = 0; i < endpoint->address_count && (!found || found->fault); i++) {
		const struct reach_gateway *gateway = reach_by_gateway(map, &endpoint->addresses[i]);

		if (!gateway || (found && gateway->fault))
			continue;
		found = gateway;
		*ret_address = &endpoint->addresses[i];
	}
	return found;
}

static void label_gateway(const struct view_request *request, const struct reach_gateway *gateway,
			  const struct socket_addr *address, struct label *label)
{
	label->gateway = true;
	label->address = address;
	label->network = gateway->network;
	label->remote = !gateway->network->own;
	label->reason = EXCLUDED_NONE;
	if (gateway->fault)
		label->reason = gateway->fault->reason;
	else if (!serves(address, request->proto))
		label->reason = EXCLUDED_WRONG_PROTOCOL;
	label->down = reach_is_down(request, &address->addr, address->port);
}

/* The network behind a gateway that nothing names: where there is one other network alone that can be
 * entered at all, and it leaves its gateways to the control plane, the gateway can be no other's. */
static const struct reach *only_candidate(const struct reach_map *map)
{
	const struct reach *found = NULL;

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

/* A gateway that meshNetworks does not name. Nothing says that it speaks Geneve, but a stock one
 * may be entered where passthrough is configured for its network. */
static void label_unknown_gateway(const struct reach_map *map, const struct locality *locality,
				  const struct endpoint *endpoint, struct label *label)
{
	const struct reach *network = NULL;
	const char *name;

	if (!named_network(map, locality, endpoint, &name, &network))
		network = only_candidate(map);
	label->gateway = true;
	label->network = network;
	label->remote = !(network ? network->own : name && !strcmp(name, map->request->network));
	if (!label->remote)
		label->reason = EXCLUDED_OWN_GATEWAY;
	else if (!label->reason &&
		 (!network || network->network->transport != TRANSPORT_PASSTHROUGH))
		label->reason = EXCLUDED_UNKNOWN_GATEWAY;
	if (label->address)
		label->down = reach_is_down(map->request, &label->address->addr,
					    label->address->port);
}

void label_endpoint(const struct reach_map *map, const struct locality *locality,
		    const struct endpoint *endpoint, struct label *ret)
{
	struct label label = {0};
	const struct socket_addr *address;
	const struct reach_gateway *gateway = find_gateway(map, endpoint, &address);

	label.reason = choose_address(map->request, endpoint, &label.address);
	if (gateway)
		label_gateway(map->request, gateway, address, &label);
	else if (endpoint->workload && !strncmp(endpoint->workload, ";;", 2))
		label_unknown_gateway(map, locality, endpoint, &label);
	else
		label_pod(map, locality, endpoint, &label);
	*ret = label;
}
