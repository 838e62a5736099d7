/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ClusterLoadAssignment and LocalityLbEndpoints (envoy/config/endpoint/v3/endpoint.proto). */
#include "eds_assignment.h"

#include "eds_decode.h"
#include "proto_json.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void read_region(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	proto_string(walk, node, EDS_MAX_NAME, &((struct locality *)target)->region);
}

static void read_zone(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	proto_string(walk, node, EDS_MAX_NAME, &((struct locality *)target)->zone);
}

static void read_sub_zone(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	proto_string(walk, node, EDS_MAX_NAME, &((struct locality *)target)->sub_zone);
}

/* A `locality` that is there but empty counts as set. */
static void read_locality_name(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{"region", read_region, false},
		{"zone", read_zone, false},
		{"subZone", read_sub_zone, false},
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

static void read_metadata(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	eds_read_metadata_network(walk, node, &((struct locality *)target)->network);
}

static void read_leds(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	(void)target;
	tree_problem(walk, node, "%s", eds_no_leds);
}

static void read_locality(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{"locality", read_locality_name, false},
		{"lbEndpoints", eds_read_lb_endpoints, false},
		{"loadBalancingWeight", read_weight, false},
		{"priority", read_priority, false},
		{"metadata", read_metadata, false},
		{"ledsClusterLocalityConfig", read_leds, false},
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
		{"clusterName", read_name, true},
		{"endpoints", read_localities, false},
		{"policy", eds_read_policy, false},
	};

	assignment->overprovisioning = EDS_OVERPROVISIONING;
	tree_fields(&reader->walk, message, "a ClusterLoadAssignment", fields, COUNT(fields),
		    assignment);
}
