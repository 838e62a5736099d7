/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Protobuf messages from short text. */
#include "pb_build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct build {
	const char *at;
	uint8_t *out, *end;
};

static void wrong(const struct build *build)
{
	fprintf(stderr, "pb_build: at '%.40s'\n", build->at);
	abort();
}

static void put(struct build *build, const void *bytes, size_t length)
{
	if (length > (size_t)(build->end - build->out))
		wrong(build);
	memcpy(build->out, bytes, length);
	build->out += length;
}

static void put_varint(struct build *build, uint64_t value)
{
	do {
		uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));

		put(build, &byte, 1);
		value >>= 7;
	} while (value);
}

static void put_bytes(struct build *build, uint64_t number, const void *bytes, size_t length)
{
	put_varint(build, number << 3 | 2);
	put_varint(build, length);
	put(build, bytes, length);
}

static void fields(struct build *build, char close);

static void message(struct build *build, uint64_t number)
{
	uint8_t *inner = malloc(PB_BUILD_MAX);
	struct build nested = {build->at, inner, inner ? inner + PB_BUILD_MAX : NULL};

	fields(&nested, '}');
	build->at = nested.at + 1;
	put_bytes(build, number, inner, (size_t)(nested.out - inner));
	free(inner);
}

static void string(struct build *build, uint64_t number)
{
	const char *end = strchr(build->at, '\'');

	if (!end)
		wrong(build);
	put_bytes(build, number, build->at, (size_t)(end - build->at));
	build->at = end + 1;
}

static void value(struct build *build, uint64_t number)
{
	char *end;

	if (*build->at == '{' || *build->at == '\'') {
		(*build->at++ == '{' ? message : string)(build, number);
		return;
	}
	put_varint(build, number << 3);
	put_varint(build, (uint64_t)strtoll(build->at, &end, 10));
	if (end == build->at)
		wrong(build);
	build->at = end;
}

static void fields(struct build *build, char close)
{
	for (;;) {
		char *end;
		uint64_t number;

		build->at += strspn(build->at, " \n");
		if (*build->at == close)
			return;
		number = strtoull(build->at, &end, 10);
		if (end == build->at || *end != ':')
			wrong(build);
		build->at = end + 1;
		value(build, number);
	}
}

size_t pb_build(const char *text, uint8_t out[PB_BUILD_MAX])
{
	struct build build = {text, out, out + PB_BUILD_MAX};

	fields(&build, '\0');
	return (size_t)(build.out - out);
}
