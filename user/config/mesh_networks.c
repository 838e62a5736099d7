/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads Istio's meshNetworks (istio/api mesh/v1alpha1/network.proto). */
#include "mesh_networks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "config_schema.h"
#include "host_name.h"
#include "mesh_check.h"
#include "network_id.h"
#include "parallax_limits.h"

/* One entry of `endpoints`: a oneof. */
struct endpoints_entry {
	const char *registry;
	struct prefix cidr;
	bool has_cidr;
};

struct network_reader {
	struct endpoints_entry *entries;
	size_t entry_count;
	struct mesh_gateway *gateways;
	size_t gateway_count;
};

static void read_text(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	tree_keep(walk, node, target);
}

static void read_from_cidr(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct endpoints_entry *entry = target;

	entry->has_cidr = true;
	tree_prefix(walk, node, &entry->cidr);
}

static void read_entry(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_MEMBER("fromRegistry", config_read_name, struct endpoints_entry, registry)},
		{TREE_FIELD("fromCidr", read_from_cidr)},
	};

	const struct endpoints_entry *entry = target;

	if (tree_fields(walk, node, "a mapping with fromRegistry or fromCidr", fields,
			COUNT(fields), target) &&
	    !entry->registry == !entry->has_cidr)
		tree_problem(walk, node, "expected either fromRegistry or fromCidr");
}

static void read_gateway_address(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct mesh_gateway *gateway = target;

	if (tree_keep(walk, node, &gateway->address))
		return;
	if (addr_parse(gateway->address, &gateway->addr) && !host_name_valid(gateway->address))
		tree_expected(walk, node, "an IP address or a host name");
	else if (gateway->addr.family && !addr_is_unspecified(&gateway->addr) &&
		 !addr_is_usable(&gateway->addr))
		tree_expected(walk, node, "the address of a host");
}

static void read_gateway(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_MEMBER("registryServiceName", read_text, struct mesh_gateway, registry_service)},
		{TREE_FIELD("address", read_gateway_address)},
		{TREE_MEMBER("port", tree_read_port, struct mesh_gateway, port), .required = true},
		{TREE_MEMBER("locality", read_text, struct mesh_gateway, locality)},
	};
	const struct mesh_gateway *gateway = target;

	if (tree_fields(walk, node, "a mapping with address and port", fields, COUNT(fields),
			target) &&
	    !gateway->address == !gateway->registry_service)
		tree_problem(walk, node, "expected either address or registryServiceName");
}

/* Splits the entries into registries and CIDRs. */
static int split_entries(struct tree_walk *walk, const struct network_reader *reader,
			 struct mesh_network *network)
{
	size_t count = reader->entry_count;

	network->registries = arena_array(walk->arena, count, sizeof(*network->registries));
	network->cidrs = arena_array(walk->arena, count, sizeof(*network->cidrs));
	if (!network->registries || !network->cidrs)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (reader->entries[i].registry)
			network->registries[network->registry_count++] =
				reader->entries[i].registry;
		if (reader->entries[i].has_cidr)
			network->cidrs[network->cidr_count++] = reader->entries[i].cidr;
	}
	return 0;
}

static void read_network(struct tree_walk *walk, const struct tree_node *node,
			 struct mesh_network *network)
{
	static const struct tree_field fields[] = {
		{TREE_LIST("endpoints", "a list of fromRegistry and fromCidr", CONFIG_LIST_MAX,
			   read_entry, struct network_reader, entries, entry_count)},
		{TREE_LIST("gateways", "a list of gateways", MAX_GATEWAYS, read_gateway,
			   struct network_reader, gateways, gateway_count)},
	};
	struct network_reader reader = {0};

	if (!*node->key || strlen(node->key) > CONFIG_NAME_MAX)
		tree_problem(walk, node, "expected a network name of 1 to %u bytes",
			     CONFIG_NAME_MAX);
	network->name = arena_strdup(walk->arena, node->key);
	walk->out_of_memory |= !network->name;
	if (tree_is_null(node))
		return;
	tree_fields(walk, node, "a mapping with endpoints and gateways", fields, COUNT(fields),
		    &reader);
	network->gateways = reader.gateways;
	network->gateway_count = reader.gateway_count;
	walk->out_of_memory |= split_entries(walk, &reader, network) < 0;
}

/* Leaves room for our own network. */
static void read_networks(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct mesh_networks *mesh = target;
	size_t gateways = 0;

	if (!tree_expect(walk, node, TREE_MAPPING, "a mapping of networks"))
		return;
	if (node->count >= MAX_NETWORKS) {
		tree_problem(walk, node, "expected fewer than %u networks", MAX_NETWORKS);
		return;
	}
	mesh->networks = arena_array(walk->arena, node->count + 1u, sizeof(*mesh->networks));
	walk->out_of_memory |= !mesh->networks;
	if (!mesh->networks)
		return;
	for (const struct tree_node *item = node->child; item; item = item->next) {
		read_network(walk, item, &mesh->networks[mesh->count]);
		gateways += mesh->networks[mesh->count++].gateway_count;
	}
	if (gateways > MAX_GATEWAYS)
		tree_problem(walk, node, "expected at most %u gateways in all", MAX_GATEWAYS);
}

