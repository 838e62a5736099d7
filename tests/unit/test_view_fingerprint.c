/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fingerprints depend on each field that a view reads, and on nothing else. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "assignment_fingerprint.h"
#include "view_fingerprint.h"

struct sample {
	struct socket_addr addresses[2];
	struct endpoint endpoints[2];
	struct locality localities[1];
	struct drop_overload drops[1];
	struct assignment assignment;
	const char *registries[1];
	struct prefix cidrs[1];
	struct mesh_gateway gateways[1];
	struct mesh_network networks[1];
	struct mesh_networks mesh;
	struct socket_addr down[1];
	struct view_request request;
};

static struct addr address(uint32_t value)
{
	return (struct addr){ 4, IP_V4(htonl(value)) };
}

static void sample_new(struct sample *s)
{
	*s = (struct sample){
		.addresses = { { address(1), 80, IPPROTO_TCP }, { address(2), 80, IPPROTO_TCP } },
		.endpoints = { { &s->addresses[0], 1, 1, HEALTH_HEALTHY, "n", "w", "h" },
			       { &s->addresses[1], 1, 1, HEALTH_HEALTHY, "n", "w", "h" } },
		.localities = { { "r", "z", "s", true, true, 1, 0, "n", s->endpoints, 2 } },
		.drops = { { "c", 1, 100 } },
		.assignment = { .name = "a", .localities = s->localities, .locality_count = 1,
				.drops = s->drops, .drop_count = 1, .overprovisioning = 140 },
		.registries = { "k" },
		.cidrs = { { address(0x0a000000), 8 } },
		.gateways = { { "1.2.3.4", NULL, address(0x01020304), 15443, NULL } },
		.networks = { { .name = "n", .id = 7, .registries = s->registries,
				.registry_count = 1, .cidrs = s->cidrs, .cidr_count = 1,
				.gateways = s->gateways, .gateway_count = 1,
				.transport = TRANSPORT_GENEVE, .tunnel_port = 6081 } },
		.mesh = { NULL, s->networks, 1 },
		.down = { { address(3), 15443, 0 } },
		.request = { .assignment = &s->assignment, .mesh = &s->mesh, .network = "n",
			     .cluster = "k", .panic_threshold = 50, .family = 4,
			     .proto = IPPROTO_TCP, .down = s->down, .down_count = 1 },
	};
	s->assignment.fingerprint = assignment_fingerprint(&s->assignment);
}

static uint64_t whole(struct sample *s)
{
	s->assignment.fingerprint = assignment_fingerprint(&s->assignment);
	return s->assignment.fingerprint ^ view_inputs_fingerprint(&s->request);
}

