/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Protobuf's wire format, field by field and without a copy. */
#include "pb_wire.h"

#define FIELD_MAX 0x1fffffff

struct pb_wire pb_wire_start(struct pb_slice message)
{
	if (!message.bytes)
		message = PB_EMPTY;
	return (struct pb_wire){.at = message.bytes, .end = message.bytes + message.length};
}

static bool read_varint(struct pb_wire *wire, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; shift < 70 && wire->at < wire->end; shift += 7) {
		uint8_t byte = *wire->at++;

		if (shift == 63 && byte > 1)
			return false;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret = value;
			return true;
		}
	}
	return false;
}

static bool skip(struct pb_wire *wire, uint64_t length, struct pb_slice *ret)
{
	if (length > (uint64_t)(wire->end - wire->at))
		return false;
	*ret = (struct pb_slice){wire->at, (size_t)length};
	wire->at += length;
	return true;
}

static bool read_value(struct pb_wire *wire, struct pb_field *field)
{
	uint64_t length;

	switch (field->type) {
	case PB_VARINT:
		return read_varint(wire, &field->value);
	case PB_FIXED64:
		return skip(wire, 8, &field->slice);
	case PB_FIXED32:
		return skip(wire, 4, &field->slice);
	case PB_BYTES:
		return read_varint(wire, &length) && skip(wire, length, &field->slice);
	}
	return false;
}

bool pb_wire_next(struct pb_wire *wire, struct pb_field *ret)
{
	struct pb_field field = {0};
	uint64_t tag;

	if (wire->broken || wire->at == wire->end)
		return false;
	wire->broken = true;
	if (!read_varint(wire, &tag) || !(tag >> 3) || tag >> 3 > FIELD_MAX)
		return false;
	field.number = (uint32_t)(tag >> 3);
	field.type = (enum pb_wire_type)(tag & 7);
	if (!read_value(wire, &field))
		return false;
	wire->broken = false;
	*ret = field;
	return true;
}

/* Bytes of the sequence that `byte` begins, 0 for none; *ret_min is the least it may stand for. */
static size_t sequence(uint8_t byte, uint32_t *ret_min)
{
	*ret_min = byte < 0x80 ? 1 : byte < 0xe0 ? 0x80 : byte < 0xf0 ? 0x800 : 0x10000;
	if (byte < 0x80)
		return 1;
	if (byte < 0xc2 || byte > 0xf4)
		return 0;
	return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

static bool is_code(const uint8_t *at, size_t length, uint32_t min)
{
	uint32_t code = length == 1 ? at[0] : at[0] & (0x7fu >> length);

	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return false;
		code = code << 6 | (at[i] & 0x3f);
	}
	return code >= min && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
}

bool pb_is_text(struct pb_slice slice)
{
	const uint8_t *at = slice.bytes, *end = at + slice.length;

	while (at < end) {
		uint32_t min;
		size_t length = sequence(*at, &min);

		if (!length || length > (size_t)(end - at) || !is_code(at, length, min))
			return false;
		at += length;
	}
	return true;
}
