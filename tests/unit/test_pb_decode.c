/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Protobuf resources: the rules and results of the text form, and broken messages. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "assignment.h"
#include "eds_decode.h"
#include "pb_build.h"
#include "pb_decode.h"
#include "problem.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define TYPE "'@type': type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"

static void same_text(const char *a, const char *b)
{
	assert_int_equal(!a, !b);
	if (a)
		assert_string_equal(a, b);
}

static void same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	assert_int_equal(a->address_count, b->address_count);
	for (size_t i = 0; i < a->address_count; i++) {
		assert_true(addr_equal(&a->addresses[i].addr, &b->addresses[i].addr));
		assert_int_equal(a->addresses[i].port, b->addresses[i].port);
		assert_int_equal(a->addresses[i].proto, b->addresses[i].proto);
	}
	assert_int_equal(a->weight, b->weight);
	assert_int_equal(a->health, b->health);
	same_text(a->network, b->network);
	same_text(a->workload, b->workload);
	same_text(a->hostname, b->hostname);
}

static void same_locality(const struct locality *a, const struct locality *b)
{
	assert_string_equal(a->region, b->region);
	assert_string_equal(a->zone, b->zone);
	assert_string_equal(a->sub_zone, b->sub_zone);
	assert_int_equal(a->has_locality, b->has_locality);
	assert_int_equal(a->has_weight, b->has_weight);
	assert_int_equal(a->weight, b->weight);
	assert_int_equal(a->priority, b->priority);
	same_text(a->network, b->network);
	assert_int_equal(a->endpoint_count, b->endpoint_count);
	for (size_t i = 0; i < a->endpoint_count; i++)
		same_endpoint(&a->endpoints[i], &b->endpoints[i]);
}

static void same_assignment(const struct assignment *a, const struct assignment *b)
{
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->overprovisioning, b->overprovisioning);
	assert_int_equal(a->weighted_priority_health, b->weighted_priority_health);
	assert_true(a->stale_after_ms == b->stale_after_ms);
	assert_int_equal(a->locality_count, b->locality_count);
	for (size_t i = 0; i < a->locality_count; i++)
		same_locality(&a->localities[i], &b->localities[i]);
	assert_int_equal(a->drop_count, b->drop_count);
	for (size_t i = 0; i < a->drop_count; i++) {
		assert_string_equal(a->drops[i].category, b->drops[i].category);
		assert_int_equal(a->drops[i].numerator, b->drops[i].numerator);
		assert_int_equal(a->drops[i].denominator, b->drops[i].denominator);
	}
}

/* Copied into memory of exactly that size, so that a sanitizer finds reads beyond the end. */
static int decode_bytes(const uint8_t *bytes, size_t length, struct arena *arena,
			struct assignment *ret, char *reason)
{
	uint8_t *copy = malloc(length + !length);
	struct eds_usage usage = {0};
	int err;

	memcpy(copy, bytes, length);
	err = pb_decode_assignment((struct pb_slice){copy, length}, &usage, arena, ret, reason);
	free(copy);
	return err;
}

static int decode(const char *text, struct arena *arena, struct assignment *ret, char *reason)
{
	static uint8_t bytes[PB_BUILD_MAX];

	return decode_bytes(bytes, pb_build(text, bytes), arena, ret, reason);
}

static struct assignment_set *decode_text(const char *text)
{
	struct assignment_set *set = NULL;
	struct problems problems = {0};

	if (eds_decode_text("f", text, strlen(text), &set, &problems))
		fail_msg("%s", problems_text(&problems));
	return set;
}

/* The same resource in both forms. Both reasons contain `reason`; NULL: both accept it. */
#define LB(fields) "2:{2:{" fields "}}"
#define SOCKET "1:{2:'10.0.0.1' 3:80}"
#define ENDPOINT "1:{1:{" SOCKET "}}"
#define ADDRESS(fields) LB("1:{1:{" fields "}}")
#define T_LB(fields) "endpoints: [{lb_endpoints: [{" fields "}]}]"
#define T_SOCKET "socket_address: {address: 10.0.0.1, port_value: 80}"
#define T_ENDPOINT "endpoint: {address: {" T_SOCKET "}}"
#define T_ADDRESS(fields) T_LB("endpoint: {address: {" fields "}}")