static void add_own(struct tree_walk *walk, const struct config *config,
		    struct mesh_networks *mesh)
{
	for (size_t i = 0; i < mesh->count; i++)
		if (!strcmp(mesh->networks[i].name, config->network))
			return;
	if (!mesh->networks)
		mesh->networks = arena_array(walk->arena, 1, sizeof(*mesh->networks));
	if (mesh->networks)
		mesh->networks[mesh->count].name = arena_strdup(walk->arena, config->network);
	if (mesh->networks && mesh->networks[mesh->count].name)
		mesh->count++;
	else
		walk->out_of_memory = true;
}

/* The name is NULL if it was invalid: reading goes on to find other errors. */
static bool group_has(const struct config_flat *group, const char *name)
{
	for (size_t i = 0; i < group->count; i++)
		if (group->networks[i] && !strcmp(group->networks[i], name))
			return true;
	return false;
}

/* Applies transports, networkIds and flat. */
static void apply_config(const struct config *config, struct mesh_network *network)
{
	network->own = !strcmp(network->name, config->network);
	network->id = network_id(network->name);
	network->encrypted = config->tunnel.require == REQUIRE_ENCRYPTED;
	for (size_t i = 0; i < config->network_id_count; i++)
		if (!strcmp(config->network_ids[i].network, network->name))
			network->id = config->network_ids[i].id;
	for (size_t i = 0; i < config->transport_count; i++) {
		if (strcmp(config->transports[i].network, network->name))
			continue;
		network->transport = config->transports[i].mode;
		network->tunnel_port = config->transports[i].port;
		if (config->transports[i].require)
			network->encrypted = config->transports[i].require == REQUIRE_ENCRYPTED;
	}
	network->encrypted &= !network->own;
	for (size_t i = 0; i < config->flat_count && !network->own; i++)
		network->flat |= group_has(&config->flat[i], network->name) &&
				 group_has(&config->flat[i], config->network);
}

static int compare_networks(const void *a, const void *b)
{
	return strcmp(((const struct mesh_network *)a)->name,
		      ((const struct mesh_network *)b)->name);
}

static void finish(struct tree_walk *walk, const struct tree_node *networks,
		   const struct config *config, struct mesh_networks *mesh)
{
	add_own(walk, config, mesh);
	if (walk->out_of_memory)
		return;
	for (size_t i = 0; i < mesh->count; i++)
		apply_config(config, &mesh->networks[i]);
	qsort(mesh->networks, mesh->count, sizeof(*mesh->networks), compare_networks);
	mesh_check_ids(walk, networks, mesh);
}

/* Inside meshNetworks the rules of proto-JSON apply, as in istiod. */
static void read_document(struct tree_walk *walk, const struct tree_node *node,
			  const struct config *config, struct mesh_networks *mesh)
{
	static const struct tree_field fields[] = {{TREE_FIELD("networks", read_networks)}};
	const struct tree_node *networks;
	bool proto = walk->proto;

	walk->proto = true;
	networks = tree_field_get(walk, node, "networks");
	if (node && tree_fields(walk, node, "a mapping with networks", fields, COUNT(fields), mesh) &&
	    !walk->out_of_memory)
		mesh_check(walk, networks, mesh);
	if (!walk->out_of_memory)
		finish(walk, networks, config, mesh);
	walk->proto = proto;
}

int mesh_networks_read(struct tree_walk *walk, const struct tree_node *node,
		       const struct config *config, struct mesh_networks **ret_mesh)
{
	struct mesh_networks *mesh = calloc(1, sizeof(*mesh));
	struct arena *outer = walk->arena;

	if (mesh)
		mesh->arena = arena_new(0);
	if (!mesh || !mesh->arena) {
		mesh_networks_free(mesh);
		return -ENOMEM;
	}
	walk->arena = mesh->arena;
	read_document(walk, node, config, mesh);
	walk->arena = outer;
	if (walk->out_of_memory) {
		mesh_networks_free(mesh);
		return -ENOMEM;
	}
	*ret_mesh = mesh;
	return 0;
}

int mesh_networks_parse(const struct config *config, const char *label, const char *text,
			unsigned long length, struct mesh_networks **ret_mesh,
			struct problems *problems)
{
	struct tree_walk walk = {.file = label, .problems = problems};
	struct mesh_networks *mesh = NULL;
	const struct tree_node *node;
	struct yaml_tree *tree;
	int err = yaml_tree_parse(label, text, length, &tree_limits_config, &tree, problems);

	if (err)
		return err;
	node = tree_get(tree->root, "meshNetworks");
	err = mesh_networks_read(&walk, node && tree->root->count == 1 ? node : tree->root, config,
				 &mesh);
	yaml_tree_free(tree);
	if (!err && walk.failed)
		err = -EINVAL;
	if (err)
		mesh_networks_free(mesh);
	else
		*ret_mesh = mesh;
	return err;
}

void mesh_networks_free(struct mesh_networks *mesh)
{
	if (!mesh)
		return;
	arena_free(mesh->arena);
	free(mesh);
}

const struct mesh_network *mesh_networks_own(const struct mesh_networks *mesh)
{
	for (size_t i = 0; mesh && i < mesh->count; i++)
		if (mesh->networks[i].own)
			return &mesh->networks[i];
	return NULL;
}

const struct mesh_network *mesh_networks_by_id(const struct mesh_networks *mesh, uint32_t id)
{
	for (size_t i = 0; i < mesh->count; i++)
		if (mesh->networks[i].id == id)
			return &mesh->networks[i];
	return NULL;
}

bool mesh_gateway_needs_encryption(const struct mesh_network *network,
				   const struct mesh_gateway *gateway)
{
	return network->encrypted && network->transport == TRANSPORT_GENEVE &&
	       addr_is_usable(&gateway->addr);
}
