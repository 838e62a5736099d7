/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Services whose inputs did not change: their rows stay, and what was told of them is told again.
 * To build all of them anew would be most of the work of an update. */
#include <string.h>

#include <xxhash.h>

#include "agent_builder.h"
#include "view_hash.h"

void builder_look_around(struct builder *builder)
{
	const struct config *config = builder->agent->config;
	const struct view_request request = builder_request(builder, NULL, NULL, VIEW_CLIENT);

	builder->surroundings = XXH3_64bits_withSeed(&config->capture, sizeof(config->capture),
						     view_surroundings_hash(&request));
}

/* 0, equal to no other, when it is not known, and of what is stale: that is told each time. */
static uint64_t inputs(struct builder *builder, const struct desired_service *row,
		       const struct assignment *assignment)
{
	const uint64_t parts[] = {
		builder->surroundings, assignment->content, row->flags, row->by_id, builder->gateway,
	};
	bool stale = builder_is_stale(builder, assignment);

	return assignment->content && !stale ? XXH3_64bits(parts, sizeof(parts)) : 0;
}

void builder_note_inputs(struct builder *builder, const struct desired_service *row,
			 const struct assignment *assignment)
{
	builder->print = (struct agent_print){
		.key = agent_print_key(&row->key),
		.print = inputs(builder, row, assignment),
		.service = AGENT_UNTOLD,
		.left_out = (uint32_t)builder->picture->left_out_count,
	};
}

void builder_note_outcome(struct builder *builder, bool wanted)
{
	struct agent_picture *picture = builder->picture;
	struct agent_print *print = &builder->print;

	print->wanted = wanted;
	print->left_out_count = (uint32_t)picture->left_out_count - print->left_out;
	/* A list that is full may lack some of its own. */
	if (print->print && picture->left_out_count < AGENT_LEFT_OUT_MAX)
		agent_prints_add(&picture->prints, print);
}

/* ------------------------------------------------------------------ telling it again */

static void *copy_array(struct arena *arena, const void *from, size_t count, size_t size)
{
	void *copy = arena_array(arena, count, size);

	if (copy && count)
		memcpy(copy, from, count * size);
	return copy;
}

static void repeat_service(struct builder *builder, const struct agent_service *from)
{
	struct agent_picture *picture = builder->picture;
	struct agent_service *to = &picture->services[picture->service_count];
	size_t room = AGENT_WORDS_MAX - picture->word_count;

	builder->print.service = (uint32_t)picture->service_count++;
	*to = *from;
	to->host = arena_strdup(picture->kept, from->host);
	to->cluster = arena_strdup(picture->kept, from->cluster);
	to->priorities = copy_array(picture->kept, from->priorities, from->priority_count,
				    sizeof(*from->priorities));
	if (to->word.shown > room)
		to->word.shown = (uint32_t)room;
	to->word.backends = copy_array(picture->kept, from->word.backends, to->word.shown,
				       sizeof(*from->word.backends));
	if (!to->word.backends)
		to->word.shown = 0;
	picture->word_count += to->word.shown;
}

static void repeat_left_out(struct builder *builder, const struct agent_print *print)
{
	const struct agent_left_out *from = builder->agent->picture.left_out + print->left_out;
	const char *cluster = print->left_out_count ?
				      arena_strdup(builder->picture->kept, from->cluster) : NULL;

	for (uint32_t i = 0; cluster && i < print->left_out_count; i++)
		builder_note_left_out(builder, cluster, &from[i].addr, from[i].port, from[i].reason);
}

/* Whether the kernel holds what was made of it. */
static bool stands(const struct builder *builder, const struct desired_service *row,
		   const struct agent_print *print)
{
	bool holder = row->key.vip.family && builder_is_holder(builder, &row->key);

	if (!print->wanted)
		return !holder;
	return builder_is_held(builder, &row->key) && (holder || !row->key.vip.family);
}

/* Whether all that was to be told of it was, as far as there is room to tell it now. */
static bool is_told(const struct builder *builder, const struct agent_print *print)
{
	return !print->wanted || print->service != AGENT_UNTOLD ||
	       builder->picture->service_count == AGENT_SERVICES_MAX;
}

bool builder_repeat(struct builder *builder, struct desired_service *row, bool *ret_wanted)
{
	const struct agent_picture *before = &builder->agent->picture;
	struct agent_picture *picture = builder->picture;
	const struct agent_print *print = before->applied ?
		agent_prints_find(&before->prints, builder->print.key) : NULL;

	if (!print || !builder->print.print || print->print != builder->print.print ||
	    !stands(builder, row, print) || !is_told(builder, print))
		return false;
	repeat_left_out(builder, print);
	if (print->wanted && picture->service_count == AGENT_SERVICES_MAX)
		picture->untold++;
	else if (print->wanted)
		repeat_service(builder, &before->services[print->service]);
	row->keep = print->wanted;
	*ret_wanted = print->wanted;
	builder_note_outcome(builder, print->wanted);
	return true;
}
