/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* EDS as text: Envoy's rules for ClusterLoadAssignment, and the spellings of proto-JSON. */
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
#include "problem.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define TYPE "'@type': type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"

static struct assignment_set *decode(const char *text)
{
	struct assignment_set *set = NULL;
	struct problems problems = {0};

	if (eds_decode_text("f", text, strlen(text), &set, &problems))
		fail_msg("%s", problems_text(&problems));
	assert_int_equal(problems.count, 0);
	return set;
}

/* A response with one resource, whose fields behind cluster_name are `fields`. */
static struct assignment_set *decode_one(const char *fields)
{
	char text[8192];
	struct assignment_set *set;

	snprintf(text, sizeof(text), "resources: [{" TYPE ", cluster_name: c%s%s}]",
		 *fields ? ", " : "", fields);
	set = decode(text);
	assert_int_equal(set->count, 1);
	return set;
}

/* The same with `fields` inside the only LbEndpoint's SocketAddress etc. */
#define LOCALITY(fields) "endpoints: [{" fields "}]"
#define LB(fields) LOCALITY("lb_endpoints: [{" fields "}]")
#define SOCKET "socket_address: {address: 10.0.0.1, port_value: 80}"
#define ENDPOINT "endpoint: {address: {" SOCKET "}}"
#define ADDRESS(fields) LB("endpoint: {address: {" fields "}}")

