/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Typed reads from a tree: mappings and lists. */
#include "tree_walk.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "problem.h"
#include "suggest.h"

bool tree_key_matches(const char *key, const char *camel)
{
	for (; *camel; camel++) {
		if (*key == *camel)
			key++;
		else if (*key == '_' && isupper((unsigned char)*camel) &&
			 key[1] == tolower((unsigned char)*camel))
			key += 2;
		else
			return false;
	}
	return !*key;
}

static bool is_key(const struct tree_walk *walk, const char *key, const char *name)
{
	return walk->proto ? tree_key_matches(key, name) : !strcmp(key, name);
}

const struct tree_node *tree_field_get(const struct tree_walk *walk,
				       const struct tree_node *mapping, const char *key)
{
	if (!mapping || mapping->kind != TREE_MAPPING)
		return NULL;
	for (const struct tree_node *node = mapping->child; node; node = node->next)
		if (is_key(walk, node->key, key))
			return tree_is_null(node) ? NULL : node;
	return NULL;
}

static void list_keys(const struct tree_field *fields, size_t count, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < count && at < size; i++)
		at += (size_t)snprintf(buf + at, size - at, "%s%s", i ? ", " : "", fields[i].key);
}

static void unknown_key(struct tree_walk *walk, const struct tree_node *node,
			const struct tree_field *fields, size_t count)
{
	char message[PROBLEM_TEXT_MAX], keys[512];
	struct suggestion near = {.word = node->key};

	for (size_t i = 0; i < count; i++)
		suggest_offer(&near, fields[i].key);
	list_keys(fields, count, keys, sizeof(keys));
	if (walk->secret)
		snprintf(message, sizeof(message), "unknown key, expected one of: %s", keys);
	else if (near.name)
		snprintf(message, sizeof(message), "unknown key '%.100s', did you mean '%s'?",
			 node->key, near.name);
	else
		snprintf(message, sizeof(message), "unknown key '%.100s', expected one of: %s",
			 node->key, keys);
	tree_report(walk, node, true, message);
}

static const struct tree_field *find_field(const struct tree_walk *walk, const char *key,
					   const struct tree_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_key(walk, key, fields[i].key))
			return &fields[i];
	return NULL;
}

static void read_list(struct tree_walk *walk, const struct tree_node *node,
		      const struct tree_field *field, void *target)
{
	void *count = (char *)target + field->count_offset;
	void *items = tree_list(walk, node, field->what, field->max, field->size, field->read, count);

	memcpy((char *)target + field->offset, &items, sizeof(items));
	if (field->some && node->kind == TREE_SEQUENCE && !node->count)
		tree_problem(walk, node, "expected %s or more", field->some);
}

static void read_duration(struct tree_walk *walk, const struct tree_node *node,
			  const struct tree_field *field, uint32_t *ret)
{
	uint64_t seconds;

	if (tree_duration(walk, node, field->max, &seconds))
		return;
	if (seconds < field->min)
		tree_expected(walk, node, "at least %us", field->min);
	*ret = (uint32_t)seconds;
}

static void read_field(struct tree_walk *walk, const struct tree_node *node,
		       const struct tree_field *field, void *target)
{
	void *member = (char *)target + field->offset;
	uint64_t number;

	if (field->size)
		read_list(walk, node, field, target);
	else if (field->read)
		field->read(walk, node, member);
	else if (field->fields)
		tree_fields(walk, node, field->what, field->fields, field->field_count, member);
	else if (field->duration)
		read_duration(walk, node, field, member);
	else if (field->choices)
		tree_choice(walk, node, field->choices, member);
	else if (!tree_number(walk, node, field->min, field->max, &number))
		*(uint32_t *)member = (uint32_t)number;
}

static void read_fields(struct tree_walk *walk, const struct tree_node *mapping,
			const struct tree_field *fields, size_t count, void *target)
{
	const struct tree_field *field;
	uint64_t seen = 0, set = 0, bit;
	bool null;

	for (const struct tree_node *node = mapping->child; node; node = node->next) {
		field = find_field(walk, node->key, fields, count);
		bit = field ? 1ULL << (field - fields) : 0;
		null = walk->proto && tree_is_null(node);
		if (!field && walk->lenient)
			continue;
		if (!field)
			unknown_key(walk, node, fields, count);
		else if (seen & bit)
			tree_report(walk, node, true, "the same key in its other spelling");
		else if (!null)
			read_field(walk, node, field, target);
		seen |= bit;
		set |= null ? 0 : bit;
	}
	for (size_t i = 0; i < count; i++)
		if (fields[i].required && !(set & 1ULL << i))
			tree_problem(walk, mapping, "missing key '%s'", fields[i].key);
}

bool tree_fields(struct tree_walk *walk, const struct tree_node *mapping, const char *what,
		 const struct tree_field *fields, size_t count, void *target)
{
	bool failed = walk->failed, good;

	walk->failed = false;
	if (tree_expect(walk, mapping, TREE_MAPPING, what))
		read_fields(walk, mapping, fields, count, target);
	good = !walk->failed;
	walk->failed |= failed;
	return good;
}

void *tree_list(struct tree_walk *walk, const struct tree_node *node, const char *what, size_t max,
		size_t size, tree_reader *read, size_t *ret_count)
{
	unsigned char *elements, *element;

	*ret_count = 0;
	if (!tree_expect(walk, node, TREE_SEQUENCE, what))
		return NULL;
	if (node->count > max) {
		tree_problem(walk, node, "expected at most %zu items, found %u", max, node->count);
		return NULL;
	}
	elements = element = arena_array(walk->arena, node->count, size);
	walk->out_of_memory |= !elements;
	if (!elements)
		return NULL;
	for (const struct tree_node *item = node->child; item; item = item->next, element += size)
		read(walk, item, element);
	*ret_count = node->count;
	return elements;
}
