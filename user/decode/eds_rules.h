/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rules of a valid ClusterLoadAssignment, for both its text and its protobuf form
 * (envoy/config/endpoint/v3, core/v3/address.proto). */
#ifndef EDS_RULES_H
#define EDS_RULES_H

#include "assignment.h"

struct arena;

#define EDS_OVERPROVISIONING 140 /* percent, when unset */
#define EDS_REASON_MAX 160

/* envoy.config.core.v3.Address: a oneof, of which socket addresses are supported. */
struct eds_address {
	struct socket_addr socket;
	bool has_address, has_port;
	unsigned int kinds; /* number of members of the oneof that are set */
	bool is_socket;
};

/* Numbers of localities and endpoints in one response so far. */
struct eds_usage {
	size_t localities;
	size_t endpoints; /* additional addresses included */
};

extern const char eds_no_leds[], eds_no_named_port[], eds_no_address[], eds_no_endpoint[];

/* Each returns NULL, or the error: a constant, or text in `reason`. */
const char *eds_wrong_name(size_t length);
const char *eds_wrong_weight(uint32_t weight);
const char *eds_wrong_priority(uint32_t priority, char reason[EDS_REASON_MAX]);
const char *eds_wrong_port(uint32_t port, char reason[EDS_REASON_MAX]);
const char *eds_wrong_socket(const struct eds_address *address);
const char *eds_wrong_kinds(const struct eds_address *address, char reason[EDS_REASON_MAX]);
const char *eds_wrong_fraction(const struct drop_overload *drop, char reason[EDS_REASON_MAX]);
const char *eds_wrong_category(const struct drop_overload *drop);
const char *eds_wrong_factor(uint32_t overprovisioning);
const char *eds_wrong_stale_after(uint64_t ms);
const char *eds_wrong_localities(const struct eds_usage *usage, size_t more,
				 char reason[EDS_REASON_MAX]);
const char *eds_wrong_endpoints(const struct eds_usage *usage, size_t more,
				char reason[EDS_REASON_MAX]);

/* IPPROTO_TCP or IPPROTO_UDP for a number of SocketAddress.Protocol; 0 if unknown. */
uint8_t eds_protocol(unsigned int number);
/* FractionalPercent.DenominatorType; 0 if unknown. */
uint32_t eds_denominator(unsigned int number);
/* Envoy treats unknown numbers as healthy (setEdsHealthFlag). */
enum health eds_health(unsigned int number);

/* Set the defaults of a message. */
void eds_locality_init(struct locality *locality);
void eds_drop_init(struct drop_overload *drop);

/* Stores the socket addresses in *endpoint: none if the first address is of another kind, because
 * the additional ones then have no use either. Returns 0 or -ENOMEM. */
int eds_put_addresses(struct arena *arena, const struct eds_address *first,
		      const struct eds_address *more, size_t more_count,
		      struct endpoint *endpoint);

#endif
