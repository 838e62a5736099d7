/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Memory for protobuf-c to unpack one small message after another: capped, freed as a whole. */
#include "proto_arena.h"

#include <stdalign.h>
#include <stdlib.h>

#define ALIGNMENT alignof(max_align_t)
#define BLOCK_SIZE 8192

struct proto_block {
	struct proto_block *next;
	size_t size;
	alignas(max_align_t) unsigned char data[];
};

static struct proto_block *add_block(struct proto_arena *arena, size_t size)
{
	struct proto_block *block;

	if (size < BLOCK_SIZE)
		size = BLOCK_SIZE;
	block = malloc(sizeof(*block) + size);
	if (!block) {
		arena->out_of_memory = true;
		return NULL;
	}
	block->next = arena->blocks;
	block->size = size;
	arena->blocks = block;
	arena->block_used = 0;
	return block;
}

static void *arena_take(void *context, size_t size)
{
	struct proto_arena *arena = context;
	struct proto_block *block = arena->blocks;
	void *memory;

	if (size > arena->left || size > SIZE_MAX / 2) {
		arena->capped = true;
		return NULL;
	}
	size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if (!block || size > block->size - arena->block_used)
		block = add_block(arena, size);
	if (!block)
		return NULL;
	memory = block->data + arena->block_used;
	arena->block_used += size;
	arena->left -= size < arena->left ? size : arena->left;
	return memory;
}

static void arena_keep(void *context, void *memory)
{
}

void proto_arena_init(struct proto_arena *arena, size_t limit)
{
	*arena = (struct proto_arena){
		.allocator = {arena_take, arena_keep, arena},
		.limit = limit,
		.left = limit,
	};
}

/* Frees all blocks but the oldest, and that too if it is larger than usual. */
void proto_arena_reset(struct proto_arena *arena)
{
	while (arena->blocks && (arena->blocks->next || arena->blocks->size > BLOCK_SIZE)) {
		struct proto_block *block = arena->blocks;

		arena->blocks = block->next;
		free(block);
	}
	arena->block_used = 0;
	arena->left = arena->limit;
	arena->capped = arena->out_of_memory = false;
}

void proto_arena_done(struct proto_arena *arena)
{
	while (arena->blocks) {
		struct proto_block *block = arena->blocks;

		arena->blocks = block->next;
		free(block);
	}
	proto_arena_reset(arena);
}
