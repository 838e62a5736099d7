/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads protobuf's wire format field by field, without a copy. */
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

bool pb_wire_find(struct pb_wire *wire, uint32_t number, struct pb_slice *ret)
{
	struct pb_field field;

	while (pb_wire_next(wire, &field))
		if (pb_field_is(&field, number)) {
			*ret = field.slice;
			return true;
		}
	return false;
}
