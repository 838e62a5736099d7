/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where nothing but contents of assignments changed since the last look, which is what nearly every
 * update is: their rows are made again, and no other is looked at. */
#include <errno.h>

#include <xxhash.h>

#include "agent_builder.h"

/* ------------------------------------------------------------------ what changed */

/* What becomes stale changes, too. */
static int look_at_contents(struct builder *builder)
{
	const struct assignment_list *list = &builder->assignments;
	struct agent_picture *picture = builder->picture;

	picture->contents = arena_array(picture->kept, list->count, sizeof(*picture->contents));
	if (!picture->contents)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++) {
		bool stale = builder_is_stale(builder, list->items[i]);

		picture->contents[i] = stale ? ~list->items[i]->fingerprint : list->items[i]->fingerprint;
	}
	picture->content_count = list->count;
	return 0;
}

int builder_look_around(struct builder *builder)
{
	const struct agent *agent = builder->agent;
	const uint64_t parts[] = {
		agent_surroundings(agent), agent->config_loads, source_layout(agent->source),
		source_clusters(agent->source).complete,
	};

	builder->surroundings = parts[0];
	builder->picture->frame = XXH3_64bits(parts, sizeof(parts));
	builder->assignments = source_list(agent->source);
	builder->clusters = source_clusters(agent->source);
	return look_at_contents(builder);
}

/* ------------------------------------------------------------------ virtual IPs */

static bool is_vip(const struct builder *builder, const struct addr *addr)
{
	const struct agent_rows *rows = &builder->agent->picture.rows;

	if (addr->family != 4 || !ledger_has_address(&builder->agent->ledger, addr->ip.v4))
		return false;
	for (size_t i = 0; i < rows->count; i++)
		if (rows->items[i].captured && addr_equal(&rows->items[i].key.vip, addr))
			return true;
	return false;
}

/* A virtual IP that the control plane names is none when an endpoint has it. */
static bool moves_vips(const struct builder *builder, const struct assignment *assignment)
{
	if (!source_names_vips(builder->agent->source))
		return false;
	if (builder->agent->picture.rows.vips_hidden)
		return true;
	for (size_t l = 0; l < assignment->locality_count; l++)
		for (size_t e = 0; e < assignment->localities[l].endpoint_count; e++) {
			const struct endpoint *endpoint = &assignment->localities[l].endpoints[e];

			for (size_t a = 0; a < endpoint->address_count; a++)
				if (is_vip(builder, &endpoint->addresses[a].addr))
					return true;
		}
	return false;
}

/* ------------------------------------------------------------------ rows */

static bool is_changed(const struct builder *builder, size_t assignment)
{
	uint64_t content = builder->picture->contents[assignment];

	return !content || content != builder->agent->picture.contents[assignment];
}

static int make_again(struct builder *builder, const struct agent_row *from)
{
	const struct assignment *assignment = builder->assignments.items[from->assignment];
	struct desired_service row = { .key = from->key, .flags = from->flags, .by_id = from->by_id,
				       .cluster = assignment->name };
	bool wanted;
	int err;

	builder_begin(builder, &row, from->captured);
	builder->row.assignment = from->assignment;
	agent_tally_remove(&builder->tally, from->told);
	err = builder_fill(builder, &row, from->told ? from->told->host : NULL, assignment, &wanted);
	if (err || wanted != from->wanted)
		return err ? err : -EAGAIN; /* others may claim its virtual IP */
	builder_end(builder, &row, wanted);
	return 0;
}

static int begin(struct builder *builder)
{
	const struct agent_picture *before = &builder->agent->picture;
	struct agent_picture *picture = builder->picture;
	size_t count = 0, most = before->rows.count;

	if (!before->applied || before->frame != picture->frame ||
	    before->content_count != picture->content_count)
		return -EAGAIN;
	for (size_t i = 0; i < picture->content_count; i++)
		if (is_changed(builder, i) && moves_vips(builder, builder->assignments.items[i]))
			return -EAGAIN;
	for (size_t i = 0; i < most; i++)
		count += before->rows.items[i].made &&
			 is_changed(builder, before->rows.items[i].assignment);
	picture->amends = arena_array(picture->kept, count, sizeof(*picture->amends));
	builder->rows = arena_array(picture->arena, count, sizeof(*builder->rows));
	builder->tally = before->rows.tally;
	return picture->amends && builder->rows ? agent_rows_init(&picture->rows, count) : -ENOMEM;
}

static int make_changed(struct builder *builder)
{
	const struct agent_rows *before = &builder->agent->picture.rows;
	struct agent_picture *picture = builder->picture;
	int err = 0;

	for (size_t i = 0; !err && i < before->count; i++) {
		if (!before->items[i].made || !is_changed(builder, before->items[i].assignment))
			continue;
		picture->amends[picture->rows.count] = (uint32_t)i;
		err = make_again(builder, &before->items[i]);
	}
	return err;
}

/* All is built instead. */
static void give_up(struct builder *builder)
{
	agent_told_drop(builder->row.told);
	builder->row.told = NULL;
	builder->tally = (struct agent_tally){};
	builder->rows = NULL;
	builder->row_count = 0;
	builder->picture->amends = NULL;
	agent_rows_done(&builder->picture->rows);
}

int builder_amend(struct builder *builder)
{
	int err = begin(builder);

	if (!err)
		err = make_changed(builder);
	if (err == -EAGAIN)
		give_up(builder);
	return err;
}
