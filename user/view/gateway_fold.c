/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Hosts with shares → backends: the shares of remote pods fold into their network's gateways. */
#include "gateway_fold.h"

#include <errno.h>
#include <string.h>

#include "arena.h"
#include "network_id.h"
#include "sort.h"

/* Consecutive pods of one priority and remote network. */
struct pool {
	const struct reachability *network;
	uint32_t priority;
	uint64_t weight;
	double share;
	const char *locality;
};

struct rows {
	const struct view_request *request;
	struct view_backend *items;
	size_t count;
};

static bool is_behind_gateway(const struct host *host)
{
	return !host->gateway && host->network && !host->network->local;
}

static struct view_backend *add_row(struct rows *rows, const struct reachability *network,
				    const char *locality, uint32_t priority, double share)
{
	struct view_backend *row = &rows->items[rows->count++];

	row->network = network ? network->network->name : rows->request->network;
	row->network_id = network ? network->network->id : network_id(row->network);
	row->locality = locality;
	row->priority = priority;
	row->share = share;
	return row;
}

static void set_gateway(struct view_backend *row, const struct mesh_network *network,
			const struct addr *addr, uint16_t port)
{
	row->addr = *addr;
	row->port = port;
	row->kind = BACKEND_PASSTHROUGH;
	if (network->transport == TRANSPORT_GENEVE) {
		row->kind = BACKEND_GENEVE;
		row->tunnel_port = network->tunnel_port;
	}
}

static void add_host(struct rows *rows, const struct host *host, const struct share_host *share)
{
	struct view_backend *row = add_row(rows, host->network, host->locality, share->priority,
					   share->share);

	row->weight = share->weight;
	if (host->gateway) {
		set_gateway(row, host->network->network, &host->address->addr,
			    host->address->port);
		return;
	}
	row->kind = BACKEND_LOCAL;
	row->addr = host->address->addr;
	row->port = host->address->port;
}

static void add_pool(struct rows *rows, const struct pool *pool)
{
	size_t count = pool->network->gateway_count;

	for (size_t i = 0; i < count; i++) {
		const struct mesh_gateway *gateway = pool->network->gateways[i];
		struct view_backend *row = add_row(rows, pool->network, pool->locality,
						   pool->priority, pool->share / (double)count);

		row->weight = pool->weight;
		set_gateway(row, pool->network->network, &gateway->addr, gateway->port);
	}
}

static void add_to_pool(struct pool *pool, const struct host *host, const struct share_host *share)
{
	if (!pool->network) {
		pool->network = host->network;
		pool->priority = share->priority;
		pool->locality = host->locality;
	}
	pool->weight += share->weight;
	pool->share += share->share;
	if (strcmp(pool->locality, host->locality))
		pool->locality = "";
}

static void add_rows(struct rows *rows, const struct host_set *set)
{
	struct pool pool = {0};

	for (size_t i = 0; i < set->input.host_count; i++) {
		const struct share_host *share = &set->input.hosts[i];
		const struct host *host = &set->hosts[i];

		if (!(share->share > 0))
			continue;
		if (pool.network && (pool.network != host->network ||
				     pool.priority != share->priority)) {
			add_pool(rows, &pool);
			pool = (struct pool){0};
		}
		if (is_behind_gateway(host))
			add_to_pool(&pool, host, share);
		else
			add_host(rows, host, share);
	}
	if (pool.network)
		add_pool(rows, &pool);
}

static int compare_identity(const struct view_backend *a, const struct view_backend *b)
{
	int order;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	order = addr_compare(&a->addr, &b->addr);
	if (order)
		return order;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	return strcmp(a->network, b->network);
}

/* Equal rows are ordered too: floating-point sums depend on the order. */
static int compare_row(const void *a, const void *b)
{
	const struct view_backend *x = a, *y = b;
	int order = compare_identity(x, y);

	return order ? order : (x->share > y->share) - (x->share < y->share);
}

/* EDS may list a gateway beside pods behind it, and its network may name it twice. */
static size_t merge_rows(struct view_backend *rows, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (!kept || compare_identity(&rows[kept - 1], &rows[i])) {
			rows[kept++] = rows[i];
			continue;
		}
		rows[kept - 1].share += rows[i].share;
		rows[kept - 1].weight += rows[i].weight;
		if (strcmp(rows[kept - 1].locality, rows[i].locality))
			rows[kept - 1].locality = "";
	}
	return kept;
}

/* At most one row per host, and per priority and network one per gateway. */
static size_t row_limit(const struct host_set *set)
{
	size_t limit = set->input.host_count;
	const struct host *before = NULL;

	for (size_t i = 0; i < set->input.host_count; i++) {
		const struct host *host = &set->hosts[i];

		if (!is_behind_gateway(host))
			continue;
		if (!before || before->network != host->network ||
		    set->input.hosts[before - set->hosts].priority != set->input.hosts[i].priority)
			limit += host->network->gateway_count;
		before = host;
	}
	return limit;
}

int fold_into_gateways(struct arena *arena, const struct view_request *request,
		       const struct host_set *set, struct view *view)
{
	struct rows rows = {.request = request};

	/* In place: a copy would be the largest allocation of an update. */
	rows.items = arena_array(arena, row_limit(set), sizeof(*rows.items));
	if (!rows.items)
		return -ENOMEM;
	add_rows(&rows, set);
	sort_unless_sorted(rows.items, rows.count, sizeof(*rows.items), compare_row);
	view->backends = rows.items;
	view->backend_count = merge_rows(rows.items, rows.count);
	return 0;
}
