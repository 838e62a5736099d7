/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Walks DiscoveryResponse and DeltaDiscoveryResponse without a copy
 * (envoy/service/discovery/v3/discovery.proto). */
#ifndef PB_RESPONSE_H
#define PB_RESPONSE_H

#include "pb_wire.h"

#define PB_MAX_TYPE_URL 255
#define PB_MAX_VERSION 4095 /* bytes of a version or nonce */

/* All slices point into the message. */
struct pb_response {
	struct pb_slice message;
	bool delta;
	struct pb_slice version, type_url, nonce;
	struct pb_slice identifier; /* of the control plane */
	size_t resource_count, removed_count;
};

/* One resource of either variant of the protocol, without its wrapper `Resource`. */
struct pb_resource {
	struct pb_slice name;     /* of the wrapper, or empty */
	struct pb_slice version;  /* of the wrapper, or empty */
	struct pb_slice type_url; /* of the body */
	struct pb_slice body;
	bool has_body;
	bool has_ttl;
	uint64_t ttl_ms;
};

/* Returns NULL, or the error. */
const char *pb_response_parse(struct pb_slice message, bool delta, struct pb_response *ret);

/* The next resource of the response; `wire` starts as pb_wire_start(response->message). Returns false
 * at the end. *ret_wrong is NULL, or the error of the resource. */
bool pb_response_next(const struct pb_response *response, struct pb_wire *wire,
		      struct pb_resource *ret, const char **ret_wrong);
/* The same for the names in removed_resources. */
bool pb_response_next_removed(const struct pb_response *response, struct pb_wire *wire,
			      struct pb_slice *ret);

/* True if `name` is the part of the type URL behind the last slash. */
bool pb_type_is(struct pb_slice type_url, const char *name);

/* The last string in field `number` of a message. Empty if there is none before the end or before
 * the message breaks. */
struct pb_slice pb_find_string(struct pb_slice message, uint32_t number);

#endif