static const struct {
	const char *wire, *text, *reason;
} rows[] = {
	{ADDRESS("1:{3:80}"), T_ADDRESS("socket_address: {port_value: 80}"), "the address is not set"},
	{ADDRESS("1:{2:'10.0.0.1'}"), T_ADDRESS("socket_address: {address: 10.0.0.1}"), "the port is not set"},
	{ADDRESS("1:{2:'10.0.0.300' 3:80}"), T_ADDRESS("socket_address: {address: 10.0.0.300, port_value: 80}"), "expected an IP address, found 10.0.0.300"},
	{ADDRESS("1:{2:'host.example' 3:80}"), T_ADDRESS("socket_address: {address: host.example, port_value: 80}"), "expected an IP address"},
	{ADDRESS("1:{2:'10.0.0.1' 3:65536}"), T_ADDRESS("socket_address: {address: 10.0.0.1, port_value: 65536}"), "expected a port up to 65535, found 65536"},
	{ADDRESS("1:{2:'10.0.0.1' 4:'http'}"), T_ADDRESS("socket_address: {address: 10.0.0.1, named_port: http}"), "named ports"},
	{ADDRESS("1:{1:2 2:'10.0.0.1' 3:80}"), T_ADDRESS("socket_address: {address: 10.0.0.1, port_value: 80, protocol: 2}"), "expected TCP or UDP, found 2"},
	{ADDRESS(""), T_ADDRESS(""), "expected one address, found 0"},
	{LB("1:{}"), T_LB("endpoint: {}"), "the address is not set"},
	{LB("1:{3:'x'}"), T_LB("endpoint: {hostname: x}"), "the address is not set"},
	{LB(""), T_LB(""), "the endpoint is not set"},
	{LB("5:'x'"), T_LB("endpoint_name: x"), "the endpoint is not set"},
	{LB("1:{1:{" SOCKET "} 4:{}}"), T_LB("endpoint: {address: {" T_SOCKET "}, additional_addresses: [{}]}"), "the address is not set"},
	{LB(ENDPOINT "4:{1:0}"), T_LB(T_ENDPOINT ", load_balancing_weight: 0"), "expected a weight of 1 or more"},
	{LB(ENDPOINT "4:{}"), T_LB(T_ENDPOINT ", load_balancing_weight: {}"), "expected a weight of 1 or more"},
	{"2:{3:{1:0}}", "endpoints: [{load_balancing_weight: 0}]", "expected a weight of 1 or more"},
	{"2:{5:129}", "endpoints: [{priority: 129}]", "expected a priority up to 128, found 129"},
	{"2:{8:{}}", "endpoints: [{leds_cluster_locality_config: {leds_collection_name: x}}]", "LEDS"},
	{"2:{8:{} 2:{" ENDPOINT "}}", "endpoints: [{leds_cluster_locality_config: {}, lb_endpoints: [{" T_ENDPOINT "}]}]", "LEDS"},
	{"4:{3:{1:0}}", "policy: {overprovisioning_factor: 0}", "expected a factor of 1 or more"},
	{"4:{4:{1:0}}", "policy: {endpoint_stale_after: 0s}", "expected a duration above 0"},
	{"4:{4:{1:-1}}", "policy: {endpoint_stale_after: -1s}", "expected a duration such as"},
	{"4:{4:{1:315576000001}}", "policy: {endpoint_stale_after: 315576000001s}", "expected a duration such as"},
	{"4:{2:{1:'x' 2:{1:101}}}", "policy: {drop_overloads: [{category: x, drop_percentage: {numerator: 101}}]}", "expected a fraction up to 1, found 101/100"},
	{"4:{2:{1:'x' 2:{1:1 2:3}}}", "policy: {drop_overloads: [{category: x, drop_percentage: {numerator: 1, denominator: 3}}]}", "found 3"},
	{"4:{2:{2:{1:1}}}", "policy: {drop_overloads: [{drop_percentage: {numerator: 1}}]}", "the category is not set"},
	/* accepted by both, with the same result */
	{"", "", NULL},
	{"4:{}", "policy: {}", NULL},
	{"2:{}", "endpoints: [{}]", NULL},
	{"2:{1:{}}", "endpoints: [{locality: {}}]", NULL},
	{"2:{3:{1:5}}", "endpoints: [{load_balancing_weight: 5}]", NULL},
	{"2:{5:128}", "endpoints: [{priority: 128}]", NULL},
	{ADDRESS("1:{2:'0.0.0.0' 3:15443}"), T_ADDRESS("socket_address: {address: 0.0.0.0, port_value: 15443}"), NULL},
	{ADDRESS("1:{2:'10.0.0.1' 3:0}"), T_ADDRESS("socket_address: {address: 10.0.0.1, port_value: 0}"), NULL},
	{ADDRESS("1:{1:1 2:'10.0.0.1' 3:53}"), T_ADDRESS("socket_address: {address: 10.0.0.1, port_value: 53, protocol: UDP}"), NULL},
	{ADDRESS("2:{1:'/x'}"), T_ADDRESS("pipe: {path: /x}"), NULL},
	{ADDRESS("3:{1:'x'}"), T_ADDRESS("envoy_internal_address: {server_listener_name: x}"), NULL},
	{LB(ENDPOINT "2:17"), T_LB(T_ENDPOINT ", health_status: 17"), NULL},
	{LB(ENDPOINT "2:5"), T_LB(T_ENDPOINT ", health_status: DEGRADED"), NULL},
	{LB(ENDPOINT "4:{1:4294967295}"), T_LB(T_ENDPOINT ", load_balancing_weight: 4294967295"), NULL},
	{LB(ENDPOINT "3:{}"), T_LB(T_ENDPOINT ", metadata: {}"), NULL},
	{LB(ENDPOINT "3:{1:{1:'istio' 2:{1:{1:'workload' 2:{3:'w;n;x;y;c'}} 1:{1:'network' 2:{3:'n2'}}}}}"),
	 T_LB(T_ENDPOINT ", metadata: {filter_metadata: {istio: {workload: w;n;x;y;c, network: n2}}}"), NULL},
	{LB(ENDPOINT "3:{1:{1:'istio' 2:{1:{1:'network' 2:{3:''}}}}}"), T_LB(T_ENDPOINT ", metadata: {filter_metadata: {istio: {network: ''}}}"), NULL},
	{LB(ENDPOINT "3:{1:{1:'istio' 2:{1:{1:'workload' 2:{5:{}}}}}}"), T_LB(T_ENDPOINT ", metadata: {filter_metadata: {istio: {workload: {}}}}"), NULL},
	{LB("1:{1:{" SOCKET "} 3:'pod.example' 4:{1:{1:{2:'2001:db8::1' 3:81}}} 4:{1:{2:{1:'/x'}}}}"),
	 T_LB("endpoint: {hostname: pod.example, address: {" T_SOCKET "}, additional_addresses: [{address: {socket_address: {address: '2001:db8::1', port_value: 81}}}, {address: {pipe: {path: /x}}}]}"), NULL},
	{"2:{1:{1:'r' 2:'z' 3:'s'} 9:{1:{1:'istio' 2:{1:{1:'network' 2:{3:'n2'}}}}}}", "endpoints: [{locality: {region: r, zone: z, sub_zone: s}, metadata: {filter_metadata: {istio: {network: n2}}}}]", NULL},
	{"4:{3:{1:200} 4:{1:1 2:500000000} 6:1 2:{1:'a' 2:{1:5 2:2}} 2:{1:'b' 2:{1:50}} 2:{1:'c'}}",
	 "policy: {overprovisioning_factor: 200, endpoint_stale_after: 1.5s, weighted_priority_health: true, drop_overloads: [{category: a, drop_percentage: {numerator: 5, denominator: MILLION}}, {category: b, drop_percentage: {numerator: 50}}, {category: c}]}", NULL},
	{"4:{4:{2:1}}", "policy: {endpoint_stale_after: 0.000000001s}", NULL},
	{"2:{2:{" ENDPOINT "3:{1:{1:'istio' 2:{1:{1:'network' 2:{3:'n1'}}}}}} 2:{" ENDPOINT "3:{1:{1:'istio' 2:{1:{1:'network' 2:{3:'n2'}}}}}}}",
	 "endpoints: [{lb_endpoints: [{" T_ENDPOINT ", metadata: {filter_metadata: {istio: {network: n1}}}}, {" T_ENDPOINT ", metadata: {filter_metadata: {istio: {network: n2}}}}]}]", NULL},
	/* fields of a newer control plane */
	{"99:'x' 98:{1:1} 97:5 2:{99:{}} 4:{99:1}", "some: x, policy: {new: 1}, endpoints: [{new: {}}]", NULL},
};

