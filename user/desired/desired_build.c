/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All service rows of a generation: those configured, those of the control plane's virtual IPs, and at
 * a gateway those of every service the source knows. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "arena.h"
#include "assignment_find.h"
#include "builder.h"
#include "cluster_name.h"
#include "service_id.h"
#include "standing.h"

/* 10,000 endpoints with their tables need some 5 MB. */
#define GENERATION_BYTES_MAX (1u << 30)

static const char *proto_name(uint8_t proto)
{
	return proto == IPPROTO_UDP ? "UDP" : "TCP";
}

/* ------------------------------------------------------------------ refused rows */

static int refuse(struct builder *builder, const struct desired_service *row, const char *host)
{
	builder_show(builder, host, "refused");
	return builder_end(builder, row, false);
}

/* Whether another service has this id: 64 bits make that unlikely, not impossible. */
static bool collides(const struct desired_service *other, const struct desired_service *row)
{
	return other && (strcmp(other->cluster, row->cluster) || other->key.proto != row->key.proto);
}

/* ------------------------------------------------------------------ its place among the others */

static const struct assignment *find_assignment(const struct builder *builder, const char *cluster,
						uint32_t *ret_index)
{
	const struct assignment_list *list = &builder->input->assignments;

	*ret_index = assignment_find(list, cluster);
	return *ret_index == ASSIGNMENT_NONE ? NULL : list->items[*ret_index];
}

/* Until something is known of a service, the cluster's own way serves it. */
static int wait_for_first(struct builder *builder, const struct desired_service *row,
			  const char *host)
{
	if (!builder->row.captured)
		builder_show(builder, host, "waiting");
	return builder_end(builder, row, false);
}

static int refuse_id(struct builder *builder, const struct desired_service *row, const char *host,
		     const struct desired_service *other)
{
	int err = builder_problem(builder, "service '%s' (%s) refused: its id is that of '%s'",
				  row->cluster, proto_name(row->key.proto), other->cluster);

	return err ? err : refuse(builder, row, host);
}

static int refuse_vip(struct builder *builder, const struct desired_service *row, const char *host,
		      const struct desired_service *other)
{
	char text[ADDR_TEXT_MAX];
	int err;

	addr_port_format(&row->key.vip, row->key.port, text);
	err = builder_problem(builder, "virtual IP %s (%s) refused to '%s': '%s' has it", text,
			      proto_name(row->key.proto), row->cluster, other->cluster);
	return err ? err : refuse(builder, row, host);
}

/* Where the row goes in both indexes. */
struct places {
	struct desired_service *same_id, *same_vip;
	uint32_t *id, *vip;
};

static struct places find_places(const struct builder *builder, const struct service_key *key)
{
	struct places places = {};

	places.same_id = vip_index_find_id(&builder->index, key->id, key->family, &places.id);
	if (key->vip.family)
		places.same_vip = vip_index_find(&builder->index, key, &places.vip);
	return places;
}

/* A network that leads to the service does so while the source names no endpoint: a control plane may
 * be known to it in its own cluster alone, as istiod is by default. */
static const struct assignment *find_leading(struct builder *builder,
					     const struct assignment *assignment)
{
	if (!builder->standing ||
	    (assignment_endpoints(assignment) && !builder_is_stale(builder, assignment)))
		return assignment;
	return builder->standing;
}

/* Whether the kernel's row may be of an earlier agent, which knew more. */
static bool is_older(const struct builder *builder, const struct service_key *key)
{
	return builder->input->adopted &&
	       !(builder->before && service_rows_find(&builder->before->rows, key));
}

/* A row stays as it is while not everything is known (again) about its service. If a network leads to
 * it, it may be the way to the source, and must not wait for it. */
static int fill_row(struct builder *builder, struct desired_service *row, const char *host,
		    const struct places *places)
{
	uint32_t index = (uint32_t)builder->index.count;
	bool known = cluster_list_knows(&builder->input->clusters, row->cluster), wanted;
	const struct assignment *assignment =
		find_leading(builder,
			     find_assignment(builder, row->cluster, &builder->row.assignment));
	int err;

	builder->row.standing = builder->standing;
	row->by_id = builder->gateway && !places->same_id;
	row->keep = !known && builder_has_row(builder, &row->key) &&
		    (!assignment ||
		     (assignment != builder->standing && is_older(builder, &row->key)));
	if (!assignment && !row->keep && !known)
		return wait_for_first(builder, row, host);
	err = builder_fill(builder, row, host, assignment, &wanted);
	if (!err)
		err = builder_end(builder, row, wanted);
	if (err)
		return err;
	if (wanted && !places->same_id)
		*places->id = index + 1;
	if (wanted && places->vip)
		*places->vip = index + 1;
	return 0;
}

