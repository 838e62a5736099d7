/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The agent's status as JSON, as `status` holds it and parallaxctl(8) documents it. */
#include "status_json.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway_fault.h"
#include "node_json.h"
#include "reason_names.h"
#include "report_common.h"
#include "source_json.h"
#include "tunnel_keys.h"
#include "version.h"
#include "view_json.h"

/* ------------------------------------------------------------------ networks */

static json_t *gateway_json(const struct mesh_network *network, const struct mesh_gateway *gateway,
			    uint8_t tunnels)
{
	const struct gateway_fault *fault = gateway_fault(network, gateway, tunnels);
	const char *name = gateway->address ? gateway->address : gateway->registry_service;
	char buf[ADDR_TEXT_MAX];

	return json_pack("{s:o,s:o,s:i,s:b,s:o}", "address", report_text(name), "resolved",
			 gateway->addr.family ? json_string(addr_format(&gateway->addr, buf)) :
						json_null(),
			 "port", (int)gateway->port, "usable", !fault, "reason",
			 report_text(fault ? fault->text : NULL));
}

static const char *transport_name(enum transport_mode mode)
{
	static const char *const names[] = { "none", "geneve", "passthrough" };

	return names[mode];
}

static json_t *network_json(const struct mesh_network *network, uint8_t tunnels)
{
	json_t *cidrs = json_array(), *registries = json_array(), *gateways = json_array();
	char buf[ADDR_TEXT_MAX];

	for (size_t i = 0; i < network->cidr_count; i++)
		json_array_append_new(cidrs, json_string(prefix_format(&network->cidrs[i], buf)));
	for (size_t i = 0; i < network->registry_count; i++)
		json_array_append_new(registries, json_string(network->registries[i]));
	for (size_t i = 0; i < network->gateway_count; i++)
		json_array_append_new(gateways,
				      gateway_json(network, &network->gateways[i], tunnels));
	return json_pack("{s:s,s:I,s:b,s:b,s:b,s:s,s:o,s:o,s:o,s:o}", "name", network->name, "id",
			 (json_int_t)network->id, "own", network->own, "flat", network->flat,
			 "encrypted", network->encrypted,
			 "transport", transport_name(network->transport), "port",
			 network->tunnel_port ? json_integer(network->tunnel_port) : json_null(),
			 "cidrs", cidrs, "registries", registries, "gateways", gateways);
}

static json_t *networks_json(const struct mesh_networks *mesh, uint8_t tunnels)
{
	json_t *list = json_array();

	for (size_t i = 0; i < mesh->count; i++)
		json_array_append_new(list, network_json(&mesh->networks[i], tunnels));
	return list;
}

/* ------------------------------------------------------------------ the agent */

static json_t *interfaces_json(const struct agent_status *status)
{
	json_t *list = json_array();

	for (size_t i = 0; i < status->interface_count; i++) {
		const struct interface_status *item = &status->interfaces[i];

		json_array_append_new(list,
				      json_pack("{s:s,s:I,s:s,s:s,s:b,s:s?}", "name", item->name, "ifindex",
					(json_int_t)item->ifindex, "role",
					role_name(item->role), "attach", item->attach, "xdp",
					item->xdp, "problem", item->problem));
	}
	return list;
}

static json_t *problems_json(const struct agent_status *status)
{
	json_t *list = json_array();

	for (size_t i = 0; i < status->problem_count; i++)
		json_array_append_new(list, report_text(status->problems[i]));
	return list;
}

/* Everything about a key but its secret. */
static json_t *key_json(const struct agent_status *status, const struct tunnel_key *key)
{
	const char *const *pair = key->networks;
	time_t now = time(NULL);
	bool signs = tunnel_keys_signing(status->keys, pair[0], pair[1], now) == key;
	bool here = !strcmp(pair[0], status->network) || !strcmp(pair[1], status->network);

	return json_pack("{s:i,s:[o,o],s:b,s:b,s:o,s:o,s:b}", "id", key->id, "networks",
			 report_text(pair[0]), report_text(pair[1]), "here", here, "signs", signs,
			 "created", report_moment(key->created), "not_after",
			 report_moment(key->not_after), "expired", tunnel_key_expired(key, now));
}

