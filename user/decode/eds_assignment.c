/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ClusterLoadAssignment and LocalityLbEndpoints (envoy/config/endpoint/v3/endpoint.proto). */
#include "eds_assignment.h"

#include "eds_decode.h"
#include "proto_json.h"

/* An empty `locality` counts as set. */
static void read_locality_name(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_MEMBER("region", proto_read_name, struct locality, region)},
		{TREE_MEMBER("zone", proto_read_name, struct locality, zone)},
		{TREE_MEMBER("subZone", proto_read_name, struct locality, sub_zone)},
	};

	((struct locality *)target)->has_locality = true;
	tree_fields(walk, node, "a Locality", fields, COUNT(fields), target);
}

static void read_weight(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct locality *locality = target;

	locality->has_weight = true;
	eds_read_weight(walk, node, &locality->weight);
}

static void read_priority(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	uint32_t *priority = target;

	if (!proto_uint32(walk, node, priority) && *priority > EDS_PRIORITY_MAX)
		tree_problem(walk, node, EDS_WRONG_PRIORITY, *priority);
}

static void read_leds(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	tree_problem(walk, node, EDS_LEDS);
}

static void read_locality(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_FIELD("locality", read_locality_name)},
		{TREE_FIELD("lbEndpoints", eds_read_lb_endpoints)},
		{TREE_FIELD("loadBalancingWeight", read_weight)},
		{TREE_MEMBER("priority", read_priority, struct locality, priority)},
		{TREE_MEMBER("metadata", eds_read_metadata_network, struct locality, network)},
		{TREE_FIELD("ledsClusterLocalityConfig", read_leds)},
	};
	struct locality *locality = target;

	if (walk->failed)
		return;
	eds_locality_init(locality);
	tree_fields(walk, node, "a LocalityLbEndpoints", fields, COUNT(fields), locality);
}

static void read_localities(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct eds_reader *reader = (struct eds_reader *)walk;
	struct assignment *assignment = target;

	if (!eds_fits(reader->used.localities, node->count, EDS_MAX_LOCALITIES)) {
		tree_problem(walk, node, EDS_MANY_LOCALITIES, EDS_MAX_LOCALITIES);
		return;
	}
	assignment->localities = tree_list(walk, node, "a list of localities", EDS_MAX_LOCALITIES,
					   sizeof(*assignment->localities), read_locality,
					   &assignment->locality_count);
	reader->used.localities += assignment->locality_count;
}

static void read_name(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	if (!proto_string(walk, node, EDS_MAX_NAME, target) && !node->count)
		tree_problem(walk, node, EDS_NO_NAME);
}

void eds_read_assignment(struct eds_reader *reader, const struct tree_node *message,
			 struct assignment *assignment)
{
	static const struct tree_field fields[] = {
		{TREE_MEMBER("clusterName", read_name, struct assignment, name), .required = true},
		{TREE_FIELD("endpoints", read_localities)},
		{TREE_FIELD("policy", eds_read_policy)},
	};

	assignment->overprovisioning = EDS_OVERPROVISIONING;
	tree_fields(&reader->walk, message, "a ClusterLoadAssignment", fields, COUNT(fields),
		    assignment);
}