/* The resource is rejected, and the reason contains `reason`. */
static const struct {
	const char *fields, *reason;
} rejected[] = {
	/* DPA endpoint_components.proto and address.proto: required and bounded fields */
	{ADDRESS("socket_address: {port_value: 80}"), "the address is not set"},
	{ADDRESS("socket_address: {address: null, port_value: 80}"), "the address is not set"},
	{ADDRESS("socket_address: {address: '', port_value: 80}"), "expected an IP address"},
	{ADDRESS("socket_address: {address: 10.0.0.1}"), "the port is not set"},
	{ADDRESS("socket_address: {address: 10.0.0.300, port_value: 80}"), "expected an IP address, found 10.0.0.300"},
	{ADDRESS("socket_address: {address: host.example, port_value: 80}"), "expected an IP address"},
	{ADDRESS("socket_address: {address: 10.0.0.1, port_value: 65536}"), "expected a port up to 65535, found 65536"},
	{ADDRESS("socket_address: {address: 10.0.0.1, port_value: -1}"), "expected a number"},
	{ADDRESS("socket_address: {address: 10.0.0.1, port_value: 80.5}"), "expected a number"},
	{ADDRESS("socket_address: {address: 10.0.0.1, port_value: .nan}"), "expected a number"},
	{ADDRESS("socket_address: {address: 10.0.0.1, port_value: x}"), "expected a number"},
	{ADDRESS("socket_address: {address: 10.0.0.1, port_value: [80]}"), "expected a number"},
	{ADDRESS("socket_address: {address: 10.0.0.1, port_value: 4294967376}"), "expected a number"},
	{ADDRESS("socket_address: {address: 10.0.0.1, named_port: http}"), "named ports"},
	{ADDRESS("socket_address: {address: 10.0.0.1, port_value: 80, protocol: SCTP}"), "expected TCP or UDP, found SCTP"},
	{ADDRESS("socket_address: {address: 10.0.0.1, port_value: 80, protocol: 2}"), "expected TCP or UDP, found 2"},
	{ADDRESS("socket_address: 10.0.0.1:80"), "expected a SocketAddress"},
	{ADDRESS(""), "expected one address, found 0"},
	{ADDRESS(SOCKET ", pipe: {path: /x}"), "expected one address, found 2"},
	{LB("endpoint: {}"), "the address is not set"},
	{LB("endpoint: {hostname: x}"), "the address is not set"},
	{LB(""), "the endpoint is not set"},
	{LB("endpoint_name: x"), "the endpoint is not set"},
	{LB("endpoint: {address: {" SOCKET "}, additional_addresses: [{}]}"), "the address is not set"},
	{LB("endpoint: {address: {" SOCKET "}, additional_addresses: [{address: {socket_address: {address: x, port_value: 1}}}]}"), "expected an IP address"},
	{LB(ENDPOINT ", load_balancing_weight: 0"), "expected a weight of 1 or more"},
	{LB(ENDPOINT ", load_balancing_weight: {value: 0}"), "expected a weight of 1 or more"},
	{LB(ENDPOINT ", load_balancing_weight: {}"), "expected a weight of 1 or more"},
	{LB(ENDPOINT ", load_balancing_weight: 4294967296"), "expected a number"},
	{LB(ENDPOINT ", health_status: FINE"), "found FINE"},
	{LB(ENDPOINT ", health_status: -1"), "found -1"},
	{LB(ENDPOINT ", metadata: x"), "expected Metadata, found x"},
	{LB(ENDPOINT ", metadata: {filter_metadata: [istio]}"), "expected a mapping, found a list"},
	{LB(ENDPOINT ", metadata: {filter_metadata: {istio: x}}"), "expected a mapping, found x"},
	{LOCALITY("load_balancing_weight: 0"), "expected a weight of 1 or more"},
	{LOCALITY("priority: 129"), "expected a priority up to 128, found 129"},
	{LOCALITY("priority: {value: 1}"), "expected a number"},
	{LOCALITY("locality: x"), "expected a Locality, found x"},
	{LOCALITY("locality: {region: [x]}"), "expected a string"},
	{LOCALITY("lb_endpoints: {}"), "expected a list of endpoints, found a mapping"},
	{LOCALITY("lb_endpoints: [null]"), "expected an LbEndpoint, found nothing"},
	{LOCALITY("lb_endpoints: [{" ENDPOINT "}], leds_cluster_locality_config: {leds_collection_name: x}"), "LEDS"},
	{LOCALITY("leds_cluster_locality_config: {leds_collection_name: x}"), "LEDS"},
	{"endpoints: {}", "expected a list of localities"},
	{"endpoints: [x]", "expected a LocalityLbEndpoints, found x"},
	{"policy: []", "expected a Policy, found a list"},
	{"policy: {overprovisioning_factor: 0}", "expected a factor of 1 or more"},
	{"policy: {endpoint_stale_after: 0s}", "expected a duration above 0"},
	{"policy: {endpoint_stale_after: -1s}", "expected a duration such as"},
	{"policy: {endpoint_stale_after: 5}", "expected a duration such as"},
	{"policy: {endpoint_stale_after: 5m}", "expected a duration such as"},
	{"policy: {endpoint_stale_after: 1.0000000001s}", "expected a duration such as"},
	{"policy: {endpoint_stale_after: 315576000001s}", "expected a duration such as"},
	{"policy: {weighted_priority_health: 1}", "expected true or false"},
	/* a drop ratio above 1 is refused, not capped: checked on Envoy 1.40 */
	{"policy: {drop_overloads: [{category: x, drop_percentage: {numerator: 101}}]}", "expected a fraction up to 1, found 101/100"},
	{"policy: {drop_overloads: [{category: x, drop_percentage: {numerator: 10001, denominator: TEN_THOUSAND}}]}", "found 10001/10000"},
	{"policy: {drop_overloads: [{category: x, drop_percentage: {numerator: 1, denominator: THOUSAND}}]}", "found THOUSAND"},
	{"policy: {drop_overloads: [{category: x, drop_percentage: {numerator: 1, denominator: 3}}]}", "found 3"},
	{"policy: {drop_overloads: [{drop_percentage: {numerator: 1}}]}", "the category is not set"},
	{"policy: {drop_overloads: [{category: ''}]}", "the category is not set"},
	/* both spellings of one field */
	{"endpoints: [], clusterName: d", "the same key in its other spelling"},
};

