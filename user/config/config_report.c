/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sections by which the agent tells of itself: admin and metrics. */
#include "config_schema.h"

#define ADMIN_PORT 15100
#define METRICS_PORT 15101

static void read_admin_address(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct config *config = target;

	if (!tree_addr(walk, node, &config->admin_address) &&
	    !addr_is_loopback(&config->admin_address))
		tree_expected(walk, node, "a loopback address");
}

void config_read_admin(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_FIELD("address", read_admin_address)},
		{TREE_MEMBER("port", tree_read_port, struct config, admin_port)},
	};
	struct config *config = target;

	addr_parse("127.0.0.1", &config->admin_address);
	config->admin_port = ADMIN_PORT;
	tree_fields(walk, node, "a mapping with address and port", fields, COUNT(fields), config);
}

static void read_metrics_address(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct config *config = target;

	tree_addr(walk, node, &config->metrics.address);
}

void config_read_metrics(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_FIELD("address", read_metrics_address)},
		{TREE_MEMBER("port", tree_read_port, struct config, metrics.port)},
		{TREE_MEMBER("istio", tree_read_bool, struct config, metrics.istio)},
	};
	struct config *config = target;

	addr_parse("0.0.0.0", &config->metrics.address);
	config->metrics.port = METRICS_PORT;
	tree_fields(walk, node, "a mapping with address, port and istio", fields, COUNT(fields), config);
}
