/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps of a node of cluster1 in the two-cluster scenario, with one of everything, as plain
 * memory; and comparison with files of tests/data/ctl. */
#include "sample_snapshot.h"

#include <arpa/inet.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../table_of.h"
#include "parallax_hash.h"
#include "problem.h"
#include "report_yaml.h"
#include "snapshot_find.h"
#include "yaml_tree.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define HELLO "outbound|5000||helloworld.sample.svc.cluster.local"
#define HELLO_ID 0x1122334455667788ull
#define DNS_ID 0x99aabbccddeeff00ull
#define ECHO_ID 0x0123456789abcdefull
#define NETWORK1 0x0a0001
#define NETWORK2 0x0b0002
#define NETWORK3 0x0c0003
#define HZ 250
#define NOW 1000000u /* jiffies */

static struct service services[5];
static struct backend backends[9];
static struct bucket buckets[64];
static struct filters filters;
static struct owner owners[4];
static struct snapshot snapshot;

static struct vip_entry vips[3];
static struct name_entry names[] = {
	{ { NAME_CLUSTER, 0 }, HELLO },
	{ { NAME_CLUSTER, 1 }, "outbound|53||dns.sample.svc.cluster.local" },
	{ { NAME_CLUSTER, 2 }, "outbound|7||echo.sample.svc.cluster.local" },
	{ { NAME_NETWORK, NETWORK1 }, "network1" },
	{ { NAME_NETWORK, NETWORK2 }, "network2" },
	{ { NAME_LOCALITY, 0 }, "region1/zone1" },
	{ { NAME_LOCALITY, 1 }, "region2/zone1/rack\tb" },
};
static struct network_entry networks[] = {
	{ NETWORK1, { .flags = NETWORK_OWN } },
	{ NETWORK2, { .flags = 0 } },
	{ NETWORK3, { .flags = NETWORK_FLAT } },
};
static struct gateway_entry gateways[3];
static struct gateway_health health[HEALTH_ROWS];
static struct path_entry paths[3];
static struct network_drop_entry network_drops[5];
static struct iface_entry ifaces[] = {
	{ 3, { IFACE_POD, 0, 0 }, "veth-sleep" },
	{ 4, { IFACE_POD, 0, 0 }, "" },
	{ 7, { IFACE_UPLINK, 0, 1000 }, "eth0" },
};
static struct flow_entry flows[16];
static size_t flow_count;

