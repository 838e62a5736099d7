/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The section gateway: where it listens, and which sources may enter. */
#include <arpa/inet.h>
#include <string.h>

#include "config_schema.h"
#include "parallax_limits.h"
#include "parallax_wire.h"

static void read_own_address(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	if (!tree_addr(walk, node, target) && !addr_is_usable(target))
		tree_expected(walk, node, "an address of this node");
}

static void read_one_of_pair(struct tree_walk *walk, const struct tree_node *node,
			     struct addr_pair *pair)
{
	struct addr addr = {}, *place;

	read_own_address(walk, node, &addr);
	if (!addr.family)
		return;
	place = addr_pair_of(pair, addr.family);
	if (place->family)
		tree_problem(walk, node, "expected one address of each IP family");
	*place = addr;
}

static void read_listen_addresses(struct tree_walk *walk, const struct tree_node *node,
				  void *target)
{
	if (node->kind != TREE_SEQUENCE || !node->count) {
		read_one_of_pair(walk, node, target);
		return;
	}
	for (const struct tree_node *item = node->child; item; item = item->next)
		read_one_of_pair(walk, item, target);
}

static void read_listen(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{ TREE_MEMBER("interface", config_read_name, struct config_gateway_role,
			      listen_interface) },
		{ TREE_MEMBER("address", read_listen_addresses, struct config_gateway_role,
			      listen_addresses) },
		{ TREE_MEMBER("port", tree_read_port, struct config_gateway_role, listen_port) },
	};

	tree_fields(walk, node, "a mapping with interface or address, and port", fields,
		    COUNT(fields), target);
	if (node->kind == TREE_MAPPING && tree_get(node, "interface") && tree_get(node, "address"))
		tree_problem(walk, node, "expected either interface or address");
}

static void check_snat(struct tree_walk *walk, const struct tree_node *node,
		       const struct config_gateway_role *gateway)
{
	char text[ADDR_TEXT_MAX];

	for (size_t i = 1; i < gateway->snat_count; i++)
		for (size_t j = 0; j < i; j++)
			if (addr_equal(&gateway->snat[i], &gateway->snat[j]))
				tree_problem(walk, node, "%s is listed twice",
					     addr_format(&gateway->snat[i], text));
}

/* An address range, or one address. */
static void read_source(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct prefix *prefix = target;
	struct addr addr;

	if (node->kind == TREE_SCALAR && !addr_parse(node->text, &addr))
		*prefix = (struct prefix){ addr, (uint8_t)(8 * addr_size(&addr)) };
	else
		tree_prefix(walk, node, prefix);
}

/* The same, or a mapping that says which network it may send for. */
static void read_allowed(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{ TREE_MEMBER("source", read_source, struct config_allowed, source),
		  .required = true },
		{ TREE_MEMBER("network", config_read_name, struct config_allowed, network),
		  .required = true },
	};

	if (node->kind == TREE_MAPPING)
		tree_fields(walk, node, "a mapping with source and network", fields, COUNT(fields),
			    target);
	else
		read_source(walk, node, target);
}

void config_read_gateway(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{ TREE_CHOICE("mode", "nat forward", struct config_gateway_role, mode) },
		{ TREE_FIELD("listen", read_listen) },
		{ TREE_LIST("snat", "a list of addresses", MAX_SNAT, read_own_address,
			    struct config_gateway_role, snat, snat_count),
		  .some = "an address" },
		{ TREE_LIST("allow", "a list of address ranges", MAX_ALLOWED, read_allowed,
			    struct config_gateway_role, allow, allow_count) },
	};
	struct config_gateway_role *gateway = &((struct config *)target)->gateway;

	gateway->enabled = true;
	gateway->listen_port = GENEVE_PORT;
	tree_fields(walk, node, "a mapping with listen, snat and allow", fields, COUNT(fields),
		    gateway);
	check_snat(walk, tree_get(node, "snat"), gateway);
}

void config_check_gateway(struct tree_walk *walk, const struct tree_node *root,
			  const struct config *config)
{
	const struct tree_node *gateway = tree_get(root, "gateway"),
			       *allow = tree_get(gateway, "allow");
	const struct tree_node *admission = tree_get(tree_get(root, "tunnel"), "admission");

	if (gateway && gateway->kind == TREE_MAPPING && !config->tunnel.keys_file &&
	    (!allow || (allow->kind == TREE_SEQUENCE && !allow->count)))
		tree_problem(walk, allow ? allow : gateway,
			     "a gateway refuses to open without keys or a list of allowed source "
			     "ranges");
	if (admission && !config->tunnel.keys_file)
		tree_problem(walk, admission, "expected only with keysFile");
}
