/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decodes ClusterLoadAssignment and LocalityLbEndpoints from protobuf in place: unpacked as a whole
 * they would take several times the memory of the result. */
#include "pb_reader.h"

#include <errno.h>

#include <endpoint.pb-c.h>

#include "arena.h"
#include "eds_decode.h"
#include "assignment_fingerprint.h"

/* ClusterLoadAssignment and LocalityLbEndpoints, endpoint{,_components}.proto. */
enum { CLA_NAME = 1, CLA_ENDPOINTS = 2, CLA_POLICY = 4 };
enum {
	LLE_LOCALITY = 1,
	LLE_LB_ENDPOINTS = 2,
	LLE_WEIGHT = 3,
	LLE_PRIORITY = 5,
	LLE_LEDS = 8,
	LLE_METADATA = 9,
};

static int read_names(struct pb_reader *reader, struct pb_slice message, struct locality *locality)
{
	const Pb__Locality *from;
	int err;

	proto_arena_reset(&reader->scratch);
	from = pb__locality__unpack(&reader->scratch.allocator, message.length, message.bytes);
	if (!from)
		return pb_unpack_failed(reader);
	locality->has_locality = true; /* also when empty */
	err = pb_keep(reader, from->region, EDS_MAX_NAME, &locality->region);
	if (!err)
		err = pb_keep(reader, from->zone, EDS_MAX_NAME, &locality->zone);
	return err ? err : pb_keep(reader, from->sub_zone, EDS_MAX_NAME, &locality->sub_zone);
}

/* UInt32Value */
static int read_wrapped(struct pb_reader *reader, struct pb_slice message, uint32_t *ret)
{
	struct pb_wire wire = pb_wire_start(message);
	struct pb_field field;

	*ret = 0;
	while (pb_wire_next(&wire, &field))
		if (field.number == 1 && field.type == PB_VARINT)
			*ret = (uint32_t)field.value;
	return wire.broken ? pb_fail(reader, "broken protobuf") : 0;
}

static int read_weight(struct pb_reader *reader, struct pb_slice message, struct locality *locality)
{
	int err = read_wrapped(reader, message, &locality->weight);

	locality->has_weight = true;
	return err || locality->weight ? err : pb_fail(reader, EDS_NO_WEIGHT);
}

static int read_lb_endpoint(struct pb_reader *reader, struct pb_slice message,
			    struct locality *locality)
{
	int err;

	reader->endpoint = locality->endpoint_count;
	err = pb_read_endpoint(reader, message, &locality->endpoints[locality->endpoint_count++]);
	reader->endpoint = PB_NOWHERE;
	return err;
}

static int read_locality_field(struct pb_reader *reader, const struct pb_field *field,
			       struct locality *locality)
{
	if (field->number == LLE_PRIORITY && field->type == PB_VARINT) {
		locality->priority = (uint32_t)field->value;
		return locality->priority <= EDS_PRIORITY_MAX
			       ? 0
			       : pb_fail(reader, EDS_WRONG_PRIORITY, locality->priority);
	}
	if (pb_field_is(field, LLE_LOCALITY))
		return read_names(reader, field->slice, locality);
	if (pb_field_is(field, LLE_LB_ENDPOINTS))
		return read_lb_endpoint(reader, field->slice, locality);
	if (pb_field_is(field, LLE_WEIGHT))
		return read_weight(reader, field->slice, locality);
	if (pb_field_is(field, LLE_LEDS))
		return pb_fail(reader, EDS_LEDS);
	if (pb_field_is(field, LLE_METADATA))
		return pb_read_network(reader, field->slice, &locality->network);
	return 0;
}

static int make_endpoints(struct pb_reader *reader, struct pb_slice message,
			  struct locality *locality)
{
	size_t count;
	int err = pb_count_fields(reader, message, LLE_LB_ENDPOINTS, &count);

	if (!err && !eds_fits(reader->usage->endpoints, count, EDS_MAX_ENDPOINTS))
		err = pb_fail(reader, EDS_MANY_ENDPOINTS, EDS_MAX_ENDPOINTS);
	if (err || !count)
		return err;
	reader->usage->endpoints += count;
	locality->endpoints = arena_array(reader->arena, count, sizeof(*locality->endpoints));
	return locality->endpoints ? 0 : -ENOMEM;
}

static int read_locality(struct pb_reader *reader, struct pb_slice message,
			 struct locality *locality)
{
	struct pb_wire wire = pb_wire_start(message);
	struct pb_field field;
	int err;

	eds_locality_init(locality);
	err = make_endpoints(reader, message, locality);
	while (!err && pb_wire_next(&wire, &field))
		err = read_locality_field(reader, &field, locality);
	return err;
}

static int read_drop(struct pb_reader *reader, const Pb__DropOverload *from,
		     struct drop_overload *drop)
{
	const Pb__FractionalPercent *percent = from->drop_percentage;
	int err;