static json_t *status; /* of the last sample */
static const char status_text[] =
	"{\"schema\":1,\"pid\":4711,\"version\":\"0.1.0\",\"started\":\"2026-11-24T20:59:00Z\","
	"\"config\":\"/etc/parallax/config.yaml\",\"network\":\"network1\",\"cluster\":\"cluster1\","
	"\"pin_dir\":\"/sys/fs/bpf/parallax\",\"netns\":4026531840,\"source\":{\"kind\":\"files\",\"path\":\"/etc/eds\","
	"\"files\":[{\"name\":\"a.yaml\",\"resources\":3,\"state\":\"ok\",\"problem\":null},"
	"{\"name\":\"b.yaml\",\"resources\":0,\"state\":\"error\","
	"\"problem\":\"/etc/eds/b.yaml:3:7: expected a mapping\"}],\"problem\":null},"
	"\"mesh_networks\":{\"path\":\"/etc/networks.yaml\",\"problem\":null},"
	"\"last_update\":\"2026-11-24T21:00:00Z\",\"updates\":12,"
	"\"problems\":[\"10.20.194.150:80/tcp is claimed twice\"],"
	"\"networks\":["
	"{\"name\":\"network1\",\"id\":655361,\"own\":true,\"flat\":false,\"transport\":null,"
	"\"port\":null,\"cidrs\":[\"10.10.0.0/16\",\"10.11.0.0/16\"],\"registries\":[\"cluster1\"],"
	"\"gateways\":[]},"
	"{\"name\":\"network2\",\"id\":720898,\"own\":false,\"flat\":false,"
	"\"transport\":\"geneve\",\"port\":6081,\"cidrs\":[],\"registries\":[\"n2-k8s-config\"],"
	"\"gateways\":[{\"address\":\"192.23.120.32\",\"port\":15443,\"usable\":true,\"reason\":null},"
	"{\"address\":\"0.0.0.0\",\"port\":443,\"usable\":false,"
	"\"reason\":\"address not yet known\"},"
	/* Its first four bytes are those of 192.23.120.32. */
	"{\"address\":\"c017:7820::\",\"port\":15443,\"usable\":false,"
	"\"reason\":\"an IPv6 address: not supported yet\"}]},"
	"{\"name\":\"network4\",\"id\":5,\"own\":false,\"flat\":false,\"transport\":\"none\","
	"\"port\":null,\"cidrs\":[],\"registries\":[],\"gateways\":["
	"{\"address\":\"gw.example.com\",\"port\":15443,\"usable\":false,\"reason\":null}]}],"
	"\"services\":[{\"cluster\":\"" HELLO "\",\"host\":\"helloworld.sample.svc.cluster.local\","
	"\"vip\":\"10.20.194.146\",\"port\":5000,\"protocol\":\"tcp\",\"state\":\"serving\","
	"\"excluded\":[{\"address\":\"10.10.0.90:5000\",\"network\":\"network2\",\"reason\":\"no_gateway\"}]},"
	"{\"cluster\":\"outbound|80||web.sample.svc.cluster.local\","
	"\"host\":\"web.sample.svc.cluster.local\",\"vip\":\"10.20.194.150\",\"port\":80,"
	"\"protocol\":\"tcp\",\"state\":\"refused: claimed twice\","
	"\"excluded\":[{\"address\":\"10.9.9.9:80\",\"network\":null,\"reason\":\"unknown_network\"}]}],"
	"\"interfaces\":[{\"name\":\"veth-sleep\",\"ifindex\":3,\"role\":\"pod\",\"attach\":\"tcx\","
	"\"xdp\":false,\"problem\":\"Device or resource busy\"},"
	"{\"name\":\"veth-gone\",\"ifindex\":4,\"role\":\"pod\",\"attach\":\"tcx\","
	"\"xdp\":false,\"problem\":null},{\"name\":\"eth0\",\"ifindex\":7,\"role\":\"uplink\",\"attach\":\"tcx\","
	"\"xdp\":true,\"problem\":null}],"
	"\"node\":{\"profile\":\"auto\",\"cni\":\"calico\",\"cni_from\":\"interface cali0123456789a of a pod\","
	"\"address\":\"192.23.110.10\",\"mtu\":1500,"
	"\"uplinks\":[{\"name\":\"eth0\",\"from\":\"default route\"}],"
	"\"pod_ranges\":[{\"range\":\"10.10.0.0/26\",\"from\":\"blackhole route\"}]}}";

__be32 sample_ip(const char *text)
{
	struct in_addr addr;

	assert_int_equal(inet_pton(AF_INET, text, &addr), 1);
	return addr.s_addr;
}

static void add_service(uint32_t row, const char *vip, uint16_t port, uint8_t proto, uint64_t id,
			table_desc table, table_desc local_table)
{
	services[row] = (struct service){
		.vip = vip ? IP_V4(sample_ip(vip)) : (struct ip_addr){},
		.port = vip ? htons(port) : 0,
		.proto = proto,
		.flags = SERVICE_IN_USE,
		.family = 4,
		.id = id,
		.table = table,
		.local_table = local_table,
		.captured_ns = 1000000000u,
	};
}

#define SLOTS_OF_WEIGHT (8 * TABLE_WHOLE) /* in row 0's table */

static void add_backend(uint32_t row, const char *ip, uint16_t port, uint8_t kind, uint32_t service,
			uint32_t network, uint32_t weight)
{
	backends[row] = (struct backend){
		.addr = IP_V4(sample_ip(ip)),
		.port = htons(port),
		.generation = (uint16_t)(row + 1),
		.kind = kind,
		.service = service,
		.service_id = services[service].id,
		.tunnel_port = kind == BACKEND_GENEVE ? htons(6081) : 0,
		.network = network,
		.share = weight * 100000000u,
		.weight = weight,
		.slots = weight * SLOTS_OF_WEIGHT,
		.locality = network != NETWORK1,
	};
}

static table_desc add_table(uint32_t *used, const uint32_t *rows, const uint32_t *weights,
			    size_t count, uint32_t generation)
{
	table_desc word = table_of(buckets, *used, rows, weights, count, generation);

	*used += TABLE_BUCKETS(word);
	return word;
}

