/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The section services: virtual IPs that no control plane announces. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "config_schema.h"
#include "host_name.h"

#define SERVICE_ADDRESSES_MAX 64
#define SERVICE_PORTS_MAX 1024
#define AFFINITY_MAX (365u * 86400)

static void read_host(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	char normal[HOST_NAME_SIZE];
	struct config_service *service = target;
	const char *text;

	if (tree_text(walk, node, &text))
		return;
	if (!host_name_valid(text)) {
		tree_expected(walk, node, "a host name");
		return;
	}
	host_name_normal(text, strlen(text), normal);
	service->host = arena_strdup(walk->arena, normal);
	walk->out_of_memory |= !service->host;
}

static void read_address(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	struct addr *addr = target;

	if (!tree_addr(walk, node, addr) && !addr_is_usable(addr))
		tree_expected(walk, node, "a virtual IP");
}

static void read_protocol(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	unsigned int choice = 0;

	tree_choice(walk, node, "TCP UDP tcp udp", &choice);
	((struct service_port *)target)->proto = choice % 2 ? IPPROTO_UDP : IPPROTO_TCP;
}

static void read_port(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{TREE_MEMBER("port", tree_read_port, struct service_port, port), .required = true},
		{TREE_FIELD("protocol", read_protocol)},
	};

	((struct service_port *)target)->proto = IPPROTO_TCP;
	tree_fields(walk, node, "a mapping with port and protocol", fields, COUNT(fields), target);
}

void config_read_service(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{ TREE_FIELD("host", read_host), .required = true },
		{ TREE_LIST("addresses", "a list of IP addresses", SERVICE_ADDRESSES_MAX,
			    read_address, struct config_service, addresses, address_count),
		  .some = "an IP address", .required = true },
		{ TREE_LIST("ports", "a list of ports", SERVICE_PORTS_MAX, read_port,
			    struct config_service, ports, port_count),
		  .some = "a port", .required = true },
		{ TREE_DURATION("affinity", 0, AFFINITY_MAX, struct config_service,
				affinity_seconds) },
		{ TREE_MEMBER("network", config_read_name, struct config_service, network) },
	};

	tree_fields(walk, node, "a mapping with host, addresses and ports", fields, COUNT(fields),
		    target);
}

/* One VIP:port/protocol, and the entry of `ports` that lists it. */
struct vip {
	struct addr addr;
	struct service_port port;
	const struct config_service *service;
	const struct tree_node *node;
	size_t order;
};

static int compare_values(const struct vip *a, const struct vip *b)
{
	int order = addr_compare(&a->addr, &b->addr);

	if (!order)
		order = a->port.port - b->port.port;
	return order ? order : a->port.proto - b->port.proto;
}

static int compare_vips(const void *left, const void *right)
{
	const struct vip *a = left, *b = right;
	int order = compare_values(a, b);

	return order ? order : (a->order > b->order) - (a->order < b->order);
}

static size_t collect_vips(const struct tree_node *services, const struct config *config,
			   struct vip *vips)
{
	const struct config_service *service = config->services;
	const struct tree_node *node;
	size_t count = 0;

	for (services = services->child; services; services = services->next, service++) {
		node = tree_get(services, "ports")->child;
		for (size_t i = 0; i < service->port_count; i++, node = node->next)
			for (size_t j = 0; j < service->address_count; j++, count++)
				vips[count] = (struct vip){service->addresses[j],
							   service->ports[i], service, node, count};
	}
	return count;
}

static void check_vips(struct tree_walk *walk, struct vip *vips, size_t count)
{
	char text[ADDR_TEXT_MAX];

	qsort(vips, count, sizeof(*vips), compare_vips);
	for (size_t i = 1; i < count; i++) {
		const struct vip *a = &vips[i - 1], *b = a + 1;

		if (compare_values(a, b))
			continue;
		tree_problem(walk, b->node, "%s/%s is already used by '%s' on line %u",
			     addr_port_format(&b->addr, b->port.port, text),
			     b->port.proto == IPPROTO_UDP ? "UDP" : "TCP", a->service->host,
			     a->node->line);
	}
}

void config_check_services(struct tree_walk *walk, const struct tree_node *services,
			   const struct config *config)
{
	struct vip *vips;
	size_t count = 0;

	for (size_t i = 0; i < config->service_count; i++)
		count += config->services[i].address_count * config->services[i].port_count;
	if (count > config->limits.services) {
		tree_problem(walk, services,
			     "expected at most limits.services = %u of address and port, found %zu",
			     config->limits.services, count);
		return;
	}
	vips = calloc(count + 1, sizeof(*vips));
	walk->out_of_memory |= !vips;
	if (vips)
		check_vips(walk, vips, collect_vips(services, config, vips));
	free(vips);
}
