/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A capped allocation region, freed as a whole. */
#include "arena.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT alignof(max_align_t)
#define FIRST_CHUNK 4096
#define SMALLEST_CHUNK 128
#define LARGEST_CHUNK (1u << 20)

struct chunk {
	struct chunk *next;
	alignas(max_align_t) unsigned char data[];
};

struct arena {
	struct chunk *chunks;
	unsigned char *at; /* first free byte of the first chunk */
	size_t left;
	size_t next_size; /* of the next chunk */
	size_t used;
	size_t limit;
	bool sized; /* made by arena_new_sized(): later chunks are small */
};

struct arena *arena_new(size_t limit)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (!arena)
		return NULL;
	arena->next_size = FIRST_CHUNK;
	arena->limit = limit ? limit : SIZE_MAX;
	return arena;
}

struct arena *arena_new_sized(size_t expect)
{
	struct arena *arena = arena_new(0);

	if (!arena)
		return NULL;
	arena->next_size = expect < SMALLEST_CHUNK ? SMALLEST_CHUNK : expect;
	arena->sized = true;
	return arena;
}

void arena_free(struct arena *arena)
{
	struct chunk *chunk, *next;

	if (!arena)
		return;
	for (chunk = arena->chunks; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(arena);
}

/* calloc(3) takes large chunks from fresh zero pages and does not clear them again. */
static struct chunk *add_chunk(struct arena *arena, size_t size)
{
	struct chunk *chunk = calloc(1, sizeof(*chunk) + size);

	if (!chunk)
		return NULL;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return chunk;
}

/* A chunk of its own, linked behind the one that is being filled. */
static void *alloc_large(struct arena *arena, size_t size)
{
	struct chunk *current = arena->chunks, *chunk = add_chunk(arena, size);

	if (!chunk)
		return NULL;
	if (current) {
		arena->chunks = current;
		chunk->next = current->next;
		current->next = chunk;
	}
	return chunk->data;
}

static int refill(struct arena *arena)
{
	struct chunk *chunk = add_chunk(arena, arena->next_size);

	if (!chunk)
		return -1;
	arena->at = chunk->data;
	arena->left = arena->next_size;
	if (arena->sized)
		arena->next_size = arena->next_size / 8 + SMALLEST_CHUNK;
	else if (arena->next_size < LARGEST_CHUNK)
		arena->next_size *= 2;
	return 0;
}

static void *take(struct arena *arena, size_t size)
{
	void *memory = arena->at;

	arena->at += size;
	arena->left -= size;
	return memory;
}

static bool is_first(const struct arena *arena)
{
	return arena->sized && !arena->chunks;
}

/* `alignment` is 1, for text, or ALIGNMENT. */
static void *alloc(struct arena *arena, size_t size, size_t alignment)
{
	size_t padding = -(uintptr_t)arena->at & (alignment - 1);
	void *memory;

	if (size > SIZE_MAX / 2 || size + padding > arena->limit - arena->used)
		return NULL;
	if (size + padding <= arena->left) {
		take(arena, padding);
		memory = take(arena, size);
	} else if (size > (is_first(arena) ? arena->next_size : arena->next_size / 4)) {
		memory = alloc_large(arena, size);
	} else {
		memory = refill(arena) ? NULL : take(arena, size);
	}
	if (memory)
		arena->used += size + padding;
	return memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return alloc(arena, size + !size, ALIGNMENT);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return arena_alloc(arena, bytes);
}

char *arena_text(struct arena *arena, const char *text, size_t length)
{
	char *copy = alloc(arena, length + 1, 1);

	return copy ? memcpy(copy, text, length) : NULL;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_text(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args, again;
	char *text = NULL;
	int length;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	if (length >= 0)
		text = alloc(arena, (size_t)length + 1, 1);
	if (text)
		vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	va_end(args);
	return text;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}
