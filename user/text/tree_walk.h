/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Typed reads from a tree. Problems name the place, what was expected and what was found. */
#ifndef TREE_WALK_H
#define TREE_WALK_H

#include "addr.h"
#include "array.h"
#include "yaml_tree.h"

struct tree_walk {
	const char *file; /* named in problems; nodes of tree_made() have a label instead */
	struct problems *problems;
	bool proto; /* proto-JSON: keys in snake_case or lowerCamelCase, null is unset,
		     * numbers also in quotes */
	bool lenient;        /* ignore unknown keys */
	bool secret;         /* problems quote nothing of the file */
	struct arena *arena; /* owns what tree_keep() and tree_list() return */
	bool failed;         /* a problem was reported */
	bool out_of_memory;
};

/* Reads the value of `node` into `target`. */
typedef void tree_reader(struct tree_walk *walk, const struct tree_node *node, void *target);

/* Each of these returns 0 with the result in *ret, or -EINVAL with a problem added. */

/* Text that is not null, nor an unquoted number or boolean; borrowed from the tree. */
int tree_text(struct tree_walk *walk, const struct tree_node *node, const char **ret);
/* The same, copied into walk->arena. */
int tree_keep(struct tree_walk *walk, const struct tree_node *node, const char **ret);
int tree_number(struct tree_walk *walk, const struct tree_node *node, uint64_t min, uint64_t max,
		uint64_t *ret);
/* One of `choices`, words with a space between them; *ret is its index. */
int tree_choice(struct tree_walk *walk, const struct tree_node *node, const char *choices,
		unsigned int *ret);
/* Hours, minutes and seconds, such as "24h" or "1h30m"; *ret in seconds, at most `max`. */
int tree_duration(struct tree_walk *walk, const struct tree_node *node, uint64_t max,
		  uint64_t *ret);
int tree_addr(struct tree_walk *walk, const struct tree_node *node, struct addr *ret);
int tree_prefix(struct tree_walk *walk, const struct tree_node *node, struct prefix *ret);

/* Readers for the tables below, of a bool and of a uint16_t in host order, 1-65535. */
tree_reader tree_read_bool, tree_read_port;

/* True if `node` is of this kind; else reports "expected WHAT", such as "a list of names". */
bool tree_expect(struct tree_walk *walk, const struct tree_node *node, enum tree_kind kind,
		 const char *what);

/* Reports "KEY: message" at the value of `node`. */
void tree_problem(struct tree_walk *walk, const struct tree_node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Reports `message` at the value of `node`, or at its key. */
void tree_report(struct tree_walk *walk, const struct tree_node *node, bool at_key,
		 const char *message);

/* Reports "KEY: expected WHAT, found VALUE"; returns -EINVAL. */
int tree_expected(struct tree_walk *walk, const struct tree_node *node, const char *what, ...)
	__attribute__((format(printf, 3, 4)));

/* A key of a mapping, and how its value is read into `target` + `offset`: by `read` alone, or as one of
 * the kinds below, the first that is set. */
struct tree_field {
	const char *key; /* lowerCamelCase */
	tree_reader *read;
	bool required;
	size_t offset;
	const char *what;    /* a list or mapping in words: see tree_expect() */
	size_t size;         /* list: bytes of an item, which `read` fills; the array goes to `offset` */
	size_t count_offset; /* list: where its size_t count goes */
	const char *some;    /* list: what it must have one of or more; or NULL */
	const struct tree_field *fields; /* mapping: its keys */
	size_t field_count;
	const char *choices; /* see tree_choice(); the index goes into an enum */
	bool duration;       /* in seconds, into a uint32_t */
	uint32_t min, max;   /* of a duration or a number, which goes into a uint32_t; `max` of a list */
};

/* {TREE_FIELD("key", read_key), .required = true} and so on. */
#define TREE_FIELD(key_, read_) .key = key_, .read = read_
#define TREE_MEMBER(key_, read_, type, member)                                                     \
	.key = key_, .read = read_, .offset = offsetof(type, member)
#define TREE_CHOICE(key_, choices_, type, member)                                                  \
	.key = key_, .choices = choices_, .offset = offsetof(type, member)
#define TREE_NUMBER(key_, min_, max_, type, member)                                                \
	.key = key_, .min = min_, .max = max_, .offset = offsetof(type, member)
#define TREE_DURATION(key_, min_, max_, type, member)                                              \
	TREE_NUMBER(key_, min_, max_, type, member), .duration = true
#define TREE_LIST(key_, what_, max_, read_, type, member, count_)                                  \
	TREE_MEMBER(key_, read_, type, member), .what = what_, .max = max_,                        \
		.size = sizeof(*((type *)0)->member), .count_offset = offsetof(type, count_)
#define TREE_FIELDS(key_, what_, fields_)                                                          \
	.key = key_, .what = what_, .fields = fields_, .field_count = COUNT(fields_)

/* Reads a mapping by the table of its keys. Reports unknown keys (with the nearest known one),
 * missing required ones, and anything but a mapping as "expected WHAT". At most 64 fields. Returns false
 * if anything was reported. */
bool tree_fields(struct tree_walk *walk, const struct tree_node *mapping, const char *what,
		 const struct tree_field *fields, size_t count, void *target);

/* Reads a list: `read` fills one zeroed element of `size` bytes for each item. Returns the array,
 * in walk->arena, even if items are wrong; NULL with count 0 if `node` is no list or has more than
 * `max` items. */
void *tree_list(struct tree_walk *walk, const struct tree_node *node, const char *what, size_t max,
		size_t size, tree_reader *read, size_t *ret_count);

/* Value of `key` (lowerCamelCase), with walk->proto in either spelling; NULL also for null. */
const struct tree_node *tree_field_get(const struct tree_walk *walk,
				       const struct tree_node *mapping, const char *key);

/* True if `key`, in snake_case or lowerCamelCase, spells the lowerCamelCase `camel`. */
bool tree_key_matches(const char *key, const char *camel);

#endif
