/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The generation under construction, shared by the files of this room. */
#ifndef BUILDER_H
#define BUILDER_H

#include "generation.h"
#include "ledger.h"
#include "view_request.h"
#include "vip_index.h"
#include "vips.h"

struct builder {
	const struct build_input *input;
	const struct generation *before; /* the kernel holds it whole; or NULL */
	struct generation *generation;
	struct vip_index index; /* and the rows for the plan */
	struct vip_list vips;   /* named by the control plane */
	const struct assignment *standing; /* of the service in hand; or NULL */
	struct service_row row; /* under construction */
	struct status_parts parts; /* of its status */
	uint64_t view_inputs;   /* desired_view_inputs() */
	uint64_t networks;      /* of which a gateway went down or up since `before`: a set */
	bool gateway;           /* this node is a gateway */
};

/* Whether a gateway needs a row for tunnel packets of that family: the assignment has such an endpoint.
 * One without any endpoint has the row of IPv4. */
bool builder_offers(const struct assignment *assignment, uint8_t family);
/* Whether the kernel has a row in use for this service. */
bool builder_has_row(const struct builder *builder, const struct service_key *key);

/* An expired assignment has no endpoints (Envoy: eds.cc, onAssignmentTimeout). */
bool builder_is_stale(struct builder *builder, const struct assignment *assignment);
/* Fills the row's views. A service with too many endpoints keeps its row as it is. Returns 0 or
 * -ENOMEM. */
int builder_views(struct builder *builder, struct desired_service *row,
		  const struct assignment *assignment);
/* Fills the row's tables. Returns 0 or -ENOMEM. */
int builder_tables(struct builder *builder, struct desired_service *row);

/* Records a problem with the row. Returns 0 or -ENOMEM. */
int builder_problem(struct builder *builder, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Starts a row; finishes it. `wanted`: it goes to the kernel. */
void builder_begin(struct builder *builder, const struct desired_service *row, bool captured);
/* Returns 0 or -ENOMEM. */
int builder_end(struct builder *builder, const struct desired_service *row, bool wanted);
/* The row's service is listed with this state. Borrows both texts until builder_end(). */
void builder_show(struct builder *builder, const char *host, const char *state);

/* Builds the row from its assignment, which may be NULL. Returns 0 or -ENOMEM. */
int builder_fill(struct builder *builder, struct desired_service *row, const char *host,
		 const struct assignment *assignment, bool *ret_wanted);

/* Fingerprints of all inputs. Returns 0 or -ENOMEM. */
int builder_fingerprints(struct builder *builder);
/* Builds only the rows whose assignments have other contents than before, or of whose networks a gateway
 * went down or up. Returns 0, -ENOMEM, or -EAGAIN when more than that changed: then nothing is built
 * yet. */
int builder_rebuild_changed(struct builder *builder);

/* Settings, networks, gateways and admitted ranges. Returns 0 or -ENOMEM. */
int networks_build(const struct build_input *input, struct generation *generation);
/* Its parts. Admitted ranges: returns 0 or -ENOMEM. */
int allowed_build(const struct build_input *input, struct generation *generation);
void settings_build(const struct build_input *input, struct generation *generation);
#endif
