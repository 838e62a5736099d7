/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Findings about the configuration's demands on the machine. */
#include "check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "key_rows.h"
#include "mesh_networks.h"
#include "own_network.h"
#include "parallax_limits.h"
#include "pins.h"
#include "problem.h"
#include "snat_ports.h"
#include "spare_transport.h"

void check_snat(struct check_list *list, const struct config *config)
{
	const struct mesh_network *own = mesh_networks_own(config->mesh);
	char address[ADDR_TEXT_MAX], range[ADDR_TEXT_MAX];

	for (size_t i = 0; i < config->gateway.snat_count; i++) {
		const struct addr *snat = &config->gateway.snat[i];
		bool inside = false;

		for (size_t j = 0; own && j < own->cidr_count; j++) {
			if (!prefix_contains(&own->cidrs[j], snat))
				continue;
			inside = true;
			check_add(list, "snat", CHECK_WARN, "%s lies in the pod range %s: a pod "
				  "may be given it", addr_format(snat, address),
				  prefix_format(&own->cidrs[j], range));
		}
		if (!inside)
			check_add(list, "snat", CHECK_OK, "%s lies in no pod range of ours",
				  addr_format(snat, address));
	}
}

static bool is_own_address(const struct addr *addr)
{
	struct ifaddrs *all, *item;
	bool found = false;

	if (getifaddrs(&all))
		return false;
	for (item = all; item && !found; item = item->ifa_next) {
		struct addr own = item->ifa_addr ? addr_of_sockaddr(item->ifa_addr) :
						   (struct addr){};

		found = own.family && addr_equal(&own, addr);
	}
	freeifaddrs(all);
	return found;
}

/* Adds a finding if there is an address, and this machine does not have it. */
static bool is_own(struct check_list *list, const struct addr *addr)
{
	bool own = !addr->family || is_own_address(addr);
	char text[ADDR_TEXT_MAX];

	if (!own)
		check_add(list, "gateway", CHECK_FAIL, "%s is not an address of this machine",
			  addr_format(addr, text));
	return own;
}

static bool snat_is_shared(const struct config_gateway_role *gateway)
{
	for (size_t i = 0; i < gateway->snat_count; i++)
		if (is_own_address(&gateway->snat[i]))
			return true;
	return !gateway->snat_count;
}

static unsigned int count_snat(const struct config_gateway_role *gateway, uint8_t family)
{
	unsigned int count = 0;

	for (size_t i = 0; i < gateway->snat_count; i++)
		count += gateway->snat[i].family == family;
	return count;
}

/* Of one family: the other's connections take ports of other addresses. */
static void report_snat_ports(struct check_list *list, unsigned int addresses, bool shared,
			      const char *family)
{
	unsigned int first = shared ? SNAT_FIRST_SHARED : SNAT_FIRST_DEDICATED;
	unsigned int ports = addresses * (SNAT_LAST - first + 1);

	check_add(list, "snat ports", CHECK_OK,
		  "%u%s, %s: as many connections to one endpoint at a time, and up to %u new ones a "
		  "second, %u where the endpoint closes first",
		  ports, family, shared ? "above those of the node" : "of addresses of its own",
		  ports / TIMEOUT_CLOSED, ports / TIMEOUT_TIME_WAIT);
}

static bool has_vip(const struct config *config, uint8_t family)
{
	for (size_t i = 0; i < config->service_count; i++)
		for (size_t a = 0; a < config->services[i].address_count; a++)
			if (config->services[i].addresses[a].family == family)
				return true;
	return false;
}

/* Whether the configuration speaks of pods or services of this family in our own network. */
static bool speaks_of(const struct config *config, uint8_t family)
{
	const struct mesh_network *own = mesh_networks_own(config->mesh);

	for (size_t i = 0; own && i < own->cidr_count; i++)
		if (own->cidrs[i].addr.family == family)
			return true;
	return has_vip(config, family);
}

void check_snat_families(struct check_list *list, const struct config *config)
{
	for (uint8_t family = 4; family <= 6; family += 2)
		if (config->gateway.snat_count && speaks_of(config, family) &&
		    !count_snat(&config->gateway, family))
			check_add(list, "snat", CHECK_WARN,
				  "no IPv%u address: connections to this network's IPv%u pods are "
				  "refused",
				  family, family);
}

void check_snat_ports(struct check_list *list, const struct config *config)
{
	const struct config_gateway_role *gateway = &config->gateway;
	unsigned int v4 = count_snat(gateway, 4), v6 = count_snat(gateway, 6);
	bool shared = snat_is_shared(gateway);

	if (v4 || !gateway->snat_count)
		report_snat_ports(list, v4 ? v4 : 1, shared, v6 ? " of IPv4" : "");
	if (v6)
		report_snat_ports(list, v6, shared, " of IPv6");
}

void check_network(struct check_list *list, const struct config *config)
{
	const char *near = own_network_near(config);

	if (own_network_is_named(config->mesh))
		check_add(list, "network", CHECK_OK, "%s", config->network);
	else if (near)
		check_add(list, "network", CHECK_WARN,
			  "meshNetworks has no rule for %s, did you mean %s?", config->network,
			  near);
	else
		check_add(list, "network", CHECK_WARN, "meshNetworks has no rule for %s",
			  config->network);
}

