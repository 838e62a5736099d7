/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ClusterLoadAssignment.Policy: drops, overprovisioning, staleness. */
#include "eds_assignment.h"
#include "eds_decode.h"
#include "proto_json.h"

/* envoy.type.v3.FractionalPercent.DenominatorType */
static void read_denominator(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	unsigned int choice = 0;

	proto_enum(walk, node, "HUNDRED TEN_THOUSAND MILLION", 2, &choice);
	*(uint32_t *)target = eds_denominator(choice);
}

static void read_percentage(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_MEMBER("numerator", proto_read_uint32, struct drop_overload, numerator)},
		{TREE_MEMBER("denominator", read_denominator, struct drop_overload, denominator)},
	};
	const struct drop_overload *drop = target;

	if (tree_fields(walk, node, "a FractionalPercent", fields, COUNT(fields), target) &&
	    drop->numerator > drop->denominator)
		tree_problem(walk, node, EDS_WRONG_FRACTION, drop->numerator, drop->denominator);
}

static void read_drop(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_MEMBER("category", proto_read_name, struct drop_overload, category)},
		{TREE_FIELD("dropPercentage", read_percentage)},
	};
	struct drop_overload *drop = target;

	eds_drop_init(drop);
	if (tree_fields(walk, node, "a DropOverload", fields, COUNT(fields), drop) &&
	    (!drop->category || !*drop->category))
		tree_problem(walk, node, EDS_NO_CATEGORY);
}

static void read_overprovisioning(struct tree_walk *walk, const struct tree_node *node,
				  void *target)
{
	uint32_t *factor = target;

	if (!proto_wrapped(walk, node, factor) && !*factor)
		tree_problem(walk, node, EDS_NO_FACTOR);
}

static void read_stale_after(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	uint64_t *stale = target;

	if (!proto_duration(walk, node, stale) && !*stale)
		tree_problem(walk, node, EDS_NO_DURATION);
}

void eds_read_policy(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_LIST("dropOverloads", "a list of drop overloads", EDS_MAX_DROPS, read_drop,
			   struct assignment, drops, drop_count)},
		{TREE_MEMBER("overprovisioningFactor", read_overprovisioning, struct assignment,
			     overprovisioning)},
		{TREE_MEMBER("endpointStaleAfter", read_stale_after, struct assignment,
			     stale_after_ms)},
		{TREE_MEMBER("weightedPriorityHealth", tree_read_bool, struct assignment, weighted_priority_health)},
	};

	tree_fields(walk, node, "a Policy", fields, COUNT(fields), target);
}