static void rejects_a_resource_whole_and_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rejected); i++) {
		struct assignment_set *set = decode_one(rejected[i].fields);
		const struct assignment *item = &set->items[0];

		if (!item->rejected || !strstr(item->rejected, rejected[i].reason) ||
		    strncmp(item->rejected, "f:1:", 4))
			fail_msg("%s: %s", rejected[i].fields, item->rejected);
		assert_string_equal(item->name, "c");
		assert_int_equal(item->locality_count, 0);
		assert_int_equal(item->drop_count, 0);
		assignment_set_free(set);
	}
}

/* Accepted, although unusable or empty: the view excludes such endpoints. */
static void accepts_what_only_the_view_excludes(void **state)
{
	static const char *const fields[] = {
		"", "endpoints: []", "endpoints: null", "policy: {}", "policy: null",
		ADDRESS("socket_address: {address: 0.0.0.0, port_value: 15443}"),
		ADDRESS("socket_address: {address: 224.0.0.1, port_value: 80}"),
		ADDRESS("socket_address: {address: 127.0.0.1, port_value: 80}"),
		ADDRESS("socket_address: {address: 10.0.0.1, port_value: 0}"),
		LOCALITY(""), LOCALITY("load_balancing_weight: 5"), LOCALITY("lb_endpoints: []"),
		LOCALITY("priority: 128"), LOCALITY("locality: null, metadata: null"),
		LB(ENDPOINT ", load_balancing_weight: 4294967295"),
		LB(ENDPOINT ", load_balancing_weight: null, health_status: null, metadata: null"),
		LB(ENDPOINT ", metadata: {}"), LB(ENDPOINT ", metadata: {filter_metadata: {}}"),
		LB(ENDPOINT ", metadata: {filter_metadata: {istio: {workload: {}, network: 5}}}"),
		/* fields of a newer control plane */
		LB(ENDPOINT ", some_new_field: {x: [1]}"), "some_new_field: 1",
		ADDRESS("socket_address: {address: 10.0.0.1, port_value: 80, ipv4_compat: true}"),
		"policy: {disable_overprovisioning: true}", LOCALITY("proximity: 3"),
		"policy: {drop_overloads: [{category: x, drop_percentage: {numerator: 100}}]}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(fields); i++) {
		struct assignment_set *set = decode_one(fields[i]);

		if (set->items[0].rejected)
			fail_msg("%s: %s", fields[i], set->items[0].rejected);
		assignment_set_free(set);
	}
}

static const char everything[] =
	"version_info: '7'\n"
	"resources:\n"
	"- " TYPE "\n"
	"  cluster_name: outbound|5000||helloworld.sample.svc.cluster.local\n"
	"  endpoints:\n"
	"  - locality: {region: r, zone: z, sub_zone: s}\n"
	"    load_balancing_weight: {value: 3}\n"
	"    priority: 2\n"
	"    metadata: {filter_metadata: {istio: {network: network2}}}\n"
	"    lb_endpoints:\n"
	"    - endpoint:\n"
	"        hostname: pod.example\n"
	"        address: {socket_address: {address: 10.10.0.90, port_value: '5000', protocol: UDP}}\n"
	"        additional_addresses:\n"
	"        - address: {socket_address: {address: '2001:db8::1', port_value: 5001}}\n"
	"        - address: {pipe: {path: /x}}\n"
	"      health_status: DEGRADED\n"
	"      load_balancing_weight: 7\n"
	"      metadata:\n"
	"        filter_metadata:\n"
	"          envoy.transport_socket_match: {tlsMode: istio}\n"
	"          istio: {network: network1, workload: w;ns;n;v1;c1}\n"
	"    - endpoint: {address: {envoy_internal_address: {server_listener_name: x}}}\n"
	"    - endpoint: {address: {pipe: {path: /x}}}\n"
	"      health_status: 3\n"
	"  - {}\n"
	"  policy:\n"
	"    overprovisioning_factor: 200\n"
	"    endpoint_stale_after: 1.5s\n"
	"    weighted_priority_health: true\n"
	"    drop_overloads:\n"
	"    - {category: throttle, drop_percentage: {numerator: 5, denominator: MILLION}}\n"
	"    - {category: lb, drop_percentage: {numerator: 50}}\n"
	"    - {category: nothing}\n";