/* Sets the field to another value and expects another fingerprint. */
#define DIFFERS(field, value)                                                                      \
	do {                                                                                       \
		struct sample other;                                                               \
		sample_new(&other);                                                                \
		other.field = value;                                                               \
		if (whole(&other) == same)                                                         \
			fail_msg("%s makes no difference", #field);                                \
	} while (0)

static void every_field_of_an_assignment_counts(void **unused)
{
	struct sample s;
	uint64_t same;

	(void)unused;
	sample_new(&s);
	same = whole(&s);
	DIFFERS(assignment.name, "b");
	DIFFERS(assignment.locality_count, 0);
	DIFFERS(assignment.drop_count, 0);
	DIFFERS(assignment.overprovisioning, 100);
	DIFFERS(assignment.weighted_priority_health, true);
	DIFFERS(assignment.stale_after_ms, 1);
	DIFFERS(drops[0].category, "d");
	DIFFERS(drops[0].numerator, 2);
	DIFFERS(drops[0].denominator, 10000);
	DIFFERS(localities[0].region, "q");
	DIFFERS(localities[0].zone, "q");
	DIFFERS(localities[0].sub_zone, "q");
	DIFFERS(localities[0].has_locality, false);
	DIFFERS(localities[0].has_weight, false);
	DIFFERS(localities[0].weight, 2);
	DIFFERS(localities[0].priority, 1);
	DIFFERS(localities[0].network, NULL);
	DIFFERS(localities[0].endpoint_count, 1);
}

static void every_field_of_an_endpoint_counts(void **unused)
{
	struct sample s;
	uint64_t same;

	(void)unused;
	sample_new(&s);
	same = whole(&s);
	DIFFERS(endpoints[1].address_count, 0);
	DIFFERS(endpoints[1].weight, 2);
	DIFFERS(endpoints[1].health, HEALTH_DRAINING);
	DIFFERS(endpoints[1].network, NULL);
	DIFFERS(endpoints[1].network, "");
	DIFFERS(endpoints[1].workload, NULL);
	DIFFERS(endpoints[1].hostname, "");
	DIFFERS(addresses[1].addr.ip.word[3], htonl(9));
	DIFFERS(addresses[1].addr.family, 6);
	DIFFERS(addresses[1].port, 81);
	DIFFERS(addresses[1].proto, IPPROTO_UDP);
}

static void every_field_of_the_networks_counts(void **unused)
{
	struct sample s;
	uint64_t same;

	(void)unused;
	sample_new(&s);
	same = whole(&s);
	DIFFERS(mesh.count, 0);
	DIFFERS(networks[0].name, "m");
	DIFFERS(networks[0].id, 8);
	DIFFERS(networks[0].registry_count, 0);
	DIFFERS(networks[0].cidr_count, 0);
	DIFFERS(networks[0].gateway_count, 0);
	DIFFERS(networks[0].encrypted, true);
	DIFFERS(gateways[0].plain, true);
	DIFFERS(networks[0].transport, TRANSPORT_PASSTHROUGH);
	DIFFERS(networks[0].tunnel_port, 6082);
	DIFFERS(networks[0].own, true);
	DIFFERS(networks[0].flat, true);
	DIFFERS(registries[0], "j");
	DIFFERS(cidrs[0].bits, 9);
	DIFFERS(cidrs[0].addr.ip.word[3], htonl(0x0b000000));
	DIFFERS(gateways[0].address, "h");
	DIFFERS(gateways[0].registry_service, "g");
	DIFFERS(gateways[0].addr.ip.word[3], 0); /* as the resolver sets it */
	DIFFERS(gateways[0].port, 443);
	DIFFERS(gateways[0].locality, "r");
}

static void every_field_of_a_request_counts(void **unused)
{
	struct sample s;
	uint64_t same;

	(void)unused;
	sample_new(&s);
	same = whole(&s);
	DIFFERS(request.network, "m");
	DIFFERS(request.cluster, NULL);
	DIFFERS(request.locality_weighted, true);
	DIFFERS(request.panic_threshold, 0);
	DIFFERS(request.tunnels, FAMILIES_BOTH);
}

/* By themselves: only some services depend on a gateway. */
static void gateways_that_are_down(void **unused)
{
	struct sample s;
	uint64_t inputs, down;

	(void)unused;
	sample_new(&s);
	inputs = view_inputs_fingerprint(&s.request);
	down = view_down_fingerprint(&s.request, s.networks);
	s.request.down_count = 0; /* a gateway of another network was */
	assert_true(view_down_fingerprint(&s.request, s.networks) == down);
	s.request.down_count = 1;
	s.down[0] = (struct socket_addr){ address(0x01020304), 443, 0 };
	assert_true(view_down_fingerprint(&s.request, s.networks) == down);
	s.down[0].port = 15443;
	assert_true(view_down_fingerprint(&s.request, s.networks) != down);
	assert_true(view_inputs_fingerprint(&s.request) == inputs);
}

static void when_it_came_does_not_count(void **unused)
{
	struct sample a, b;

	(void)unused;
	sample_new(&a);
	sample_new(&b);
	b.assignment.received_ns = 5;
	assert_true(whole(&a) == whole(&b));
	assert_true(whole(&a) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_of_an_assignment_counts),
		cmocka_unit_test(every_field_of_an_endpoint_counts),
		cmocka_unit_test(every_field_of_the_networks_counts),
		cmocka_unit_test(every_field_of_a_request_counts),
		cmocka_unit_test(gateways_that_are_down),
		cmocka_unit_test(when_it_came_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
