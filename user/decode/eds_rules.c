/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rules of a valid ClusterLoadAssignment, for both its text and its protobuf form. */
#include "eds_rules.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>

#include "arena.h"
#include "array.h"
#include "eds_decode.h"

#define PRIORITY_MAX 128 /* endpoint_components.proto */

/* LEDS sends the endpoints separately: ignoring the field would empty the locality. */
const char eds_no_leds[] = "expected lb_endpoints: LEDS is not supported";
const char eds_no_named_port[] = "expected port_value: named ports need a resolver";
const char eds_no_address[] = "the address is not set";
const char eds_no_endpoint[] = "the endpoint is not set";

__attribute__((format(printf, 2, 3))) static const char *format_reason(char reason[EDS_REASON_MAX],
							     const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reason, EDS_REASON_MAX, format, args);
	va_end(args);
	return reason;
}

const char *eds_wrong_name(size_t length)
{
	return length ? NULL : "the name is empty";
}

const char *eds_wrong_weight(uint32_t weight)
{
	return weight ? NULL : "expected a weight of 1 or more, found 0";
}

const char *eds_wrong_priority(uint32_t priority, char reason[EDS_REASON_MAX])
{
	if (priority <= PRIORITY_MAX)
		return NULL;
	return format_reason(reason, "expected a priority up to %u, found %u", PRIORITY_MAX, priority);
}

const char *eds_wrong_port(uint32_t port, char reason[EDS_REASON_MAX])
{
	return port <= 65535 ? NULL : format_reason(reason, "expected a port up to 65535, found %u", port);
}

const char *eds_wrong_socket(const struct eds_address *address)
{
	if (!address->has_address)
		return eds_no_address;
	return address->has_port ? NULL : "the port is not set";
}

const char *eds_wrong_kinds(const struct eds_address *address, char reason[EDS_REASON_MAX])
{
	if (address->kinds == 1)
		return NULL;
	return format_reason(reason, "expected one address, found %u", address->kinds);
}

const char *eds_wrong_fraction(const struct drop_overload *drop, char reason[EDS_REASON_MAX])
{
	if (drop->numerator <= drop->denominator)
		return NULL;
	return format_reason(reason, "expected a fraction up to 1, found %u/%u", drop->numerator,
		   drop->denominator);
}

const char *eds_wrong_category(const struct drop_overload *drop)
{
	return drop->category && *drop->category ? NULL : "the category is not set";
}

const char *eds_wrong_factor(uint32_t overprovisioning)
{
	return overprovisioning ? NULL : "expected a factor of 1 or more, found 0";
}

const char *eds_wrong_stale_after(uint64_t ms)
{
	return ms ? NULL : "expected a duration above 0";
}

const char *eds_wrong_localities(const struct eds_usage *usage, size_t more,
				 char reason[EDS_REASON_MAX])
{
	if (more <= EDS_MAX_LOCALITIES - usage->localities)
		return NULL;
	return format_reason(reason, "more than %u localities in one response", EDS_MAX_LOCALITIES);
}

const char *eds_wrong_endpoints(const struct eds_usage *usage, size_t more,
				char reason[EDS_REASON_MAX])
{
	if (usage->endpoints <= EDS_MAX_ENDPOINTS && more <= EDS_MAX_ENDPOINTS - usage->endpoints)
		return NULL;
	return format_reason(reason, "more than %u endpoints in one response", EDS_MAX_ENDPOINTS);
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

int eds_put_addresses(struct arena *arena, const struct eds_address *first,
		      const struct eds_address *more, size_t more_count,
		      struct endpoint *endpoint)
{
	if (!first->is_socket)
		return 0;
	endpoint->addresses = arena_array(arena, more_count + 1, sizeof(*endpoint->addresses));
	if (!endpoint->addresses)
		return -ENOMEM;
	endpoint->addresses[endpoint->address_count++] = first->socket;
	for (size_t i = 0; i < more_count; i++)
		if (more[i].is_socket)
			endpoint->addresses[endpoint->address_count++] = more[i].socket;
	return 0;
}