static void check_endpoints(const struct locality *locality)
{
	const struct endpoint *endpoint = locality->endpoints;
	struct addr addr;

	assert_int_equal(locality->endpoint_count, 3);
	assert_int_equal(endpoint->address_count, 2);
	assert_int_equal(addr_parse("10.10.0.90", &addr), 0);
	assert_true(addr_equal(&endpoint->addresses[0].addr, &addr));
	assert_int_equal(endpoint->addresses[0].port, 5000);
	assert_int_equal(endpoint->addresses[0].proto, IPPROTO_UDP);
	assert_int_equal(endpoint->addresses[1].addr.family, 6);
	assert_int_equal(endpoint->addresses[1].port, 5001);
	assert_int_equal(endpoint->addresses[1].proto, IPPROTO_TCP);
	assert_int_equal(endpoint->weight, 7);
	assert_int_equal(endpoint->health, HEALTH_DEGRADED);
	assert_string_equal(endpoint->network, "network1");
	assert_string_equal(endpoint->workload, "w;ns;n;v1;c1");
	assert_string_equal(endpoint->hostname, "pod.example");
	assert_int_equal(endpoint[1].address_count, 0);
	assert_int_equal(endpoint[1].weight, 1);
	assert_int_equal(endpoint[1].health, HEALTH_UNKNOWN);
	assert_null(endpoint[1].network);
	assert_null(endpoint[1].workload);
	assert_null(endpoint[1].hostname);
	assert_int_equal(endpoint[2].address_count, 0);
	assert_int_equal(endpoint[2].health, HEALTH_DRAINING);
}

static void check_policy(const struct assignment *item)
{
	assert_int_equal(item->overprovisioning, 200);
	assert_int_equal(item->stale_after_ms, 1500);
	assert_true(item->weighted_priority_health);
	assert_int_equal(item->drop_count, 3);
	assert_string_equal(item->drops[0].category, "throttle");
	assert_int_equal(item->drops[0].numerator, 5);
	assert_int_equal(item->drops[0].denominator, 1000000);
	assert_int_equal(item->drops[1].numerator, 50);
	assert_int_equal(item->drops[1].denominator, 100);
	assert_int_equal(item->drops[2].numerator, 0);
	assert_int_equal(item->drops[2].denominator, 100);
}

static void check_everything(const struct assignment_set *set)
{
	const struct assignment *item = &set->items[0];

	assert_int_equal(set->count, 1);
	assert_string_equal(set->version, "7");
	if (item->rejected)
		fail_msg("%s", item->rejected);
	assert_string_equal(item->name, "outbound|5000||helloworld.sample.svc.cluster.local");
	assert_int_equal(item->locality_count, 2);
	assert_string_equal(item->localities[0].region, "r");
	assert_string_equal(item->localities[0].zone, "z");
	assert_string_equal(item->localities[0].sub_zone, "s");
	assert_true(item->localities[0].has_locality && item->localities[0].has_weight);
	assert_int_equal(item->localities[0].weight, 3);
	assert_int_equal(item->localities[0].priority, 2);
	assert_string_equal(item->localities[0].network, "network2");
	check_endpoints(&item->localities[0]);
	assert_false(item->localities[1].has_locality || item->localities[1].has_weight);
	assert_string_equal(item->localities[1].region, "");
	assert_null(item->localities[1].network);
	assert_int_equal(item->localities[1].endpoint_count, 0);
	check_policy(item);
}

static void reads_every_field(void **state)
{
	struct assignment_set *set = decode(everything);

	(void)state;
	check_everything(set);
	assignment_set_free(set);
	assignment_set_free(NULL);
}

