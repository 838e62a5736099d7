/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The life of a generation: it replaces the last one, frees its views, and ends. */
#include "generation.h"

#include <stdarg.h>
#include <stdio.h>

#include "arena.h"

void generation_problem(struct generation *generation, const char *format, ...)
{
	char text[512];
	va_list args;

	if (generation->problem_count == GENERATION_PROBLEMS_MAX)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	generation->problems[generation->problem_count] = arena_strdup(generation->kept, text);
	if (generation->problems[generation->problem_count])
		generation->problem_count++;
}

bool generation_has_ipv6(const struct generation *generation)
{
	const struct desired *desired = &generation->desired;
	bool found = !ip_is_none(&desired->settings.listen[IP_V6_INDEX]);

	for (size_t i = 0; i < desired->service_count; i++)
		found |= desired->services[i].key.family == 6;
	for (size_t i = 0; i < desired->gateway_count; i++)
		found |= !ip_is_v4(&desired->gateways[i].key.addr);
	return found;
}

bool generation_replace(struct generation *generation, struct generation *next)
{
	bool others = !next->changed;

	if (next->changed) {
		others = service_rows_replace(&generation->rows, &next->rows, next->changed);
		next->rows = generation->rows;
		generation->rows = (struct service_rows){};
	}
	generation_done(generation);
	*generation = *next;
	return others;
}

void generation_done(struct generation *generation)
{
	arena_free(generation->arena);
	arena_free(generation->kept);
	service_rows_done(&generation->rows);
	*generation = (struct generation){};
}

size_t generation_trim(struct generation *generation)
{
	size_t bytes = arena_used(generation->arena);

	arena_free(generation->arena);
	generation->arena = NULL;
	generation->desired = (struct desired){};
	return bytes;
}
