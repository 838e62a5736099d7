/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the agent says about itself, as JSON in the map `agent`. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "agent.h"
#include "agent_problems.h"
#include "agent_source_state.h"
#include "gateway_fault.h"
#include "netns.h"
#include "state_fit.h"
#include "utf8.h"
#include "version.h"
#include "view_json.h"

json_t *agent_json_text(const char *value)
{
	char *copy = value ? strdup(value) : NULL;
	json_t *string;

	if (!copy)
		return json_null();
	utf8_clean(copy);
	string = json_string(copy);
	free(copy);
	return string;
}

json_t *agent_json_moment(time_t when)
{
	char buf[32];
	struct tm tm;

	if (!when || !gmtime_r(&when, &tm))
		return json_null();
	strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(buf);
}

static json_t *source_state(const struct agent *agent)
{
	struct arena *arena = arena_new(0);
	struct source_status status;
	json_t *state = arena && !source_status(agent->source, arena, &status) ?
				agent_source_state(&status) : NULL;

	arena_free(arena);
	return state ? state : json_null();
}

/* ------------------------------------------------------------------ networks */

static json_t *gateway_state(const struct mesh_network *network, const struct mesh_gateway *gateway)
{
	const struct gateway_fault *fault = gateway_fault(network, network->own, gateway, 4);
	const char *name = gateway->address ? gateway->address : gateway->registry_service;
	char buf[ADDR_TEXT_MAX];

	return json_pack("{s:o,s:o,s:i,s:b,s:o}", "address", agent_json_text(name), "resolved",
			 gateway->addr.family ? json_string(addr_format(&gateway->addr, buf)) :
						json_null(),
			 "port", (int)gateway->port, "usable", !fault, "reason",
			 agent_json_text(fault ? fault->text : NULL));
}

static const char *transport_name(enum transport_mode mode)
{
	static const char *const names[] = { "none", "geneve", "passthrough" };

	return names[mode];
}

static json_t *network_state(const struct mesh_network *network)
{
	json_t *cidrs = json_array(), *registries = json_array(), *gateways = json_array();
	char buf[ADDR_TEXT_MAX];

	for (size_t i = 0; i < network->cidr_count; i++)
		json_array_append_new(cidrs, json_string(prefix_format(&network->cidrs[i], buf)));
	for (size_t i = 0; i < network->registry_count; i++)
		json_array_append_new(registries, json_string(network->registries[i]));
	for (size_t i = 0; i < network->gateway_count; i++)
		json_array_append_new(gateways, gateway_state(network, &network->gateways[i]));
	return json_pack("{s:s,s:I,s:b,s:b,s:s,s:o,s:o,s:o,s:o}", "name", network->name, "id",
			 (json_int_t)network->id, "own", network->own, "flat", network->flat,
			 "transport", transport_name(network->transport), "port",
			 network->tunnel_port ? json_integer(network->tunnel_port) : json_null(),
			 "cidrs", cidrs, "registries", registries, "gateways", gateways);
}

static json_t *networks_state(const struct mesh_networks *mesh)
{
	json_t *list = json_array();

	for (size_t i = 0; i < mesh->count; i++)
		json_array_append_new(list, network_state(&mesh->networks[i]));
	return list;
}

/* ------------------------------------------------------------------ services */

static json_t *priorities_state(const struct agent_told *told)
{
	json_t *list = json_array();

	for (size_t i = 0; i < told->priority_count; i++)
		json_array_append_new(list, view_priority_json(&told->priorities[i]));
	return list;
}

/* `room` is for backends of all services. */
static json_t *backends_state(const struct agent_word *word, size_t *room)
{
	json_t *list = json_array();
	char buf[ADDR_TEXT_MAX];

	for (uint32_t i = 0; i < word->shown && *room; i++, --*room)
		json_array_append_new(list, json_string(addr_port_format(
			&word->backends[i].addr, word->backends[i].port, buf)));
	return list;
}

/* The digest is 64 bits: more than every reader of JSON takes as a number. */
static json_t *word_state(const struct agent_word *word, size_t *room)
{
	char digest[20];

	snprintf(digest, sizeof(digest), "%016llx", (unsigned long long)word->digest);
	return json_pack("{s:I,s:I,s:s,s:o}", "said", (json_int_t)word->said, "count",
			 (json_int_t)word->count, "digest", digest, "backends",
			 backends_state(word, room));
}

