/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Protobuf's wire format (protobuf.dev/programming-guides/encoding), field by field and without a
 * copy. For messages that hold others by the thousand; the small ones go through protobuf-c. */
#ifndef PB_WIRE_H
#define PB_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utf8.h"

struct pb_slice {
	const uint8_t *bytes;
	size_t length;
};

/* Of no bytes, yet at an address. */
#define PB_EMPTY ((struct pb_slice){(const uint8_t *)"", 0})

/* Where a walk over a message has got to. */
struct pb_wire {
	const uint8_t *at, *end;
	bool broken; /* the rest cannot be read */
};

enum pb_wire_type { PB_VARINT = 0, PB_FIXED64 = 1, PB_BYTES = 2, PB_FIXED32 = 5 };

struct pb_field {
	uint32_t number;
	enum pb_wire_type type;
	uint64_t value;        /* PB_VARINT; the others are not looked at */
	struct pb_slice slice; /* PB_BYTES */
};

struct pb_wire pb_wire_start(struct pb_slice message);
/* The next field; false at the end, and when what follows is broken. Groups are taken for that. */
bool pb_wire_next(struct pb_wire *wire, struct pb_field *ret);

/* Is it this one, with bytes as its value? */
static inline bool pb_field_is(const struct pb_field *field, uint32_t number)
{
	return field->number == number && field->type == PB_BYTES;
}

/* UTF-8 without zero bytes, as proto3 wants its strings. */
static inline bool pb_is_text(struct pb_slice slice)
{
	return utf8_valid((const char *)slice.bytes, slice.length);
}

#endif
