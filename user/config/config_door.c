/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The section door: how gateways of mode forward reach the pods of this node. */
#include "config_schema.h"
#include "parallax_limits.h"
#include "parallax_wire.h"

#define PEERS_MAX (MAX_ALLOWED / 2)
#define MTU_MIN 1280
#define MTU_MAX 65535

/* An address range, or one address. */
static void read_peer(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct prefix *prefix = target;
	struct addr addr;

	if (node->kind == TREE_SCALAR && !addr_parse(node->text, &addr))
		*prefix = (struct prefix){ addr, (uint8_t)(8 * addr_size(&addr)) };
	else
		tree_prefix(walk, node, prefix);
}

/* The programs set the last 64 bits of an IPv6 address. */
static void read_foreign(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct prefix *prefix = target;

	if (!tree_prefix(walk, node, prefix) && prefix->addr.family == 6 && prefix->bits != 64)
		tree_expected(walk, node, "an IPv6 range of 64 bits");
}

static void check_foreign(struct tree_walk *walk, const struct tree_node *node,
			  const struct config_door *door)
{
	if (door->foreign_count == 2 &&
	    door->foreign[0].addr.family == door->foreign[1].addr.family)
		tree_problem(walk, node, "expected one range of each IP family");
}

void config_read_door(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{ TREE_MEMBER("port", tree_read_port, struct config_door, port) },
		{ TREE_LIST("peers", "a list of address ranges", PEERS_MAX, read_peer,
			    struct config_door, peers, peer_count) },
		{ TREE_CHOICE("clientAddress", "replace keep", struct config_door, client) },
		{ TREE_LIST("foreign", "a list of address ranges", 2, read_foreign,
			    struct config_door, foreign, foreign_count),
		  .some = "an address range" },
		{ TREE_NUMBER("mtu", MTU_MIN, MTU_MAX, struct config_door, mtu) },
	};
	struct config_door *door = &((struct config *)target)->door;

	door->enabled = true;
	door->port = GENEVE_PORT;
	tree_fields(walk, node, "a mapping with port, peers, clientAddress, foreign and mtu",
		    fields, COUNT(fields), door);
	check_foreign(walk, tree_get(node, "foreign"), door);
}
