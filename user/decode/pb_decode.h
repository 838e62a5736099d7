/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decodes xDS resources from protobuf. Assignments obey the rules of eds_rules.h and the limits of
 * eds_decode.h, as in their text form. Unknown fields are ignored. */
#ifndef PB_DECODE_H
#define PB_DECODE_H

#include "discovery.h"
#include "eds_rules.h"
#include "pb_response.h"

struct arena;

#define PB_REASON_MAX 320
#define PB_MAX_HOSTS 262144   /* of one name table */
#define PB_MAX_HOST_IPS 65536 /* of one host */
#define PB_MAX_HOST_NAME 255

/* Each decodes the body of one resource. Returns 0 with *ret filled, whose parts are in `arena`;
 * -EINVAL with text in `reason`; or -ENOMEM. */

/* envoy.config.endpoint.v3.ClusterLoadAssignment. `usage` counts over one response. */
int pb_decode_assignment(struct pb_slice body, struct eds_usage *usage, struct arena *arena,
			 struct assignment *ret, char reason[PB_REASON_MAX]);

/* envoy.config.cluster.v3.Cluster. */
int pb_decode_cluster(struct pb_slice body, struct arena *arena, struct xds_cluster *ret,
		      char reason[PB_REASON_MAX]);

/* envoy.config.listener.v3.Listener. */
int pb_decode_listener(struct pb_slice body, struct arena *arena, struct xds_listener *ret,
		       char reason[PB_REASON_MAX]);

/* istio.networking.nds.v1.NameTable. Invalid names and addresses, such as CIDR blocks, are
 * skipped. */
int pb_decode_names(struct pb_slice body, struct arena *arena, struct xds_names *ret,
		    char reason[PB_REASON_MAX]);

#endif
