/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A capped allocation region, freed as a whole. */
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

struct arena;

/* Hands out at most `limit` bytes (0: no limit). Returns NULL if out of memory. */
struct arena *arena_new(size_t limit);
/* Without a limit, for about `expect` bytes: allocates them at once and grows in small steps. */
struct arena *arena_new_sized(size_t expect);
/* Accepts NULL. */
void arena_free(struct arena *arena);

/* Zeroed and aligned for any type. Returns NULL if the limit or memory is exhausted. */
void *arena_alloc(struct arena *arena, size_t size);
/* `count` elements of `size`; NULL also if the product overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);
/* A zero-terminated copy of `length` bytes. */
char *arena_text(struct arena *arena, const char *text, size_t length);
char *arena_strdup(struct arena *arena, const char *text);
/* printf into the arena. */
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
size_t arena_used(const struct arena *arena);

#endif
