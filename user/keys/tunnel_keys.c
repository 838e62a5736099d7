/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the file of tunnel keys. */
#include "tunnel_keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "arena.h"
#include "file_read.h"
#include "problem.h"
#include "tree_walk.h"

#define SECRET_TEXT 44 /* base64 of 32 bytes */
#define NAME_MAX_BYTES 255

static void read_id(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	uint64_t id;

	if (!tree_number(walk, node, 1, UINT16_MAX, &id))
		*(uint16_t *)target = (uint16_t)id;
}

static void read_name(struct tree_walk *walk, const struct tree_node *node, const char **ret)
{
	if (!tree_keep(walk, node, ret) &&
	    (node->count > NAME_MAX_BYTES || strcspn(*ret, " \t\r\n") != node->count))
		tree_expected(walk, node, "the name of a network");
}

static void read_networks(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	const char **names = target;

	if (node->kind != TREE_SEQUENCE || node->count != 2) {
		tree_problem(walk, node, "expected a list of two networks");
		return;
	}
	read_name(walk, node->child, &names[0]);
	read_name(walk, node->child->next, &names[1]);
}

/* Base64 of exactly 32 bytes: one '=' ends it, and the two bits before it are zero (RFC 4648 section 3.5),
 * so that a secret has one spelling. */
static bool secret_decode(const char *text, size_t length, uint8_t ret[TUNNEL_SECRET_BYTES])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t bytes[SECRET_TEXT / 4 * 3], any = 0;
	bool good = length == SECRET_TEXT && strspn(text, digits) == SECRET_TEXT - 1 &&
		    text[SECRET_TEXT - 1] == '=' &&
		    !((strchr(digits, text[SECRET_TEXT - 2]) - digits) & 3) &&
		    EVP_DecodeBlock(bytes, (const unsigned char *)text, SECRET_TEXT) ==
			    (int)sizeof(bytes);

	if (good)
		memcpy(ret, bytes, TUNNEL_SECRET_BYTES);
	for (size_t i = 0; good && i < TUNNEL_SECRET_BYTES; i++)
		any |= bytes[i];
	explicit_bzero(bytes, sizeof(bytes));
	return good && any;
}

static void read_secret(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	if (node->kind != TREE_SCALAR || !secret_decode(node->text, node->count, target))
		tree_problem(walk, node, "expected base64 of 32 bytes that are not all zero");
}

static void read_time(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	if (node->kind != TREE_SCALAR || !tunnel_time_parse(node->text, target))
		tree_problem(walk, node, "expected a time in UTC, such as 2027-11-01T00:00:00Z");
}

static void read_key(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	static const struct tree_field fields[] = {
		{ TREE_MEMBER("id", read_id, struct tunnel_key, id), .required = true },
		{ TREE_MEMBER("networks", read_networks, struct tunnel_key, networks),
		  .required = true },
		{ TREE_MEMBER("secret", read_secret, struct tunnel_key, secret), .required = true },
		{ TREE_MEMBER("created", read_time, struct tunnel_key, created) },
		{ TREE_MEMBER("notAfter", read_time, struct tunnel_key, not_after) },
	};

	tree_fields(walk, node, "a mapping with id, networks and secret", fields, COUNT(fields),
		    target);
}

bool tunnel_key_is_for(const struct tunnel_key *key, const char *a, const char *b)
{
	return (!strcmp(key->networks[0], a) && !strcmp(key->networks[1], b)) ||
	       (!strcmp(key->networks[0], b) && !strcmp(key->networks[1], a));
}

/* An id names one key of a pair. */
static void check_ids(struct tree_walk *walk, const struct tree_node *root,
		      const struct tunnel_keys *keys)
{
	const struct tree_node *node = root->child;

	for (size_t i = 0; i < keys->count; i++, node = node->next)
		for (size_t j = 0; j < i; j++)
			if (keys->items[i].id == keys->items[j].id &&
			    tunnel_key_is_for(&keys->items[i], keys->items[j].networks[0],
					      keys->items[j].networks[1])) {
				tree_problem(walk, node, "id %u of the same networks stands above",
					     keys->items[i].id);
				break;
			}
}

