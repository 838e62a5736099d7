/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Memory for protobuf-c to unpack one small message after another: capped, freed as a whole. */
#ifndef PROTO_ARENA_H
#define PROTO_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

struct proto_block;

struct proto_arena {
	ProtobufCAllocator allocator; /* for protobuf-c; nothing is freed before reset or done */
	struct proto_block *blocks;
	size_t block_used; /* bytes of the first block */
	size_t left;       /* bytes that may still be handed out */
	size_t limit;
	bool capped;        /* the limit refused an allocation */
	bool out_of_memory; /* malloc refused an allocation */
};

/* Hands out at most `limit` bytes between two resets. Allocates nothing yet. */
void proto_arena_init(struct proto_arena *arena, size_t limit);
/* Forgets all messages, and keeps one block for the next ones. */
void proto_arena_reset(struct proto_arena *arena);
void proto_arena_done(struct proto_arena *arena);

#endif
