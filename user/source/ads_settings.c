/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The settings of an ADS source: a copy that outlives the configuration. */
#include "ads_settings.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "arena.h"
#include "text.h"

/* Texts of struct config_ads that may be NULL. */
static const size_t texts[] = {
	offsetof(struct config_ads, ca.path), offsetof(struct config_ads, server_name),
	offsetof(struct config_ads, certificate.path), offsetof(struct config_ads, key.path),
	offsetof(struct config_ads, token.path), offsetof(struct config_ads, cluster_id),
	offsetof(struct config_ads, node.id), offsetof(struct config_ads, node.ip),
	offsetof(struct config_ads, node.name), offsetof(struct config_ads, node.namespace),
	offsetof(struct config_ads, node.domain),
};

#define TEXTS (sizeof(texts) / sizeof(*texts))

static const char **text_of(struct config_ads *ads, size_t i)
{
	return (const char **)((char *)ads + texts[i]);
}

static const char *text_in(const struct config_ads *ads, size_t i)
{
	return *(const char *const *)((const char *)ads + texts[i]);
}

static bool copy_text(struct arena *arena, const char **text)
{
	if (*text)
		*text = arena_strdup(arena, *text);
	return *text;
}

static int copy_lists(struct arena *arena, const struct config_ads *from, struct config_ads *to)
{
	size_t metadata = from->node.metadata_count;
	bool good = true;

	to->addresses = arena_array(arena, from->address_count + 1, sizeof(*to->addresses));
	to->node.metadata = arena_array(arena, metadata + 1, sizeof(*to->node.metadata));
	if (!to->addresses || !to->node.metadata)
		return -ENOMEM;
	for (size_t i = 0; i < from->address_count; i++) {
		to->addresses[i] = from->addresses[i];
		good &= copy_text(arena, &to->addresses[i].host);
	}
	for (size_t i = 0; i < metadata; i++) {
		to->node.metadata[i] = from->node.metadata[i];
		good &= copy_text(arena, &to->node.metadata[i].key);
		good &= copy_text(arena, &to->node.metadata[i].value);
	}
	return good ? 0 : -ENOMEM;
}

int ads_settings_copy(const struct config *config, struct ads_settings *ret)
{
	struct ads_settings copy = { .arena = arena_new(0), .ads = config->ads,
				     .network = config->network, .cluster = config->cluster,
				     .listed = config->capture == CAPTURE_LISTED };
	int err = copy.arena ? copy_lists(copy.arena, &config->ads, &copy.ads) : -ENOMEM;

	for (size_t i = 0; !err && i < TEXTS; i++)
		if (*text_of(&copy.ads, i) && !copy_text(copy.arena, text_of(&copy.ads, i)))
			err = -ENOMEM;
	if (!err && (!copy_text(copy.arena, &copy.network) ||
		     (copy.cluster && !copy_text(copy.arena, &copy.cluster))))
		err = -ENOMEM;
	if (err)
		arena_free(copy.arena);
	else
		*ret = copy;
	return err;
}

void ads_settings_done(struct ads_settings *settings)
{
	arena_free(settings->arena);
	*settings = (struct ads_settings){};
}

static bool same_lists(const struct config_ads *a, const struct config_ads *b)
{
	if (a->address_count != b->address_count ||
	    a->node.metadata_count != b->node.metadata_count)
		return false;
	for (size_t i = 0; i < a->address_count; i++)
		if (strcmp(a->addresses[i].host, b->addresses[i].host) ||
		    a->addresses[i].port != b->addresses[i].port)
			return false;
	for (size_t i = 0; i < a->node.metadata_count; i++)
		if (strcmp(a->node.metadata[i].key, b->node.metadata[i].key) ||
		    strcmp(a->node.metadata[i].value, b->node.metadata[i].value))
			return false;
	return true;
}

bool ads_settings_match(const struct ads_settings *settings, const struct config *config)
{
	const struct config_ads *a = &settings->ads, *b = &config->ads;

	for (size_t i = 0; i < TEXTS; i++)
		if (!text_equal(text_in(a, i), text_in(b, i)))
			return false;
	return text_equal(settings->network, config->network) &&
	       text_equal(settings->cluster, config->cluster) &&
	       settings->listed == (config->capture == CAPTURE_LISTED) && same_lists(a, b) &&
	       a->view == b->view && a->mode == b->mode && a->tls == b->tls &&
	       a->initial_fetch_seconds == b->initial_fetch_seconds &&
	       a->connect_seconds == b->connect_seconds &&
	       a->keepalive_seconds == b->keepalive_seconds && a->max_message == b->max_message;
}