void check_transports(struct check_list *list, const struct config *config)
{
	char text[256];

	for (size_t i = 0; i < config->transport_count; i++)
		if (spare_transport(config, i, text, sizeof(text)))
			check_add(list, "transports", CHECK_WARN, "%s", text);
}

static const struct mesh_network *network_of(const struct config *config)
{
	for (size_t i = 0; config->cluster && config->mesh && i < config->mesh->count; i++) {
		const struct mesh_network *network = &config->mesh->networks[i];

		for (size_t j = 0; j < network->registry_count; j++)
			if (!strcmp(network->registries[j], config->cluster))
				return network;
	}
	return NULL;
}

void check_cluster(struct check_list *list, const struct config *config)
{
	const struct mesh_network *network = network_of(config);

	if (network && network->own)
		check_add(list, "cluster", CHECK_OK, "%s belongs to %s", config->cluster,
			  config->network);
	else if (network)
		check_add(list, "cluster", CHECK_FAIL,
			  "%s belongs to %s by meshNetworks, this node "
			  "to %s: its own pods count as another network's",
			  config->cluster, network->name, config->network);
}

static void check_gateway(struct check_list *list, const struct config *config)
{
	const struct config_gateway_role *gateway = &config->gateway;

	if (!gateway->enabled)
		return;
	if (gateway->listen_interface && !if_nametoindex(gateway->listen_interface))
		check_add(list, "gateway", CHECK_FAIL, "no interface %s to listen on",
			  gateway->listen_interface);
	else if (is_own(list, &gateway->listen_addresses.v4) &&
		 is_own(list, &gateway->listen_addresses.v6))
		check_add(list, "gateway", CHECK_OK, "can listen");
	if (config->tunnel.keys_file && config->tunnel.admission == TUNNEL_REQUIRE)
		check_add(list, "gateway", CHECK_OK, "authenticated by tunnel.keysFile");
	else if (gateway->allow_count)
		check_add(list, "gateway", CHECK_WARN,
			  "not authenticated: who sends from an address of gateway.allow enters");
	else
		check_add(list, "gateway", CHECK_FAIL,
			  "gateway.allow is empty: no tunnel packet is accepted");
	check_snat(list, config);
	check_snat_families(list, config);
	check_snat_ports(list, config);
}

static void check_source(struct check_list *list, const struct config *config)
{
	if (!config->eds_path)
		return;
	if (access(config->eds_path, R_OK))
		check_add(list, "source", CHECK_FAIL, "%s: %s", config->eds_path, strerror(errno));
	else
		check_add(list, "source", CHECK_OK, "%s can be read", config->eds_path);
}

static bool is_pinned(const char *pin_dir, const char *name)
{
	char path[PIN_PATH_MAX];

	return !pins_path(pin_dir, name, path) && !access(path, F_OK);
}

/* An agent that serves loads the programs of IPv6 as soon as they are needed. */
static void check_ipv6(struct check_list *list, const struct config *config, const char *pin_dir)
{
	if (has_vip(config, 6) && is_pinned(pin_dir, "vips") && !is_pinned(pin_dir, "vips6"))
		check_add(
			list, "ipv6", CHECK_WARN,
			"the data plane in %s does not carry it, but services have virtual IPs of it: "
			"`parallaxctl status` says why",
			pin_dir);
}

static int add_key_problem(void *arg, const char *reason, const char *problem)
{
	(void)reason;
	check_add(arg, "keys", CHECK_WARN, "%s", problem);
	return 0;
}

/* Gateways of mode forward and pods' nodes are of one network. */
static void check_own_key(struct check_list *list, const struct config *config,
			  const struct tunnel_keys *keys)
{
	bool forwards = config->gateway.enabled && config->gateway.mode == GATEWAY_FORWARD;

	if ((forwards || config->door.enabled) &&
	    !tunnel_keys_signing(keys, config->network, config->network, time(NULL)))
		check_add(list, "keys", CHECK_WARN,
			  "none of %s with itself: between gateways of mode forward and pods "
			  "addresses decide",
			  config->network);
}

static void check_keys(struct check_list *list, const struct config *config)
{
	struct problems problems = {};
	struct tunnel_keys *keys = NULL;

	if (!config->tunnel.keys_file)
		return;
	if (tunnel_keys_read(config->tunnel.keys_file, &keys, &problems)) {
		char *text = problems_join(problems_text(&problems));

		check_add(list, "keys", CHECK_FAIL, "%s", text ? text : strerror(ENOMEM));
		free(text);
	} else {
		check_add(list, "keys", CHECK_OK, "%zu keys in %s", keys->count,
			  config->tunnel.keys_file);
		key_problems(keys, config, time(NULL), add_key_problem, list);
		check_own_key(list, config, keys);
	}
	problems_done(&problems);
	tunnel_keys_free(keys);
}

void check_config(struct check_list *list, const struct config *config, const char *pin_dir)
{
	check_ipv6(list, config, pin_dir);
	check_source(list, config);
	check_network(list, config);
	check_cluster(list, config);
	check_transports(list, config);
	check_gateway(list, config);
	check_keys(list, config);
	check_node_clients(list, config);
	check_links(list, config, pin_dir);
}
