/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads scalars of proto-JSON (protobuf.dev/programming-guides/json) from a tree. */
#include "proto_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "decimal.h"
#include "eds_decode.h"
#include "eds_rules.h"

/* 5000.0 and 5e3 are the number 5000 in proto-JSON. */
static bool parse_float(const char *text, uint64_t *ret)
{
	size_t length = strlen(text);
	char *end;
	double value;

	if (!length || length > 40 || strspn(text, "0123456789.eE+-") != length)
		return false;
	value = strtod(text, &end);
	if (*end || !(value >= 0 && value <= UINT32_MAX) || value != (double)(uint64_t)value)
		return false;
	*ret = (uint64_t)value;
	return strpbrk(text, ".eE") || text[0] == '-'; /* "-0"; not "007" */
}

int proto_uint32(struct tree_walk *walk, const struct tree_node *node, uint32_t *ret)
{
	uint64_t value;

	if (node->kind != TREE_SCALAR || (!decimal_parse(node->text, node->count, UINT32_MAX, &value) &&
					  !parse_float(node->text, &value)))
		return tree_expected(walk, node, "a number from 0 to 4294967295");
	*ret = (uint32_t)value;
	return 0;
}

void proto_read_uint32(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	proto_uint32(walk, node, target);
}

int proto_wrapped(struct tree_walk *walk, const struct tree_node *node, uint32_t *ret)
{
	const struct tree_node *value;

	if (node->kind != TREE_MAPPING)
		return proto_uint32(walk, node, ret);
	value = tree_field_get(walk, node, "value");
	if (value)
		return proto_uint32(walk, value, ret);
	*ret = 0;
	return 0;
}

int proto_enum(struct tree_walk *walk, const struct tree_node *node, const char *names,
	       unsigned int max, unsigned int *ret)
{
	uint64_t number;

	if (node->kind != TREE_SCALAR)
		return tree_expected(walk, node, "the name of a value");
	if (!decimal_parse(node->text, node->count, max, &number))
		return tree_choice(walk, node, names, ret);
	*ret = (unsigned int)number;
	return 0;
}

int proto_duration(struct tree_walk *walk, const struct tree_node *node, uint64_t *ret)
{
	static const char what[] = "a duration such as 3s or 1.5s";
	uint64_t seconds, nanos = 0, unit = 1000000000;
	const char *at = node->text;
	size_t digits;

	if (node->kind != TREE_SCALAR)
		return tree_expected(walk, node, "%s", what);
	digits = strspn(at, "0123456789");
	if (!digits || digits > 12)
		return tree_expected(walk, node, "%s", what);
	seconds = strtoull(at, NULL, 10);
	at += digits;
	if (*at == '.')
		for (at++; *at >= '0' && *at <= '9' && unit > 1; at++)
			nanos += (uint64_t)(*at - '0') * (unit /= 10);
	if (strcmp(at, "s") || !eds_duration_ms(seconds, nanos, ret))
		return tree_expected(walk, node, "%s", what);
	return 0;
}

int proto_string(struct tree_walk *walk, const struct tree_node *node, size_t max, const char **ret)
{
	const char *copy;

	if (node->kind != TREE_SCALAR)
		return tree_expected(walk, node, "a string");
	if (node->count > max) {
		tree_problem(walk, node, "expected at most %zu bytes, found %u", max, node->count);
		return -EINVAL;
	}
	copy = node->count ? arena_text(walk->arena, node->text, node->count) : "";
	walk->out_of_memory |= !copy;
	*ret = copy;
	return copy ? 0 : -ENOMEM;
}

void proto_read_name(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	proto_string(walk, node, EDS_MAX_NAME, target);
}
