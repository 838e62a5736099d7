/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A node with a configuration and a source of assignments, all from short texts. */
#include "desired_site.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "assignment_find.h"
#include "assignment_fingerprint.h"
#include "config_load.h"
#include "parallax_table.h"
#include "problem.h"

static const char base[] =
	"network: network1\n"
	"cluster: cluster1\n"
	"interfaces: {pods: ['veth*'], uplinks: [eth0]}\n"
	"meshNetworks: {networks: {\n"
	"  network1: {endpoints: [{fromCidr: 10.10.0.0/16}], gateways: []},\n"
	"  network2: {endpoints: [{fromCidr: 10.32.0.0/16}], gateways: [{address: 192.0.2.2, port: "
	"15443}]}}}\n"
	"transports: {network2: {mode: geneve}}\n"
	"source: {files: {path: eds}}\n";

static int vip_input(const void *source, struct arena *arena, struct vip_input *ret)
{
	const struct site *site = source;

	(void)arena;
	*ret = (struct vip_input){
		.clusters = site->vip_clusters, .cluster_count = site->input.clusters.count,
		.hosts = site->hosts, .host_count = site->host_count,
	};
	return 0;
}

void site_new(struct site *site, const char *more)
{
	struct problems problems = {};
	char *text;
	int err;

	*site = (struct site){ .arena = arena_new(0) };
	assert_non_null(site->arena);
	assert_int_equal(node_new(&site->node), 0);
	text = arena_printf(site->arena, "%s%s", base, more);
	err = config_load_text("f", text, strlen(text), NULL, &site->config, &problems);
	if (err)
		fail_msg("%s", problems_text(&problems));
	site->input = (struct build_input){
		.config = site->config,
		.assignments.items = site->assignments,
		.clusters.items = site->clusters,
		.source = site,
		.now_ns = 1000000000,
		.node = { .pods = 1,
			  .uplink = 3,
			  .uplink_mtu = 1500,
			  .hz = 250,
			  .source.v4 = { 4, IP_V4(0) } },
	};
}

void site_done(struct site *site)
{
	node_done(&site->node);
	site->config->services = NULL;
	site->config->service_count = 0;
	config_free(site->config);
	arena_free(site->arena);
}

/* ------------------------------------------------------------------ configured services */

static void parse_ports(struct site *site, char *text, struct config_service *service)
{
	char *save = NULL;

	service->ports = arena_array(site->arena, SITE_MAX, sizeof(*service->ports));
	for (char *p = strtok_r(text, ",", &save); p; p = strtok_r(NULL, ",", &save))
		service->ports[service->port_count++] = (struct service_port){
			.port = (uint16_t)atoi(p),
			.proto = strstr(p, "/udp") ? IPPROTO_UDP : IPPROTO_TCP,
		};
}

static struct addr *parse_addresses(struct site *site, char **save, size_t *ret_count)
{
	struct addr *addresses = arena_array(site->arena, SITE_MAX, sizeof(*addresses));

	for (char *p = strtok_r(NULL, " ", save); p; p = strtok_r(NULL, " ", save))
		assert_int_equal(addr_parse(p, &addresses[(*ret_count)++]), 0);
	return addresses;
}

static void parse_service(struct site *site, char *text, struct config_service *service)
{
	char *save = NULL;

	service->host = strtok_r(text, " ", &save);
	parse_ports(site, strtok_r(NULL, " ", &save), service);
	service->addresses = parse_addresses(site, &save, &service->address_count);
}

void site_services(struct site *site, const char *text)
{
	char *copy = arena_strdup(site->arena, text), *save = NULL;
	struct config *config = site->config;

	config->services = arena_array(site->arena, SITE_MAX, sizeof(*config->services));
	config->service_count = 0;
	for (char *p = strtok_r(copy, ";", &save); p; p = strtok_r(NULL, ";", &save))
		parse_service(site, p, &config->services[config->service_count++]);
	site->input.config_loads++;
}

/* ------------------------------------------------------------------ the source */

