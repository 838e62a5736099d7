/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Services whose inputs did not change: their rows stay, and what was told of them is told again.
 * To build all of them anew would be most of the work of an update. */
#include <xxhash.h>

#include "agent_builder.h"

/* 0, equal to no other, when it is not known, and of what is stale: that is told each time. */
static uint64_t inputs(struct builder *builder, const struct desired_service *row,
		       const struct assignment *assignment)
{
	const uint64_t parts[] = {
		builder->surroundings, assignment->fingerprint, row->flags, row->by_id, builder->gateway,
	};
	bool stale = builder_is_stale(builder, assignment);

	return assignment->fingerprint && !stale ? XXH3_64bits(parts, sizeof(parts)) : 0;
}

/* Whether the kernel holds what was made of it. */
static bool stands(const struct builder *builder, const struct agent_row *row)
{
	bool holder = row->key.vip.family && builder_is_holder(builder, &row->key);

	if (!row->wanted)
		return !holder;
	return builder_is_held(builder, &row->key) && (holder || !row->key.vip.family);
}

/* Whether all that was to be told of it was, as far as there is room to tell it now. */
static bool is_told(const struct builder *builder, const struct agent_row *row)
{
	if (row->told && row->told->cut)
		return false;
	return !row->untold || !builder_shows(builder);
}

bool builder_repeat(struct builder *builder, struct desired_service *row,
		    const struct assignment *assignment, bool *ret_wanted)
{
	const struct agent_picture *before = &builder->agent->picture;
	const struct agent_row *from = before->applied ?
		agent_rows_find(&before->rows, &row->key) : NULL;

	builder->row.print = inputs(builder, row, assignment);
	if (!from || !from->print || from->print != builder->row.print || !stands(builder, from) ||
	    !is_told(builder, from))
		return false;
	builder->row.told = from->told;
	builder->row.untold = from->untold;
	if (from->told)
		from->told->users++;
	row->keep = *ret_wanted = from->wanted;
	return true;
}
