/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds CIDRs, registries, gateways and ids that two networks of meshNetworks share. */
#include "mesh_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "config_schema.h"
#include "host_name.h"
#include "problem.h"

/* A CIDR, registry or gateway of a network, and its node. */
struct claim {
	const char *network;
	const struct tree_node *node;
	struct prefix prefix;
	char text[HOST_NAME_SIZE]; /* registry, or host name of a gateway */
	uint16_t port;
	size_t order;
};

struct claims {
	struct claim *items;
	size_t count;
};

static struct claim *add_claim(struct claims *claims, const char *network,
			       const struct tree_node *node)
{
	struct claim *claim = &claims->items[claims->count];

	*claim = (struct claim){.network = network, .node = node, .order = claims->count++};
	return claim;
}

static const char *place(const struct claim *claim, char buf[32])
{
	snprintf(buf, 32, "line %u", claim->node->line);
	return buf;
}

static int by_order(const struct claim *a, const struct claim *b)
{
	return a->order < b->order ? -1 : a->order > b->order;
}

static int compare_prefixes(const void *left, const void *right)
{
	const struct claim *a = left, *b = right;
	int order = addr_compare(&a->prefix.addr, &b->prefix.addr);

	if (!order)
		order = a->prefix.bits - b->prefix.bits;
	return order ? order : by_order(a, b);
}

static void overlap(struct tree_walk *walk, const struct claim *outer, const struct claim *inner)
{
	const struct claim *first = by_order(outer, inner) < 0 ? outer : inner;
	const struct claim *second = first == outer ? inner : outer;
	char a[ADDR_TEXT_MAX], b[ADDR_TEXT_MAX], line[32];

	tree_problem(walk, second->node, "%s of network '%s' overlaps %s of network '%s' on %s",
		     prefix_format(&second->prefix, a), second->network,
		     prefix_format(&first->prefix, b), first->network, place(first, line));
}

/* Prefixes are disjoint or nested. In sorted order each is compared only with the nearest that
 * contains it, which was compared with the next outer one before. */
static void check_cidrs(struct tree_walk *walk, struct claims *claims)
{
	const struct claim *open[129];
	size_t depth = 0;

	qsort(claims->items, claims->count, sizeof(*claims->items), compare_prefixes);
	for (size_t i = 0; i < claims->count; i++) {
		const struct claim *claim = &claims->items[i];

		while (depth && !prefix_overlaps(&open[depth - 1]->prefix, &claim->prefix))
			depth--;
		if (depth && strcmp(open[depth - 1]->network, claim->network))
			overlap(walk, open[depth - 1], claim);
		if (!depth || open[depth - 1]->prefix.bits < claim->prefix.bits)
			open[depth++] = claim;
	}
}

static int compare_values(const struct claim *a, const struct claim *b)
{
	int order = addr_compare(&a->prefix.addr, &b->prefix.addr);

	if (!order)
		order = strcmp(a->text, b->text);
	return order ? order : a->port - b->port;
}

static int compare_claims(const void *left, const void *right)
{
	int order = compare_values(left, right);

	return order ? order : by_order(left, right);
}

/* One network may repeat a registry, but not a gateway. */
static void check_repeated(struct tree_walk *walk, struct claims *claims, bool registries)
{
	char line[32];

	qsort(claims->items, claims->count, sizeof(*claims->items), compare_claims);
	for (size_t i = 1; i < claims->count; i++) {
		const struct claim *a = &claims->items[i - 1], *b = a + 1;

		if (compare_values(a, b))
			continue;
		if (!registries)
			tree_problem(walk, b->node,
				     "this address and port is already a gateway of network '%s' "
				     "on %s",
				     a->network, place(a, line));
		else if (strcmp(a->network, b->network))
			tree_problem(walk, b->node,
				     "registry '%s' already belongs to network '%s' on %s", b->text,
				     a->network, place(a, line));
	}
}

/* Pairs the items of `endpoints` with the values read from them. */
static void claim_endpoints(const struct tree_walk *walk, const struct tree_node *node,
			    const struct mesh_network *network, struct claims *cidrs,
			    struct claims *registries)
{
	const struct tree_node *list = tree_field_get(walk, node, "endpoints");
	size_t cidr = 0, registry = 0;

