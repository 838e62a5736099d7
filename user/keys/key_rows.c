/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keys as the packet path holds them. */
#include "key_rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "subkey.h"

static const struct mesh_network *own_network(const struct mesh_networks *mesh)
{
	for (size_t i = 0; mesh && i < mesh->count; i++)
		if (mesh->networks[i].own)
			return &mesh->networks[i];
	return NULL;
}

struct rows {
	struct key_row *items;
	size_t count;
};

/* The first key of a network signs. */
static int add_key(struct rows *rows, const struct tunnel_key *key, const char *own,
		   const struct mesh_network *other, bool signs)
{
	struct key_row *row = &rows->items[rows->count];
	int err;

	*row = (struct key_row){ .network = other->id, .id = key->id, .key.id = key->id };
	err = subkey_derive(key, own, other->name, &row->key.send);
	if (!err)
		err = subkey_derive(key, other->name, own, &row->key.receive);
	if (err)
		return err;
	rows->count++;
	if (signs) {
		row[1] = row[0];
		row[1].id = 0;
		rows->count++;
	}
	return 0;
}

static int add_network(struct rows *rows, const struct tunnel_keys *keys, const char *own,
		       const struct mesh_network *other, time_t now)
{
	bool first = true;
	int err = 0;

	for (size_t i = 0; !err && i < keys->count; i++) {
		const struct tunnel_key *key = &keys->items[i];

		if (!tunnel_key_is_for(key, own, other->name) || tunnel_key_expired(key, now))
			continue;
		err = add_key(rows, key, own, other, first);
		first = false;
	}
	return err;
}

int key_rows_build(const struct tunnel_keys *keys, const struct mesh_networks *mesh, time_t now,
		   struct key_row **ret, size_t *ret_count)
{
	const struct mesh_network *own = own_network(mesh);
	size_t room = keys ? 2 * keys->count : 0;
	struct rows rows = { .items = calloc(room + 1, sizeof(*rows.items)) };
	int err = rows.items ? 0 : -ENOMEM;

	for (size_t i = 0; !err && keys && own && i < mesh->count; i++)
		err = add_network(&rows, keys, own->name, &mesh->networks[i], now);
	if (err) {
		key_rows_free(rows.items, room);
		return err;
	}
	*ret = rows.items;
	*ret_count = rows.count;
	return 0;
}

void key_rows_free(struct key_row *rows, size_t count)
{
	if (rows)
		explicit_bzero(rows, count * sizeof(*rows));
	free(rows);
}

bool key_rows_own(const struct key_row *rows, size_t count, const struct mesh_networks *mesh)
{
	const struct mesh_network *own = own_network(mesh);

	for (size_t i = 0; own && i < count; i++)
		if (rows[i].network == own->id)
			return true;
	return false;
}

size_t keys_expired(const struct tunnel_keys *keys, time_t now)
{
	size_t count = 0;

	for (size_t i = 0; keys && i < keys->count; i++)
		count += tunnel_key_expired(&keys->items[i], now);
	return count;
}

/* ------------------------------------------------------------------ problems */

/* True if tunnel packets are exchanged with the network. */
static bool is_in_use(const struct config *config, const struct mesh_network *network)
{
	return !network->own && network->transport != TRANSPORT_PASSTHROUGH &&
	       (network->gateway_count || config->gateway.enabled);
}

static int tell_missing(const struct config *config, const struct mesh_network *network,
			key_problem_visitor *visit, void *arg)
{
	char text[768];

	snprintf(text, sizeof(text), "tunnel.keysFile has no key for the networks %s and %s: %s",
		 config->network, network->name,
		 config->tunnel.admission == TUNNEL_REQUIRE ?
			 "nothing enters from there, and what is sent there is not signed" :
			 "their packets are not signed");
	return visit(arg, "KeysMissing", text);
}

static int tell_expiry(const struct tunnel_key *key, key_problem_visitor *visit, void *arg)
{
	char text[768], when[TUNNEL_TIME_TEXT];

	tunnel_time_format(key->not_after, when);
	snprintf(text, sizeof(text),
		 "key %u of the networks %s and %s, which signs, expires at %s: add another to "
		 "tunnel.keysFile of all their nodes",
		 key->id, key->networks[0], key->networks[1], when);
	return visit(arg, "KeyExpires", text);
}

int key_problems(const struct tunnel_keys *keys, const struct config *config, time_t now,
		 key_problem_visitor *visit, void *arg)
{
	int err = 0;

	for (size_t i = 0; !err && config->mesh && i < config->mesh->count; i++) {
		const struct mesh_network *network = &config->mesh->networks[i];
		const struct tunnel_key *key = tunnel_keys_signing(keys, config->network,
								   network->name, now);

		if (!key && is_in_use(config, network))
			err = tell_missing(config, network, visit, arg);
		else if (key && key->not_after && key->not_after - now <= KEY_WARNING_SECONDS)
			err = tell_expiry(key, visit, arg);
	}
	return err;
}

/* ------------------------------------------------------------------ time */

uint64_t epoch_word(uint64_t time_ns, uint32_t jiffies, uint32_t hz)
{
	const uint64_t length = EPOCH_SECONDS * 1000000000ull;
	uint64_t passed = time_ns % length;

	return time_ns / length << 32 | (uint32_t)(jiffies - passed * hz / 1000000000);
}

uint32_t admission_flags(const struct config *config, bool time_known)
{
	if (!config->tunnel.keys_file)
		return 0;
	return ADMISSION_VERIFY |
	       (config->tunnel.admission != TUNNEL_VERIFY && time_known ? ADMISSION_SIGN : 0) |
	       (config->tunnel.admission == TUNNEL_REQUIRE ? ADMISSION_REQUIRE : 0) |
	       (config->gateway.allow_count ? 0 : ADMISSION_OPEN);
}