/* snake_case keys of `text` in lowerCamelCase; the names in `keep` stay. */
static void camel(const char *text, char *out)
{
	while (*text) {
		if (*text == '_' && text[1] >= 'a' && text[1] <= 'z' && text > everything) {
			*out++ = (char)(text[1] - 'a' + 'A');
			text += 2;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}

static void reads_camel_case_all_the_same(void **state)
{
	char text[sizeof(everything)];
	struct assignment_set *set;

	(void)state;
	camel(everything, text);
	assert_non_null(strstr(text, "lbEndpoints"));
	assert_non_null(strstr(text, "weightedPriorityHealth"));
	set = decode(text);
	check_everything(set);
	assignment_set_free(set);
}

static void reads_numbers_in_every_spelling(void **state)
{
	static const char *const spellings[] = {"5", "'5'", "5.0", "5e0", "0.5e1", "{value: 5}",
						"{value: '5'}"};
	char fields[300];

	(void)state;
	for (size_t i = 0; i < COUNT(spellings); i++) {
		struct assignment_set *set;

		snprintf(fields, sizeof(fields),
			 "endpoints: [{load_balancing_weight: %s}], policy: "
			 "{overprovisioning_factor: %s}", spellings[i], spellings[i]);
		set = decode_one(fields);
		assert_null(set->items[0].rejected);
		assert_int_equal(set->items[0].localities[0].weight, 5);
		assert_int_equal(set->items[0].overprovisioning, 5);
		assignment_set_free(set);
	}
}

static void reads_durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} rows[] = {
		{"3s", 3000}, {"1.5s", 1500}, {"0.000000001s", 1}, {"0.0015s", 2},
		{"315576000000s", 315576000000000}, {"1.000000000s", 1000},
	};
	char fields[100];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct assignment_set *set;

		snprintf(fields, sizeof(fields), "policy: {endpoint_stale_after: %s}", rows[i].text);
		set = decode_one(fields);
		assert_null(set->items[0].rejected);
		assert_true(set->items[0].stale_after_ms == rows[i].ms);
		assignment_set_free(set);
	}
}

static void fills_in_defaults(void **state)
{
	struct assignment_set *set = decode_one(LB(ENDPOINT ", health_status: 17"));
	const struct assignment *item = &set->items[0];

	(void)state;
	assert_int_equal(item->overprovisioning, 140);
	assert_int_equal(item->stale_after_ms, 0);
	assert_false(item->weighted_priority_health);
	assert_int_equal(item->localities[0].endpoints[0].weight, 1);
	assert_int_equal(item->localities[0].endpoints[0].health, HEALTH_UNKNOWN);
	assert_int_equal(item->localities[0].endpoints[0].addresses[0].proto, IPPROTO_TCP);
	assert_string_equal(set->version, "");
	assignment_set_free(set);
}

/* {name, rejected reason or NULL} in order, of one response with good and bad resources. */
static void keeps_good_resources_beside_bad_ones(void **state)
{
	static const char text[] =
		"resources:\n"
		"- {" TYPE ", cluster_name: a}\n"
		"- {" TYPE ", cluster_name: b, endpoints: 5}\n"
		"- {'@type': type.googleapis.com/envoy.config.cluster.v3.Cluster, name: c}\n"
		"- {" TYPE ", cluster_name: a, endpoints: []}\n"
		"- {cluster_name: d}\n"
		"- {" TYPE "}\n"
		"- {" TYPE ", cluster_name: ''}\n"
		"- text\n"
		"- {name: e, resource: {" TYPE ", cluster_name: e}, version: '1'}\n"
		"- {'@type': type.googleapis.com/envoy.service.discovery.v3.Resource, name: f, "
		"resource: {" TYPE ", cluster_name: f}}\n"
		"- {name: g, ttl: 5s}\n"
		"- {name: h, resource: {" TYPE "}}\n"
		"- {'@type': type.googleapis.com/envoy.api.v2.ClusterLoadAssignment, cluster_name: i}\n"
		"- {" TYPE ", cluster_name: null}\n"
		"- {" TYPE ", cluster_name: j}\n";
	static const char *const expected[][2] = {
		{"a", NULL},
		{"b", "f:3:"},
		{"c", "f:4:"},
		{"a", "'a' is a duplicate, first on line 2"},
		{"d", "the @type is not set"},
		{"resources[5]", "missing key 'clusterName'"},
		{"resources[6]", "the name is empty"},
		{"resources[7]", "found text"},
		{"e", NULL},
		{"f", NULL},
		{"g", "the resource has no body"},
		{"h", "missing key 'clusterName'"},
		{"i", "found type.googleapis.com/envoy.api.v2"},
		{"resources[13]", "missing key 'clusterName'"},
		{"j", NULL},
	};
	struct assignment_set *set = decode(text);

	(void)state;
	assert_int_equal(set->count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		const struct assignment *item = &set->items[i];

		assert_string_equal(item->name, expected[i][0]);
		if (!item->rejected != !expected[i][1] ||
		    (item->rejected && !strstr(item->rejected, expected[i][1])))
			fail_msg("%s: %s", item->name, item->rejected);
	}
	assignment_set_free(set);
}