static const char *full_name(struct site *site, const char *cluster)
{
	return strchr(cluster, '|') ? arena_strdup(site->arena, cluster) :
				      arena_printf(site->arena, "outbound|80||%s", cluster);
}

static void parse_addresses_of(struct site *site, char *text, struct endpoint *endpoint)
{
	struct socket_addr *address = arena_array(site->arena, 2, sizeof(*address));
	char *save = NULL;

	endpoint->addresses = address;
	for (char *p = strtok_r(text, "+", &save); p; p = strtok_r(NULL, "+", &save), address++) {
		address->proto = IPPROTO_TCP;
		assert_int_equal(addr_port_parse(p, &address->addr, &address->port), 0);
		endpoint->address_count++;
	}
}

static void parse_endpoint(struct site *site, char *text, struct endpoint *endpoint)
{
	char *slash;

	*endpoint = (struct endpoint){ .weight = 1 };
	if (*text == '!') {
		endpoint->health = HEALTH_UNHEALTHY;
		text++;
	}
	slash = strchr(text, '/');
	if (slash) {
		*slash = '\0';
		endpoint->network = text;
		text = slash + 1;
	}
	parse_addresses_of(site, text, endpoint);
}

static struct assignment *parse_assignment(struct site *site, const char *name, const char *text)
{
	struct assignment *assignment = arena_alloc(site->arena, sizeof(*assignment));
	char *copy = arena_strdup(site->arena, text), *save = NULL;
	struct locality *locality = arena_alloc(site->arena, sizeof(*locality));

	*assignment = (struct assignment){ .name = name, .overprovisioning = 140,
					   .localities = locality, .locality_count = 1 };
	*locality = (struct locality){ .region = "", .zone = "", .sub_zone = "" };
	locality->endpoints = arena_array(site->arena, strlen(text), sizeof(struct endpoint));
	for (char *p = strtok_r(copy, " ", &save); p; p = strtok_r(NULL, " ", &save))
		parse_endpoint(site, p, &locality->endpoints[locality->endpoint_count++]);
	assignment->fingerprint = assignment_fingerprint(assignment);
	return assignment;
}

/* The virtual IPs' clusters point to the assignments. */
static void connect_vips(struct site *site)
{
	struct build_input *input = &site->input;

	for (size_t i = 0; i < input->clusters.count; i++) {
		const char *name = site->clusters[i].name;
		uint32_t at = assignment_find(&input->assignments, name);

		site->vip_clusters[i] = (struct vip_cluster){
			name, at == ASSIGNMENT_NONE ? NULL : site->assignments[at]
		};
	}
}

struct assignment *site_assign(struct site *site, const char *cluster, const char *endpoints)
{
	const char *name = full_name(site, cluster);
	struct assignment_list *list = &site->input.assignments;
	struct assignment *assignment = endpoints ? parse_assignment(site, name, endpoints) : NULL;
	size_t at = 0, there, rest;

	while (at < list->count && strcmp(list->items[at]->name, name) < 0)
		at++;
	there = at < list->count && !strcmp(list->items[at]->name, name);
	rest = list->count - at - there;
	site->input.layout += there != !!assignment;
	memmove(&site->assignments[at + !!assignment], &site->assignments[at + there],
		rest * sizeof(*site->assignments));
	if (assignment)
		site->assignments[at] = assignment;
	list->count = at + !!assignment + rest;
	connect_vips(site);
	return assignment;
}

void site_list(struct site *site, const char *cluster, bool known)
{
	const char *name = full_name(site, cluster);
	struct cluster_list *list = &site->input.clusters;
	size_t at = 0;

	while (at < list->count && strcmp(site->clusters[at].name, name) < 0)
		at++;
	if (at == list->count || strcmp(site->clusters[at].name, name)) {
		memmove(&site->clusters[at + 1], &site->clusters[at],
			(list->count - at) * sizeof(*site->clusters));
		list->count++;
	}
	site->clusters[at] = (struct listed_cluster){ name, known };
	site->input.layout++;
	connect_vips(site);
}

