/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which service rows there should be, each with its views and tables. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <xxhash.h>

#include "agent.h"
#include "clock.h"
#include "cluster_name.h"
#include "maglev.h"
#include "service_id.h"
#include "view_build.h"
#include "vips.h"

/* What is being built: rows, and hash tables over them that refuse what is claimed twice. */
struct builder {
	const struct agent *agent;
	struct agent_picture *picture;
	struct desired_service *rows;
	size_t row_count;
	uint32_t *by_vip, *by_id; /* row + 1, or 0; open addressing */
	uint32_t mask;
	bool gateway;
	struct vip_list vips; /* what the control plane names */
	struct agent_word word; /* on the row being built */
	uint64_t now_ns; /* CLOCK_MONOTONIC */
};

#define NS_PER_MS 1000000u

static const char *proto_name(uint8_t proto)
{
	return proto == IPPROTO_UDP ? "UDP" : "TCP";
}

/* ------------------------------------------------------------------ claimed twice */

static uint64_t hash_vip(const struct service_key *key)
{
	return XXH3_64bits_withSeed(&key->vip.ip, sizeof(key->vip.ip),
				    (uint64_t)key->port << 8 | key->proto);
}

static bool same_vip(const struct service_key *a, const struct service_key *b)
{
	return addr_equal(&a->vip, &b->vip) && a->port == b->port && a->proto == b->proto;
}

static struct desired_service *find_vip(const struct builder *builder,
					const struct service_key *key, uint32_t **ret_place)
{
	uint64_t at = hash_vip(key);

	for (;; at++) {
		uint32_t *place = &builder->by_vip[at & builder->mask];

		if (*place && !same_vip(&builder->rows[*place - 1].key, key))
			continue;
		*ret_place = place;
		return *place ? &builder->rows[*place - 1] : NULL;
	}
}

/* First row with this id. */
static struct desired_service *find_id(const struct builder *builder, uint64_t id,
				       uint32_t **ret_place)
{
	uint64_t at = id;

	for (;; at++) {
		uint32_t *place = &builder->by_id[at & builder->mask];

		if (*place && builder->rows[*place - 1].key.id != id)
			continue;
		*ret_place = place;
		return *place ? &builder->rows[*place - 1] : NULL;
	}
}

/* On a VIP claimed twice the holder stays. */
static bool is_holder(const struct builder *builder, const struct service_key *key)
{
	const struct ledger *ledger = &builder->agent->ledger;
	uint32_t row = ledger_vip_holder(ledger, key);

	return row != NO_ROW && ledger->memory.services[row].id == key->id;
}

