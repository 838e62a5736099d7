/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Typed reads from a tree: what is found wrong is reported with its place and what was expected. */
#ifndef TREE_WALK_H
#define TREE_WALK_H

#include "addr.h"
#include "yaml_tree.h"

struct tree_walk {
	const char *file; /* for problems; nodes made by the program bring their own */
	struct problems *problems;
	bool proto; /* proto-JSON: keys in snake_case or lowerCamelCase, null is unset,
		     * numbers also in quotes */
	bool lenient; /* keys that are not known are passed over */
	struct arena *arena; /* where tree_keep() and tree_list() put what they return */
	bool failed;         /* some read has failed */
	bool out_of_memory;
};

/* Each read returns 0 with the result in *ret, or -EINVAL with a problem added. */

/* Any text that is not null, a number or a boolean without quotes; borrowed from the tree. */
int tree_text(struct tree_walk *walk, const struct tree_node *node, const char **ret);
/* The same, copied into walk->arena. */
int tree_keep(struct tree_walk *walk, const struct tree_node *node, const char **ret);
int tree_number(struct tree_walk *walk, const struct tree_node *node, uint64_t min, uint64_t max,
		uint64_t *ret);
int tree_bool(struct tree_walk *walk, const struct tree_node *node, bool *ret);
/* One of `names`; *ret is its index. */
int tree_choice(struct tree_walk *walk, const struct tree_node *node, const char *const *names,
		size_t count, unsigned int *ret);
/* Hours, minutes and seconds, such as "24h" or "1h30m"; *ret in seconds, at most `max`. */
int tree_duration(struct tree_walk *walk, const struct tree_node *node, uint64_t max,
		  uint64_t *ret);
int tree_port(struct tree_walk *walk, const struct tree_node *node, uint16_t *ret);
int tree_addr(struct tree_walk *walk, const struct tree_node *node, struct addr *ret);
int tree_prefix(struct tree_walk *walk, const struct tree_node *node, struct prefix *ret);

/* Is it of this kind? If not, "expected WHAT" is reported; `what` such as "a list of names". */
bool tree_expect(struct tree_walk *walk, const struct tree_node *node, enum tree_kind kind,
		 const char *what);

/* Report at `node`, or at its key: "KEY: message". */
void tree_problem(struct tree_walk *walk, const struct tree_node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define TREE_FOUND_MAX 64
/* What a person would call the value: "a list", "text 'x'", "5". Returns buf. */
const char *tree_found(const struct tree_node *node, char buf[TREE_FOUND_MAX]);

/* One key that a mapping may have, and who reads its value into `target`. */
struct tree_field {
	const char *key; /* lowerCamelCase */
	void (*read)(struct tree_walk *walk, const struct tree_node *node, void *target);
	bool required;
};

/* Read a mapping by the table of its keys. Reports keys that are not in it (with the nearest that
 * is), required ones that are missing, and anything but a mapping, as "expected WHAT". */
void tree_fields(struct tree_walk *walk, const struct tree_node *mapping, const char *what,
		 const struct tree_field *fields, size_t count, void *target);

/* A list, each item read by `read` into its element of an array of zeroed elements of `size`
 * bytes in walk->arena. The array is returned also when items are wrong; with count 0 when it is
 * no list, or has more than `max` items. */
void *tree_list(struct tree_walk *walk, const struct tree_node *node, const char *what, size_t max,
		size_t size,
		void (*read)(struct tree_walk *walk, const struct tree_node *item, void *element),
		size_t *ret_count);

/* Value of `key` (lowerCamelCase), under walk->proto in either spelling; NULL also for null. */
const struct tree_node *tree_field_get(const struct tree_walk *walk,
				       const struct tree_node *mapping, const char *key);

/* Does `key`, in snake_case or lowerCamelCase, spell the lowerCamelCase `camel`? */
bool tree_key_matches(const char *key, const char *camel);

#endif