void site_serve(struct site *site, const char *cluster, const char *endpoints)
{
	site_list(site, cluster, true);
	site_assign(site, cluster, endpoints);
}

void site_name(struct site *site, const char *host, const char *addresses)
{
	char *save = arena_strdup(site->arena, addresses);
	struct xds_host *entry = &site->hosts[0];

	while (entry < site->hosts + site->host_count && strcmp(entry->host, host))
		entry++;
	if (entry == site->hosts + site->host_count) /* in the order of the hosts */
		site->host_count++;
	*entry = (struct xds_host){ .host = host };
	entry->addresses = parse_addresses(site, &save, &entry->address_count);
	site->input.vip_input = vip_input;
	site->input.layout++;
}

/* ------------------------------------------------------------------ builds and results */

void site_step(struct site *site)
{
	struct generation next;

	assert_int_equal(node_build(&site->node, &site->input, false, &next), 0);
	assert_int_equal(node_apply(&site->node, &next, site->input.now_ns, SIZE_MAX), 0);
	assert_string_equal(site->node.wrong, "");
	assert_true(site->node.whole);
}

static void add_row(const struct service_row *row, char *text, size_t size)
{
	const struct service_status *status = row->status;
	char buf[ADDR_TEXT_MAX];
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%s%s%s%s %s %s", used ? "; " : "",
		 row->key.vip.family ? addr_port_format(&row->key.vip, row->key.port, buf) : "-",
		 row->key.proto == IPPROTO_UDP ? "/udp" : "", row->captured ? "*" : "",
		 row->by_id ? "#" : "", status && status->host ? status->host : "-",
		 status && status->state ? status->state : "-");
}

const char *site_rows(struct site *site)
{
	const struct service_rows *rows = &site->node.generation.rows;

	site->text[0] = '\0';
	for (size_t i = 0; i < rows->count; i++)
		add_row(&rows->items[i], site->text, sizeof(site->text));
	return site->text;
}

void site_expect(struct site *site, const char *rows)
{
	site_step(site);
	assert_string_equal(site_rows(site), rows);
}

const struct service_row *site_row(struct site *site, const char *address)
{
	const struct service_rows *rows = &site->node.generation.rows;
	struct addr addr;
	uint16_t port;

	assert_int_equal(addr_port_parse(address, &addr, &port), 0);
	for (size_t i = 0; i < rows->count; i++)
		if (addr_equal(&rows->items[i].key.vip, &addr) && rows->items[i].key.port == port)
			return &rows->items[i];
	fail_msg("no row for %s", address);
	return NULL;
}

static void add_offered(const struct backend *backend, char *text, size_t size)
{
	struct addr addr = addr_of_ip(&backend->addr);
	char buf[ADDR_TEXT_MAX];
	size_t used = strlen(text);

	addr_port_format(&addr, ntohs(backend->port), buf);
	if (!strstr(text, buf))
		snprintf(text + used, size - used, "%s%s", used ? " " : "", buf);
}

const char *site_offered(struct site *site, const char *address)
{
	const struct plan_model *kernel = &site->node.kernel;
	struct service_key key = { .proto = IPPROTO_TCP };
	bool offered[MODEL_BACKENDS] = {};
	uint32_t row;

	assert_int_equal(addr_port_parse(address, &key.vip, &key.port), 0);
	row = plan_model_vip(kernel, &key);
	if (row == NO_ROW)
		return "none";
	for (uint32_t i = 0; i < TABLE_BUCKETS(kernel->services[row].table) * BUCKET_SLOTS; i++) {
		const struct bucket *bucket = &kernel->buckets[
			TABLE_OFFSET(kernel->services[row].table) + i / BUCKET_SLOTS];
		uint64_t slot = bucket->slot[i % BUCKET_SLOTS];

		if (TABLE_IS_ENTRY(slot))
			offered[TABLE_ENTRY_ROW(slot)] = true;
	}
	site->text[0] = '\0';
	for (uint32_t b = 1; b < MODEL_BACKENDS; b++)
		if (offered[b])
			add_offered(&kernel->backends[b], site->text, sizeof(site->text));
	return site->text;
}