/* Whether there is a row for it already. */
static bool is_held(const struct builder *builder, const struct service_key *key)
{
	const struct ledger *ledger = &builder->agent->ledger;
	uint32_t row = ledger_find_service(ledger, key);

	return row != NO_ROW && ledger->services[row].state == ROW_USED;
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

/* ------------------------------------------------------------------ views */

/* A service of two protocols, or several virtual IPs, has one assignment. */
static bool is_noted(const struct agent_picture *picture, const char *cluster,
		     const struct view_left_out *item)
{
	for (size_t i = 0; i < picture->left_out_count; i++) {
		const struct agent_left_out *noted = &picture->left_out[i];

		if (noted->port == item->port && noted->reason == item->reason &&
		    addr_equal(&noted->addr, &item->addr) && !strcmp(noted->cluster, cluster))
			return true;
	}
	return false;
}

static void note_endpoints(struct agent_picture *picture, const char *cluster,
			   const struct view_left_out *items, size_t count)
{
	for (size_t i = 0; cluster && i < count; i++) {
		if (picture->left_out_count == AGENT_LEFT_OUT_MAX)
			return;
		if (is_noted(picture, cluster, &items[i]))
			continue;
		picture->left_out[picture->left_out_count++] = (struct agent_left_out){
			cluster, items[i].addr, items[i].port, items[i].reason,
		};
	}
}

static void note_left_out(struct builder *builder, const struct view *view)
{
	struct agent_picture *picture = builder->picture;
	const char *cluster = view->left_out_count || view->idle_count ?
				      arena_strdup(picture->kept, view->cluster) : NULL;

	note_endpoints(picture, cluster, view->left_out, view->left_out_count);
	note_endpoints(picture, cluster, view->idle, view->idle_count);
}

/* A share never vanishes silently. */
static uint32_t note_unserved(struct builder *builder, const struct view *view,
			      const struct table *table)
{
	uint32_t unserved = view ? maglev_unserved(view, table) : 0;

	if (unserved)
		agent_picture_problem(builder->picture, "service '%s': %u endpoints get nothing: "
				      "their shares are below a slot of %u", view->cluster,
				      unserved, table->size);
	return unserved;
}

static int build_view(struct builder *builder, const struct service_key *key,
		      const struct assignment *assignment, enum view_side side,
		      const struct view **ret_view)
{
	const struct config *config = builder->agent->config;
	struct view_request request = {
		.assignment = assignment, .mesh = config->mesh, .network = config->network,
		.cluster = config->cluster, .locality_weighted = config->locality_weighted,
		.panic_threshold = config->panic_threshold, .family = key->family,
		.proto = key->proto, .side = side,
	};
	struct view *view;
	int err = view_build(builder->picture->arena, &request, &view);

	if (err)
		return err;
	if (side == VIEW_CLIENT) {
		note_left_out(builder, view);
		agent_word_note(builder->picture, view, assignment, &builder->word);
	}
	*ret_view = view;
	return 0;
}

static int fill_table(struct builder *builder, const struct desired_service *row,
		      const struct view *view, uint32_t size_before, const struct table **ret_table)
{
	struct arena *arena = builder->picture->arena;
	struct table *table = arena_alloc(arena, sizeof(*table));
	int err;

	if (!table)
		return -ENOMEM;
	/* Of nodes that share clients by affinity, the past must not count. */
	err = maglev_fill(view, row->flags & SERVICE_AFFINITY ? maglev_affinity_size(view) :
								maglev_size(view, size_before),
			  table, arena);
	if (err)
		return err;
	*ret_table = table;
	return 0;
}

/* Fills the tables, or leaves a row alone that looks as it was last applied. */
static int fill_tables(struct builder *builder, struct desired_service *row)
{
	const struct ledger *ledger = &builder->agent->ledger;
	struct agent_picture *picture = builder->picture;
	uint32_t size, local_size, unserved, held = ledger_find_service(ledger, &row->key);
	struct agent_print print = {
		agent_print_key(&row->key),
		agent_print_view(row->local_view, agent_print_view(row->view, row->flags)),
	};
	int err = 0;

	if (held != NO_ROW && ledger->services[held].state == ROW_USED &&
	    agent_prints_have(&builder->agent->picture, print)) {
		row->view = row->local_view = NULL;
		row->keep = true;
		picture->prints[picture->print_count++] = print;
		return 0;
	}
	ledger_table_sizes(ledger, &row->key, &size, &local_size);
	if (row->view)
		err = fill_table(builder, row, row->view, size, &row->table);
	if (!err && row->local_view)
		err = fill_table(builder, row, row->local_view, local_size, &row->local_table);
	if (err)
		return err;
	unserved = note_unserved(builder, row->view, row->table) +
		   note_unserved(builder, row->local_view, row->local_table);
	if (!unserved)
		picture->prints[picture->print_count++] = print;
	return 0;
}

/* Expired, the cluster has no endpoints (envoy: eds.cc, onAssignmentTimeout). */
static bool is_stale(struct builder *builder, const struct assignment *assignment)
{
	uint64_t *next = &builder->picture->stale_at_ns, at;

	if (!assignment || !assignment->stale_after_ms || !assignment->received_ns ||
	    assignment->stale_after_ms > (UINT64_MAX - assignment->received_ns) / NS_PER_MS)
		return false;
	at = assignment->received_ns + assignment->stale_after_ms * NS_PER_MS;
	if (builder->now_ns >= at)
		return true;
	if (!*next || at < *next)
		*next = at;
	return false;
}

static int build_views(struct builder *builder, struct desired_service *row,
		       const struct assignment *assignment)
{
	struct assignment empty;
	int err = 0;

	if (is_stale(builder, assignment)) {
		agent_picture_problem(builder->picture, "assignment '%s' is older than its "
				      "endpoint_stale_after: no endpoints", row->cluster);
		empty = (struct assignment){ .name = assignment->name };
		assignment = &empty;
	}
	if (row->key.vip.family)
		err = build_view(builder, &row->key, assignment, VIEW_CLIENT, &row->view);
	if (!err && builder->gateway && row->by_id)
		err = build_view(builder, &row->key, assignment, VIEW_GATEWAY, &row->local_view);
	if (!err && row->view)
		row->flags |= (row->view->panic && !row->view->fail ? SERVICE_PANIC : 0) |
			      (row->view->degraded ? SERVICE_DEGRADED : 0);
	if (err != -E2BIG)
		return err;
	agent_picture_problem(builder->picture, "service '%s': more than %u endpoints: not applied",
			      row->cluster, VIEW_MAX_ENDPOINTS);
	row->keep = true;
	return 0;
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

	/* Copies: the picture outlives what it was made from. */
	if (picture->service_count < AGENT_SERVICES_MAX) {
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
		picture->service_count++;
	}
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
	if (is_stale(builder, assignment))
		return "stale";
	return view && view->backend_count ? "serving" : "no_endpoints";
}

/* By default a virtual IP that the control plane names is taken when its service has, or has had, a
 * remote endpoint; one taken before stays so. */
static bool is_wanted(const struct builder *builder, const struct desired_service *row,
		      bool captured)
{
	return !captured || builder->agent->config->capture == CAPTURE_ALL ||
	       (row->view && row->view->has_remote) || is_holder(builder, &row->key);
}

/* Nothing is taken before something is known of it: meanwhile the cluster's own way serves. */
static int wait_for_first(struct builder *builder, const struct desired_service *row,
			  const char *host, bool captured)
{
	if (!captured)
		note_service(builder, row, host, "waiting");
	return 0;
}

/* A row that stands, of a service of which not everything is known (again), stays as it is.
 * `captured`: the control plane names its virtual IP, nobody else. */
static int add_row(struct builder *builder, struct desired_service *row, const char *host,
		   const struct assignment *assignment, bool captured)
{
	uint32_t *vip_place = NULL, *id_place, index = (uint32_t)builder->row_count;
	struct desired_service *same_id = find_id(builder, row->key.id, &id_place);
	struct desired_service *same_vip_row = NULL;
	int err = 0;

	builder->word = (struct agent_word){};
	if (collides(same_id, row)) {
		agent_picture_problem(builder->picture, "service '%s' (%s) refused: its id is that "
				      "of '%s'", row->cluster, proto_name(row->key.proto),
				      same_id->cluster);
		note_service(builder, row, host, "refused");
		return 0;
	}
	if (row->key.vip.family)
		same_vip_row = find_vip(builder, &row->key, &vip_place);
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
	row->keep = is_held(builder, &row->key) && !source_knows(builder, row->cluster) &&
		    (!assignment || dataplane_adopted(builder->agent->dataplane));
	if (!assignment && !row->keep && !source_knows(builder, row->cluster))
		return wait_for_first(builder, row, host, captured);
	if (assignment && !row->keep)
		err = build_views(builder, row, assignment);
	if (err || !is_wanted(builder, row, captured))
		return err;
	note_service(builder, row, host, row_state(builder, row, assignment));
	if (assignment && !row->keep)
		err = fill_tables(builder, row);
	if (err)
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
	if (is_holder(builder, &row.key) != holders)
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
	if (find_id(builder, row.key.id, &place) || (!assignment && !is_held(builder, &row.key)))
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

	if (is_holder(builder, &row.key) != holders)
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
	builder->picture->prints = arena_array(builder->picture->kept, rows + 1,
					       sizeof(*builder->picture->prints));
	builder->picture->services = arena_array(builder->picture->kept, AGENT_SERVICES_MAX,
						 sizeof(*builder->picture->services));
	builder->picture->left_out = arena_array(builder->picture->kept, AGENT_LEFT_OUT_MAX,
						 sizeof(*builder->picture->left_out));
	return builder->rows && builder->by_vip && builder->by_id && builder->picture->prints &&
			       builder->picture->services &&
			       builder->picture->left_out ? 0 : -ENOMEM;
}

int agent_services_build(const struct agent *agent, struct agent_picture *picture)
{
	struct builder builder = { .agent = agent, .picture = picture,
				   .gateway = agent->config->gateway.enabled,
				   .now_ns = clock_monotonic_ns() };
	int err = find_vips(&builder);

	if (!err)
		err = builder_init(&builder, count_rows(&builder));
	for (int holders = 1; !err && holders >= 0; holders--) {
		err = add_all_configured(&builder, holders);
		if (!err)
			err = add_all_vips(&builder, holders);
	}
	if (!err && builder.gateway)
		err = add_all_known(&builder);
	agent_prints_sort(picture);
	picture->desired.services = builder.rows;
	picture->desired.service_count = builder.row_count;
	picture->desired.keep_missing = !source_knows_names(agent);
	return err;
}
