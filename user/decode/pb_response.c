/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Walks DiscoveryResponse and DeltaDiscoveryResponse without a copy. */
#include "pb_response.h"

#include <string.h>

#include "eds_rules.h"

/* Field numbers of both messages. */
enum {
	FIELD_VERSION = 1,
	FIELD_RESOURCES = 2,
	FIELD_TYPE_URL = 4,
	FIELD_NONCE = 5,
	FIELD_REMOVED = 6,       /* delta */
	FIELD_CONTROL_SOTW = 6,  /* control_plane */
	FIELD_CONTROL_DELTA = 7,
};

struct pb_slice pb_find_string(struct pb_slice message, uint32_t number)
{
	struct pb_wire wire = pb_wire_start(message);
	struct pb_slice found = PB_EMPTY;

	while (pb_wire_find(&wire, number, &found))
		;
	return found;
}

static void take_field(struct pb_response *response, const struct pb_field *field)
{
	uint32_t control = response->delta ? FIELD_CONTROL_DELTA : FIELD_CONTROL_SOTW;

	if (field->type != PB_BYTES)
		return;
	if (field->number == FIELD_VERSION)
		response->version = field->slice;
	else if (field->number == FIELD_RESOURCES)
		response->resource_count++;
	else if (field->number == FIELD_TYPE_URL)
		response->type_url = field->slice;
	else if (field->number == FIELD_NONCE)
		response->nonce = field->slice;
	else if (field->number == control)
		response->identifier = pb_find_string(field->slice, 1);
	else if (field->number == FIELD_REMOVED && response->delta)
		response->removed_count++;
}

static const char *check_texts(const struct pb_response *response)
{
	if (response->type_url.length > PB_MAX_TYPE_URL)
		return "the type URL is too long";
	if (response->version.length > PB_MAX_VERSION || response->nonce.length > PB_MAX_VERSION)
		return "the version or nonce is too long";
	if (!pb_is_text(response->type_url) || !pb_is_text(response->version) ||
	    !pb_is_text(response->nonce))
		return "a string is not UTF-8";
	return NULL;
}

const char *pb_response_parse(struct pb_slice message, bool delta, struct pb_response *ret)
{
	struct pb_response response = {
		.message = message,
		.delta = delta,
		.version = PB_EMPTY,
		.type_url = PB_EMPTY,
		.nonce = PB_EMPTY,
		.identifier = PB_EMPTY,
	};
	struct pb_wire wire = pb_wire_start(message);
	struct pb_field field;
	const char *wrong;

	while (pb_wire_next(&wire, &field))
		take_field(&response, &field);
	if (wire.broken)
		return "not a discovery response: broken protobuf";
	wrong = check_texts(&response);
	if (!wrong)
		*ret = response;
	return wrong;
}

bool pb_type_is(struct pb_slice type_url, const char *name)
{
	size_t length = strlen(name);

	return type_url.length > length &&
	       !memcmp(type_url.bytes + type_url.length - length, name, length) &&
	       type_url.bytes[type_url.length - length - 1] == '/';
}

static const struct pb_resource no_resource = {
	.name = {(const uint8_t *)"", 0},
	.version = {(const uint8_t *)"", 0},
	.type_url = {(const uint8_t *)"", 0},
	.body = {(const uint8_t *)"", 0},
};

static const char *read_any(struct pb_slice message, struct pb_resource *resource)
{
	struct pb_wire wire = pb_wire_start(message);
	struct pb_field field;

	resource->has_body = true;
	while (pb_wire_next(&wire, &field)) {
		if (pb_field_is(&field, 1))
			resource->type_url = field.slice;
		else if (pb_field_is(&field, 2))
			resource->body = field.slice;
	}
	return wire.broken ? "broken protobuf" : NULL;
}

/* google.protobuf.Duration, rounded up to milliseconds. 0 expires at once, as in Envoy. */
static const char *read_ttl(struct pb_slice message, struct pb_resource *resource)
{
	struct pb_wire wire = pb_wire_start(message);
	uint64_t seconds = 0, nanos = 0;
	struct pb_field field;

	while (pb_wire_next(&wire, &field)) {
		if (field.number == 1 && field.type == PB_VARINT)
			seconds = field.value;
		else if (field.number == 2 && field.type == PB_VARINT)
			nanos = field.value;
	}
	if (wire.broken || !eds_duration_ms(seconds, nanos, &resource->ttl_ms))
		return "the ttl is not a duration above 0";
	resource->has_ttl = true;
	return NULL;
}

static const char *take_wrapper_field(struct pb_resource *resource, const struct pb_field *field)
{
	if (pb_field_is(field, 1))
		resource->version = field->slice;
	else if (pb_field_is(field, 2))
		return read_any(field->slice, resource);
	else if (pb_field_is(field, 3))
		resource->name = field->slice;
	else if (pb_field_is(field, 6))
		return read_ttl(field->slice, resource);
	return NULL;
}

static const char *read_wrapper(struct pb_slice message, struct pb_resource *resource)
{
	struct pb_wire wire = pb_wire_start(message);
	const char *wrong = NULL, *found;
	struct pb_field field;

	*resource = no_resource;
	while (pb_wire_next(&wire, &field)) {
		found = take_wrapper_field(resource, &field);
		wrong = wrong ? wrong : found;
	}
	if (wire.broken)
		return "broken protobuf";
	if (resource->version.length > PB_MAX_VERSION || !pb_is_text(resource->version))
		return "the version is too long, or not UTF-8";
	return wrong;
}

static const char *read_resource(const struct pb_response *response, struct pb_slice message,
				 struct pb_resource *resource)
{
	const char *wrong;

	*resource = no_resource;
	if (response->delta)
		return read_wrapper(message, resource);
	wrong = read_any(message, resource);
	if (!wrong && pb_type_is(resource->type_url, "envoy.service.discovery.v3.Resource"))
		wrong = read_wrapper(resource->body, resource);
	return wrong;
}

bool pb_response_next(const struct pb_response *response, struct pb_wire *wire,
		      struct pb_resource *ret, const char **ret_wrong)
{
	struct pb_slice message;

	if (!pb_wire_find(wire, FIELD_RESOURCES, &message))
		return false;
	*ret_wrong = read_resource(response, message, ret);
	return true;
}

bool pb_response_next_removed(const struct pb_response *response, struct pb_wire *wire,
			      struct pb_slice *ret)
{
	return response->delta && pb_wire_find(wire, FIELD_REMOVED, ret);
}
