/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which service rows there should be, each with its views and tables. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "agent_builder.h"
#include "clock.h"
#include "cluster_name.h"
#include "service_id.h"

static const char *proto_name(uint8_t proto)
{
	return proto == IPPROTO_UDP ? "UDP" : "TCP";
}

/* ------------------------------------------------------------------ what the source says */

static const struct assignment *find_assignment(const struct builder *builder, const char *cluster)
{
	if (builder->agent->ads)
		return ads_source_find(builder->agent->ads, cluster);
	return builder->agent->source ? file_source_find(builder->agent->source, cluster) : NULL;
}

/* Whether all is known of this service, be it that there is nothing. */
static bool source_knows(const struct builder *builder, const char *cluster)
{
	if (builder->agent->ads)
		return ads_source_knows(builder->agent->ads, cluster);
	return !builder->agent->source || file_source_find(builder->agent->source, cluster) ||
	       file_source_knows(builder->agent->source, cluster);
}

/* Whether it is known which services there are. */
static bool source_knows_names(const struct agent *agent)
{
	if (agent->ads)
		return ads_source_knows_names(agent->ads);
	return !agent->source || file_source_knows(agent->source, "");
}

/* ------------------------------------------------------------------ rows */

static struct view_priority *copy_priorities(struct agent_picture *picture, const struct view *view)
{
	size_t count = view ? view->priority_count : 0;
	struct view_priority *copy = arena_array(picture->kept, count, sizeof(*copy));

	if (copy && count)
		memcpy(copy, view->priorities, count * sizeof(*copy));
	return copy;
}

static void note_service(struct builder *builder, const struct desired_service *row,
			 const char *host, const char *state)
{
	struct agent_picture *picture = builder->picture;
	struct agent_service *service = &picture->services[picture->service_count];

	if (picture->service_count == AGENT_SERVICES_MAX) {
		picture->untold++;
		return;
	}
	/* Copies: the picture outlives what it was made from. */
	*service = (struct agent_service){
		.host = arena_strdup(picture->kept, host),
		.cluster = arena_strdup(picture->kept, row->cluster),
		.vip = row->key.vip, .port = row->key.port, .proto = row->key.proto,
		.state = state,
		.priorities = copy_priorities(picture, row->view),
		.priority_count = row->view ? row->view->priority_count : 0,
	};
	service->word = builder->word;
	builder->word = (struct agent_word){};
	builder->print.service = (uint32_t)picture->service_count++;
}

/* Whether another service has this id, which 64 bits make unlikely and nothing impossible. */
static bool collides(const struct desired_service *other, const struct desired_service *row)
{
	return other && (strcmp(other->cluster, row->cluster) || other->key.proto != row->key.proto);
}

static const char *row_state(struct builder *builder, const struct desired_service *row,
			     const struct assignment *assignment)
{
	const struct view *view = row->key.vip.family ? row->view : row->local_view;

	if (row->keep)
		return "kept";
	if (!assignment)
		return "waiting";
	if (builder_is_stale(builder, assignment))
		return "stale";
	return view && view->backend_count ? "serving" : "no_endpoints";
}

/* By default a virtual IP that the control plane names is taken when its service has, or has had, a
 * remote endpoint; one taken before stays so. */
static bool is_wanted(const struct builder *builder, const struct desired_service *row,
		      bool captured)
{
	return !captured || builder->agent->config->capture == CAPTURE_ALL ||
	       (row->view && row->view->has_remote) || builder_is_holder(builder, &row->key);
}

/* Nothing is taken before something is known of it: meanwhile the cluster's own way serves. */
static int wait_for_first(struct builder *builder, const struct desired_service *row,
			  const char *host, bool captured)
{
	if (!captured)
		note_service(builder, row, host, "waiting");
	return 0;
}

/* Views and tables, unless they would be those of before. */
static int fill_row(struct builder *builder, struct desired_service *row, const char *host,
		    const struct assignment *assignment, bool captured, bool *ret_wanted)
{
	bool known = assignment && !row->keep;
	int err = 0;

	if (known) {
		builder_note_inputs(builder, row, assignment);
		if (builder_repeat(builder, row, ret_wanted))
			return 0;
		err = builder_views(builder, row, assignment);
	}
	*ret_wanted = !err && is_wanted(builder, row, captured);
	if (*ret_wanted) {
		note_service(builder, row, host, row_state(builder, row, assignment));
		if (known && !row->keep)
			err = builder_tables(builder, row);
	}
	if (known && !row->keep && !err)
		builder_note_outcome(builder, *ret_wanted);
	return err;
}