static void both_forms_give_the_same_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char wire[2048], text[2048], reason[PB_REASON_MAX] = "";
		struct arena *arena = arena_new(0);
		struct assignment decoded;
		struct assignment_set *set;
		int err;

		snprintf(wire, sizeof(wire), "1:'c' %s", rows[i].wire);
		snprintf(text, sizeof(text), "resources: [{" TYPE ", cluster_name: c%s%s}]",
			 *rows[i].text ? ", " : "", rows[i].text);
		err = decode(wire, arena, &decoded, reason);
		set = decode_text(text);
		if (!rows[i].reason) {
			if (err || set->items[0].rejected)
				fail_msg("%s: '%s' / '%s'", wire, reason, set->items[0].rejected);
			same_assignment(&decoded, &set->items[0]);
		} else if (err != -EINVAL || !strstr(reason, rows[i].reason) ||
			   !set->items[0].rejected ||
			   !strstr(set->items[0].rejected, rows[i].reason)) {
			fail_msg("%s: %d '%s' / '%s'", wire, err, reason, set->items[0].rejected);
		}
		assignment_set_free(set);
		arena_free(arena);
	}
}

static const struct {
	const char *wire, *reason;
} refused[] = {
	{"", "the name is empty"},
	{"1:''", "the name is empty"},
	{"1:'c' 2:{2:{" ENDPOINT "} 2:{" ENDPOINT "4:{1:0}}}", "endpoints[0].lb_endpoints[1]: expected a weight"},
	{"1:'c' 2:{} 2:{5:200}", "endpoints[1]: expected a priority"},
	{"1:'\xff'", "not UTF-8"},
	{"1:'c' 2:{1:{1:'\xc0\x80'}}", "not UTF-8"},
	{"1:'c' 2:{1:{1:'\xed\xa0\x80'}}", "not UTF-8"},
	{"1:'c' 4:{2:{1:'\xf4\x90\x80\x80'}}", "not UTF-8"},
	{"1:'c' 2:'\x0a'", "broken protobuf"},
	{"1:'c' 2:{2:'\x0a\x05'}", "broken protobuf"},
	{"1:'c' 2:{3:'\x08'}", "broken protobuf"},
	{"1:'c' 4:'\x12\x7f'", "broken protobuf"},
	/* a varint beyond 64 bits, a field number beyond 29 */
	{"1:'c' 2:'\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02'", "broken protobuf"},
	{"1:'c' 2:'\xf8\xff\xff\xff\x1f\x01'", "broken protobuf"},
	{"1:'c' 2:{1:{1:{2:'x\x1b[31m' 3:1}} 2:{1:{1:{1:{2:'x\x1b[31m' 3:1}}}}}", "found x?[31m"},
};

