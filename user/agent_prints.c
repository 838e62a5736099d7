/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fingerprints of views, by which services that did not change are left alone: to fill their tables
 * again would be most of the work of an update. */
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "agent.h"

static uint64_t mix_text(uint64_t seed, const char *text)
{
	return text ? XXH3_64bits_withSeed(text, strlen(text), seed) : seed;
}

static uint64_t mix_backend(uint64_t seed, const struct view_backend *backend)
{
	struct {
		union ip_addr ip;
		uint64_t weight;
		double share;
		uint32_t kind, network_id, priority;
		uint16_t port, tunnel_port;
		uint32_t family, zero;
	} key = {
		.ip = backend->addr.ip, .weight = backend->weight, .share = backend->share,
		.kind = backend->kind, .network_id = backend->network_id,
		.priority = backend->priority, .port = backend->port,
		.tunnel_port = backend->tunnel_port, .family = backend->addr.family,
	};

	seed = XXH3_64bits_withSeed(&key, sizeof(key), seed);
	return mix_text(mix_text(seed, backend->network), backend->locality);
}

uint64_t agent_print_view(const struct view *view, uint64_t seed)
{
	if (!view)
		return seed * 31 + 1;
	seed = mix_text(seed, view->cluster) + view->backend_count;
	for (size_t i = 0; i < view->backend_count; i++)
		seed = mix_backend(seed, &view->backends[i]);
	for (size_t i = 0; i < view->drop_count; i++) {
		seed = mix_text(seed, view->drops[i].category);
		seed = XXH3_64bits_withSeed(&view->drops[i].ratio, sizeof(double), seed);
	}
	return seed;
}

uint64_t agent_print_key(const struct service_key *key)
{
	struct {
		union ip_addr ip;
		uint64_t id;
		uint32_t port, proto, family, vip_family;
	} bytes = {
		.ip = key->vip.ip, .id = key->id, .port = key->port, .proto = key->proto,
		.family = key->family, .vip_family = key->vip.family,
	};

	return XXH3_64bits(&bytes, sizeof(bytes));
}

static int compare(const void *a, const void *b)
{
	const struct agent_print *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

void agent_prints_sort(struct agent_picture *picture)
{
	if (picture->print_count)
		qsort(picture->prints, picture->print_count, sizeof(*picture->prints), compare);
}

bool agent_prints_have(const struct agent_picture *picture, struct agent_print print)
{
	const struct agent_print *found;

	if (!picture->applied || !picture->print_count)
		return false;
	found = bsearch(&print, picture->prints, picture->print_count, sizeof(print), compare);
	return found && found->print == print.print;
}
