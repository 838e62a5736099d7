/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fuzzes the protobuf decoders: as responses of both modes, and as the body of each type. Accepted
 * assignments keep the rules that the view relies on. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "assignment_rules.h"
#include "pb_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_names(const struct xds_names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		require(names->hosts[i].host != NULL);
		require(!i || strcmp(names->hosts[i - 1].host, names->hosts[i].host) < 0);
	}
}

static void check_error(int err, const char *reason)
{
	require(!err || (err == -EINVAL && *reason));
}

static void decode_body(struct pb_slice body)
{
	struct arena *arena = arena_new(0);
	struct eds_usage usage = {0};
	char reason[PB_REASON_MAX] = "";
	struct assignment assignment;
	struct xds_cluster cluster;
	struct xds_listener listener;
	struct xds_names names;
	int err = pb_decode_assignment(body, &usage, arena, &assignment, reason);

	check_error(err, reason);
	require(err || !assignment.rejected);
	if (!err)
		check_assignment(&assignment);
	err = pb_decode_cluster(body, arena, &cluster, reason);
	check_error(err, reason);
	require(err || (*cluster.name && *cluster.service && cluster.kind <= XDS_CLUSTER_OTHER));
	err = pb_decode_listener(body, arena, &listener, reason);
	check_error(err, reason);
	require(err || *listener.name);
	err = pb_decode_names(body, arena, &names, reason);
	check_error(err, reason);
	if (!err)
		check_names(&names);
	arena_free(arena);
}

static void decode_response(struct pb_slice message, bool delta)
{
	struct pb_wire wire = pb_wire_start(message);
	struct pb_response response;
	struct pb_resource resource;
	struct pb_slice removed;
	size_t count = 0;
	const char *wrong;

	if (pb_response_parse(message, delta, &response))
		return;
	while (pb_response_next(&response, &wire, &resource, &wrong)) {
		count++;
		if (!wrong)
			decode_body(resource.body);
	}
	require(count == response.resource_count);
	wire = pb_wire_start(message);
	for (count = 0; pb_response_next_removed(&response, &wire, &removed); count++)
		;
	require(count == response.removed_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pb_slice input = {data, size};

	decode_body(input);
	decode_response(input, false);
	decode_response(input, true);
	return 0;
}
