/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Builds only the changed rows where nothing but contents of assignments changed, and which gateways are
 * down. */
#include <errno.h>
#include <netinet/in.h>

#include <xxhash.h>

#include "arena.h"
#include "assignment_find.h"
#include "builder.h"
#include "view_fingerprint.h"

/* ------------------------------------------------------------------ fingerprints */

/* An assignment that goes stale changes as well. */
static int fingerprint_contents(struct builder *builder)
{
	const struct assignment_list *list = &builder->input->assignments;
	struct generation *generation = builder->generation;
	uint64_t *prints = arena_array(generation->kept, list->count, sizeof(*prints));

	if (!prints)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++) {
		uint64_t content = list->items[i]->fingerprint;

		/* builder_is_stale() also finds the time of the next one. */
		prints[i] = builder_is_stale(builder, list->items[i]) && content ? ~content : content;
	}
	generation->content_fingerprints = prints;
	generation->content_count = list->count;
	return 0;
}

/* Another mesh makes all rows others, so networks are those of the generation before. */
static int fingerprint_down(struct builder *builder)
{
	const struct build_input *input = builder->input;
	const struct view_request request = { .down = input->down,
					      .down_count = input->down_count };
	const struct mesh_networks *mesh = input->config->mesh;
	const struct generation *before = builder->before;
	uint64_t *prints = arena_array(builder->generation->kept, mesh->count, sizeof(*prints));

	if (!prints)
		return -ENOMEM;
	for (size_t i = 0; i < mesh->count; i++) {
		prints[i] = view_down_fingerprint(&request, &mesh->networks[i]);
		if (before && i < before->network_count &&
		    prints[i] != before->down_fingerprints[i])
			builder->networks |= VIEW_NETWORK(i);
	}
	builder->generation->down_fingerprints = prints;
	builder->generation->network_count = mesh->count;
	return 0;
}

int builder_fingerprints(struct builder *builder)
{
	const struct build_input *input = builder->input;
	const uint64_t parts[] = { desired_view_inputs(input->config, build_input_tunnels(input)),
				   input->config_loads, input->layout, input->clusters.complete,
				   input->ipv6 };
	int err = fingerprint_down(builder);

	builder->view_inputs = parts[0];
	builder->generation->inputs_fingerprint = XXH3_64bits(parts, sizeof(parts));
	return err ? err : fingerprint_contents(builder);
}

/* ------------------------------------------------------------------ the same rows */

static bool is_captured_vip(const struct builder *builder, const struct addr *addr)
{
	const struct service_rows *rows = &builder->before->rows;

	if (!ledger_has_address(builder->input->ledger, &addr->ip))
		return false;
	for (size_t i = 0; i < rows->count; i++)
		if (rows->items[i].captured && addr_equal(&rows->items[i].key.vip, addr))
			return true;
	return false;
}

static bool names_captured_vip(const struct builder *builder, const struct assignment *assignment)
{
	for (size_t l = 0; l < assignment->locality_count; l++)
		for (size_t e = 0; e < assignment->localities[l].endpoint_count; e++) {
			const struct endpoint *endpoint = &assignment->localities[l].endpoints[e];

			for (size_t a = 0; a < endpoint->address_count; a++)
				if (is_captured_vip(builder, &endpoint->addresses[a].addr))
					return true;
		}
	return false;
}

/* A virtual IP that the control plane names is none while an endpoint has the address. */
static bool moves_vips(const struct builder *builder, const struct assignment *assignment)
{
	if (!builder->input->vip_input)
		return false;
	return builder->before->rows.endpoints_are_vips || names_captured_vip(builder, assignment);
}

static bool is_changed(const struct builder *builder, size_t assignment)
{
	uint64_t content = builder->generation->content_fingerprints[assignment];

	return !content || content != builder->before->content_fingerprints[assignment];
}

