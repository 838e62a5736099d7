/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where protobuf-c unpacks one small message after another: capped, and freed as a whole. */
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
	bool capped;        /* something was refused by the limit */
	bool out_of_memory; /* something was refused by malloc */
};

/* At most `limit` bytes are handed out between two resets. Allocates nothing yet. */
void proto_arena_init(struct proto_arena *arena, size_t limit);
/* Everything unpacked is gone; a block is kept for what comes next. */
void proto_arena_reset(struct proto_arena *arena);
void proto_arena_done(struct proto_arena *arena);

#endif
