/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Views and tables for the tests of tables. */
#ifndef TABLE_FIXTURE_H
#define TABLE_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "parallax_abi.h"
#include "table.h"
#include "table_walk.h"
#include "view.h"

struct arena;

/* Weight of the backend at a place in the list. */
uint64_t equal_weight(size_t i);
uint64_t one_to_seven(size_t i);
uint64_t tiny_ones(size_t i);
uint64_t one_giant(size_t i);
uint64_t twos(size_t i);
uint64_t heavier_first(size_t i);

#define NO_ONE SIZE_MAX

/* `count` backends except `without`, shares in proportion to `weight`. */
struct view *make_view(struct arena *arena, size_t count, size_t without,
		       uint64_t (*weight)(size_t));

/* table_fill(), which must succeed, in the shape of a new service. */
struct table make_table(struct arena *arena, const struct view *view, uint32_t shape);
struct table fresh_table(struct arena *arena, const struct view *view);

/* Its descriptor at the beginning of an arena, and an arena with nothing else. */
table_desc word_of(const struct table *table);
struct slot_arena arena_of(struct arena *arena, const struct table *table);

/* How far met[i] of `all` flows deviate from the backends' shares: chi squared, whose mean is the
 * number of backends less one, and whose variance is twice that. */
double chi_square(const struct view *view, const unsigned int *met, double all);

#endif
