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
	if (!proto_wrapped(walk, node, &locality->weight))
		eds_report(walk, node, eds_wrong_weight(locality->weight));
}

static void read_priority(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct locality *locality = target;
	char reason[EDS_REASON_MAX];

	if (!proto_uint32(walk, node, &locality->priority))
		eds_report(walk, node, eds_wrong_priority(locality->priority, reason));
}

static void read_leds(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	(void)target;
	tree_problem(walk, node, "%s", eds_no_leds);
}

static void read_locality(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_FIELD("locality", read_locality_name)},
		{TREE_FIELD("lbEndpoints", eds_read_lb_endpoints)},
		{TREE_FIELD("loadBalancingWeight", read_weight)},
		{TREE_FIELD("priority", read_priority)},
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
	char reason[EDS_REASON_MAX];
	const char *wrong = eds_wrong_localities(&reader->used, node->count, reason);

	eds_report(walk, node, wrong);
	if (wrong)
		return;
	assignment->localities = tree_list(walk, node, "a list of localities", EDS_MAX_LOCALITIES,
					   sizeof(*assignment->localities), read_locality,
					   &assignment->locality_count);
	reader->used.localities += assignment->locality_count;
}

static void read_name(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	if (!proto_string(walk, node, EDS_MAX_NAME, &((struct assignment *)target)->name))
		eds_report(walk, node, eds_wrong_name(node->count));
}

void eds_read_assignment(struct eds_reader *reader, const struct tree_node *message,
			 struct assignment *assignment)
{
	static const struct tree_field fields[] = {
		{TREE_FIELD("clusterName", read_name), .required = true},
		{TREE_FIELD("endpoints", read_localities)},
		{TREE_FIELD("policy", eds_read_policy)},
	};

	assignment->overprovisioning = EDS_OVERPROVISIONING;
	tree_fields(&reader->walk, message, "a ClusterLoadAssignment", fields, COUNT(fields),
		    assignment);
}
