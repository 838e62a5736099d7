/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ClusterLoadAssignment.Policy: drops, overprovisioning, staleness. */
#include "eds_assignment.h"
#include "eds_decode.h"
#include "proto_json.h"

static void read_numerator(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	proto_uint32(walk, node, &((struct drop_overload *)target)->numerator);
}

/* envoy.type.v3.FractionalPercent.DenominatorType */
static void read_denominator(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	unsigned int choice = 0;

	proto_enum(walk, node, "HUNDRED TEN_THOUSAND MILLION", 2, &choice);
	((struct drop_overload *)target)->denominator = eds_denominator(choice);
}

static void read_percentage(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_FIELD("numerator", read_numerator)},
		{TREE_FIELD("denominator", read_denominator)},
	};
	char reason[EDS_REASON_MAX];

	tree_fields(walk, node, "a FractionalPercent", fields, COUNT(fields), target);
	if (!walk->failed)
		eds_report(walk, node, eds_wrong_fraction(target, reason));
}

static void read_drop(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_MEMBER("category", proto_read_name, struct drop_overload, category)},
		{TREE_FIELD("dropPercentage", read_percentage)},
	};

	eds_drop_init(target);
	tree_fields(walk, node, "a DropOverload", fields, COUNT(fields), target);
	if (!walk->failed)
		eds_report(walk, node, eds_wrong_category(target));
}

static void read_drops(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct assignment *assignment = target;

	assignment->drops = tree_list(walk, node, "a list of drop overloads", EDS_MAX_DROPS,
				      sizeof(*assignment->drops), read_drop,
				      &assignment->drop_count);
}

static void read_overprovisioning(struct tree_walk *walk, const struct tree_node *node,
				  void *target)
{
	uint32_t *factor = &((struct assignment *)target)->overprovisioning;

	if (!proto_wrapped(walk, node, factor))
		eds_report(walk, node, eds_wrong_factor(*factor));
}

static void read_stale_after(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	uint64_t *stale = &((struct assignment *)target)->stale_after_ms;

	if (!proto_duration(walk, node, stale))
		eds_report(walk, node, eds_wrong_stale_after(*stale));
}

void eds_read_policy(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_FIELD("dropOverloads", read_drops)},
		{TREE_FIELD("overprovisioningFactor", read_overprovisioning)},
		{TREE_FIELD("endpointStaleAfter", read_stale_after)},
		{TREE_MEMBER("weightedPriorityHealth", tree_read_bool, struct assignment, weighted_priority_health)},
	};

	tree_fields(walk, node, "a Policy", fields, COUNT(fields), target);
}
