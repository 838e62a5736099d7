/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rules of a valid ClusterLoadAssignment, for both its text and its protobuf form
 * (envoy/config/endpoint/v3, core/v3/address.proto). */
#ifndef EDS_RULES_H
#define EDS_RULES_H

#include "assignment.h"

struct arena;

#define EDS_OVERPROVISIONING 140 /* percent, when unset */
#define EDS_PRIORITY_MAX 128     /* endpoint_components.proto */
#define EDS_PORT_MAX 65535u

/* The error of each rule, as a format. */
#define EDS_NO_NAME "the name is empty"
#define EDS_NO_WEIGHT "expected a weight of 1 or more, found 0"
#define EDS_NO_FACTOR "expected a factor of 1 or more, found 0"
#define EDS_NO_DURATION "expected a duration above 0"
#define EDS_NO_CATEGORY "the category is not set"
#define EDS_NO_ENDPOINT "the endpoint is not set"
#define EDS_NO_ADDRESS "the address is not set"
#define EDS_NO_PORT "the port is not set"
#define EDS_NAMED_PORT "expected port_value: named ports need a resolver"
/* LEDS sends the endpoints separately: ignoring the field would empty the locality. */
#define EDS_LEDS "expected lb_endpoints: LEDS is not supported"
#define EDS_WRONG_KINDS "expected one address, found %u" /* of the oneof Address */
#define EDS_WRONG_PORT "expected a port up to 65535, found %u"
#define EDS_WRONG_PRIORITY "expected a priority up to 128, found %u"
#define EDS_WRONG_FRACTION "expected a fraction up to 1, found %u/%u"
#define EDS_MANY_LOCALITIES "more than %u localities in one response"
#define EDS_MANY_ENDPOINTS "more than %u endpoints in one response"

/* Numbers of localities and endpoints in one response so far. */
struct eds_usage {
	size_t localities;
	size_t endpoints; /* additional addresses included */
};

/* True if `more` fit beside what is used of a limit. Additional addresses may exceed the limit. */
static inline bool eds_fits(size_t used, size_t more, size_t max)
{
	return used <= max && more <= max - used;
}

/* A google.protobuf.Duration (duration.proto) in milliseconds, rounded up. False, with *ret untouched,
 * if it is out of range; negative numbers are, converted to unsigned ones. */
bool eds_duration_ms(uint64_t seconds, uint64_t nanos, uint64_t *ret);

/* IPPROTO_TCP or IPPROTO_UDP for a number of SocketAddress.Protocol; 0 if unknown. */
uint8_t eds_protocol(unsigned int number);
/* FractionalPercent.DenominatorType; 0 if unknown. */
uint32_t eds_denominator(unsigned int number);
/* Envoy treats unknown numbers as healthy (setEdsHealthFlag). */
enum health eds_health(unsigned int number);

/* Set the defaults of a message. */
void eds_locality_init(struct locality *locality);
void eds_drop_init(struct drop_overload *drop);

/* Stores the socket addresses in *endpoint. Addresses of another kind have no protocol; if the first is
 * one, none is stored, because the additional ones then have no use either. Returns 0 or -ENOMEM. */
int eds_put_addresses(struct arena *arena, struct socket_addr first, const struct socket_addr *more,
		      size_t more_count, struct endpoint *endpoint);

#endif
