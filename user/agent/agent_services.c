/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which service rows there should be, each with its views and tables. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "agent_builder.h"
#include "clock.h"
#include "cluster_name.h"
#include "power.h"
#include "service_id.h"

static const char *proto_name(uint8_t proto)
{
	return proto == IPPROTO_UDP ? "UDP" : "TCP";
}

/* ------------------------------------------------------------------ rows */

static const struct assignment *find_assignment(const struct builder *builder, const char *cluster,
						uint32_t *ret_index)
{
	*ret_index = assignment_find(&builder->assignments, cluster);
	return *ret_index == ASSIGNMENT_NONE ? NULL : builder->assignments.items[*ret_index];
}

static void note_priorities(struct agent_told *told, const struct view *view)
{
	size_t count = view ? view->priority_count : 0;
	struct view_priority *copy = arena_array(told->arena, count, sizeof(*copy));

	if (!copy || !count)
		return;
	memcpy(copy, view->priorities, count * sizeof(*copy));
	told->priorities = copy;
	told->priority_count = count;
}

/* Copies: what is told outlives what it was made from. */
static void note_service(struct builder *builder, const struct desired_service *row,
			 const char *host, const char *state)
{
	struct agent_told *told = builder_shows(builder) && host ? builder_told(builder) : NULL;

	builder->row.untold = !told;
	if (!told)
		return;
	told->host = arena_strdup(told->arena, host);
	told->state = state;
	note_priorities(told, row->view);
}

static int refuse(struct builder *builder, const struct desired_service *row, const char *host)
{
	note_service(builder, row, host, "refused");
	builder_end(builder, row, false);
	return 0;
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
			  const char *host)
{
	if (!builder->row.captured)
		note_service(builder, row, host, "waiting");
	builder_end(builder, row, false);
	return 0;
}

int builder_fill(struct builder *builder, struct desired_service *row, const char *host,
		 const struct assignment *assignment, bool *ret_wanted)
{
	int err = 0;

	builder->row.made = assignment && !row->keep;
	if (builder->row.made) {
		if (builder_repeat(builder, row, assignment, ret_wanted))
			return 0;
		err = builder_views(builder, row, assignment);
	}
	*ret_wanted = !err && is_wanted(builder, row, builder->row.captured);
	if (*ret_wanted)
		note_service(builder, row, host, row_state(builder, row, assignment));
	if (row->keep)
		builder->row.print = 0;
	else if (*ret_wanted && builder->row.made)
		err = builder_tables(builder, row);
	return err;
}

/* Whether the virtual IP is another's already; *ret_place is where a claim of it is noted. */
static bool is_taken(struct builder *builder, const struct desired_service *row,
		     uint32_t **ret_place, bool *ret_own)
{
	struct desired_service *other = row->key.vip.family ?
				builder_find_vip(builder, &row->key, ret_place) : NULL;
	char text[ADDR_TEXT_MAX];

	/* Configured, and named by the control plane too. */
	*ret_own = other && !strcmp(other->cluster, row->cluster);
	if (!other || *ret_own)
		return false;
	addr_port_format(&row->key.vip, row->key.port, text);
	builder_problem(builder, "virtual IP %s (%s) refused to '%s': '%s' has it", text,
			proto_name(row->key.proto), row->cluster, other->cluster);
	return true;
}

/* A row that stands, of a service of which not everything is known (again), stays as it is.
 * `captured`: the control plane names its virtual IP, nobody else. */