static void add_tables(void)
{
	static const uint32_t hello[] = { 1, 2, 3, 4 }, weights[] = { 4, 4, 1, 1 }, echo = 6;
	table_desc tables[3];
	uint32_t used = 0;

	tables[0] = add_table(&used, hello, weights, 4, 3);
	tables[1] = add_table(&used, hello, NULL, 1, 1); /* for decapsulated packets */
	tables[2] = add_table(&used, &echo, NULL, 1, 1);
	memset(services, 0, sizeof(services));
	memset(backends, 0, sizeof(backends));
	add_service(0, "10.20.194.146", 5000, IPPROTO_TCP, HELLO_ID, tables[0],
		    tables[1]);
	add_service(1, "10.20.194.147", 53, IPPROTO_UDP, DNS_ID, 0, 0);
	add_service(2, NULL, 0, IPPROTO_TCP, ECHO_ID, 0, tables[2]);
	add_backend(1, "10.10.0.90", 5000, BACKEND_LOCAL, 0, NETWORK1, 4);
	add_backend(2, "192.23.120.32", 15443, BACKEND_GENEVE, 0, NETWORK2, 4);
	add_backend(3, "192.23.130.40", 15443, BACKEND_PASSTHROUGH, 0, NETWORK3, 1);
	add_backend(4, "10.10.0.89", 5000, BACKEND_LOCAL, 0, NETWORK1, 1);
	add_backend(5, "10.10.0.99", 5000, BACKEND_LOCAL, 0, NETWORK1, 0);
	backends[5].flags = BACKEND_DRAINING;
	add_backend(6, "10.10.0.95", 7, BACKEND_LOCAL, 2, NETWORK1, 0);
	add_backend(7, "10.10.0.96", 7, BACKEND_LOCAL, 2, NETWORK1, 0);
	backends[7].generation = 0; /* rests */
	vips[0].key = (struct vip_key){ .addr = services[0].vip }; /* marks the address */
	vips[1] = (struct vip_entry){ { services[0].vip, services[0].port, IPPROTO_TCP, 0 }, 0 };
	vips[2] = (struct vip_entry){ { services[1].vip, services[1].port, IPPROTO_UDP, 0 }, 1 };
	memset(&filters, 0, sizeof(filters));
	for (int i = 0; i < 2; i++) {
		uint32_t bit = address_bit(&services[i].vip);

		filters.destinations[bit / 64] |= 1ull << (bit & 63);
	}
}