static void reports_each_error_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct arena *arena = arena_new(0);
		char reason[PB_REASON_MAX] = "";
		struct assignment decoded;

		if (decode(refused[i].wire, arena, &decoded, reason) != -EINVAL ||
		    !strstr(reason, refused[i].reason))
			fail_msg("%s: '%s'", refused[i].wire, reason);
		arena_free(arena);
	}
}

static void counts_what_it_uses(void **state)
{
	static uint8_t bytes[PB_BUILD_MAX];
	size_t length = pb_build("1:'c' 2:{2:{1:{1:{" SOCKET "} 4:{1:{" SOCKET "}}}} 2:{" ENDPOINT
				 "}} 2:{}", bytes);
	struct arena *arena = arena_new(0);
	struct eds_usage usage = {0};
	struct assignment decoded;
	char reason[PB_REASON_MAX];

	(void)state;
	for (size_t i = 1; i < 3; i++) {
		assert_int_equal(pb_decode_assignment((struct pb_slice){bytes, length}, &usage,
						      arena, &decoded, reason), 0);
		assert_int_equal(usage.localities, 2 * i);
		assert_int_equal(usage.endpoints, 3 * i);
	}
	arena_free(arena);
}

static void refuses_too_much(void **state)
{
	static char text[PB_BUILD_MAX];
	struct arena *arena = arena_new(0);
	char reason[PB_REASON_MAX] = "";
	struct eds_usage usage = {.endpoints = EDS_MAX_ENDPOINTS};
	static uint8_t bytes[PB_BUILD_MAX];
	struct assignment decoded;
	size_t length;

	(void)state;
	strcpy(text, "1:'c' 2:{2:{1:{1:{" SOCKET "}");
	for (size_t i = 0; i < EDS_MAX_ADDRESSES; i++)
		strcat(text, " 4:{1:{" SOCKET "}}");
	strcat(text, "}}}");
	assert_int_equal(decode(text, arena, &decoded, reason), -EINVAL);
	assert_non_null(strstr(reason, "more than 16 addresses"));
	strcpy(text, "1:'c' 4:{");
	for (size_t i = 0; i <= EDS_MAX_DROPS; i++)
		strcat(text, "2:{1:'x'} ");
	strcat(text, "}");
	assert_int_equal(decode(text, arena, &decoded, reason), -EINVAL);
	assert_non_null(strstr(reason, "more than 64 drop overloads"));
	length = pb_build("1:'c' " LB(ENDPOINT), bytes);
	assert_int_equal(pb_decode_assignment((struct pb_slice){bytes, length}, &usage, arena,
					      &decoded, reason), -EINVAL);
	assert_non_null(strstr(reason, "more than 1000000 endpoints in one response"));
	usage = (struct eds_usage){.localities = EDS_MAX_LOCALITIES - 1,
				   .endpoints = EDS_MAX_ENDPOINTS - 1};
	assert_int_equal(pb_decode_assignment((struct pb_slice){bytes, length}, &usage, arena,
					      &decoded, reason), 0);
	assert_int_equal(usage.localities, EDS_MAX_LOCALITIES);
	assert_int_equal(usage.endpoints, EDS_MAX_ENDPOINTS);
	assert_int_equal(pb_decode_assignment((struct pb_slice){bytes, length}, &usage, arena,
					      &decoded, reason), -EINVAL);
	assert_non_null(strstr(reason, "localities in one response"));
	arena_free(arena);
}