static int add_row(struct builder *builder, struct desired_service *row, const char *host,
		   bool captured)
{
	uint32_t *vip_place = NULL, *id_place, index = (uint32_t)builder->row_count;
	struct desired_service *same_id = builder_find_id(builder, row->key.id, &id_place);
	bool known = cluster_list_knows(&builder->clusters, row->cluster), wanted, own;
	const struct assignment *assignment;
	int err;

	builder_begin(builder, row, captured);
	if (collides(same_id, row)) {
		builder_problem(builder, "service '%s' (%s) refused: its id is that of '%s'",
				row->cluster, proto_name(row->key.proto), same_id->cluster);
		return refuse(builder, row, host);
	}
	if (is_taken(builder, row, &vip_place, &own))
		return refuse(builder, row, host);
	if (own)
		return 0;
	assignment = find_assignment(builder, row->cluster, &builder->row.assignment);
	row->by_id = builder->gateway && !same_id;
	row->keep = !known && builder_is_held(builder, &row->key) &&
		    (!assignment || dataplane_adopted(builder->agent->dataplane));
	if (!assignment && !row->keep && !known)
		return wait_for_first(builder, row, host);
	err = builder_fill(builder, row, host, assignment, &wanted);
	if (err)
		return err;
	builder_end(builder, row, wanted);
	if (wanted && !same_id)
		*id_place = index + 1;
	if (wanted && vip_place)
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
		builder_begin(builder, &row, false);
		builder_problem(builder, "service '%s': IPv6 addresses are not carried",
				row.cluster);
		return refuse(builder, &row, service->host);
	}
	return add_row(builder, &row, service->host, false);
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
	struct desired_service row = { .key = { .proto = IPPROTO_TCP, .family = 4 } };
	struct cluster_name name;
	uint32_t *place, index;

	if (cluster_name_parse(cluster, &name) || name.subset[0])
		return 0;
	row.key.port = name.port;
	row.key.id = service_id(name.port, IPPROTO_TCP, "", name.host);
	row.cluster = cluster;
	if (builder_find_id(builder, row.key.id, &place) ||
	    (!find_assignment(builder, cluster, &index) && !builder_is_held(builder, &row.key)))
		return 0;
	return add_row(builder, &row, name.host, false);
}

static int add_all_known(struct builder *builder)
{
	int err = 0;

	for (size_t i = 0; !err && i < builder->clusters.count; i++)
		err = add_known(builder, builder->clusters.items[i].name);
	return err;
}

/* ------------------------------------------------------------------ virtual IPs of the control plane */

static int find_vips(struct builder *builder)
{
	struct arena *arena = builder->picture->arena;
	struct vip_input input;
	int err = source_vip_input(builder->agent->source, arena, &input);

	return err ? err : vips_collect(arena, &input, &builder->vips);
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
	return add_row(builder, &row, vip->host, true);
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
	const struct config *config = builder->agent->config;
	size_t count = builder->vips.count + builder->clusters.count;

	for (size_t i = 0; i < config->service_count; i++)
		count += (config->services[i].address_count + 1) * config->services[i].port_count;
	return count;
}

static int init_claims(struct builder *builder, size_t rows)
{
	struct arena *arena = builder->picture->arena;
	uint32_t places = (uint32_t)power_of_two(16, 2 * rows);

	builder->mask = places - 1;
	builder->rows = arena_array(arena, rows + 1, sizeof(*builder->rows));
	builder->by_vip = arena_array(arena, places, sizeof(*builder->by_vip));
	builder->by_id = arena_array(arena, places, sizeof(*builder->by_id));
	return builder->rows && builder->by_vip && builder->by_id ? 0 : -ENOMEM;
}

static int build_all(struct builder *builder)
{
	int err = find_vips(builder);
	size_t most = err ? 0 : count_rows(builder);

	if (!err)
		err = init_claims(builder, most);
	if (!err)
		err = agent_rows_init(&builder->picture->rows, most + 1);
	for (int holders = 1; !err && holders >= 0; holders--) {
		err = add_all_configured(builder, holders);
		if (!err)
			err = add_all_vips(builder, holders);
	}
	if (!err && builder->gateway)
		err = add_all_known(builder);
	builder->picture->rows.vips_hidden = builder->vips.endpoints;
	if (builder->vips.ipv6)
		builder->picture->rows.problem = "the control plane names IPv6 virtual IPs: they are "
						 "not carried";
	return err;
}

int agent_services_build(const struct agent *agent, struct agent_picture *picture)
{
	struct builder builder = { .agent = agent, .picture = picture,
				   .gateway = agent->config->gateway.enabled,
				   .now_ns = clock_monotonic_ns() };
	int err = builder_look_around(&builder);

	if (!err)
		err = builder_amend(&builder);
	if (err == -EAGAIN)
		err = build_all(&builder);
	agent_told_drop(builder.row.told); /* of a row that failed */
	picture->desired.services = builder.rows;
	picture->desired.service_count = builder.row_count;
	picture->desired.keep_missing = picture->amends || !builder.clusters.complete;
	return err;
}