	eds_drop_init(drop);
	err = pb_keep(reader, from->category, EDS_MAX_NAME, &drop->category);
	if (!err && percent) {
		drop->numerator = percent->numerator;
		drop->denominator = eds_denominator((unsigned int)percent->denominator);
		if (!drop->denominator)
			return pb_fail(reader, "expected HUNDRED, TEN_THOUSAND or MILLION, found %d",
				       percent->denominator);
		if (drop->numerator > drop->denominator)
			return pb_fail(reader, EDS_WRONG_FRACTION, drop->numerator,
				       drop->denominator);
	}
	return err || *drop->category ? err : pb_fail(reader, EDS_NO_CATEGORY);
}

static int read_drops(struct pb_reader *reader, const Pb__Policy *policy,
		      struct assignment *assignment)
{
	int err = 0;

	if (policy->n_drop_overloads > EDS_MAX_DROPS)
		return pb_fail(reader, "more than %u drop overloads", EDS_MAX_DROPS);
	assignment->drops = arena_array(reader->arena, policy->n_drop_overloads,
					sizeof(*assignment->drops));
	if (!assignment->drops)
		return -ENOMEM;
	assignment->drop_count = policy->n_drop_overloads;
	for (size_t i = 0; i < assignment->drop_count && !err; i++)
		err = read_drop(reader, policy->drop_overloads[i], &assignment->drops[i]);
	return err;
}

static int read_stale_after(struct pb_reader *reader, const Pb__Duration *from,
			    struct assignment *assignment)
{
	if (!eds_duration_ms((uint64_t)from->seconds, (uint64_t)from->nanos,
			     &assignment->stale_after_ms))
		return pb_fail(reader, "expected a duration such as 3s or 1.5s");
	return assignment->stale_after_ms ? 0 : pb_fail(reader, EDS_NO_DURATION);
}

static int read_policy(struct pb_reader *reader, struct pb_slice message,
		       struct assignment *assignment)
{
	const Pb__Policy *policy;
	int err;

	proto_arena_reset(&reader->scratch);
	policy = pb__policy__unpack(&reader->scratch.allocator, message.length, message.bytes);
	if (!policy)
		return pb_unpack_failed(reader);
	assignment->weighted_priority_health = policy->weighted_priority_health;
	err = read_drops(reader, policy, assignment);
	if (!err && policy->overprovisioning_factor) {
		assignment->overprovisioning = policy->overprovisioning_factor->value;
		if (!assignment->overprovisioning)
			return pb_fail(reader, EDS_NO_FACTOR);
	}
	if (!err && policy->endpoint_stale_after)
		err = read_stale_after(reader, policy->endpoint_stale_after, assignment);
	return err;
}

static int read_field(struct pb_reader *reader, const struct pb_field *field,
		      struct assignment *assignment)
{
	int err;

	if (pb_field_is(field, CLA_POLICY))
		return read_policy(reader, field->slice, assignment);
	if (!pb_field_is(field, CLA_ENDPOINTS))
		return 0;
	reader->locality = assignment->locality_count;
	err = read_locality(reader, field->slice,
			    &assignment->localities[assignment->locality_count++]);
	reader->locality = PB_NOWHERE;
	return err;
}

static int make_assignment(struct pb_reader *reader, struct pb_slice body,
			   struct assignment *assignment)
{
	struct pb_slice name = pb_find_string(body, CLA_NAME);
	size_t count;
	int err = pb_count_fields(reader, body, CLA_ENDPOINTS, &count);

	if (!err)
		err = pb_keep_name(reader, name, &assignment->name);
	if (!err && !eds_fits(reader->usage->localities, count, EDS_MAX_LOCALITIES))
		err = pb_fail(reader, EDS_MANY_LOCALITIES, EDS_MAX_LOCALITIES);
	if (err || !count)
		return err;
	reader->usage->localities += count;
	assignment->localities = arena_array(reader->arena, count, sizeof(*assignment->localities));
	return assignment->localities ? 0 : -ENOMEM;
}

int pb_decode_assignment(struct pb_slice body, struct eds_usage *usage, struct arena *arena,
			 struct assignment *ret, char reason[PB_REASON_MAX])
{
	struct assignment assignment = {.overprovisioning = EDS_OVERPROVISIONING};
	struct pb_wire wire = pb_wire_start(body);
	struct pb_reader reader;
	struct pb_field field;
	int err;

	pb_reader_init(&reader, arena, PB_SCRATCH_MAX, reason);
	reader.usage = usage;
	err = make_assignment(&reader, body, &assignment);
	while (!err && pb_wire_next(&wire, &field))
		err = read_field(&reader, &field, &assignment);
	proto_arena_done(&reader.scratch);
	if (err)
		return err;
	assignment.fingerprint = assignment_fingerprint(&assignment);
	*ret = assignment;
	return 0;
}