static bool row_changed(const struct builder *builder, const struct service_row *row)
{
	return row->made &&
	       (row->gateways_of & builder->networks ||
		(row->assignment != ASSIGNMENT_NONE && is_changed(builder, row->assignment)));
}

/* As add_known() would find it. */
static bool has_row(const struct builder *builder, size_t assignment, uint8_t family)
{
	const struct service_rows *rows = &builder->before->rows;

	for (size_t i = 0; i < rows->count; i++) {
		const struct service_row *row = &rows->items[i];

		if (row->assignment == assignment && row->key.family == family &&
		    row->key.proto == IPPROTO_TCP && row->wanted)
			return true;
	}
	return false;
}

/* A gateway has no row yet for packets of a family of which an endpoint came. */
static bool lacks_row(const struct builder *builder, size_t assignment)
{
	const struct assignment *item = builder->input->assignments.items[assignment];

	if (!builder->gateway)
		return false;
	return (builder_offers(item, 4) && !has_row(builder, assignment, 4)) ||
	       (build_input_carries(builder->input, 6) && builder_offers(item, 6) &&
		!has_row(builder, assignment, 6));
}

static bool has_same_rows(const struct builder *builder)
{
	const struct generation *before = builder->before, *generation = builder->generation;

	if (!before || before->inputs_fingerprint != generation->inputs_fingerprint ||
	    before->content_count != generation->content_count)
		return false;
	for (size_t i = 0; i < generation->content_count; i++)
		if (is_changed(builder, i) &&
		    (moves_vips(builder, builder->input->assignments.items[i]) ||
		     lacks_row(builder, i)))
			return false;
	return true;
}

static int make_room(struct builder *builder)
{
	const struct service_rows *before = &builder->before->rows;
	struct generation *generation = builder->generation;
	size_t count = 0;

	for (size_t i = 0; i < before->count; i++) {
		if (!row_changed(builder, &before->items[i]))
			continue;
		if (before->items[i].standing)
			return -EAGAIN; /* the configuration says what leads to it */
		count++;
	}
	generation->changed = arena_array(generation->kept, count, sizeof(*generation->changed));
	builder->index.rows = arena_array(generation->arena, count, sizeof(*builder->index.rows));
	return generation->changed && builder->index.rows ?
		service_rows_init(&generation->rows, count) : -ENOMEM;
}

static int rebuild_row(struct builder *builder, const struct service_row *from)
{
	const struct assignment *assignment = builder->input->assignments.items[from->assignment];
	struct desired_service row = { .key = from->key, .flags = from->flags, .by_id = from->by_id,
				       .cluster = assignment->name };
	/* The host of a row that was not shown is not known: one that becomes wanted is given up. */
	const char *host = from->wanted ? from->status->host : "";
	bool wanted;
	int err;

	builder_begin(builder, &row, from->captured);
	builder->row.assignment = from->assignment;
	err = builder_fill(builder, &row, host, assignment, &wanted);
	if (err || wanted != from->wanted)
		return err ? err : -EAGAIN; /* another row may take or free the virtual IP */
	return builder_end(builder, &row, wanted);
}

/* Back to the start of a full build. */
static void give_up(struct builder *builder)
{
	service_status_drop(builder->row.status);
	builder->row.status = NULL;
	builder->index = (struct vip_index){};
	builder->generation->changed = NULL;
	service_rows_done(&builder->generation->rows);
}

int builder_rebuild_changed(struct builder *builder)
{
	const struct generation *before = builder->before;
	struct generation *generation = builder->generation;
	int err = has_same_rows(builder) ? make_room(builder) : -EAGAIN;

	for (size_t i = 0; !err && i < before->rows.count; i++) {
		if (!row_changed(builder, &before->rows.items[i]))
			continue;
		generation->changed[generation->rows.count] = (uint32_t)i;
		err = rebuild_row(builder, &before->rows.items[i]);
	}
	if (err == -EAGAIN)
		give_up(builder);
	return err;
}