static json_t *service_state(const struct agent *agent, const struct agent_row *service,
			     size_t *room)
{
	const struct agent_told *told = service->told;
	struct service_key key = service->key;
	uint32_t row = key.vip.family == 4 && strcmp(told->state, "refused") ?
			       ledger_vip_holder(&agent->ledger, &key) : NO_ROW;
	char buf[ADDR_TEXT_MAX];

	return json_pack("{s:o,s:o,s:i,s:s,s:o,s:o,s:s,s:o,s:o}", "host",
			 agent_json_text(told->host), "vip",
			 key.vip.family ? json_string(addr_format(&key.vip, buf)) : json_null(),
			 "port", (int)key.port, "protocol",
			 key.proto == IPPROTO_UDP ? "udp" : "tcp", "cluster",
			 agent_json_text(told->cluster), "row",
			 row == NO_ROW ? json_null() : json_integer(row), "state", told->state,
			 "priorities", priorities_state(told), "word",
			 word_state(&told->word, room));
}

static json_t *services_state(const struct agent *agent)
{
	const struct agent_rows *rows = &agent->picture.rows;
	size_t room = AGENT_WORDS_MAX;
	json_t *list = json_array();

	for (size_t i = 0; i < rows->count && json_array_size(list) < AGENT_SERVICES_MAX; i++)
		if (rows->items[i].told && rows->items[i].told->host)
			json_array_append_new(list, service_state(agent, &rows->items[i], &room));
	return list;
}

static size_t count_services(const struct agent_rows *rows)
{
	size_t count = 0;

	for (size_t i = 0; i < rows->count; i++)
		count += rows->items[i].untold ||
			 (rows->items[i].told && rows->items[i].told->host);
	return count;
}

static void add_excluded(void *list, const char *cluster, const struct agent_excluded *item)
{
	char buf[ADDR_TEXT_MAX];

	if (json_array_size(list) < AGENT_EXCLUDED_MAX)
		json_array_append_new(list, json_pack(
			"{s:s,s:s,s:s}", "cluster", cluster, "address",
			addr_port_format(&item->addr, item->port, buf), "reason",
			view_excluded_name(item->reason)));
}

static json_t *excluded_state(const struct agent_picture *picture)
{
	json_t *list = json_array();

	agent_rows_each_excluded(&picture->rows, add_excluded, list);
	return list;
}

static json_t *interfaces_state(const struct interfaces *interfaces)
{
	json_t *list = json_array();

	for (size_t i = 0; i < interfaces->count; i++) {
		const struct interface *item = &interfaces->items[i];

		json_array_append_new(
			list, json_pack("{s:s,s:I,s:s,s:s,s:b,s:o}", "name", item->name, "ifindex",
					(json_int_t)item->ifindex, "role",
					item->role == IFACE_UPLINK ? "uplink" : "pod", "attach",
					link_kind_name(item->attached), "xdp", item->xdp, "problem",
					item->problem ? json_string(strerror(-item->problem)) :
							json_null()));
	}
	return list;
}

/* ------------------------------------------------------------------ all of it */

static int collect_problem(void *arg, const char *problem)
{
	json_array_append_new(arg, agent_json_text(problem));
	return 0;
}

static json_t *problems_state(const struct agent *agent)
{
	json_t *list = json_array();

	agent_problems_each(agent, collect_problem, list);
	return list;
}

static json_t *build(const struct agent *agent)
{
	json_t *services = services_state(agent);
	json_t *state = json_pack(
		"{s:i,s:i,s:s,s:o,s:s,s:s,s:o,s:s}", "schema", 1, "pid", (int)getpid(), "version",
		PARALLAX_VERSION, "started", agent_json_moment(agent->started), "config", agent->config_path,
		"network", agent->config->network, "cluster", agent_json_text(agent->config->cluster),
		"pin_dir", agent->pin_dir);

	json_object_set_new(state, "netns", json_integer(netns_number()));
	json_object_set_new(state, "source", source_state(agent));
	json_object_set_new(state, "mesh_networks",
			    json_pack("{s:o,s:o}", "path", agent_json_text(agent->mesh_file.path), "problem",
				      agent_json_text(agent->mesh_file.problem)));
	json_object_set_new(state, "last_update", agent_json_moment(agent->last_update));
	json_object_set_new(state, "updates", json_integer((json_int_t)agent->updates));
	json_object_set_new(state, "problems", problems_state(agent));
	json_object_set_new(state, "networks", networks_state(agent->config->mesh));
	json_object_set_new(state, "services", services);
	json_object_set_new(state, "untold", json_integer(
		(json_int_t)(count_services(&agent->picture.rows) - json_array_size(services))));
	json_object_set_new(state, "excluded", excluded_state(&agent->picture));
	json_object_set_new(state, "interfaces", interfaces_state(&agent->interfaces));
	return state;
}

void agent_state_write(struct agent *agent)
{
	json_t *state = build(agent);
	char *text = state ? state_fit(state, sizeof(((struct agent_state *)0)->text)) : NULL;

	if (text)
		map_writer_set_state(agent->writer, text, strlen(text));
	free(text);
	json_decref(state);
}
