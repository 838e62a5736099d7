/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rules of a valid ClusterLoadAssignment, for both its text and its protobuf form. */
#include "eds_rules.h"

#include <errno.h>
#include <netinet/in.h>

#include "arena.h"
#include "array.h"

bool eds_duration_ms(uint64_t seconds, uint64_t nanos, uint64_t *ret)
{
	if (seconds > 315576000000 || nanos > 999999999)
		return false;
	*ret = seconds * 1000 + (nanos + 999999) / 1000000;
	return true;
}

uint8_t eds_protocol(unsigned int number)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP};

	return number < COUNT(protocols) ? protocols[number] : 0;
}

uint32_t eds_denominator(unsigned int number)
{
	static const uint32_t values[] = {100, 10000, 1000000};

	return number < COUNT(values) ? values[number] : 0;
}

enum health eds_health(unsigned int number)
{
	return number <= HEALTH_DEGRADED ? (enum health)number : HEALTH_UNKNOWN;
}

void eds_locality_init(struct locality *locality)
{
	*locality = (struct locality){.region = "", .zone = "", .sub_zone = ""};
}

/* Without drop_percentage the numerator stays 0 and nothing is dropped. */
void eds_drop_init(struct drop_overload *drop)
{
	*drop = (struct drop_overload){.denominator = eds_denominator(0)};
}

int eds_put_addresses(struct arena *arena, struct socket_addr first, const struct socket_addr *more,
		      size_t more_count, struct endpoint *endpoint)
{
	if (!first.proto)
		return 0;
	endpoint->addresses = arena_array(arena, more_count + 1, sizeof(*endpoint->addresses));
	if (!endpoint->addresses)
		return -ENOMEM;
	endpoint->addresses[endpoint->address_count++] = first;
	for (size_t i = 0; i < more_count; i++)
		if (more[i].proto)
			endpoint->addresses[endpoint->address_count++] = more[i];
	return 0;
}