/* `captured`: only the control plane names the virtual IP. */
static int add_row(struct builder *builder, struct desired_service *row, const char *host,
		   bool captured)
{
	struct places places = find_places(builder, &row->key);

	builder_begin(builder, row, captured);
	if (collides(places.same_id, row))
		return refuse_id(builder, row, host, places.same_id);
	if (!places.same_vip)
		return fill_row(builder, row, host, &places);
	/* A configured virtual IP may be named by the control plane as well. */
	return strcmp(places.same_vip->cluster, row->cluster) ?
		refuse_vip(builder, row, host, places.same_vip) : 0;
}

/* ------------------------------------------------------------------ configured services */

#define RANKS 3

/* Rows that the kernel has come first, highest rank before all: a virtual IP stays with the service
 * that holds it, and an id with the row that packets find by it. */
static int find_rank(const struct builder *builder, const struct service_key *key)
{
	const struct ledger *ledger = builder->input->ledger;
	uint32_t row = ledger_find_service(ledger, key);

	if (row == NO_ROW || (key->vip.family && !ledger->services[row].in_vips))
		return 0;
	return ledger->services[row].in_ids ? 2 : ledger->services[row].in_vips;
}

static int add_with_standing(struct builder *builder, const struct config_service *service,
			     struct desired_service *row, const struct service_port *port)
{
	int err = standing_assignment(builder->generation->arena, service, &row->key.vip, port,
				      &builder->standing);

	if (!err)
		err = add_row(builder, row, service->host, false);
	builder->standing = NULL;
	return err;
}

static int add_configured(struct builder *builder, const struct config_service *service,
			  const struct addr *address, const struct service_port *port, int rank)
{
	struct desired_service row = {
		.key = { .vip = *address, .port = port->port, .proto = port->proto,
			 .family = address->family,
			 .id = service_id(port->port, port->proto, "", service->host) },
		.flags = service->affinity_seconds ? SERVICE_AFFINITY : 0,
	};
	int err;

	if (find_rank(builder, &row.key) != rank)
		return 0;
	row.cluster = arena_printf(builder->generation->arena, "outbound|%u||%s", port->port,
				   service->host);
	if (!row.cluster)
		return -ENOMEM;
	if (build_input_carries(builder->input, address->family))
		return add_with_standing(builder, service, &row, port);
	builder_begin(builder, &row, false);
	err = builder_problem(builder, "service '%s': IPv6 addresses are not carried", row.cluster);
	return err ? err : refuse(builder, &row, service->host);
}

static int add_service(struct builder *builder, const struct config_service *service, int rank)
{
	int err = 0;

	for (size_t a = 0; a < service->address_count; a++)
		for (size_t p = 0; !err && p < service->port_count; p++)
			err = add_configured(builder, service, &service->addresses[a],
					     &service->ports[p], rank);
	return err;
}

static int add_all_configured(struct builder *builder, int rank)
{
	const struct config *config = builder->input->config;
	int err = 0;

	for (size_t i = 0; !err && i < config->service_count; i++)
		err = add_service(builder, &config->services[i], rank);
	return err;
}

/* ------------------------------------------------------------------ services of the source */

/* An EDS name carries no protocol: it is TCP, unless the configuration already gave a row. */
static int add_known(struct builder *builder, const char *cluster, uint8_t family)
{
	struct desired_service row = { .key = { .proto = IPPROTO_TCP, .family = family } };
	struct cluster_name name;
	uint32_t *place, index;

	if (cluster_name_parse(cluster, &name) || name.subset[0])
		return 0;
	row.key.port = name.port;
	row.key.id = service_id(name.port, IPPROTO_TCP, "", name.host);
	row.cluster = cluster;
	if (vip_index_find_id(&builder->index, row.key.id, family, &place) ||
	    (!builder_offers(find_assignment(builder, cluster, &index), family) &&
	     !builder_has_row(builder, &row.key)))
		return 0;
	return add_row(builder, &row, name.host, false);
}

