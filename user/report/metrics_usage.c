/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connections, bytes and packets of each service, and of each pair of networks by its gateway. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "metrics_parts.h"
#include "parallax_flow.h"
#include "reason_names.h"
#include "report_common.h"
#include "snapshot_find.h"

/* Sums of items that share these members; others are 0. */
struct group {
	uint64_t service_id;
	uint32_t from, to;
	struct ip_addr gateway_addr;
	enum usage_role role;
	uint64_t open;
	struct usage total;
};

struct groups {
	struct group *items; /* sorted */
	size_t count;
};

typedef struct group group_of(const struct usage_item *item);

static enum usage_role role_of(const struct usage_key *key)
{
	if (usage_is_door(key))
		return USAGE_DOOR;
	return key->gateway ? USAGE_GATEWAY : USAGE_CLIENT;
}

/* What services counted that were forgotten has networks and no service: it makes groups of its own. */
static struct group by_service(const struct usage_item *item)
{
	const struct usage_key *key = &item->key;

	return (struct group){ .service_id = key->service_id,
			       .from = key->service_id ? 0 : key->from,
			       .role = role_of(key) };
}

static struct group by_network(const struct usage_item *item)
{
	const struct usage_key *key = &item->key;
	struct group group = { .from = key->from, .to = key->to, .role = role_of(key) };

	if (key->kind != BACKEND_LOCAL)
		group.gateway_addr = key->backend;
	return group;
}

static int compare(const void *left, const void *right)
{
	const struct group *a = left, *b = right;

	if (a->service_id != b->service_id)
		return a->service_id < b->service_id ? -1 : 1;
	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	if (!ip_equal(&a->gateway_addr, &b->gateway_addr))
		return memcmp(&a->gateway_addr, &b->gateway_addr, sizeof(a->gateway_addr));
	return (int)a->role - (int)b->role;
}

static void merge(struct groups *groups)
{
	size_t kept = 0;

	for (size_t i = 0; i < groups->count; i++) {
		struct group *to = kept ? &groups->items[kept - 1] : NULL,
			     *from = &groups->items[i];

		if (!to || compare(to, from)) {
			groups->items[kept++] = *from;
			continue;
		}
		to->open += from->open;
		usage_add(&to->total, &from->total);
	}
	groups->count = kept;
}

static int collect(const struct usage_table *table, group_of *group, struct groups *ret)
{
	const struct usage_item *items = usage_table_items(table, &ret->count);

	ret->items = calloc(ret->count + 1, sizeof(*ret->items));
	if (!ret->items)
		return -ENOMEM;
	for (size_t i = 0; i < ret->count; i++) {
		ret->items[i] = group(&items[i]);
		ret->items[i].open = items[i].live.flows;
		ret->items[i].total = items[i].shown;
	}
	qsort(ret->items, ret->count, sizeof(*ret->items), compare);
	merge(ret);
	return 0;
}

/* ------------------------------------------------------------------ families */

static uint64_t open_of(const struct group *group)
{
	return group->open;
}

static uint64_t flows_of(const struct group *group)
{
	return group->total.flows;
}

static uint64_t sent_of(const struct group *group)
{
	return group->total.sent;
}

static uint64_t received_of(const struct group *group)
{
	return group->total.received;
}

static uint64_t sent_packets_of(const struct group *group)
{
	return group->total.sent_packets;
}

static uint64_t received_packets_of(const struct group *group)
{
	return group->total.received_packets;
}

static const struct usage_family {
	const char *service, *network, *type, *service_help, *network_help;
	uint64_t (*value)(const struct group *group);
} families[] = {
	{ "service_connections_total", "network_connections_total", "counter",
	  "Connections and UDP flows of a service that were answered.",
	  "Connections and UDP flows between two networks that were answered.", flows_of },
	{ "service_connections_open", "network_connections_open", "gauge",
	  "Those that are open, as last swept.", "Those that are open, as last swept.", open_of },
	{ "service_sent_bytes_total", "network_sent_bytes_total", "counter",
	  "IP bytes that clients sent to a service.",
	  "IP bytes that clients of the source network sent.", sent_of },
	{ "service_received_bytes_total", "network_received_bytes_total", "counter",
	  "IP bytes that clients received from a service.",
	  "IP bytes that clients of the source network received.", received_of },
	{ "service_sent_packets_total", "network_sent_packets_total", "counter",
	  "Packets that clients sent to a service.",
	  "Packets that clients of the source network sent.", sent_packets_of },
	{ "service_received_packets_total", "network_received_packets_total", "counter",
	  "Packets that clients received from a service.",
	  "Packets that clients of the source network received.", received_packets_of },
};

static const char *usage_role_name(enum usage_role role)
{
	static const char *const names[] = {
		[USAGE_CLIENT] = "client", [USAGE_GATEWAY] = "gateway", [USAGE_DOOR] = "door",
	};

	return names[role];
}

/* ------------------------------------------------------------------ services */

static int compare_ids(const void *left, const void *right)
{
	const struct named_service *a = left, *b = right;

	return (a->id > b->id) - (a->id < b->id);
}

struct named_service *metrics_name_services(const struct snapshot *snapshot, size_t *ret_count)
{
	struct named_service *list = calloc(snapshot->service_count + 1u, sizeof(*list));