static void reports_the_place_in_a_rejected_resource(void **state)
{
	struct assignment_set *set = decode("{\"resources\": [\n"
		"{\"@type\": \"type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment\",\n"
		" \"clusterName\": \"c\", \"endpoints\": [{\"lbEndpoints\": [\n"
		"  {\"endpoint\": {\"address\": {\"socketAddress\": {\"address\": \"10.0.0\", \"portValue\": 80}}}},\n"
		"  {\"loadBalancingWeight\": 0}]}]}]}");

	(void)state;
	assert_string_equal(set->items[0].rejected,
			    "f:4:58: address: expected an IP address, found \"10.0.0\"");
	assignment_set_free(set);
}

/* proto-JSON omits an empty list, and null is unset. */
static void takes_missing_resources_for_none(void **state)
{
	static const char *const texts[] = {
		"{}", "version_info: '1'\n", "{\"versionInfo\": \"1\"}", "resources:\n",
		"resources: null\n", "{\"resources\": null}", "{\"removedResources\": [\"c\"]}",
		"nonce: '1'\nnew_field: x\n", "\xef\xbb\xbfresources: []\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct assignment_set *set = decode(texts[i]);

		assert_int_equal(set->count, 0);
		assignment_set_free(set);
	}
}

/* An invalid response must not read as "no services". */
static void refuses_other_documents(void **state)
{
	static const char *const texts[][2] = {
		{"", "f: empty"},
		{"resources: {}\n", "f:1:12: resources: expected a list, found a mapping"},
		{"[]", "f:1:1: expected a DiscoveryResponse, found a list"},
		{"text", "f:1:1: expected a DiscoveryResponse, found text"},
		{"{" TYPE ", cluster_name: c}",
		 "f:1:79: expected a DiscoveryResponse, found a ClusterLoadAssignment: make it an item of "
		 "the list resources"},
		{"- cluster_name: c\n",
		 "f:1:3: expected a DiscoveryResponse, found a list of ClusterLoadAssignments: name it "
		 "resources"},
		{"[{clusterName: c}]",
		 "f:1:3: expected a DiscoveryResponse, found a list of ClusterLoadAssignments: name it "
		 "resources"},
		{"{\n \"configs\": [{\"@type\": \"x/envoy.admin.v3.BootstrapConfigDump\"}]}",
		 "f:2:2: expected a DiscoveryResponse, found an Envoy config dump: resources takes each "
		 "endpoint_config of its EndpointsConfigDump"},
		{"{\"dynamic_endpoint_configs\": []}",
		 "f:1:2: expected a DiscoveryResponse, found an EndpointsConfigDump of Envoy: resources "
		 "takes each endpoint_config of it"},
		{"cluster_statuses: []",
		 "f:1:1: expected a DiscoveryResponse, found Envoy's page /clusters: assignments are in "
		 "Envoy's /config_dump?include_eds"},
		{"[{name: c, hostStatuses: []}]",
		 "f:1:12: expected a DiscoveryResponse, found a list of istioctl proxy-config endpoints: "
		 "assignments are in Envoy's /config_dump?include_eds"},
		{"apiVersion: v1\nkind: Endpoints\n",
		 "f:1:1: expected a DiscoveryResponse, found an object of Kubernetes: resources takes "
		 "ClusterLoadAssignments"},
		{"[[clusterName]]", "f:1:1: expected a DiscoveryResponse, found a list"},
		{"network: network1\n", "f:1:1: expected a DiscoveryResponse, found none of its fields"},
		{"resources: [", "f:"},
		{"resources: []\nresources: []\n", "f:2:1: duplicate key 'resources'"},
		{"resources: []\nversion_info: []\n", "f:2:15: version_info: expected a string"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct assignment_set *set = (void *)1;
		struct problems problems = {0};

		assert_int_equal(eds_decode_text("f", texts[i][0], strlen(texts[i][0]), &set,
						 &problems), -EINVAL);
		if (strncmp(problems_text(&problems), texts[i][1], strlen(texts[i][1])))
			fail_msg("%s", problems_text(&problems));
		assert_ptr_equal(set, (void *)1);
		problems_done(&problems);
	}
}

static void takes_a_response_without_resources(void **state)
{
	struct assignment_set *set = decode("resources: []");

	(void)state;
	assert_int_equal(set->count, 0);
	assignment_set_free(set);
}

static void bounds_names(void **state)
{
	static const struct {
		const char *format;
		int most;
	} rows[] = {
		{"endpoints: [{locality: {region: %s}}]", EDS_MAX_NAME},
		{"endpoints: [{lb_endpoints: [{endpoint: {hostname: %s, address: {" SOCKET "}}}]}]", EDS_MAX_NAME},
		{LB(ENDPOINT ", metadata: {filter_metadata: {istio: {network: %s}}}"), EDS_MAX_NAME},
		{LB(ENDPOINT ", metadata: {filter_metadata: {istio: {workload: %s}}}"), EDS_MAX_WORKLOAD},
		{"policy: {drop_overloads: [{category: %s}]}", EDS_MAX_NAME},
	};
	char name[2000], fields[4000];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (int extra = 0; extra < 2; extra++) {
			struct assignment_set *set;

			memset(name, 'n', sizeof(name));
			name[rows[i].most + extra] = '\0';
			snprintf(fields, sizeof(fields), rows[i].format, name);
			set = decode_one(fields);
			assert_int_equal(!!set->items[0].rejected, extra);
			assignment_set_free(set);
		}
	}
}

