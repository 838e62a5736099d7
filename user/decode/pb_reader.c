/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Memory and errors of the protobuf decoders. */
#include "pb_reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "arena.h"
#include "eds_decode.h"
#include "utf8.h"

void pb_reader_init(struct pb_reader *reader, struct arena *arena, size_t scratch_max,
		    char reason[PB_REASON_MAX])
{
	*reader = (struct pb_reader){
		.arena = arena,
		.reason = reason,
		.locality = PB_NOWHERE,
		.endpoint = PB_NOWHERE,
	};
	proto_arena_init(&reader->scratch, scratch_max);
}

static size_t write_place(const struct pb_reader *reader)
{
	int length = 0;

	if (reader->locality != PB_NOWHERE && reader->endpoint != PB_NOWHERE)
		length = snprintf(reader->reason, PB_REASON_MAX,
				  "endpoints[%zu].lb_endpoints[%zu]: ", reader->locality,
				  reader->endpoint);
	else if (reader->locality != PB_NOWHERE)
		length = snprintf(reader->reason, PB_REASON_MAX, "endpoints[%zu]: ",
				  reader->locality);
	return (size_t)length;
}

int pb_fail(struct pb_reader *reader, const char *format, ...)
{
	size_t at = write_place(reader);
	va_list args;

	va_start(args, format);
	vsnprintf(reader->reason + at, PB_REASON_MAX - at, format, args);
	va_end(args);
	utf8_clean(reader->reason);
	return -EINVAL;
}

int pb_unpack_failed(struct pb_reader *reader)
{
	if (reader->scratch.out_of_memory)
		return -ENOMEM;
	return pb_fail(reader, reader->scratch.capped ? "too large" : "broken protobuf");
}

static int keep_slice(struct pb_reader *reader, struct pb_slice slice, size_t max, const char **ret)
{
	const char *copy;

	if (slice.length > max)
		return pb_fail(reader, "expected at most %zu bytes, found %zu", max, slice.length);
	if (!pb_is_text(slice))
		return pb_fail(reader, "a string is not UTF-8");
	copy = slice.length
		       ? arena_text(reader->arena, (const char *)slice.bytes, slice.length)
		       : "";
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

int pb_keep(struct pb_reader *reader, const char *text, size_t max, const char **ret)
{
	return keep_slice(reader, pb_slice_of(text), max, ret);
}

int pb_keep_name(struct pb_reader *reader, struct pb_slice name, const char **ret)
{
	return name.length ? keep_slice(reader, name, EDS_MAX_NAME, ret)
			   : pb_fail(reader, EDS_NO_NAME);
}

int pb_count_fields(struct pb_reader *reader, struct pb_slice message, uint32_t number,
		    size_t *ret)
{
	struct pb_wire wire = pb_wire_start(message);
	struct pb_slice ignored;

	for (*ret = 0; pb_wire_find(&wire, number, &ignored);)
		++*ret;
	return wire.broken ? pb_fail(reader, "broken protobuf") : 0;
}