/* Faults of the YAML itself may quote its text: only their places are told. */
static void report_places(const char *path, const struct problems *found, struct problems *problems)
{
	size_t length = strlen(path), line = 0, column = 0;
	char *end;

	if (strlen(problems_text(found)) > length + 1) {
		line = strtoul(problems_text(found) + length + 1, &end, 10);
		column = *end == ':' ? strtoul(end + 1, NULL, 10) : 0;
	}
	problems_add(problems, path, line, line ? column : 0,
		     "expected YAML: a list of keys (what is there is not shown)");
}

static int read_tree(const char *path, const struct yaml_tree *tree, struct tunnel_keys *keys,
		     struct problems *problems)
{
	struct tree_walk walk = {
		.file = path, .problems = problems, .arena = keys->arena, .secret = true
	};

	keys->items = tree_list(&walk, tree->root, "a list of keys", TUNNEL_KEYS_MAX,
				sizeof(*keys->items), read_key, &keys->count);
	if (!walk.failed && keys->items)
		check_ids(&walk, tree->root, keys);
	return walk.out_of_memory ? -ENOMEM : walk.failed ? -EINVAL : 0;
}

static struct tunnel_keys *keys_new(void)
{
	struct tunnel_keys *keys = calloc(1, sizeof(*keys));

	if (keys)
		keys->arena = arena_new(0);
	if (keys && keys->arena)
		return keys;
	free(keys);
	return NULL;
}

int tunnel_keys_parse(const char *path, const char *text, size_t length, struct tunnel_keys **ret,
		      struct problems *problems)
{
	struct tunnel_keys *keys = keys_new();
	struct problems found = {};
	struct yaml_tree *tree = NULL;
	int err = keys ? yaml_tree_parse(path, text, length, &tree_limits_config, &tree, &found) :
			 -ENOMEM;

	if (err && err != -ENOMEM) {
		report_places(path, &found, problems);
		err = -EINVAL;
	}
	problems_done(&found);
	if (!err)
		err = read_tree(path, tree, keys, problems);
	yaml_tree_free(tree);
	if (err) {
		tunnel_keys_free(keys);
		return err;
	}
	*ret = keys;
	return 0;
}

/* What others may read is no secret, and what they may write is no key. */
static int check_mode(const char *path, const struct stat *st, struct problems *problems)
{
	if (st->st_uid && st->st_uid != geteuid()) {
		problems_add(problems, path, 0, 0,
			     "belongs to user %u: expected root, or the agent's own", st->st_uid);
		return -EACCES;
	}
	if (!(st->st_mode & 077))
		return 0;
	problems_add(problems, path, 0, 0,
		     "mode %04o: others than the owner may read or write it; use mode 0400",
		     st->st_mode & 07777);
	return -EACCES;
}

int tunnel_keys_read(const char *path, struct tunnel_keys **ret, struct problems *problems)
{
	struct stat st;
	size_t length;
	char *text;
	int err = file_read(path, TUNNEL_KEYS_FILE_MAX, &text, &length, &st);

	if (err) {
		problems_add(problems, path, 0, 0, "cannot read: %s", file_error(err));
		return err;
	}
	err = check_mode(path, &st, problems);
	if (!err)
		err = tunnel_keys_parse(path, text, length, ret, problems);
	explicit_bzero(text, length);
	free(text);
	return err;
}

void tunnel_keys_free(struct tunnel_keys *keys)
{
	if (!keys)
		return;
	if (keys->items)
		explicit_bzero(keys->items, keys->count * sizeof(*keys->items));
	arena_free(keys->arena);
	free(keys);
}

bool tunnel_key_expired(const struct tunnel_key *key, time_t now)
{
	return key->not_after && now >= key->not_after;
}

const struct tunnel_key *tunnel_keys_signing(const struct tunnel_keys *keys, const char *a,
					     const char *b, time_t now)
{
	for (size_t i = 0; keys && i < keys->count; i++)
		if (tunnel_key_is_for(&keys->items[i], a, b) &&
		    !tunnel_key_expired(&keys->items[i], now))
			return &keys->items[i];
	return NULL;
}