static void cuts_a_name_that_is_too_long(void **state)
{
	char name[400], text[600];
	struct assignment_set *set;

	(void)state;
	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	snprintf(text, sizeof(text), "resources: [{" TYPE ", cluster_name: %s}]", name);
	set = decode(text);
	assert_non_null(strstr(set->items[0].rejected, "expected at most 255 bytes, found 256"));
	assert_int_equal(strlen(set->items[0].name), 255);
	assignment_set_free(set);
}

/* text: `head`, `count` times `item` with commas between, `tail`. */
static char *repeat(const char *head, const char *item, size_t count, const char *tail)
{
	size_t length = strlen(item) + 1;
	char *text = malloc(strlen(head) + count * length + strlen(tail) + 1), *at = text;

	assert_non_null(text);
	at = stpcpy(at, head);
	for (size_t i = 0; i < count; i++) {
		memcpy(at, item, length - 1);
		at += length - 1;
		*at++ = ',';
	}
	at[-1] = ' ';
	strcpy(at, tail);
	return text;
}

#define JSON_TYPE "\"@type\":\"/envoy.config.endpoint.v3.ClusterLoadAssignment\""

static void bounds_counts(void **state)
{
	char *text = repeat("{\"resources\":[{" JSON_TYPE ",\"cluster_name\":\"a\",\"endpoints\":[",
			    "{}", EDS_MAX_LOCALITIES, "]},{" JSON_TYPE
			    ",\"cluster_name\":\"b\",\"endpoints\":[{}]}]}");
	struct assignment_set *set = decode(text);
	struct problems problems = {0};

	(void)state;
	assert_null(set->items[0].rejected);
	assert_int_equal(set->items[0].locality_count, EDS_MAX_LOCALITIES);
	assert_non_null(strstr(set->items[1].rejected, "localities in one response"));
	assignment_set_free(set);
	free(text);
	text = repeat("{\"resources\":[", "{}", EDS_MAX_RESOURCES + 1, "]}");
	assert_int_equal(eds_decode_text("f", text, strlen(text), &set, &problems), -EINVAL);
	assert_non_null(strstr(problems_text(&problems), "more than 65536 resources"));
	problems_done(&problems);
	free(text);
}

