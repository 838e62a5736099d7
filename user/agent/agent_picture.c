/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Configuration + assignments → what the kernel should hold. */
#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>

#include "agent.h"
#include "memory.h"

/* 10,000 endpoints with their tables need some 5 MB. */
#define PICTURE_BYTES_MAX (1u << 30)

void agent_picture_problem(struct agent_picture *picture, const char *format, ...)
{
	char text[512];
	va_list args;

	if (picture->problem_count == AGENT_PROBLEMS_MAX)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	picture->problems[picture->problem_count] = arena_strdup(picture->kept, text);
	if (picture->problems[picture->problem_count])
		picture->problem_count++;
}

void agent_picture_done(struct agent_picture *picture)
{
	arena_free(picture->arena);
	arena_free(picture->kept);
	agent_rows_done(&picture->rows);
	*picture = (struct agent_picture){};
}

void agent_picture_trim(struct agent_picture *picture)
{
	bool large = arena_used(picture->arena) >= MEMORY_LARGE, small = picture->amends;

	arena_free(picture->arena);
	picture->arena = NULL;
	picture->desired = (struct desired){};
	/* Decoded files and views come and go by megabytes: give them back now. */
	if (large)
		memory_give_back();
	else if (!small)
		malloc_trim(0); /* looks at all that is free */
}

int agent_picture_build(const struct agent *agent, struct agent_picture *ret)
{
	struct agent_picture picture = { .arena = arena_new(PICTURE_BYTES_MAX),
					 .kept = arena_new(PICTURE_BYTES_MAX) };
	int err = picture.arena && picture.kept ? 0 : -ENOMEM;

	if (!err)
		err = agent_networks_build(agent, &picture);
	if (!err)
		err = agent_services_build(agent, &picture);
	if (err) {
		agent_picture_done(&picture);
		return err;
	}
	*ret = picture;
	return 0;
}