/* Null without a file of keys. */
static json_t *tunnel_json(const struct agent_status *status)
{
	static const char *const words[] = {
		[TUNNEL_REQUIRE] = "require", [TUNNEL_SIGN] = "sign", [TUNNEL_VERIFY] = "verify"
	};
	json_t *list;

	if (!status->tunnel || !status->tunnel->keys_file)
		return json_null();
	list = json_array();
	for (size_t i = 0; status->keys && i < status->keys->count; i++)
		json_array_append_new(list, key_json(status, &status->keys->items[i]));
	return json_pack("{s:o,s:s,s:o}", "keys_file", report_text(status->tunnel->keys_file),
			 "admission", words[status->tunnel->admission], "keys", list);
}

json_t *status_agent_json(const struct agent_status *status)
{
	return json_pack(
		"{s:i,s:i,s:s,s:o,s:o,s:s,s:o,s:o,s:I,s:o,s:{s:o,s:o},s:o,s:I,s:o,s:o,s:o,s:I,s:o,s:o}",
		"schema", 1, "pid", (int)getpid(), "version", PARALLAX_VERSION,
		"started", report_moment(status->started), "config", report_text(status->config_path),
		"network", status->network, "cluster", report_text(status->cluster),
		"pin_dir", report_text(status->pin_dir), "netns", (json_int_t)status->netns,
		"source", source_json(status->source),
		"mesh_networks", "path", report_text(status->mesh_path),
		"problem", report_text(status->mesh_problem),
		"last_update", report_moment(status->last_update),
		"updates", (json_int_t)status->updates, "problems", problems_json(status),
		"networks", networks_json(status->mesh, status->tunnels), "interfaces", interfaces_json(status),
		"omitted", (json_int_t)status->omitted, "node", node_json(&status->node), "tunnel",
		tunnel_json(status));
}

/* ------------------------------------------------------------------ services */

static json_t *priorities_json(const struct service_status *status)
{
	json_t *list = json_array();

	for (size_t i = 0; i < status->priority_count; i++)
		json_array_append_new(list, view_priority_json(&status->priorities[i]));
	return list;
}

static json_t *listed_json(const struct service_status *status)
{
	json_t *list = json_array();
	char buf[ADDR_TEXT_MAX];

	for (uint32_t i = 0; i < status->listed_count; i++)
		json_array_append_new(list, json_string(addr_port_format(
			&status->listed[i].addr, status->listed[i].port, buf)));
	return list;
}

/* The digest has 64 bits, more than every reader of JSON takes as a number. */
static json_t *announcement_json(const struct service_status *status)
{
	char digest[20];

	snprintf(digest, sizeof(digest), "%016llx", (unsigned long long)status->digest);
	return json_pack("{s:I,s:I,s:s,s:o}", "endpoints", (json_int_t)status->endpoints,
			 "backends", (json_int_t)status->backends, "digest", digest, "listed",
			 listed_json(status));
}

static json_t *excluded_json(const struct service_status *status)
{
	json_t *list = json_array();
	char buf[ADDR_TEXT_MAX];

	for (size_t i = 0; i < status->excluded_count; i++)
		json_array_append_new(
			list, json_pack(
			"{s:s,s:o,s:s}", "address",
			addr_port_format(&status->excluded[i].addr, status->excluded[i].port, buf),
			"network", report_text(status->excluded[i].network), "reason",
			view_excluded_name(status->excluded[i].reason)));
	return list;
}

static json_int_t count_unlisted(const struct service_status *status)
{
	json_int_t count = -(json_int_t)status->excluded_count;

	for (int reason = 0; reason < EXCLUDED_COUNT; reason++)
		count += status->excluded_by_reason[reason];
	return count;
}

json_t *status_service_json(const struct service_key *key, const struct service_status *status)
{
	char buf[ADDR_TEXT_MAX];

	return json_pack("{s:o,s:o,s:o,s:i,s:s,s:i,s:s?,s:o,s:o,s:o,s:I}", "cluster",
			 report_text(status->cluster), "host", report_text(status->host), "vip",
			 key->vip.family ? json_string(addr_format(&key->vip, buf)) : json_null(),
			 "port", (int)key->port, "protocol", report_protocol(key->proto), "family",
			 (int)key->family, "state",
			 status->state, "priorities", priorities_json(status), "source",
			 announcement_json(status), "excluded", excluded_json(status),
			 "excluded_omitted", count_unlisted(status));
}