/* Each of these small fields takes far more memory unpacked than on the wire. */
static void caps_what_unpacks_large(void **state)
{
	size_t length = 0, count = 1 << 16;
	uint8_t *bytes = malloc(count * 2 + 64), *at;
	struct arena *arena = arena_new(0);
	char reason[PB_REASON_MAX] = "";
	struct eds_usage usage = {0};
	struct assignment decoded;

	(void)state;
	/* cluster_name 'c'; endpoints {lb_endpoints {endpoint {additional_addresses {} ...}}} */
	memcpy(bytes, "\x0a\x01" "c", 3);
	at = bytes + 3;
	for (size_t depth = 0; depth < 3; depth++) {
		size_t rest = count * 2 + (2 - depth) * 4;

		*at++ = depth == 2 ? 0x0a : 0x12;
		*at++ = (uint8_t)(rest | 0x80);
		*at++ = (uint8_t)(rest >> 7 | 0x80);
		*at++ = (uint8_t)(rest >> 14);
	}
	for (size_t i = 0; i < count; i++, at += 2)
		memcpy(at, "\x22\x00", 2);
	length = (size_t)(at - bytes);
	assert_int_equal(pb_decode_assignment((struct pb_slice){bytes, length}, &usage, arena,
					      &decoded, reason), -EINVAL);
	if (!strstr(reason, "too large"))
		fail_msg("%s", reason);
	free(bytes);
	arena_free(arena);
}

static uint8_t *read_file(const char *path, size_t *ret_length)
{
	uint8_t *bytes = malloc(1 << 20);
	FILE *file = fopen(path, "rb");

	if (!file)
		fail_msg("%s is missing: run from the top of the tree", path);
	*ret_length = fread(bytes, 1, 1 << 20, file);
	fclose(file);
	return bytes;
}

static const struct assignment *find(const struct assignment_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (!strcmp(set->items[i].name, name))
			return &set->items[i];
	fail_msg("%s is missing", name);
	return NULL;
}

