/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads protobuf's wire format (protobuf.dev/programming-guides/encoding) field by field, without a
 * copy. Used for messages with thousands of others inside; protobuf-c unpacks the small ones. */
#ifndef PB_WIRE_H
#define PB_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "utf8.h"

struct pb_slice {
	const uint8_t *bytes;
	size_t length;
};

/* No bytes, but not NULL, so that memcmp() and the like accept it. */
#define PB_EMPTY ((struct pb_slice){(const uint8_t *)"", 0})

static inline struct pb_slice pb_slice_of(const char *text)
{
	return (struct pb_slice){(const uint8_t *)text, strlen(text)};
}

/* The position in a message. */
struct pb_wire {
	const uint8_t *at, *end;
	bool broken; /* the rest cannot be read */
};

enum pb_wire_type { PB_VARINT = 0, PB_FIXED64 = 1, PB_BYTES = 2, PB_FIXED32 = 5 };

struct pb_field {
	uint32_t number;
	enum pb_wire_type type;
	uint64_t value;        /* of PB_VARINT */
	struct pb_slice slice; /* of PB_BYTES */
};

struct pb_wire pb_wire_start(struct pb_slice message);
/* The next field; false at the end and if the rest is broken. Groups count as broken. */
bool pb_wire_next(struct pb_wire *wire, struct pb_field *ret);

/* Skips to the next field of this number with bytes as its value; false as above. */
bool pb_wire_find(struct pb_wire *wire, uint32_t number, struct pb_slice *ret);

/* True if it is this field, with bytes as its value. */
static inline bool pb_field_is(const struct pb_field *field, uint32_t number)
{
	return field->number == number && field->type == PB_BYTES;
}

/* UTF-8 without zero bytes, as proto3 requires of strings. */
static inline bool pb_is_text(struct pb_slice slice)
{
	return utf8_valid((const char *)slice.bytes, slice.length);
}

#endif