/* A row that stands, of a service of which not everything is known (again), stays as it is.
 * `captured`: the control plane names its virtual IP, nobody else. */
static int add_row(struct builder *builder, struct desired_service *row, const char *host,
		   const struct assignment *assignment, bool captured)
{
	uint32_t *vip_place = NULL, *id_place, index = (uint32_t)builder->row_count;
	struct desired_service *same_id = builder_find_id(builder, row->key.id, &id_place);
	struct desired_service *same_vip_row = NULL;
	bool wanted;
	int err;

	builder->word = (struct agent_word){};
	if (collides(same_id, row)) {
		agent_picture_problem(builder->picture, "service '%s' (%s) refused: its id is that "
				      "of '%s'", row->cluster, proto_name(row->key.proto),
				      same_id->cluster);
		note_service(builder, row, host, "refused");
		return 0;
	}
	if (row->key.vip.family)
		same_vip_row = builder_find_vip(builder, &row->key, &vip_place);
	if (same_vip_row && !strcmp(same_vip_row->cluster, row->cluster))
		return 0; /* configured, and named by the control plane too */
	if (same_vip_row) {
		char text[ADDR_TEXT_MAX];

		addr_port_format(&row->key.vip, row->key.port, text);
		agent_picture_problem(builder->picture, "virtual IP %s (%s) refused to '%s': '%s' "
				      "has it", text, proto_name(row->key.proto), row->cluster,
				      same_vip_row->cluster);
		note_service(builder, row, host, "refused");
		return 0;
	}
	row->by_id = builder->gateway && !same_id;
	row->keep = builder_is_held(builder, &row->key) && !source_knows(builder, row->cluster) &&
		    (!assignment || dataplane_adopted(builder->agent->dataplane));
	if (!assignment && !row->keep && !source_knows(builder, row->cluster))
		return wait_for_first(builder, row, host, captured);
	err = fill_row(builder, row, host, assignment, captured, &wanted);
	if (err || !wanted)
		return err;
	builder->rows[builder->row_count++] = *row;
	if (!same_id)
		*id_place = index + 1;
	if (vip_place)
		*vip_place = index + 1;
	return 0;
}

static int add_configured(struct builder *builder, const struct config_service *service,
			  const struct addr *address, const struct service_port *port, bool holders)
{
	struct desired_service row = {
		.key = { .vip = *address, .port = port->port, .proto = port->proto,
			 .family = address->family ? address->family : 4,
			 .id = service_id(port->port, port->proto, "", service->host) },
		.flags = service->affinity_seconds ? SERVICE_AFFINITY : 0,
	};

	/* Holders come first, so that a second claim finds the VIP taken. */
	if (builder_is_holder(builder, &row.key) != holders)
		return 0;
	row.cluster = arena_printf(builder->picture->arena, "outbound|%u||%s", port->port,
				   service->host);
	if (!row.cluster)
		return -ENOMEM;
	if (address->family == 6) {
		agent_picture_problem(builder->picture, "service '%s': IPv6 addresses are not "
				      "carried", row.cluster);
		note_service(builder, &row, service->host, "refused");
		return 0;
	}
	return add_row(builder, &row, service->host, find_assignment(builder, row.cluster), false);
}

/* Without an address a service is for tunnel packets alone. */
static int add_service(struct builder *builder, const struct config_service *service, bool holders)
{
	static const struct addr none;
	size_t count = service->address_count;
	int err = 0;

	if (!count && builder->gateway)
		count = 1;
	for (size_t a = 0; a < count; a++)
		for (size_t p = 0; !err && p < service->port_count; p++)
			err = add_configured(builder, service,
					     service->address_count ? &service->addresses[a] : &none,
					     &service->ports[p], holders);
	return err;
}

static int add_all_configured(struct builder *builder, bool holders)
{
	const struct config *config = builder->agent->config;
	int err = 0;

	for (size_t i = 0; !err && i < config->service_count; i++)
		err = add_service(builder, &config->services[i], holders);
	return err;
}

/* An EDS name carries no protocol: TCP, unless the configuration knows better, and then its own row
 * stands already. */
static int add_known(struct builder *builder, const char *cluster)
{
	const struct assignment *assignment = find_assignment(builder, cluster);
	struct desired_service row = { .key = { .proto = IPPROTO_TCP, .family = 4 } };
	struct cluster_name name;
	uint32_t *place;

	if (cluster_name_parse(cluster, &name) || name.subset[0])
		return 0;
	row.key.port = name.port;
	row.key.id = service_id(name.port, IPPROTO_TCP, "", name.host);
	row.cluster = cluster;
	if (builder_find_id(builder, row.key.id, &place) || (!assignment && !builder_is_held(builder, &row.key)))
		return 0;
	return add_row(builder, &row, name.host, assignment, false);
}

