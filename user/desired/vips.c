/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Collects virtual IPs from a control plane's clusters, host names and listeners. */
#include "vips.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "arena.h"
#include "cluster_name.h"
#include "index.h"

struct collector {
	struct arena *arena;
	const struct vip_input *input;
	const struct addr **own; /* endpoints' addresses, each once */
	size_t own_count;
	struct index own_index;
	const struct vip_listener **listeners; /* sorted by cluster */
	struct vip_list list;
	size_t room;
};

/* ------------------------------------------------------------------ endpoints' own addresses */

static size_t count_addresses(const struct vip_input *input)
{
	size_t count = 0;

	for (size_t i = 0; i < input->cluster_count; i++) {
		const struct assignment *assignment = input->clusters[i].assignment;

		for (size_t l = 0; assignment && l < assignment->locality_count; l++)
			for (size_t e = 0; e < assignment->localities[l].endpoint_count; e++)
				count += assignment->localities[l].endpoints[e].address_count;
	}
	return count;
}

static uint32_t *find_own(const struct collector *collector, const struct addr *addr)
{
	uint32_t *place;

	INDEX_FIND(&collector->own_index, XXH3_64bits(&addr->ip, sizeof(addr->ip)), place,
		   addr_equal(collector->own[*place - 1], addr));
	return place;
}

static void add_own(struct collector *collector, const struct addr *addr)
{
	uint32_t *place = find_own(collector, addr);

	if (*place)
		return;
	collector->own[collector->own_count++] = addr;
	*place = (uint32_t)collector->own_count;
}

static void add_assignment(struct collector *collector, const struct assignment *assignment)
{
	for (size_t l = 0; l < assignment->locality_count; l++)
		for (size_t e = 0; e < assignment->localities[l].endpoint_count; e++) {
			const struct endpoint *endpoint = &assignment->localities[l].endpoints[e];

			for (size_t a = 0; a < endpoint->address_count; a++)
				add_own(collector, &endpoint->addresses[a].addr);
		}
}

static int collect_own(struct collector *collector)
{
	const struct vip_input *input = collector->input;
	size_t count = count_addresses(input);

	collector->own = arena_array(collector->arena, count, sizeof(*collector->own));
	if (!collector->own || index_init(&collector->own_index, collector->arena, count))
		return -ENOMEM;
	for (size_t i = 0; i < input->cluster_count; i++)
		if (input->clusters[i].assignment)
			add_assignment(collector, input->clusters[i].assignment);
	return 0;
}

/* ------------------------------------------------------------------ one service */

static bool is_there(const struct vip_list *list, size_t first, const struct vip *vip)
{
	for (size_t i = first; i < list->count; i++)
		if (addr_equal(&list->items[i].addr, &vip->addr) &&
		    list->items[i].port == vip->port)
			return true;
	return false;
}

static int make_room(struct collector *collector)
{
	size_t room = collector->room ? 2 * collector->room : 64;
	struct vip *items;

	if (collector->list.count < collector->room)
		return 0;
	items = arena_array(collector->arena, room, sizeof(*items));
	if (!items)
		return -ENOMEM;
	if (collector->list.count)
		memcpy(items, collector->list.items, collector->list.count * sizeof(*items));
	collector->list.items = items;
	collector->room = room;
	return 0;
}

/* `first` is where this cluster's begin. */
static int add(struct collector *collector, size_t first, const struct vip *vip)
{
	struct vip_list *list = &collector->list;

	if (!addr_is_usable(&vip->addr) || is_there(list, first, vip))
		return 0;
	if (*find_own(collector, &vip->addr)) {
		list->endpoints++;
		return 0;
	}
	if (make_room(collector))
		return -ENOMEM;
	list->items[list->count++] = *vip;
	return 0;
}

static int compare_host(const void *key, const void *item)
{
	return strcmp(key, ((const struct xds_host *)item)->host);
}

static int compare_cluster(const void *a, const void *b)
{
	const struct vip_listener *const *x = a, *const *y = b;
	int order = strcmp((*x)->cluster, (*y)->cluster);

	return order ? order : (*x > *y) - (*x < *y); /* the listener's order */
}

static int add_listeners(struct collector *collector, struct vip *vip)
{
	size_t low = 0, high = collector->input->listener_count, first = collector->list.count;
	int err = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(collector->listeners[middle]->cluster, vip->cluster) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; !err && low < collector->input->listener_count; low++) {
		const struct vip_listener *listener = collector->listeners[low];

		if (strcmp(listener->cluster, vip->cluster))
			break;
		vip->addr = listener->address;
		vip->port = listener->port;
		err = add(collector, first, vip);
	}
	return err;
}

static int add_addresses(struct collector *collector, struct vip *vip, const struct xds_host *host)
{
	size_t first = collector->list.count;
	int err = 0;

	for (size_t i = 0; !err && i < host->address_count; i++) {
		vip->addr = host->addresses[i];
		err = add(collector, first, vip);
	}
	return err;
}

static int add_cluster(struct collector *collector, const struct vip_cluster *cluster)
{
	const struct vip_input *input = collector->input;
	struct vip vip = {.cluster = cluster->name, .assignment = cluster->assignment};
	const struct xds_host *host = NULL;
	struct cluster_name name;

	if (cluster_name_parse(cluster->name, &name) || name.subset[0])
		return 0;
	vip.host = arena_strdup(collector->arena, name.host);
	if (!vip.host)
		return -ENOMEM;
	vip.service_port = vip.port = name.port;
	if (input->host_count)
		host = bsearch(name.host, input->hosts, input->host_count, sizeof(*input->hosts),
			       compare_host);
	if (host && host->address_count)
		return add_addresses(collector, &vip, host);
	return add_listeners(collector, &vip);
}

static int sort_listeners(struct collector *collector)
{
	const struct vip_input *input = collector->input;

	collector->listeners = arena_array(collector->arena, input->listener_count,
					   sizeof(*collector->listeners));
	if (!collector->listeners)
		return -ENOMEM;
	for (size_t i = 0; i < input->listener_count; i++)
		collector->listeners[i] = &input->listeners[i];
	qsort(collector->listeners, input->listener_count, sizeof(*collector->listeners),
	      compare_cluster);
	return 0;
}

int vips_collect(struct arena *arena, const struct vip_input *input, struct vip_list *ret)
{
	struct collector collector = {.arena = arena, .input = input};
	int err = collect_own(&collector);

	if (!err)
		err = sort_listeners(&collector);
	for (size_t i = 0; !err && i < input->cluster_count; i++)
		err = add_cluster(&collector, &input->clusters[i]);
	if (!err)
		*ret = collector.list;
	return err;
}
