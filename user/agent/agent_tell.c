/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The row being built: what people are told of it, and its place among the others. */
#include <stdarg.h>
#include <stdio.h>

#include "agent_builder.h"

struct agent_told *builder_told(struct builder *builder)
{
	if (!builder->row.told)
		builder->row.told = agent_told_new(builder->cluster);
	return builder->row.told;
}

bool builder_shows(const struct builder *builder)
{
	return builder->tally.services < AGENT_SERVICES_MAX;
}

void builder_problem(struct builder *builder, const char *format, ...)
{
	struct agent_told *told = builder->tally.problems < AGENT_PROBLEMS_MAX ?
					  builder_told(builder) : NULL;
	char text[512];
	va_list args;

	if (!told)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	told->problem = arena_strdup(told->arena, text);
}

void builder_begin(struct builder *builder, const struct desired_service *row, bool captured)
{
	builder->cluster = row->cluster;
	builder->row = (struct agent_row){ .key = row->key, .flags = row->flags,
					   .captured = captured, .assignment = ASSIGNMENT_NONE };
}

void builder_end(struct builder *builder, const struct desired_service *row, bool wanted)
{
	builder->row.by_id = row->by_id;
	builder->row.wanted = wanted;
	agent_tally_add(&builder->tally, builder->row.told);
	agent_rows_add(&builder->picture->rows, &builder->row);
	builder->row.told = NULL;
	if (wanted)
		builder->rows[builder->row_count++] = *row;
}