static void bounds_addresses_of_one_endpoint(void **state)
{
	for (size_t extra = 0; extra < 2; extra++) {
		char *text = repeat("{\"resources\":[{" JSON_TYPE ",\"cluster_name\":\"a\",\"endpoints\":"
				    "[{\"lb_endpoints\":[{\"endpoint\":{\"address\":{\"socket_address\":"
				    "{\"address\":\"::1\",\"port_value\":1}},\"additional_addresses\":[",
				    "{\"address\":{\"socket_address\":{\"address\":\"::1\",\"port_value\":1}}}",
				    EDS_MAX_ADDRESSES - 1 + extra, "]}}]}]}]}");
		struct assignment_set *set = decode(text);

		assert_int_equal(!!set->items[0].rejected, extra);
		if (!extra)
			assert_int_equal(set->items[0].localities[0].endpoints[0].address_count,
					 EDS_MAX_ADDRESSES);
		assignment_set_free(set);
		free(text);
	}
	(void)state;
}

static void many_duplicates_do_not_take_long(void **state)
{
	char *text = repeat("{\"resources\":[", "{" JSON_TYPE ",\"cluster_name\":\"a\"}", 50000, "]}");
	struct assignment_set *set = decode(text);

	(void)state;
	assert_null(set->items[0].rejected);
	for (size_t i = 1; i < set->count; i++)
		assert_non_null(set->items[i].rejected);
	assignment_set_free(set);
	free(text);
}

/* Truncated YAML may still be YAML: then no resource may be incomplete. */
static void survives_yaml_cut_at_any_byte(void **state)
{
	(void)state;
	for (size_t cut = 0; cut < sizeof(everything); cut++) {
		struct assignment_set *set = NULL;
		struct problems problems = {0};
		char *copy = malloc(cut + !cut);
		int err;

		memcpy(copy, everything, cut);
		err = eds_decode_text("f", copy, cut < sizeof(everything) - 1 ? cut : cut - 1, &set,
				      &problems);
		assert_int_equal(!err, !problems.count);
		assert_int_equal(!err, !!set);
		assignment_set_free(set);
		problems_done(&problems);
		free(copy);
	}
}

static void reports_unreadable_files(void **state)
{
	struct assignment_set *set;
	struct problems problems = {0};

	(void)state;
	assert_int_equal(eds_decode_file("/nonexistent/eds.yaml", &set, &problems), -ENOENT);
	assert_string_equal(problems_text(&problems),
			    "/nonexistent/eds.yaml: cannot read: No such file or directory\n");
	problems_done(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rejects_a_resource_whole_and_by_name),
		cmocka_unit_test(accepts_what_only_the_view_excludes),
		cmocka_unit_test(reads_every_field),
		cmocka_unit_test(reads_camel_case_all_the_same),
		cmocka_unit_test(reads_numbers_in_every_spelling),
		cmocka_unit_test(reads_durations),
		cmocka_unit_test(fills_in_defaults),
		cmocka_unit_test(keeps_good_resources_beside_bad_ones),
		cmocka_unit_test(reports_the_place_in_a_rejected_resource),
		cmocka_unit_test(takes_missing_resources_for_none),
		cmocka_unit_test(refuses_other_documents),
		cmocka_unit_test(takes_a_response_without_resources),
		cmocka_unit_test(bounds_names),
		cmocka_unit_test(cuts_a_name_that_is_too_long),
		cmocka_unit_test(bounds_counts),
		cmocka_unit_test(bounds_addresses_of_one_endpoint),
		cmocka_unit_test(many_duplicates_do_not_take_long),
		cmocka_unit_test(survives_yaml_cut_at_any_byte),
		cmocka_unit_test(reports_unreadable_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
