/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether a configuration asks for another control plane, or for the same in another way. */
#include "ads_fingerprint.h"

#include "array.h"
#include "fingerprint.h"

uint64_t ads_fingerprint(const struct config *config)
{
	const struct config_ads *ads = &config->ads;
	const struct config_ads_node *node = &ads->node;
	const char *const texts[] = {
		config->network, config->cluster, ads->ca.path, ads->server_name,
		ads->certificate.path, ads->key.path, ads->token.path, ads->cluster_id,
		node->id, node->ip, node->name, node->namespace, node->domain,
	};
	const uint64_t numbers[] = {
		config->capture == CAPTURE_LISTED, ads->view, ads->mode, ads->tls,
		ads->initial_fetch_seconds, ads->connect_seconds, ads->keepalive_seconds,
		ads->max_message, ads->address_count, node->metadata_count,
	};
	uint64_t hash = XXH3_64bits(numbers, sizeof(numbers));

	for (size_t i = 0; i < COUNT(texts); i++)
		hash = fingerprint_text(hash, texts[i]);
	for (size_t i = 0; i < ads->address_count; i++)
		hash = fingerprint_number(fingerprint_text(hash, ads->addresses[i].host),
					  ads->addresses[i].port);
	for (size_t i = 0; i < node->metadata_count; i++)
		hash = fingerprint_text(fingerprint_text(hash, node->metadata[i].key),
					node->metadata[i].value);
	return hash;
}