static void compare_response(const uint8_t *bytes, size_t length, bool delta,
			     const struct assignment_set *set)
{
	struct arena *arena = arena_new(0);
	struct eds_usage usage = {0};
	struct pb_response response;
	struct pb_resource resource;
	struct pb_wire wire = pb_wire_start((struct pb_slice){bytes, length});
	char reason[PB_REASON_MAX];
	const char *wrong;

	assert_null(pb_response_parse((struct pb_slice){bytes, length}, delta, &response));
	assert_int_equal(response.resource_count, set->count);
	assert_int_equal(response.version.length, strlen(set->version));
	assert_memory_equal(response.version.bytes, set->version, response.version.length);
	while (pb_response_next(&response, &wire, &resource, &wrong)) {
		struct assignment decoded;

		assert_null(wrong);
		assert_int_equal(pb_decode_assignment(resource.body, &usage, arena, &decoded,
						      reason), 0);
		same_assignment(&decoded, find(set, decoded.name));
	}
	arena_free(arena);
}

static void reads_istiods_responses_like_their_text(void **state)
{
	static const struct {
		const char *wire, *text;
		bool delta;
	} files[] = {
		{ "placeholder/sotw/003-eds.pb", "placeholder/start.sotw.network1.json", false },
		{ "placeholder/sotw/006-eds.pb", "placeholder/01-real-address.sotw.network1.json",
		  false },
		{ "placeholder/sotw/010-eds.pb", "placeholder/02-no-gateway.sotw.network1.json",
		  false },
		{ "placeholder/sotw/014-eds.pb", "placeholder/04-two-gateways.sotw.network1.json",
		  false },
		{ "placeholder/delta/003-eds.pb", "placeholder/start.delta.network1.json", true },
		{ "placeholder/delta/014-eds.pb", "placeholder/04-two-gateways.delta.network1.json",
		  true },
		{ "placeholder/delta/018-eds.pb", "placeholder/05-one-again.delta.network1.json",
		  true },
		{ "dual-stack/sotw/003-eds.pb", "dual-stack/start.sotw.network1.json", false },
		{ "dual-stack/sotw/005-eds.pb", "dual-stack/01-ipv6-pod.sotw.network1.json",
		  false },
		{ "dual-stack/delta/003-eds.pb", "dual-stack/start.delta.network1.json", true },
		{ "dual-stack/delta/007-eds.pb", "dual-stack/02-ipv4-gateway.delta.network1.json",
		  true },
		{ "dual-stack/delta/011-eds.pb", "dual-stack/03-ipv6-gateway.delta.network1.json",
		  true },
		{ "dual-stack/delta/015-eds.pb", "dual-stack/04-no-gateway.delta.network1.json",
		  true },
		{ "helloworld/sotw/003-eds.pb", "helloworld-tcp/start.sotw.network1.json", false },
		{ "helloworld/delta/003-eds.pb", "helloworld-tcp/start.delta.network1.json", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		char path[200];
		struct assignment_set *set;
		struct problems problems = {0};
		size_t length;
		uint8_t *bytes;

		snprintf(path, sizeof(path), "tests/data/istiod/%s", files[i].text);
		if (eds_decode_file(path, &set, &problems))
			fail_msg("%s", problems_text(&problems));
		snprintf(path, sizeof(path), "tests/data/istiod/streams/%s", files[i].wire);
		bytes = read_file(path, &length);
		compare_response(bytes, length, files[i].delta, set);
		free(bytes);
		assignment_set_free(set);
	}
}

/* A truncated response is broken or has fewer fields, and nothing behind its end is read. */
static void reads_no_byte_beyond_a_cut(void **state)
{
	size_t length, taken = 0;
	uint8_t *bytes = read_file("tests/data/istiod/streams/placeholder/delta/014-eds.pb", &length);

	(void)state;
	for (size_t cut = 0; cut < length; cut++) {
		uint8_t *copy = malloc(cut + !cut);
		struct pb_response response;
		struct pb_resource resource;
		struct pb_wire wire;
		const char *wrong;

		memcpy(copy, bytes, cut);
		wire = pb_wire_start((struct pb_slice){copy, cut});
		if (!pb_response_parse((struct pb_slice){copy, cut}, true, &response)) {
			while (pb_response_next(&response, &wire, &resource, &wrong))
				;
			taken++;
		}
		free(copy);
	}
	assert_true(taken > 0 && taken < 10); /* between fields only */
	free(bytes);
}

static void reads_clusters(void **state)
{
	static const struct {
		const char *wire, *name, *service; /* name is NULL if refused */
		enum xds_cluster_kind kind;
	} table[] = {
		{"1:'a' 2:3 3:{2:'b'}", "a", "b", XDS_CLUSTER_EDS},
		{"1:'a' 2:3 3:{}", "a", "a", XDS_CLUSTER_EDS},
		{"1:'a' 2:3", "a", "a", XDS_CLUSTER_EDS},
		{"1:'a'", "a", "a", XDS_CLUSTER_STATIC},
		{"1:'a' 2:4 33:{1:'x'}", "a", "a", XDS_CLUSTER_ORIGINAL_DST},
		{"1:'a' 2:17", "a", "a", XDS_CLUSTER_OTHER},
		{"1:'a' 38:{1:'envoy.clusters.x'}", "a", "a", XDS_CLUSTER_OTHER},
		{"2:3", NULL, NULL, 0},
		{"1:'a' 3:'\x12\x70'", NULL, NULL, 0},
		{"1:'\xff'", NULL, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		static uint8_t bytes[PB_BUILD_MAX];
		struct pb_slice body = {bytes, pb_build(table[i].wire, bytes)};
		struct arena *arena = arena_new(0);
		char reason[PB_REASON_MAX] = "";
		struct xds_cluster cluster;
		int err = pb_decode_cluster(body, arena, &cluster, reason);

		assert_int_equal(err, table[i].name ? 0 : -EINVAL);
		assert_int_equal(!*reason, !err);
		if (!err) {
			assert_string_equal(cluster.name, table[i].name);
			assert_string_equal(cluster.service, table[i].service);
			assert_int_equal(cluster.kind, table[i].kind);
		}
		arena_free(arena);
	}
}

#define TCP(cluster) "3:{4:{1:'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy' 2:{1:'s' " cluster "}}}"

#define ANOTHER(address) "33:{1:{1:{" address "}}}"

static const char *addresses_of(const struct xds_listener *listener)
{
	static char text[8 * ADDR_TEXT_MAX];
	char buf[ADDR_TEXT_MAX];

	*text = '\0';
	for (size_t i = 0; i < listener->address_count; i++) {
		const struct socket_addr *address = &listener->addresses[i];

		addr_port_format(&address->addr, address->port, buf);
		sprintf(text + strlen(text), "%s%s", i ? " " : "", buf);
	}
	return text;
}

static void reads_listeners(void **state)
{
	static const struct {
		const char *wire, *addresses, *cluster;
	} table[] = {
		{ "1:'l' 2:{1:{2:'10.0.0.1' 3:80}} 3:{" TCP("2:'c'") "}", "10.0.0.1:80", "c" },
		{ "1:'l' 2:{1:{2:'10.0.0.1' 3:80}} 3:{" TCP("2:'c'") "} 3:{" TCP("2:'c'") "}",
		  "10.0.0.1:80", "c" },
		{ "1:'l' 2:{1:{2:'10.0.0.1' 3:80}} 3:{" TCP("2:'c'") "} 3:{" TCP("2:'d'") "}",
		  "10.0.0.1:80", NULL },
		{ "1:'l' 2:{1:{2:'10.0.0.1' 3:80}} 3:{" TCP("10:{1:{1:'c'}}") "}", "10.0.0.1:80",
		  NULL },
		{ "1:'10.0.0.2_90'", "10.0.0.2:90", NULL },
		{ "1:'2001:db8::1_90'", "[2001:db8::1]:90", NULL },
		{ "1:'10.0.0.2_90x'", "", NULL },
		{ "1:'virtualOutbound'", "", NULL },
		{ "1:'10.0.0.2_70000'", "", NULL },
		{ "1:'l' 2:{1:{2:'x' 3:80}} 3:{3:{4:{1:'other' 2:{2:'c'}}}}", "", NULL },
		{ "1:'l' 2:{1:{2:'10.0.0.1' 3:80}} " ANOTHER("2:'2001:db8::1' 3:80") " 3:{" TCP(
			  "2:'c'") "}",
		  "10.0.0.1:80 [2001:db8::1]:80", "c" },
		{ "1:'l' 2:{1:{2:'x' 3:80}} " ANOTHER("2:'y' 3:80") " " ANOTHER(
			  "2:'10.0.0.3' 3:81") " 33:{}",
		  "10.0.0.3:81", NULL },
		{ "1:'10.0.0.2_90' " ANOTHER("2:'2001:db8::1' 3:70000") " " ANOTHER(
			  "2:'2001:db8::2' 4:'n'") " " ANOTHER("2:'2001:db8::3' 3:90"),
		  "10.0.0.2:90 [2001:db8::3]:90", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		static uint8_t bytes[PB_BUILD_MAX];
		struct pb_slice body = {bytes, pb_build(table[i].wire, bytes)};
		struct arena *arena = arena_new(0);
		char reason[PB_REASON_MAX];
		struct xds_listener listener;

		assert_int_equal(pb_decode_listener(body, arena, &listener, reason), 0);
		assert_string_equal(addresses_of(&listener), table[i].addresses);
		same_text(listener.cluster, table[i].cluster);
		arena_free(arena);
	}
}

/* Both virtual IPs of a dual-stack service are in one listener. */
static void reads_istiods_dual_stack_listeners(void **state)
{
	size_t length, found = 0;
	uint8_t *bytes = read_file("tests/data/istiod/streams/dual-stack/delta/004-lds.pb",
				   &length);
	struct pb_wire wire = pb_wire_start((struct pb_slice){ bytes, length });
	struct arena *arena = arena_new(0);
	struct pb_response response;
	struct pb_resource resource;
	const char *wrong;

	(void)state;
	assert_null(pb_response_parse((struct pb_slice){ bytes, length }, true, &response));
	while (pb_response_next(&response, &wire, &resource, &wrong)) {
		struct xds_listener listener;
		char reason[PB_REASON_MAX];

		assert_int_equal(pb_decode_listener(resource.body, arena, &listener, reason), 0);
		if (strcmp(listener.name, "10.20.194.146_5000"))
			continue;
		assert_string_equal(addresses_of(&listener),
				    "10.20.194.146:5000 [fd00::10:20:194:146]:5000");
		same_text(listener.cluster, "outbound|5000||helloworld.sample.svc.cluster.local");
		found++;
	}
	assert_int_equal(found, 1);
	arena_free(arena);
	free(bytes);
}

static void reads_name_tables(void **state)
{
	static uint8_t bytes[PB_BUILD_MAX];
	struct pb_slice body = {bytes, pb_build(
		"1:{1:'b.example' 2:{1:'10.0.0.1' 1:'10.1.0.0/16' 1:'2001:db8::1' 2:'External'}} "
		"1:{1:'A.Example.' 2:{}} 1:{1:'not a host' 2:{1:'10.0.0.2'}} 1:{1:'a.example' 2:{}}"
		" 1:{1:'empty.example'}", bytes)};
	struct arena *arena = arena_new(0);
	char reason[PB_REASON_MAX];
	struct xds_names names;

	(void)state;
	assert_int_equal(pb_decode_names(body, arena, &names, reason), 0);
	assert_int_equal(names.count, 2);
	assert_string_equal(names.hosts[0].host, "a.example");
	assert_int_equal(names.hosts[0].address_count, 0);
	assert_string_equal(names.hosts[1].host, "b.example");
	assert_int_equal(names.hosts[1].address_count, 2);
	assert_int_equal(names.hosts[1].addresses[1].family, 6);
	body.length--;
	assert_int_equal(pb_decode_names(body, arena, &names, reason), -EINVAL);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms_give_the_same_reason),
		cmocka_unit_test(reports_each_error_with_its_place),
		cmocka_unit_test(counts_what_it_uses),
		cmocka_unit_test(refuses_too_much),
		cmocka_unit_test(caps_what_unpacks_large),
		cmocka_unit_test(reads_istiods_responses_like_their_text),
		cmocka_unit_test(reads_no_byte_beyond_a_cut),
		cmocka_unit_test(reads_clusters),
		cmocka_unit_test(reads_listeners),
		cmocka_unit_test(reads_istiods_dual_stack_listeners),
		cmocka_unit_test(reads_name_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
