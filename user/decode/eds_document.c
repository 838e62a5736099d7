/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Documents that are given in place of a DiscoveryResponse. */
#include "eds_document.h"

#include <stdio.h>

#define FROM_DUMP "resources takes each endpoint_config of its EndpointsConfigDump"
#define FROM_STATUS "assignments are in Envoy's /config_dump?include_eds"

/* What a document is, by a field that only it has. */
static const struct sign {
	const char *field;
	bool in_list; /* the field is of the first item of a list */
	const char *what, *hint;
} signs[] = {
	{ "configs", false, "an Envoy config dump", FROM_DUMP },
	{ "dynamicEndpointConfigs", false, "an EndpointsConfigDump of Envoy",
	  "resources takes each endpoint_config of it" },
	{ "staticEndpointConfigs", false, "an EndpointsConfigDump of Envoy",
	  "resources takes each endpoint_config of it" },
	{ "clusterStatuses", false, "Envoy's page /clusters", FROM_STATUS },
	{ "hostStatuses", true, "a list of istioctl proxy-config endpoints", FROM_STATUS },
	{ "clusterName", false, "a ClusterLoadAssignment", "make it an item of the list resources" },
	{ "clusterName", true, "a list of ClusterLoadAssignments", "name it resources" },
	{ "apiVersion", false, "an object of Kubernetes", "resources takes ClusterLoadAssignments" },
};

static const struct tree_node *find_sign(const struct tree_node *root, const struct sign *sign)
{
	const struct tree_node *node = root->kind == TREE_SEQUENCE ? root->child : root;

	if (!node || node->kind != TREE_MAPPING || (node != root) != sign->in_list)
		return NULL;
	for (node = node->child; node; node = node->next)
		if (tree_key_matches(node->key, sign->field))
			return node;
	return NULL;
}

void eds_document_refuse(struct tree_walk *walk, const struct tree_node *root)
{
	char text[256];

	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
		const struct tree_node *found = find_sign(root, &signs[i]);

		if (!found)
			continue;
		snprintf(text, sizeof(text), "expected a DiscoveryResponse, found %s: %s",
			 signs[i].what, signs[i].hint);
		tree_report(walk, found, true, text);
		return;
	}
	if (tree_expect(walk, root, TREE_MAPPING, "a DiscoveryResponse"))
		tree_problem(walk, root, "expected a DiscoveryResponse, found none of its fields");
}
