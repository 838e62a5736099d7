/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Typed reads from a tree: scalars. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "decimal.h"
#include "text.h"
#include "tree_walk.h"

static bool is_bool(const char *text)
{
	static const char *const sorted[] = {"FALSE", "False", "TRUE", "True", "false", "true"};

	return text_in_sorted(sorted, COUNT(sorted), text);
}

/* True for what the YAML 1.2 core schema resolves to a number. */
static bool is_number(const char *text)
{
	static const char *const words[] = {".inf", ".nan", "-.inf", "+.inf"};
	char *end;

	for (size_t i = 0; i < COUNT(words); i++)
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
	/* Variables of the environment, which have line 0, cannot be quoted: all are text. */
	bool plain = node->kind == TREE_SCALAR && !node->quoted && node->line;

	if (node->kind != TREE_SCALAR || tree_is_null(node))
		return tree_expected(walk, node, "a text");
	if (plain && (is_bool(node->text) || is_number(node->text)))
		return tree_expected(walk, node, "a text (put it in quotes)");
	if (!node->count)
		return tree_expected(walk, node, "a text that is not empty");
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

static bool parse_number(const struct tree_walk *walk, const struct tree_node *node, uint64_t min,
			 uint64_t max, uint64_t *ret)
{
	return node->kind == TREE_SCALAR && (walk->proto || !node->quoted) &&
	       decimal_parse(node->text, node->count, max, ret) && *ret >= min;
}

int tree_number(struct tree_walk *walk, const struct tree_node *node, uint64_t min, uint64_t max,
		uint64_t *ret)
{
	uint64_t value;

	if (!parse_number(walk, node, min, max, &value))
		return tree_expected(walk, node, "a number from %llu to %llu", (unsigned long long)min,
				     (unsigned long long)max);
	*ret = value;
	return 0;
}

void tree_read_port(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	uint64_t port;

	if (parse_number(walk, node, 1, 65535, &port))
		*(uint16_t *)target = (uint16_t)port;
	else
		tree_expected(walk, node, "a port from 1 to 65535");
}

void tree_read_bool(struct tree_walk *walk, const struct tree_node *node, void *target)
{
	if (node->kind != TREE_SCALAR || node->quoted || !is_bool(node->text))
		tree_expected(walk, node, "true or false");
	else
		*(bool *)target = (node->text[0] | 0x20) == 't';
}

/* "a b c" as "a, b or c". */
static const char *list_choices(const char *choices, char *buf, size_t size)
{
	size_t at = 0;

	for (; *choices && at + sizeof(" or ") < size; choices++) {
		if (*choices != ' ')
			buf[at++] = *choices;
		else
			at = (size_t)(stpcpy(buf + at, strchr(choices + 1, ' ') ? ", " : " or ") - buf);
	}
	buf[at] = '\0';
	return buf;
}

int tree_choice(struct tree_walk *walk, const struct tree_node *node, const char *choices,
		unsigned int *ret)
{
	char buf[160];
	size_t length;
	unsigned int index = 0;

	for (const char *at = choices; node->kind == TREE_SCALAR; at += length + 1, index++) {
		length = strcspn(at, " ");
		if (node->count == length && !memcmp(node->text, at, length)) {
			*ret = index;
			return 0;
		}
		if (!at[length])
			break;
	}
	return tree_expected(walk, node, "%s", list_choices(choices, buf, sizeof(buf)));
}

static uint64_t unit_seconds(char unit)
{
	return unit == 'h' ? 3600 : unit == 'm' ? 60 : unit == 's' ? 1 : 0;
}

/* The syntax of Go's time.ParseDuration, without fractions and units below the second. */
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
	if (node->kind == TREE_SCALAR && parse_duration(node->text, max, ret))
		return 0;
	return tree_expected(walk, node, "a duration such as 30s or 24h, at most %lluh",
			     (unsigned long long)(max / 3600));
}

int tree_addr(struct tree_walk *walk, const struct tree_node *node, struct addr *ret)
{
	if (node->kind != TREE_SCALAR || addr_parse(node->text, ret))
		return tree_expected(walk, node, "an IP address");
	return 0;
}

int tree_prefix(struct tree_walk *walk, const struct tree_node *node, struct prefix *ret)
{
	if (node->kind != TREE_SCALAR || prefix_parse(node->text, ret))
		return tree_expected(walk, node,
			     "an address range such as 10.10.0.0/16 (no bits set behind the "
			     "prefix)");
	return 0;
}
