/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Typed reads from a tree: scalars. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "tree_walk.h"

static int wrong(struct tree_walk *walk, const struct tree_node *node, const char *what)
{
	char found[TREE_FOUND_MAX];

	tree_problem(walk, node, "expected %s, found %s", what, tree_found(node, found));
	return -EINVAL;
}

static bool is_bool(const char *text)
{
	static const char *const words[] = {"true", "True", "TRUE", "false", "False", "FALSE"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(text, words[i]))
			return true;
	return false;
}

/* Would a YAML 1.2 core schema reader take it for a number? */
static bool is_number(const char *text)
{
	static const char *const words[] = {".inf", ".nan", "-.inf", "+.inf"};
	char *end;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcasecmp(text, words[i]))
			return true;
	if (!strpbrk(text, "0123456789") ||
	    strspn(text, "+-0123456789.eExXoabcdfABCDF") != strlen(text))
		return false;
	strtod(text, &end);
	return !*end;
}

int tree_text(struct tree_walk *walk, const struct tree_node *node, const char **ret)
{
	/* Variables of the environment have no quotes, so there everything is text. */
	bool plain = node->kind == TREE_SCALAR && !node->quoted && node->line;

	if (node->kind != TREE_SCALAR || tree_is_null(node))
		return wrong(walk, node, "a text");
	if (plain && (is_bool(node->text) || is_number(node->text)))
		return wrong(walk, node, "a text (put it in quotes)");
	if (!node->count)
		return wrong(walk, node, "a text that is not empty");
	*ret = node->text;
	return 0;
}

int tree_keep(struct tree_walk *walk, const struct tree_node *node, const char **ret)
{
	const char *text;

	if (tree_text(walk, node, &text))
		return -EINVAL;
	text = arena_text(walk->arena, text, node->count);
	walk->out_of_memory |= !text;
	*ret = text;
	return text ? 0 : -ENOMEM;
}

static bool parse_decimal(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (!*text || (text[0] == '0' && text[1]))
		return false;
	for (; *text; text++) {
		unsigned int digit = (unsigned int)(*text - '0');

		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*ret = value;
	return value <= max;
}

int tree_number(struct tree_walk *walk, const struct tree_node *node, uint64_t min, uint64_t max,
		uint64_t *ret)
{
	bool quoted = node->quoted && !walk->proto;
	uint64_t value;
	char what[96];

	if (node->kind != TREE_SCALAR || quoted || !parse_decimal(node->text, max, &value) ||
	    value < min) {
		snprintf(what, sizeof(what), "a number from %llu to %llu", (unsigned long long)min,
			 (unsigned long long)max);
		return wrong(walk, node, what);
	}
	*ret = value;
	return 0;
}

int tree_port(struct tree_walk *walk, const struct tree_node *node, uint16_t *ret)
{
	bool quoted = node->quoted && !walk->proto;
	uint64_t value;

	if (node->kind != TREE_SCALAR || quoted || !parse_decimal(node->text, 65535, &value) ||
	    value == 0)
		return wrong(walk, node, "a port from 1 to 65535");
	*ret = (uint16_t)value;
	return 0;
}

int tree_bool(struct tree_walk *walk, const struct tree_node *node, bool *ret)
{
	if (node->kind != TREE_SCALAR || node->quoted || !is_bool(node->text))
		return wrong(walk, node, "true or false");
	*ret = (node->text[0] | 0x20) == 't';
	return 0;
}

int tree_choice(struct tree_walk *walk, const struct tree_node *node, const char *const *names,
		size_t count, unsigned int *ret)
{
	char what[256];
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		if (node->kind == TREE_SCALAR && !strcmp(node->text, names[i])) {
			*ret = (unsigned int)i;
			return 0;
		}
		if (at < sizeof(what))
			at += (size_t)snprintf(what + at, sizeof(what) - at, "%s%s",
					       !i ? "" : i + 1 == count ? " or " : ", ", names[i]);
	}
	return wrong(walk, node, what);
}

static uint64_t unit_seconds(char unit)
{
	return unit == 'h' ? 3600 : unit == 'm' ? 60 : unit == 's' ? 1 : 0;
}

/* Go's time.ParseDuration without fractions and without units below the second. */
static bool parse_duration(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t total = 0, value, unit;
	size_t digits;

	do {
		digits = strspn(text, "0123456789");
		unit = digits && digits < 12 ? unit_seconds(text[digits]) : 0;
		if (!unit)
			return false;
		value = strtoull(text, NULL, 10);
		total += value * unit;
		if (total > max)
			return false;
		text += digits + 1;
	} while (*text);
	*ret = total;
	return true;
}

int tree_duration(struct tree_walk *walk, const struct tree_node *node, uint64_t max,
		  uint64_t *ret)
{
	char what[96];

	if (node->kind == TREE_SCALAR && parse_duration(node->text, max, ret))
		return 0;
	snprintf(what, sizeof(what), "a duration such as 30s or 24h, at most %lluh",
		 (unsigned long long)(max / 3600));
	return wrong(walk, node, what);
}

int tree_addr(struct tree_walk *walk, const struct tree_node *node, struct addr *ret)
{
	if (node->kind != TREE_SCALAR || addr_parse(node->text, ret))
		return wrong(walk, node, "an IP address");
	return 0;
}

int tree_prefix(struct tree_walk *walk, const struct tree_node *node, struct prefix *ret)
{
	if (node->kind != TREE_SCALAR || prefix_parse(node->text, ret))
		return wrong(walk, node,
			     "an address range such as 10.10.0.0/16 (no bits set behind the "
			     "prefix)");
	return 0;
}