static void add_gateways(void)
{
	static const struct {
		const char *ip;
		uint32_t network;
		uint8_t kind;
	} rows[] = {
		{ "192.23.120.32", NETWORK2, BACKEND_GENEVE },
		{ "192.23.120.33", NETWORK2, BACKEND_GENEVE },
		{ "192.23.130.40", NETWORK3, BACKEND_PASSTHROUGH },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		gateways[i] = (struct gateway_entry){
			{ IP_V4(sample_ip(rows[i].ip)), rows[i].network },
			{ htons(15443),
			  rows[i].kind == BACKEND_GENEVE ? htons(6081) : 0,
			  rows[i].kind,
			  { 0 } },
		};
}

static struct gateway_health *health_of(const char *ip)
{
	struct ip_addr addr = IP_V4(sample_ip(ip));
	struct gateway_health *row = &health[health_place(health_hash(&addr, htons(6081)), 0)];

	row->addr = addr;
	row->port = htons(6081);
	return row;
}

/* A gateway that is up, and one that is down. */
static void add_health(void)
{
	struct gateway_health *up = health_of("192.23.120.32"), *down = health_of("192.23.120.33");

	up->state = GATEWAY_UP;
	up->sent_probes = 600;
	up->lost_probes = 3;
	up->rtt_p50_us = 346;
	up->rtt_p99_us = 12500;
	up->rtt_counts[1] = 100;
	up->rtt_counts[2] = 4000;
	up->rtt_counts[HEALTH_RTT_BOUNDS] = 2;
	up->rtt_sum_us = 2500000;
	up->services = 1200;
	up->network = NETWORK2;
	up->mtu = 1450;
	up->load = 35;
	down->state = GATEWAY_DOWN;
	down->sent_probes = down->lost_probes = 60;
}

/* A narrow path by a router, one whose time is over, and an old one by probes. */
static void add_paths(void)
{
	paths[0] = (struct path_entry){ IP_V4(sample_ip("192.23.120.32")),
					{ .mtu = 1400, .told = 1400, .stamp = NOW - 100 } };
	paths[1] = (struct path_entry){ IP_V4(sample_ip("192.23.120.33")),
					{ .mtu = 1300, .told = 1300, .stamp = NOW - 700 * 1000 } };
	paths[2] = (struct path_entry){
		IP_V4(sample_ip("192.23.120.34")),
		{ .mtu = 1420, .stamp = NOW - 900 * 1000, .origin = PATH_PROBED }
	};
}

/* Of the reason alone, none and some; by a gateway as client and as a pod's node; at this gateway. */
static void add_network_drops(void)
{
	const struct ip_addr gateway = IP_V4(sample_ip("192.23.120.32"));
	const uint32_t network2 = networks[1].id;

	network_drops[0] = (struct network_drop_entry){ { .reason = REASON_TOO_BIG }, 0 };
	network_drops[1] = (struct network_drop_entry){ { .reason = REASON_TUNNEL_VNI }, 3 };
	network_drops[2] = (struct network_drop_entry){
		{ .network = network2, .role = USAGE_GATEWAY, .reason = REASON_TUNNEL_FORGED }, 6
	};
	network_drops[3] = (struct network_drop_entry){
		{ gateway, network2, USAGE_CLIENT, REASON_TOO_BIG, {} }, 4
	};
	network_drops[4] = (struct network_drop_entry){
		{ gateway, network2, USAGE_DOOR, REASON_FLOWS_SHARE, {} }, 5
	};
	qsort(network_drops, COUNT(network_drops), sizeof(*network_drops),
	      snapshot_network_drop_compare);
}

static struct flow *add_half(struct flow_key key, uint8_t action, uint32_t backend, uint64_t bytes,
			     uint32_t age, uint32_t idle)
{
	struct flow_entry *entry = &flows[flow_count++];

	*entry = (struct flow_entry){
		.key = key,
		.flow = { .tag = flow_tag(&key), .state = FLOW_ESTABLISHED, .action = action,
			  .backend = backend, .generation = backends[backend].generation,
			  .service = (uint16_t)backends[backend].service, .bytes = bytes,
			  .opened = NOW - age * HZ, .seen = NOW - idle * HZ },
	};
	return &entry->flow;
}

static struct flow_key key_of(const char *from, uint16_t sport, const char *to, uint16_t dport,
			      uint32_t zone)
{
	return (struct flow_key){ IP_V4(sample_ip(from)), IP_V4(sample_ip(to)), htons(sport),
				  htons(dport), zone };
}

static struct nat nat_of(const char *from, uint16_t sport, const char *to, uint16_t dport)
{
	return (struct nat){ IP_V4(sample_ip(from)), IP_V4(sample_ip(to)), htons(sport),
			     htons(dport) };
}

#define VIP "10.20.194.146"
#define CLIENT(udp) FLOW_ZONE(0, FLOW_CLIENT, udp)
#define REPLY(udp) FLOW_ZONE(0, FLOW_REPLY, udp)

/* Local pod, tunnel, stock gateway, a UDP query without an answer, a connection that is over. */
static void add_client_flows(void)
{
	struct flow *flow;

	flow = add_half(key_of("10.10.0.89", 59646, VIP, 5000, CLIENT(0)), FLOW_NAT, 1, 412, 100, 2);
	flow->nat = nat_of("10.10.0.89", 59646, "10.10.0.90", 5000);
	flow = add_half(key_of("10.10.0.90", 5000, "10.10.0.89", 59646, REPLY(0)), FLOW_NAT, 1, 733,
			100, 2);
	flow->nat = nat_of(VIP, 5000, "10.10.0.89", 59646);

	flow = add_half(key_of("10.10.0.89", 59496, VIP, 5000, CLIENT(0)), FLOW_ENCAP, 2, 413, 7200,
			3600);
	flow->peer = sample_ip("192.23.120.32");
	flow->peer_port = htons(6081);
	flow->network = NETWORK2;
	flow->endpoint = 0x1e2d3c4b;
	flow = add_half(key_of(VIP, 5000, "10.10.0.89", 59496, REPLY(0)), FLOW_DECAP, 2, 1234567,
			7200, 3600);
	flow->network = NETWORK2;

	flow = add_half(key_of("10.10.0.89", 40000, VIP, 5000, CLIENT(0)), FLOW_NAT, 3, 60, 1, 1);
	flow->nat = nat_of("10.10.0.89", 41234, "192.23.130.40", 15443);
	flow->flags = FLOW_PASSTHROUGH;
	flow->state = FLOW_OPENING;
	flows[flow_count - 1].embryonic = true;

	flow = add_half(key_of("10.10.0.89", 40001, "10.20.194.147", 53, CLIENT(1)), FLOW_NAT, 0, 90,
			3, 3);
	flow->nat = nat_of("10.10.0.89", 40001, "10.10.0.53", 5353);
	flow->service = 1; /* its backend is gone: the row still names the service */
	flow->state = FLOW_CLOSING;
	flow->flags = FLOW_REDIRECT;
}

/* A client in network2 that came through our gateway, with an address that is also used here. */
static void add_gateway_flows(void)
{
	struct flow *flow;

	flow = add_half(key_of("10.10.0.89", 59646, VIP, 5000,
			       FLOW_ZONE(NETWORK2, FLOW_GATEWAY, 0)), FLOW_DECAP_NAT, 1, 5000, 60,
			0);
	flow->nat = nat_of("172.31.254.1", 20000, "10.10.0.90", 5000);
	flow->network = NETWORK2;
	flow->flags = FLOW_REDIRECT;
	flow = add_half(key_of("10.10.0.90", 5000, "172.31.254.1", 20000,
			       FLOW_ZONE(0, FLOW_GATEWAY_REPLY, 0)), FLOW_NAT_ENCAP, 1, 6000, 60,
			0);
	flow->nat = nat_of(VIP, 5000, "10.10.0.89", 59646);
	flow->network = NETWORK2;
}

static void add_counters(struct snapshot *s)
{
	memset(s->counters, 0, sizeof(s->counters));
	s->counters[HOOK_FROM_POD][REASON_TO_LOCAL] = (struct counter){ 100, 10000 };
	s->counters[HOOK_FROM_POD][REASON_TO_TUNNEL] = (struct counter){ 50, 5000000 };
	s->counters[HOOK_XDP][REASON_XDP_DECAP] = (struct counter){ 40, 4000000 };
	s->counters[HOOK_UPLINK][REASON_FROM_TUNNEL] = (struct counter){ 40, 4000000 };
	s->counters[HOOK_FROM_POD][REASON_TAKEOVER] = (struct counter){ 7, 700 };
	s->counters[HOOK_FROM_POD][REASON_NO_BACKEND] = (struct counter){ 3, 180 };
	s->counters[HOOK_UPLINK][REASON_TUNNEL_VNI] = (struct counter){ 2, 200 };
	s->counters[HOOK_XDP][REASON_TUNNEL_VNI] = (struct counter){ 1, 100 };
}

struct snapshot *sample_snapshot(void)
{
	add_tables();
	add_gateways();
	add_health();
	add_paths();
	add_network_drops();
	flow_count = 0;
	add_client_flows();
	add_gateway_flows();
	qsort(flows, flow_count, sizeof(flows[0]), snapshot_flow_compare);
	json_decref(status);
	status = json_loads(status_text, 0, NULL);
	snapshot = (struct snapshot){
		.settings = { .abi_version = ABI_VERSION,
			      .network = NETWORK1,
			      .hz = HZ,
			      .flags = SETTING_GATEWAY,
			      .source[IP_V4_INDEX] = IP_V4(sample_ip("192.23.110.10")),
			      .listen[IP_V4_INDEX] = IP_V4(sample_ip("192.23.110.10")),
			      .listen_port = htons(6081),
			      .mtu = 1500,
			      .snat_count[IP_V4_INDEX] = 1,
			      .snat[IP_V4_INDEX] = { IP_V4(sample_ip("172.31.254.1")) } },
		.monotonic_ns = 61000000000u,
		.realtime_ns = 1795554000123000000u,
		.jiffies = NOW,
		.has_jiffies = true,
		.services = services,
		.service_count = 5,
		.backends = backends,
		.backend_count = COUNT(backends),
		.buckets = buckets,
		.bucket_count = COUNT(buckets),
		.filters = &filters,
		.owners = owners,
		.owner_count = COUNT(owners),
		.vips = vips,
		.vip_count = COUNT(vips),
		.names = names,
		.name_count = COUNT(names),
		.networks = networks,
		.network_count = COUNT(networks),
		.gateways = gateways,
		.gateway_count = COUNT(gateways),
		.health = health,
		.health_count = COUNT(health),
		.paths = paths,
		.path_count = COUNT(paths),
		.network_drops = network_drops,
		.network_drop_count = COUNT(network_drops),
		.ifaces = ifaces,
		.iface_count = COUNT(ifaces),
		.flows = flows,
		.flow_count = flow_count,
		.flow_usage = { { 7, 262144 }, { 0, 262144 } },
		.embryonic_usage = { { 1, 32768 }, { 0, 32768 } },
		.netns = 4026531840,
		.status = status,
		.agent_running = true,
		.programs = 0xff,
	};
	add_counters(&snapshot);
	return &snapshot;
}

/* ------------------------------------------------------------------ golden files */

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fputs(text, file) >= 0, 1);
	fclose(file);
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	if (!file)
		fail_msg("%s cannot be read; tests run at the top of the tree", path);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (1 << 20) - 1, file) > 0, 1);
	fclose(file);
	return text;
}