static int add_all_known(struct builder *builder)
{
	const struct file_source *source = builder->agent->source;
	const struct ads_source *ads = builder->agent->ads;
	int err = 0;

	for (size_t i = 0; !err && source && i < source->file_count; i++)
		for (size_t r = 0; !err && r < source->files[i].resource_count; r++)
			err = add_known(builder, source->files[i].resources[r].name);
	for (size_t i = 0; !err && ads && i < ads_source_name_count(ads); i++)
		err = add_known(builder, ads_source_name(ads, i));
	return err;
}

/* ------------------------------------------------------------------ virtual IPs of the control plane */

static int find_vips(struct builder *builder)
{
	const struct agent *agent = builder->agent;
	struct arena *arena = builder->picture->arena;
	struct vip_input input;
	int err;

	if (!agent->ads || agent->config->capture == CAPTURE_LISTED)
		return 0;
	err = ads_source_vip_input(agent->ads, arena, &input);
	if (!err)
		err = vips_collect(arena, &input, &builder->vips);
	if (!err && builder->vips.ipv6)
		agent_picture_problem(builder->picture, "the control plane names IPv6 virtual IPs: "
				      "they are not carried");
	return err;
}

static int add_vip(struct builder *builder, const struct vip *vip, bool holders)
{
	struct desired_service row = {
		.key = { .vip = vip->addr, .port = vip->port, .proto = IPPROTO_TCP, .family = 4,
			 .id = service_id(vip->service_port, IPPROTO_TCP, "", vip->host) },
		.cluster = vip->cluster,
	};

	if (builder_is_holder(builder, &row.key) != holders)
		return 0;
	return add_row(builder, &row, vip->host, vip->assignment, true);
}

static int add_all_vips(struct builder *builder, bool holders)
{
	int err = 0;

	for (size_t i = 0; !err && i < builder->vips.count; i++)
		err = add_vip(builder, &builder->vips.items[i], holders);
	return err;
}

/* ------------------------------------------------------------------ all of them */

static size_t count_rows(const struct builder *builder)
{
	const struct agent *agent = builder->agent;
	const struct config *config = agent->config;
	size_t count = builder->vips.count;

	for (size_t i = 0; agent->source && i < agent->source->file_count; i++)
		count += agent->source->files[i].resource_count;
	if (agent->ads)
		count += ads_source_name_count(agent->ads);
	for (size_t i = 0; i < config->service_count; i++)
		count += (config->services[i].address_count + 1) * config->services[i].port_count;
	return count;
}

static int builder_init(struct builder *builder, size_t rows)
{
	struct arena *arena = builder->picture->arena;
	uint32_t places = 16;

	while (places < 2 * rows)
		places *= 2;
	builder->mask = places - 1;
	builder->rows = arena_array(arena, rows + 1, sizeof(*builder->rows));
	builder->by_vip = arena_array(arena, places, sizeof(*builder->by_vip));
	builder->by_id = arena_array(arena, places, sizeof(*builder->by_id));
	builder->picture->services = arena_array(builder->picture->kept, AGENT_SERVICES_MAX,
						 sizeof(*builder->picture->services));
	builder->picture->left_out = arena_array(builder->picture->kept, AGENT_LEFT_OUT_MAX,
						 sizeof(*builder->picture->left_out));
	if (!builder->rows || !builder->by_vip || !builder->by_id ||
	    !builder->picture->services || !builder->picture->left_out)
		return -ENOMEM;
	return agent_prints_init(&builder->picture->prints, builder->picture->kept, rows + 1);
}

int agent_services_build(const struct agent *agent, struct agent_picture *picture)
{
	struct builder builder = { .agent = agent, .picture = picture,
				   .gateway = agent->config->gateway.enabled,
				   .now_ns = clock_monotonic_ns() };
	int err = find_vips(&builder);

	builder_look_around(&builder);
	if (!err)
		err = builder_init(&builder, count_rows(&builder));
	for (int holders = 1; !err && holders >= 0; holders--) {
		err = add_all_configured(&builder, holders);
		if (!err)
			err = add_all_vips(&builder, holders);
	}
	if (!err && builder.gateway)
		err = add_all_known(&builder);
	picture->desired.services = builder.rows;
	picture->desired.service_count = builder.row_count;
	picture->desired.keep_missing = !source_knows_names(agent);
	return err;
}
