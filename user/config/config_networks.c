/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sections transports, networkIds and flat, which add to Istio's meshNetworks. */
#include <string.h>

#include "arena.h"
#include "config_schema.h"
#include "network_id.h"
#include "parallax_limits.h"
#include "parallax_wire.h"
#include "suggest.h"

static void read_mode(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	unsigned int choice = 0;

	tree_choice(walk, node, "geneve passthrough", &choice);
	((struct config_transport *)target)->mode =
		choice ? TRANSPORT_PASSTHROUGH : TRANSPORT_GENEVE;
}

void config_read_requirement(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	unsigned int choice = 0;

	tree_choice(walk, node, "none encrypted", &choice);
	*(enum requirement *)target = choice ? REQUIRE_ENCRYPTED : REQUIRE_NONE;
}

static void read_transport(struct tree_walk *walk, const struct tree_node *node,
			   struct config_transport *transport)
{
	static const struct tree_field fields[] = {
		{ TREE_FIELD("mode", read_mode), .required = true },
		{ TREE_MEMBER("port", tree_read_port, struct config_transport, port) },
		{ TREE_MEMBER("require", config_read_requirement, struct config_transport,
			      require) },
	};

	tree_fields(walk, node, "a mapping with mode, port and require", fields, COUNT(fields),
		    transport);
	/* A stock gateway listens on the port that meshNetworks names. */
	if (transport->mode == TRANSPORT_PASSTHROUGH && transport->port)
		tree_problem(walk, tree_get(node, "port"),
			     "expected only with mode geneve; passthrough takes the gateway's own");
	if (transport->mode == TRANSPORT_PASSTHROUGH && transport->require)
		tree_problem(walk, tree_get(node, "require"),
			     "expected only with mode geneve; passthrough takes what is encrypted");
	if (transport->mode == TRANSPORT_GENEVE && !transport->port)
		transport->port = GENEVE_PORT;
}

/* An array for the entries of a mapping, or NULL with a problem added. */
static void *entries(struct tree_walk *walk, const struct tree_node *node, const char *what,
		     size_t size)
{
	void *array;

	if (!tree_expect(walk, node, TREE_MAPPING, what))
		return NULL;
	if (node->count > MAX_NETWORKS) {
		tree_problem(walk, node, "expected at most %u networks", MAX_NETWORKS);
		return NULL;
	}
	array = arena_array(walk->arena, node->count, size);
	walk->out_of_memory |= !array;
	return array;
}

static const char *keep_key(struct tree_walk *walk, const struct tree_node *node)
{
	const char *key = arena_strdup(walk->arena, node->key);

	walk->out_of_memory |= !key;
	return key;
}

void config_read_transports(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct config *config = target;
	struct config_transport *transport =
		entries(walk, node, "a mapping of networks", sizeof(*transport));

	if (!transport)
		return;
	config->transports = transport;
	config->transport_count = node->count;
	for (node = node->child; node; node = node->next, transport++) {
		transport->network = keep_key(walk, node);
		read_transport(walk, node, transport);
	}
}

void config_read_network_ids(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct config *config = target;
	struct config_network_id *entry =
		entries(walk, node, "a mapping of networks to ids", sizeof(*entry));
	uint64_t id;

	if (!entry)
		return;
	config->network_ids = entry;
	for (node = node->child; node; node = node->next) {
		if (tree_number(walk, node, 1, NETWORK_ID_MAX, &id))
			continue; /* reported; the network keeps the id of its name */
		entry[config->network_id_count++] =
			(struct config_network_id){keep_key(walk, node), (uint32_t)id};
	}
}

void config_read_flat(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct config_flat *group = target;

	group->networks = tree_list(walk, node, "a list of networks", MAX_NETWORKS, sizeof(char *),
				    config_read_name, &group->count);
	if (node->kind == TREE_SEQUENCE && node->count < 2)
		tree_problem(walk, node, "expected two networks or more");
}

static void check_name(struct tree_walk *walk, const struct tree_node *node, const char *name,
		       const struct mesh_networks *mesh)
{
	struct suggestion near = {.word = name};

	for (size_t i = 0; i < mesh->count; i++) {
		if (!strcmp(mesh->networks[i].name, name))
			return;
		suggest_offer(&near, mesh->networks[i].name);
	}
	if (near.name)
		tree_problem(walk, node, "unknown network '%s', did you mean '%s'?", name, near.name);
	else
		tree_problem(walk, node,
			     "unknown network '%s', expected one that meshNetworks names", name);
}

/* The network that leads to a service: not our own. */
static void check_other(struct tree_walk *walk, const struct tree_node *node,
			const struct mesh_networks *mesh)
{
	for (size_t i = 0; i < mesh->count; i++)
		if (mesh->networks[i].own && !strcmp(mesh->networks[i].name, node->text)) {
			tree_problem(walk, node, "expected another network than our own");
			return;
		}
	check_name(walk, node, node->text, mesh);
}

void config_check_networks(struct tree_walk *walk, const struct tree_node *root,
			   const struct mesh_networks *mesh)
{
	const struct tree_node *node = tree_get(root, "networkIds"), *flat = tree_get(root, "flat");

	for (node = node ? node->child : NULL; node; node = node->next)
		if (node->key)
			check_name(walk, node, node->key, mesh);
	node = tree_get(root, "services");
	for (node = node ? node->child : NULL; node; node = node->next)
		if (tree_get(node, "network"))
			check_other(walk, tree_get(node, "network"), mesh);
	for (flat = flat ? flat->child : NULL; flat; flat = flat->next)
		for (node = flat->child; node; node = node->next)
			if (node->kind == TREE_SCALAR)
				check_name(walk, node, node->text, mesh);
}