	for (const struct tree_node *item = list ? list->child : NULL; item; item = item->next) {
		if (tree_field_get(walk, item, "fromCidr"))
			add_claim(cidrs, network->name, item->child)->prefix =
				network->cidrs[cidr++];
		else
			strncpy(add_claim(registries, network->name, item->child)->text,
				network->registries[registry++], HOST_NAME_SIZE - 1);
	}
}

static void claim_gateways(const struct tree_walk *walk, const struct tree_node *node,
			   const struct mesh_network *network, struct claims *gateways)
{
	const struct tree_node *list = tree_field_get(walk, node, "gateways");
	const struct mesh_gateway *gateway = network->gateways;
	struct claim *claim;

	for (const struct tree_node *item = list ? list->child : NULL; item;
	     item = item->next, gateway++) {
		if (!gateway->address || addr_is_unspecified(&gateway->addr))
			continue;
		claim = add_claim(gateways, network->name, item);
		claim->prefix.addr = gateway->addr;
		claim->port = gateway->port;
		if (!gateway->addr.family)
			host_name_normal(gateway->address, strlen(gateway->address), claim->text);
	}
}

static size_t count_claims(const struct mesh_networks *mesh)
{
	size_t count = 1;

	for (size_t i = 0; i < mesh->count; i++)
		count += mesh->networks[i].cidr_count + mesh->networks[i].registry_count +
			 mesh->networks[i].gateway_count;
	return count;
}

void mesh_check(struct tree_walk *walk, const struct tree_node *networks,
		const struct mesh_networks *mesh)
{
	size_t most = count_claims(mesh), i = 0;
	struct claims cidrs = {calloc(most, sizeof(struct claim)), 0};
	struct claims registries = {calloc(most, sizeof(struct claim)), 0};
	struct claims gateways = {calloc(most, sizeof(struct claim)), 0};
	const struct tree_node *node = networks ? networks->child : NULL;

	if (!cidrs.items || !registries.items || !gateways.items) {
		walk->out_of_memory = true;
		goto cleanup;
	}
	for (; node; node = node->next, i++) {
		claim_endpoints(walk, node, &mesh->networks[i], &cidrs, &registries);
		claim_gateways(walk, node, &mesh->networks[i], &gateways);
	}
	check_cidrs(walk, &cidrs);
	check_repeated(walk, &registries, true);
	check_repeated(walk, &gateways, false);
cleanup:
	free(cidrs.items);
	free(registries.items);
	free(gateways.items);
}

static void id_problem(struct tree_walk *walk, const struct tree_node *networks,
		       const struct mesh_network *network, const char *other)
{
	const struct tree_node *node = tree_get(networks, network->name);
	size_t line = node ? node->key_line : 0, column = node ? node->key_column : 0;

	walk->failed = true;
	if (other)
		problems_add(walk->problems, walk->file, line, column,
			     "network '%s' has the same id %u as '%s': set networkIds",
			     network->name, network->id, other);
	else
		problems_add(walk->problems, walk->file, line, column,
			     "network '%s' has the id 0, which means none: set networkIds",
			     network->name);
}

static int compare_ids(const void *left, const void *right)
{
	const struct mesh_network *const *a = left, *const *b = right;

	if ((*a)->id != (*b)->id)
		return (*a)->id < (*b)->id ? -1 : 1;
	return strcmp((*a)->name, (*b)->name);
}

void mesh_check_ids(struct tree_walk *walk, const struct tree_node *networks,
		    const struct mesh_networks *mesh)
{
	const struct mesh_network **sorted = calloc(mesh->count, sizeof(*sorted));

	if (!sorted) {
		walk->out_of_memory = true;
		return;
	}
	for (size_t i = 0; i < mesh->count; i++)
		sorted[i] = &mesh->networks[i];
	qsort(sorted, mesh->count, sizeof(*sorted), compare_ids);
	for (size_t i = 0; i < mesh->count; i++) {
		if (!sorted[i]->id)
			id_problem(walk, networks, sorted[i], NULL);
		else if (i && sorted[i - 1]->id == sorted[i]->id)
			id_problem(walk, networks, sorted[i], sorted[i - 1]->name);
	}
	free(sorted);
}