static int add_all_known(struct builder *builder)
{
	const struct cluster_list *clusters = &builder->input->clusters;
	int err = 0;

	for (size_t i = 0; !err && i < clusters->count; i++) {
		err = add_known(builder, clusters->items[i].name, 4);
		if (!err && build_input_carries(builder->input, 6))
			err = add_known(builder, clusters->items[i].name, 6);
	}
	return err;
}

/* Takes out the addresses that are not carried. */
static void drop_uncarried(struct builder *builder)
{
	struct vip_list *vips = &builder->vips;
	size_t kept = 0;

	for (size_t i = 0; i < vips->count; i++)
		if (build_input_carries(builder->input, vips->items[i].addr.family))
			vips->items[kept++] = vips->items[i];
	if (kept < vips->count)
		builder->generation->rows.problem =
			"the control plane names IPv6 virtual IPs: they are not carried";
	vips->count = kept;
}

static int find_vips(struct builder *builder)
{
	const struct build_input *input = builder->input;
	struct arena *arena = builder->generation->arena;
	struct vip_input named;
	int err;

	if (!input->vip_input)
		return 0;
	err = input->vip_input(input->source, arena, &named);
	return err ? err : vips_collect(arena, &named, &builder->vips);
}

static int add_vip(struct builder *builder, const struct vip *vip, int rank)
{
	struct desired_service row = {
		.key = { .vip = vip->addr,
			 .port = vip->port,
			 .proto = IPPROTO_TCP,
			 .family = vip->addr.family,
			 .id = service_id(vip->service_port, IPPROTO_TCP, "", vip->host) },
		.cluster = vip->cluster,
	};

	return find_rank(builder, &row.key) == rank ? add_row(builder, &row, vip->host, true) : 0;
}

static int add_all_vips(struct builder *builder, int rank)
{
	int err = 0;

	for (size_t i = 0; !err && i < builder->vips.count; i++)
		err = add_vip(builder, &builder->vips.items[i], rank);
	return err;
}

/* ------------------------------------------------------------------ all of them */

static size_t count_rows(const struct builder *builder)
{
	const struct build_input *input = builder->input;
	const struct config *config = input->config;
	size_t count = builder->vips.count;

	if (builder->gateway)
		count += 2 * input->clusters.count; /* families */
	for (size_t i = 0; i < config->service_count; i++)
		count += config->services[i].address_count * config->services[i].port_count;
	return count;
}

static int build_all(struct builder *builder)
{
	struct generation *generation = builder->generation;
	int err = find_vips(builder);
	size_t most = err ? 0 : count_rows(builder);

	if (!err)
		err = vip_index_init(&builder->index, generation->arena, most);
	if (!err)
		err = service_rows_init(&generation->rows, most + 1);
	if (!err)
		drop_uncarried(builder);
	for (int rank = RANKS - 1; !err && rank >= 0; rank--) {
		err = add_all_configured(builder, rank);
		if (!err)
			err = add_all_vips(builder, rank);
	}
	if (!err && builder->gateway)
		err = add_all_known(builder);
	generation->rows.endpoints_are_vips = builder->vips.endpoints;
	return err;
}

static int build_services(struct builder *builder)
{
	struct desired *desired = &builder->generation->desired;
	int err = builder_fingerprints(builder);

	if (!err)
		err = builder_rebuild_changed(builder);
	if (err == -EAGAIN)
		err = build_all(builder);
	service_status_drop(builder->row.status); /* of a row that failed */
	desired->services = builder->index.rows;
	desired->service_count = builder->index.count;
	desired->keep_missing = builder->generation->changed || !builder->input->clusters.complete;
	return err;
}

int desired_build(const struct build_input *input, const struct generation *before,
		  struct generation *ret)
{
	struct generation generation = { .arena = arena_new(GENERATION_BYTES_MAX),
					 .kept = arena_new(GENERATION_BYTES_MAX) };
	struct builder builder = { .input = input, .before = before, .generation = &generation,
				   .gateway = input->config->gateway.enabled };
	int err = generation.arena && generation.kept ? networks_build(input, &generation) : -ENOMEM;

	if (!err)
		err = build_services(&builder);
	if (err)
		generation_done(&generation);
	else
		*ret = generation;
	return err;
}