	*ret_count = 0;
	for (uint32_t row = 0; list && row < snapshot->service_count; row++)
		if (snapshot->services[row].flags & SERVICE_IN_USE)
			list[(*ret_count)++] = (struct named_service){ snapshot->services[row].id,
								       row };
	if (list)
		qsort(list, *ret_count, sizeof(*list), compare_ids);
	return list;
}

const struct named_service *metrics_find_service(const struct named_service *list, size_t count,
						 uint64_t id)
{
	const struct named_service key = { .id = id };

	return bsearch(&key, list, count, sizeof(*list), compare_ids);
}

static void write_service(struct metrics_writer *writer, const struct snapshot *snapshot,
			  const struct named_service *named, const struct group *group,
			  uint64_t value)
{
	const struct service *service = named ? &snapshot->services[named->row] : NULL;
	const char *host = named ? report_host(snapshot_name(snapshot, NAME_CLUSTER, named->row)) :
				   "";
	char port[8] = "";

	if (service)
		snprintf(port, sizeof(port), "%u", ntohs(service->port));
	metrics_sample(writer, value, "service", host ? host : "", "port", port, "protocol",
		       service ? report_protocol(service->proto) : "", "role",
		       usage_role_name(group->role), NULL);
}

/* A service that is gone is not shown; without id and networks are flows that have no counter of their own. */
static void write_services(struct metrics_writer *writer, const struct snapshot *snapshot,
			   const struct groups *groups)
{
	size_t count;
	struct named_service *list = metrics_name_services(snapshot, &count);

	for (size_t f = 0; list && f < sizeof(families) / sizeof(*families); f++) {
		metrics_family(writer, families[f].service, families[f].type,
			       families[f].service_help);
		for (size_t i = 0; i < groups->count; i++) {
			const struct group *group = &groups->items[i];
			const struct named_service *named =
				metrics_find_service(list, count, group->service_id);

			if (named || (!group->service_id && !group->from && group->total.flows))
				write_service(writer, snapshot, named, group,
					      families[f].value(group));
		}
	}
	free(list);
}

/* ------------------------------------------------------------------ networks */

/* The gateway of a flow: at the nodes of client and pod the one by which it goes, "" for a pod reached
 * directly; at a gateway the address that it listens at, of IPv4 if it has both. */
static const char *gateway_text(const struct snapshot *snapshot, enum usage_role role,
				const struct ip_addr *gateway, char *buf)
{
	const struct ip_addr *listen = snapshot->settings.listen;
	const struct ip_addr *own =
		&listen[ip_is_none(&listen[IP_V4_INDEX]) ? IP_V6_INDEX : IP_V4_INDEX];
	struct addr addr = addr_of_ip(role == USAGE_GATEWAY ? own : gateway);

	return addr.family ? addr_format(&addr, buf) : "";
}

static void write_networks(struct metrics_writer *writer, const struct snapshot *snapshot,
			   const struct groups *groups)
{
	char from[16], to[16], gateway[ADDR_TEXT_MAX];

	for (size_t f = 0; f < sizeof(families) / sizeof(*families); f++) {
		metrics_family(writer, families[f].network, families[f].type,
			       families[f].network_help);
		for (size_t i = 0; i < groups->count; i++) {
			const struct group *group = &groups->items[i];

			if (!group->from)
				continue;
			metrics_sample(writer, families[f].value(group), "source_network",
				       report_network(snapshot, group->from, from),
				       "target_network", report_network(snapshot, group->to, to),
				       "gateway",
				       gateway_text(snapshot, group->role, &group->gateway_addr,
						    gateway),
				       "role", usage_role_name(group->role), NULL);
		}
	}
}

static void write_drop(struct metrics_writer *writer, const struct snapshot *snapshot,
		       const struct network_drop_entry *entry)
{
	const struct network_drop_key *key = &entry->key;
	const uint32_t own = snapshot->settings.network;
	const bool client = key->role == USAGE_CLIENT, known = key->network;
	char from[16], to[16], gateway[ADDR_TEXT_MAX], reason[REASON_NAME_MAX];

	metrics_sample(writer, entry->packets, "source_network",
		       known ? report_network(snapshot, client ? own : key->network, from) : "",
		       "target_network",
		       known ? report_network(snapshot, client ? key->network : own, to) : "",
		       "gateway",
		       known ? gateway_text(snapshot, key->role, &key->gateway, gateway) : "",
		       "role", known ? usage_role_name(key->role) : "", "reason",
		       reason_name(key->reason, reason), NULL);
}

static void write_drops(struct metrics_writer *writer, const struct snapshot *snapshot)
{
	metrics_family(writer, "network_drops_total", "counter",
		       "Packets between two networks that were dropped or refused.");
	for (size_t i = 0; i < snapshot->network_drop_count; i++)
		if (snapshot->network_drops[i].packets)
			write_drop(writer, snapshot, &snapshot->network_drops[i]);
}

int metrics_write_usage(struct metrics_writer *writer, const struct snapshot *snapshot,
			const struct usage_table *table)
{
	struct groups services = {}, networks = {};
	int err = collect(table, by_service, &services);

	if (!err)
		err = collect(table, by_network, &networks);
	if (!err)
		write_services(writer, snapshot, &services);
	if (!err)
		write_networks(writer, snapshot, &networks);
	write_drops(writer, snapshot);
	free(services.items);
	free(networks.items);
	return err;
}