void golden_text(const char *name, const char *text)
{
	char path[256], *expected;

	snprintf(path, sizeof(path), "tests/data/ctl/%s", name);
	if (getenv("UPDATE_GOLDEN")) {
		write_file(path, text);
		return;
	}
	expected = read_file(path);
	if (strcmp(expected, text))
		fail_msg("%s: expected\n%s\ngot\n%s", path, expected, text);
	free(expected);
}

/* The caller frees the text. */
static char *printed(const json_t *report, bool wide, int (*print)(const json_t *, bool, FILE *))
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	assert_int_equal(print(report, wide, out), 0);
	fclose(out);
	return text;
}

static void golden_json(const char *name, const json_t *report)
{
	char *text = json_dumps(report, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
	char *line;

	assert_non_null(text);
	line = malloc(strlen(text) + 2);
	assert_non_null(line);
	sprintf(line, "%s\n", text);
	golden_text(name, line);
	free(line);
	free(text);
}

static void assert_same(const json_t *json, const struct tree_node *node);

static void assert_same_list(const json_t *list, const struct tree_node *node)
{
	const struct tree_node *child = node->child;
	json_t *item;
	size_t i;

	assert_int_equal(node->kind, TREE_SEQUENCE);
	assert_int_equal(node->count, json_array_size(list));
	json_array_foreach(list, i, item) {
		assert_same(item, child);
		child = child->next;
	}
}

static void assert_same_object(const json_t *object, const struct tree_node *node)
{
	const char *key;
	json_t *value;

	assert_int_equal(node->kind, TREE_MAPPING);
	assert_int_equal(node->count, json_object_size(object));
	json_object_foreach((json_t *)object, key, value) {
		assert_non_null(tree_get(node, key));
		assert_same(value, tree_get(node, key));
	}
}

static void assert_same(const json_t *json, const struct tree_node *node)
{
	if (json_is_object(json)) {
		assert_same_object(json, node);
	} else if (json_is_array(json)) {
		assert_same_list(json, node);
	} else if (json_is_string(json)) {
		assert_string_equal(node->text, json_string_value(json));
	} else {
		assert_false(node->quoted);
		if (json_is_number(json))
			assert_true(fabs(strtod(node->text, NULL) - json_number_value(json)) <
				    1e-8);
		else
			assert_string_equal(node->text, json_is_null(json) ? "null" :
							json_is_true(json) ? "true" :
									     "false");
	}
}

/* YAML is the same tree. */
static void same_in_yaml(const json_t *report)
{
	struct problems problems = {};
	struct yaml_tree *tree;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	assert_int_equal(report_yaml_write(report, out), 0);
	fclose(out);
	assert_int_equal(yaml_tree_parse("yaml", text, length, &tree_limits_config, &tree,
					 &problems),
			 0);
	assert_same(report, tree->root);
	yaml_tree_free(tree);
	problems_done(&problems);
	free(text);
}

void golden_report(const char *name, json_t *report,
		   int (*print)(const json_t *report, bool wide, FILE *out))
{
	char *narrow = printed(report, false, print), *wide = printed(report, true, print);
	char file[128];

	snprintf(file, sizeof(file), "%s.json", name);
	golden_json(file, report);
	same_in_yaml(report);
	snprintf(file, sizeof(file), "%s.txt", name);
	golden_text(file, narrow);
	snprintf(file, sizeof(file), "%s-wide.txt", name);
	if (strcmp(narrow, wide))
		golden_text(file, wide);
	free(narrow);
	free(wide);
	json_decref(report);
}
