/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The configuration: values, defaults, the environment, and every error with its place. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"
#include "config_load.h"
#include "parallax_limits.h"
#include "problem.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct config *load_with(const char *text, char *const *environment)
{
	struct problems problems = {0};
	struct config *config = NULL;

	if (config_load_text("/etc/parallax/f", text, strlen(text), environment, &config,
			     &problems))
		fail_msg("%s", problems_text(&problems));
	assert_int_equal(problems.count, 0);
	return config;
}

static void assert_address(const struct addr *addr, const char *text)
{
	char buf[ADDR_TEXT_MAX];

	assert_string_equal(addr_format(addr, buf), text);
}

static void fills_in_defaults(void **state)
{
	struct config *config = load_with("network: network1", NULL);

	(void)state;
	assert_string_equal(config->path, "/etc/parallax/f");
	assert_string_equal(config->network, "network1");
	assert_null(config->cluster);
	assert_int_equal(config->attach, ATTACH_AUTO);
	assert_int_equal(config->xdp, XDP_AUTO);
	assert_true(config->host);
	assert_null(config->mesh_networks_file);
	assert_null(config->eds_path);
	assert_true(config->locality_weighted);
	assert_int_equal(config->panic_threshold, 50);
	assert_int_equal(config->delivery, DELIVERY_STACK);
	assert_int_equal(config->capture, CAPTURE_MULTI_NETWORK);
	assert_int_equal(config->draining, DRAINING_KEEP);
	assert_int_equal(config->takeover_seconds, 86400);
	assert_int_equal(config->probes.interval_ms, 100);
	assert_int_equal(config->probes.idle_ms, 1000);
	assert_int_equal(config->probes.failures, 3);
	assert_int_equal(config->limits.services, DEFAULT_SERVICES);
	assert_int_equal(config->limits.backends, DEFAULT_BACKENDS);
	assert_int_equal(config->limits.flows, DEFAULT_FLOWS);
	assert_int_equal(config->limits.slots, DEFAULT_SLOTS);
	assert_false(config->gateway.enabled);
	assert_int_equal(config->admin_address.family, 0);
	assert_int_equal(config->metrics.address.family, 0);
	assert_int_equal(config->mesh->count, 1);
	assert_string_equal(config->mesh->networks[0].name, "network1");
	assert_true(config->mesh->networks[0].own);
	config_free(config);
	config_free(NULL);
}

/* An ordinary node with most keys. */
static const char node[] =
	"network: network1\n"
	"cluster: cluster1\n"
	"interfaces: {pods: [\"veth*\", cali*], uplinks: [\"eth0\"], attach: clsact, xdp: never, host: false}\n"
	"meshNetworks:\n"
	"  networks:\n"
	"    network1: {endpoints: [{fromRegistry: cluster1}, {fromCidr: 10.10.0.0/16}]}\n"
	"    network2:\n"
	"      endpoints: [{fromRegistry: n2-k8s-config}]\n"
	"      gateways: [{address: 192.23.120.32, port: 15443}]\n"
	"transports:\n"
	"  network2: {mode: geneve, port: 6082}\n"
	"source: {files: {path: eds.yaml}}\n"
	"services:\n"
	"  - host: HelloWorld.sample.svc.cluster.local.\n"
	"    addresses: [10.20.194.146, '2001:db8::1']\n"
	"    ports: [{port: 5000, protocol: TCP}, {port: 5000, protocol: UDP}, {port: 1}]\n"
	"    affinity: 3h\n"
	"loadBalancing: {localityWeighted: false, panicThreshold: 0}\n"
	"delivery: redirect\n"
	"capture: all\n"
	"draining: reset\n"
	"takeover: 1h30m5s\n"
	"probes: {interval: 250ms, idle: 5s, failures: 4}\n"
	"limits: {services: 16, backends: 131, flows: 262, slots: 4096}\n"
	"admin: {}\n"
	"metrics: {}\n";

static void lives_as_long_as_a_holder(void **state)
{
	struct config *config = load_with("network: network1", NULL);

	(void)state;
	assert_ptr_equal(config_hold(config), config);
	config_free(config);
	assert_string_equal(config->network, "network1");
	config_free(config);
}

static void check_service(const struct config_service *service)
{
	assert_string_equal(service->host, "helloworld.sample.svc.cluster.local");
	assert_int_equal(service->address_count, 2);
	assert_address(&service->addresses[0], "10.20.194.146");
	assert_address(&service->addresses[1], "2001:db8::1");
	assert_int_equal(service->port_count, 3);
	assert_int_equal(service->ports[0].port, 5000);
	assert_int_equal(service->ports[0].proto, IPPROTO_TCP);
	assert_int_equal(service->ports[1].proto, IPPROTO_UDP);
	assert_int_equal(service->ports[2].port, 1);
	assert_int_equal(service->ports[2].proto, IPPROTO_TCP);
	assert_int_equal(service->affinity_seconds, 10800);
}

static void reads_a_node(void **state)
{
	struct config *config = load_with(node, NULL);

	(void)state;
	assert_string_equal(config->cluster, "cluster1");
	assert_int_equal(config->pod_pattern_count, 2);
	assert_string_equal(config->pod_patterns[0], "veth*");
	assert_string_equal(config->pod_patterns[1], "cali*");
	assert_string_equal(config->uplink_patterns[0], "eth0");
	assert_int_equal(config->attach, ATTACH_CLSACT);
	assert_int_equal(config->xdp, XDP_NEVER);
	assert_false(config->host);
	assert_string_equal(config->eds_path, "/etc/parallax/eds.yaml");
	assert_int_equal(config->service_count, 1);
	check_service(&config->services[0]);
	assert_false(config->locality_weighted);
	assert_int_equal(config->panic_threshold, 0);
	assert_int_equal(config->delivery, DELIVERY_REDIRECT);
	assert_int_equal(config->capture, CAPTURE_ALL);
	assert_int_equal(config->draining, DRAINING_RESET);
	assert_int_equal(config->takeover_seconds, 5405);
	assert_int_equal(config->probes.interval_ms, 250);
	assert_int_equal(config->probes.idle_ms, 5000);
	assert_int_equal(config->probes.failures, 4);
	assert_int_equal(config->limits.services, 16);
	assert_int_equal(config->limits.slots, 4096);
	assert_address(&config->admin_address, "127.0.0.1");
	assert_int_equal(config->admin_port, 15100);
	assert_address(&config->metrics.address, "0.0.0.0");
	assert_int_equal(config->metrics.port, 15101);
	assert_int_equal(config->mesh->count, 2);
	assert_int_equal(config->mesh->networks[1].transport, TRANSPORT_GENEVE);
	assert_int_equal(config->mesh->networks[1].tunnel_port, 6082);
	config_free(config);
}

static void reads_a_gateway(void **state)
{
	struct config *config = load_with(
		"network: network2\n"
		"gateway:\n"
		"  listen: {interface: eth0}\n"
		"  snat: [172.31.255.1, 172.31.255.2]\n"
		"  allow: [192.23.110.0/24, 192.23.111.7, {source: 10.0.0.0/8, network: far}]\n",
		NULL);
	const struct config_gateway_role *gateway = &config->gateway;
	char buf[ADDR_TEXT_MAX];

	(void)state;
	assert_true(gateway->enabled);
	assert_string_equal(gateway->listen_interface, "eth0");
	assert_int_equal(gateway->listen_addresses.v4.family, 0);
	assert_int_equal(gateway->listen_port, 6081);
	assert_int_equal(gateway->snat_count, 2);
	assert_address(&gateway->snat[1], "172.31.255.2");
	assert_int_equal(gateway->allow_count, 3);
	assert_string_equal(prefix_format(&gateway->allow[0].source, buf), "192.23.110.0/24");
	assert_string_equal(prefix_format(&gateway->allow[1].source, buf), "192.23.111.7/32");
	assert_null(gateway->allow[1].network);
	assert_string_equal(prefix_format(&gateway->allow[2].source, buf), "10.0.0.0/8");
	assert_string_equal(gateway->allow[2].network, "far");
	config_free(config);
}

static void reads_a_door(void **state)
{
	struct config *config = load_with("network: network2\n"
					  "gateway: {mode: forward, allow: [10.0.0.0/8]}\n"
					  "door:\n"
					  "  peers: [192.23.120.0/24, 2001:db8::7]\n"
					  "  clientAddress: keep\n"
					  "  foreign: [100.64.0.0/20, 2001:2::/64]\n"
					  "  mtu: 1450\n",
					  NULL);
	const struct config_door *door = &config->door;
	char buf[ADDR_TEXT_MAX];

	(void)state;
	assert_int_equal(config->gateway.mode, GATEWAY_FORWARD);
	assert_true(door->enabled);
	assert_int_equal(door->port, 6081);
	assert_int_equal(door->peer_count, 2);
	assert_string_equal(prefix_format(&door->peers[1], buf), "2001:db8::7/128");
	assert_int_equal(door->client, CLIENT_KEEP);
	assert_string_equal(prefix_format(&door->foreign[0], buf), "100.64.0.0/20");
	assert_int_equal(door->mtu, 1450);
	config_free(config);
}

#define N "network: network1\n"
#define DOOR(fields) N "door: {" fields "}\n"
#define MESH N "meshNetworks:\n  networks:\n    network2: {}\n"
#define GATEWAY(fields) N "gateway: {" fields "}\n"
#define LISTEN "listen: {interface: eth0}"
#define SNAT "snat: [172.31.255.1]"
#define ALLOW "allow: [192.0.2.0/24]"
#define SERVICE_NETWORK(name)                                                                      \
	"services:\n- {" HOST ", addresses: [10.0.0.1], " PORT ", network: " name "}\n"
#define SERVICE(fields) N "services:\n- {" fields "}\n"
#define HOST "host: a.b"
#define VIP "addresses: [10.0.0.1]"
#define PORT "ports: [{port: 80}]"

/* What is neither listed nor named is found; a list alone means no more than it says. */
static void profile_of_the_interfaces(void **state)
{
	static const struct {
		const char *text;
		enum cni profile;
	} rows[] = {
		{ N, CNI_AUTO },
		{ N "interfaces: {}", CNI_AUTO },
		{ N "interfaces: {xdp: never}", CNI_AUTO },
		{ N "interfaces: {profile: auto}", CNI_AUTO },
		{ N "interfaces: {profile: aws-vpc}", CNI_AWS_VPC },
		{ N "interfaces: {profile: gke, uplinks: [eth0]}", CNI_GKE },
		{ N "interfaces: {pods: ['veth*']}", CNI_NONE },
		{ N "interfaces: {uplinks: [eth0]}", CNI_NONE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config *config = load_with(rows[i].text, NULL);

		assert_int_equal(config->profile, rows[i].profile);
		assert_string_equal(config->cni_conf_dir, "/etc/cni/net.d");
		config_free(config);
	}
}

/* Every address may be of either family; the gateway listens at one of each. */
static void gateway_of_both_families(void **state)
{
	struct config *config = load_with(
		N "gateway:\n"
		  "  listen: {address: ['fd00::1', 192.0.2.1], port: 7000}\n"
		  "  snat: ['fd00::5', 192.0.2.5]\n"
		  "  allow: ['2001:db8::/32', 'fd00::7', {source: 'fd01::/16', network: far}]\n",
		NULL);
	const struct config_gateway_role *gateway = &config->gateway;
	char buf[ADDR_TEXT_MAX];

	(void)state;
	assert_address(&gateway->listen_addresses.v4, "192.0.2.1");
	assert_address(&gateway->listen_addresses.v6, "fd00::1");
	assert_int_equal(gateway->snat_count, 2);
	assert_address(&gateway->snat[0], "fd00::5");
	assert_int_equal(gateway->allow_count, 3);
	assert_string_equal(prefix_format(&gateway->allow[0].source, buf), "2001:db8::/32");
	assert_string_equal(prefix_format(&gateway->allow[1].source, buf), "fd00::7/128");
	assert_string_equal(prefix_format(&gateway->allow[2].source, buf), "fd01::/16");
	config_free(config);
}

static void gateway_of_the_node_itself(void **state)
{
	struct config *config = load_with(N "gateway: {allow: [192.0.2.0/24]}", NULL);

	(void)state;
	assert_true(config->gateway.enabled);
	assert_int_equal(config->gateway.listen_addresses.v4.family, 0);
	assert_int_equal(config->gateway.listen_port, 6081);
	assert_int_equal(config->gateway.snat_count, 0);
	config_free(config);
}

/* Each text has one error, and nothing else is reported. */
static const struct {
	const char *text, *problem;
} errors[] = {
	/* form */
	{ "", "empty: expected a YAML or JSON document" },
	{ "network", "1:1: expected a mapping of the configuration's keys, found network" },
	{ "[network]", "1:1: expected a mapping of the configuration's keys, found a list" },
	{ "{}", "1:1: missing key 'network'" },
	{ "cluster: c", "1:1: missing key 'network'" },
	{ N "network: network2\n", "2:1: duplicate key 'network', first on line 1" },
	{ N "limits: {flows: 100, flows: 200}", "2:22: duplicate key 'flows', first on line 2" },
	{ N "netwrok: x\n", "2:1: unknown key 'netwrok', did you mean 'network'?" },
	{ N "delivry: stack\n", "2:1: unknown key 'delivry', did you mean 'delivery'?" },
	{ N "interfaces: {cap: [x]}",
	  "2:14: unknown key 'cap', expected one of: profile, pods, uplinks, attach, xdp, host, cniConfDir" },
	{ N "interfaces: {pod: [x]}", "2:14: unknown key 'pod', did you mean 'pods'?" },
	{ N "interfaces: {nics: [x]}",
	  "2:14: unknown key 'nics', expected one of: profile, pods, uplinks, attach, xdp, host, cniConfDir" },
	{ N "mesh_networks: {}", "2:1: unknown key 'mesh_networks', did you mean 'meshNetworks'?" },
	{ N "source: {ads: {}}", "2:15: ads: missing key 'addresses'" },
	{ N "source: {}", "2:9: source: expected either files or ads" },
	{ N "source: {files: {path: a}, ads: {addresses: ['a:1']}}",
	  "2:9: source: expected either files or ads" },
	{ N "source: {ads: {addresses: []}}", "2:27: addresses: expected an address or more" },
	{ N "source: {ads: {addresses: [a]}}", "2:28: expected HOST:PORT, found a" },
	{ N "source: {ads: {addresses: ['a:0']}}", "2:28: expected HOST:PORT, found \"a:0\"" },
	{ N "source: {ads: {addresses: ['::1:5']}}", "2:28: expected HOST:PORT, found \"::1:5\"" },
	{ N "source: {ads: {addresses: ['a:1'], mode: x}}",
	  "2:42: mode: expected delta or sotw, found x" },
	{ N "source: {ads: {addresses: ['a:1'], view: x}}",
	  "2:42: view: expected rewritten or perNetwork, found x" },
	{ N "source: {ads: {addresses: ['a:1'], tokenFile: t}}",
	  "2:47: tokenFile: expected together with tls only: a token is not sent in the clear" },
	{ N "source: {ads: {addresses: ['a:1'], tls: {keyFile: k}}}",
	  "2:41: tls: expected certificateFile and keyFile together" },
	{ N "source: {ads: {addresses: ['a:1'], tls: {serverName: 'a b'}}}",
	  "2:54: serverName: expected a host name or an address, found \"a b\"" },
	{ N "source: {ads: {addresses: ['a:1'], node: {id: a, ip: 10.0.0.1}}}",
	  "2:54: ip: expected either id or its parts" },
	{ N "source: {ads: {addresses: ['a:1'], node: {ip: 0.0.0.0}}}",
	  "2:47: ip: expected an address of this node, found 0.0.0.0" },
	{ N "source: {ads: {addresses: ['a:1'], node: {namespace: a.b}}}",
	  "2:54: namespace: expected a name without '~' and '.', found a.b" },
	{ N "source: {ads: {addresses: ['a:1'], node: {metadata: {A: [1]}}}}",
	  "2:57: A: expected text, found a list" },
	{ N "source: {ads: {addresses: ['a:1'], timeouts: {keepalive: 29s}}}",
	  "2:58: keepalive: expected at least 30s, found 29s" },
	{ N "source: {ads: {addresses: ['a:1']}}",
	  "2:15: ads: expected together with cluster: it distinguishes our pods from those of other clusters" },
	{ N "source: {ads: {addresses: ['a:1'], maxMessageBytes: 1}}",
	  "2:53: maxMessageBytes: expected a number from 65536 to 1073741824, found 1" },
	/* types */
	{ "network: [x]", "1:10: network: expected a text, found a list" },
	{ "network:", "1:9: network: expected a text, found nothing" },
	{ "network: 5", "1:10: network: expected a text (put it in quotes), found 5" },
	{ "network: true", "1:10: network: expected a text (put it in quotes), found true" },
	{ "network: ''", "1:10: network: expected a text that is not empty, found \"\"" },
	{ "network: a b", "1:10: network: expected a name without white space, found a b" },
	{ N "interfaces: {profile: weave}",
	  "2:23: profile: expected auto, bridge, flannel, calico, cilium, kindnet, aws-vpc, azure or gke, found weave" },
	{ N "interfaces: [eth0]",
	  "2:13: interfaces: expected a mapping with profile, pods and uplinks, found a list" },
	{ N "interfaces: {pods: eth0}",
	  "2:20: pods: expected a list of interface names, found eth0" },
	{ N "interfaces: {pods: [{}]}", "2:21: expected a text, found a mapping" },
	{ N "interfaces: {attach: xdp}", "2:22: attach: expected auto, tcx or clsact, found xdp" },
	{ N "interfaces: {host: off}", "2:20: host: expected true or false, found off" },
	{ N "interfaces: {xdp: 1}", "2:19: xdp: expected auto, always, never or send, found 1" },
	{ N "delivery: fast", "2:11: delivery: expected stack or redirect, found fast" },
	{ N "capture: none", "2:10: capture: expected multiNetwork, all or listed, found none" },
	{ N "draining: 5", "2:11: draining: expected keep or reset, found 5" },
	{ N "loadBalancing: {localityWeighted: yes}",
	  "2:35: localityWeighted: expected true or false, found yes" },
	{ N "loadBalancing: {localityWeighted: 'true'}",
	  "2:35: localityWeighted: expected true or false, found \"true\"" },
	{ N "loadBalancing: {panicThreshold: 101}",
	  "2:33: panicThreshold: expected a number from 0 to 100, found 101" },
	{ N "loadBalancing: {panicThreshold: -1}",
	  "2:33: panicThreshold: expected a number from 0 to 100, found -1" },
	{ N "loadBalancing: {panicThreshold: .nan}",
	  "2:33: panicThreshold: expected a number from 0 to 100, found .nan" },
	{ N "loadBalancing: {panicThreshold: 50.5}",
	  "2:33: panicThreshold: expected a number from 0 to 100, found 50.5" },
	{ N "loadBalancing: {panicThreshold: '50'}",
	  "2:33: panicThreshold: expected a number from 0 to 100, found \"50\"" },
	{ N "loadBalancing: {panicThreshold: 050}",
	  "2:33: panicThreshold: expected a number from 0 to 100, found 050" },
	{ N "probes: {interval: 19ms}",
	  "2:20: interval: expected a duration from 20ms to 60s, found 19ms" },
	{ N "probes: {idle: 61s}", "2:16: idle: expected a duration from 20ms to 60s, found 61s" },
	{ N "probes: {idle: 1m}", "2:16: idle: expected a duration from 20ms to 60s, found 1m" },
	{ N "probes: {failures: 0}", "2:20: failures: expected a number from 1 to 100, found 0" },
	{ N "takeover: 24",
	  "2:11: takeover: expected a duration such as 30s or 24h, at most 87600h, found 24" },
	{ N "takeover: 1d",
	  "2:11: takeover: expected a duration such as 30s or 24h, at most 87600h, found 1d" },
	{ N "takeover: 87601h",
	  "2:11: takeover: expected a duration such as 30s or 24h, at most 87600h, found 87601h" },
	{ N "takeover: -1h",
	  "2:11: takeover: expected a duration such as 30s or 24h, at most 87600h, found -1h" },
	{ N "takeover: 99999999999999999999h",
	  "2:11: takeover: expected a duration such as 30s or 24h, at most 87600h, found 99999999999999999999h" },
	{ N "source: {files: eds.yaml}",
	  "2:17: files: expected a mapping with path, found eds.yaml" },
	{ N "source: {files: {}}", "2:17: files: missing key 'path'" },
	/* limits.h */
	{ N "limits: {services: 0}", "2:20: services: expected a number from 1 to 65535, found 0" },
	{ N "limits: {services: 65536}",
	  "2:20: services: expected a number from 1 to 65535, found 65536" },
	{ N "limits: {backends: 1048577}",
	  "2:20: backends: expected a number from 2 to 1048576, found 1048577" },
	{ N "limits: {flows: 16777217}",
	  "2:17: flows: expected a number from 8 to 16777216, found 16777217" },
	{ N "limits: {slots: 268435457}",
	  "2:17: slots: expected a number from 8 to 268435456, found 268435457" },
	{ N "limits: {slots: 18446744073709551617}",
	  "2:17: slots: expected a number from 8 to 268435456, found 18446744073709551617" },
	/* networks */
	{ N "meshNetworks: {}\nmeshNetworksFile: /nonexistent\n",
	  "3:19: meshNetworksFile: expected either meshNetworks or meshNetworksFile\n/nonexistent: cannot read: No such file or directory" },
	{ N "meshNetworks: []",
	  "2:15: meshNetworks: expected a mapping with networks, found a list" },
	{ MESH "networkIds: {network22: 7}",
	  "5:25: network22: unknown network 'network22', did you mean 'network2'?" },
	{ MESH "networkIds: {network1x: 7}",
	  "5:25: network1x: unknown network 'network1x', did you mean 'network1'?" },
	{ MESH "networkIds: {nteowrk2: 7}",
	  "5:24: nteowrk2: unknown network 'nteowrk2', did you mean 'network2'?" },
	{ MESH "networkIds: {\"\": 0}",
	  "5:18: expected a number from 1 to 16777215, found 0\n"
	  "/etc/parallax/f:5:18: unknown network '', expected one that meshNetworks names" },
	{ MESH "transports: {network2: {}}", "5:24: network2: missing key 'mode'" },
	{ MESH "transports: {network2: {mode: vxlan}}",
	  "5:31: mode: expected geneve or passthrough, found vxlan" },
	{ MESH "transports: {network2: {mode: geneve, port: 0}}",
	  "5:45: port: expected a port from 1 to 65535, found 0" },
	{ MESH "transports: {network2: {mode: passthrough, port: 15443}}",
	  "5:50: port: expected only with mode geneve; passthrough takes the gateway's own" },
	{ MESH "transports: {network2: {mode: geneve, require: mtls}}",
	  "5:48: require: expected none or encrypted, found mtls" },
	{ MESH "transports: {network2: {mode: passthrough, require: encrypted}}",
	  "5:53: require: expected only with mode geneve; passthrough takes what is encrypted" },
	{ MESH "transports: [network2]",
	  "5:13: transports: expected a mapping of networks, found a list" },
	{ MESH "networkIds: {elsewhere: 5}",
	  "5:25: elsewhere: unknown network 'elsewhere', expected one that meshNetworks names" },
	{ MESH "networkIds: {network2: 0}",
	  "5:24: network2: expected a number from 1 to 16777215, found 0" },
	{ MESH "networkIds: {network1: 16777216}",
	  "5:24: network1: expected a number from 1 to 16777215, found 16777216" },
	{ MESH "networkIds: {network2: 640039}",
	  "4:5: network 'network2' has the same id 640039 as 'network1': set networkIds" },
	{ MESH "flat: [[network1, elsewhere]]",
	  "5:19: unknown network 'elsewhere', expected one that meshNetworks names" },
	{ MESH "flat: [[network2]]", "5:8: expected two networks or more" },
	{ MESH "flat: [network1, network2]",
	  "5:8: expected a list of networks, found network1\n/etc/parallax/f:5:18: expected a list of networks, found network2" },
	/* services */
	{ N SERVICE_NETWORK("network1"), "3:68: network: expected another network than our own" },
	{ N SERVICE_NETWORK("network3"),
	  "3:68: network: unknown network 'network3', did you mean 'network1'?" },
	{ N "services: {}", "2:11: services: expected a list of services, found a mapping" },
	{ SERVICE(VIP ", " PORT), "3:3: missing key 'host'" },
	{ SERVICE(HOST ", " PORT), "3:3: missing key 'addresses'" },
	{ SERVICE(HOST ", " VIP), "3:3: missing key 'ports'" },
	{ SERVICE("host: a_b..c, " VIP ", " PORT),
	  "3:10: host: expected a host name, found a_b..c" },
	{ SERVICE(HOST ", addresses: [], " PORT),
	  "3:26: addresses: expected an IP address or more" },
	{ SERVICE(HOST ", addresses: [10.0.0.256], " PORT),
	  "3:27: expected an IP address, found 10.0.0.256" },
	{ SERVICE(HOST ", addresses: [10.0.0.0/8], " PORT),
	  "3:27: expected an IP address, found 10.0.0.0/8" },
	{ SERVICE(HOST ", addresses: [0.0.0.0], " PORT),
	  "3:27: expected a virtual IP, found 0.0.0.0" },
	{ SERVICE(HOST ", addresses: [127.0.0.1], " PORT),
	  "3:27: expected a virtual IP, found 127.0.0.1" },
	{ SERVICE(HOST ", " VIP ", ports: []"), "3:45: ports: expected a port or more" },
	{ SERVICE(HOST ", " VIP ", ports: [{port: 0}]"),
	  "3:53: port: expected a port from 1 to 65535, found 0" },
	{ SERVICE(HOST ", " VIP ", ports: [{port: 65536}]"),
	  "3:53: port: expected a port from 1 to 65535, found 65536" },
	{ SERVICE(HOST ", " VIP ", ports: [{port: http}]"),
	  "3:53: port: expected a port from 1 to 65535, found http" },
	{ SERVICE(HOST ", " VIP ", ports: [{port: 80, protocol: SCTP}]"),
	  "3:67: protocol: expected TCP, UDP, tcp or udp, found SCTP" },
	{ SERVICE(HOST ", " VIP ", ports: [80]"),
	  "3:46: expected a mapping with port and protocol, found 80" },
	{ SERVICE(HOST ", " VIP ", " PORT ", affinity: always"),
	  "3:69: affinity: expected a duration such as 30s or 24h, at most 8760h, found always" },
	{ SERVICE(HOST ", " VIP ", " PORT) "- {host: c.d, " VIP ", " PORT "}\n",
	  "4:46: 10.0.0.1:80/TCP is already used by 'a.b' on line 3" },
	{ SERVICE(HOST ", " VIP ", ports: [{port: 80}, {port: 80}]"),
	  "3:58: 10.0.0.1:80/TCP is already used by 'a.b' on line 3" },
	{ SERVICE(HOST ", addresses: [10.0.0.1, 10.0.0.1], " PORT),
	  "3:56: 10.0.0.1:80/TCP is already used by 'a.b' on line 3" },
	{ "limits: {services: 1}\n" SERVICE(HOST ", addresses: [10.0.0.1, 10.0.0.2], " PORT),
	  "4:1: services: expected at most limits.services = 1 of address and port, found 2" },
	/* gateway and admin */
	{ GATEWAY(LISTEN ", " SNAT),
	  "2:10: gateway: a gateway refuses to open without keys or a list of allowed source ranges" },
	{ DOOR("foreign: [2001:2::/48]"),
	  "2:18: expected an IPv6 range of 64 bits, found 2001:2::/48" },
	{ DOOR("foreign: [10.0.0.0/8, 11.0.0.0/8]"),
	  "2:17: foreign: expected one range of each IP family" },
	{ DOOR("clientAddress: hide"),
	  "2:23: clientAddress: expected replace or keep, found hide" },
	{ DOOR("mtu: 100"), "2:13: mtu: expected a number from 1280 to 65535, found 100" },
	{ GATEWAY("mode: forwards, " ALLOW),
	  "2:17: mode: expected nat or forward, found forwards" },
	{ GATEWAY(LISTEN ", " SNAT ", allow: []"),
	  "2:67: allow: a gateway refuses to open without keys or a list of allowed source ranges" },
	{ "network: n\ntunnel: {admission: sign}", "2:21: admission: expected only with keysFile" },
	{ "network: n\ntunnel: {keysFile: k, admission: maybe}",
	  "2:34: admission: expected require, sign or verify, found maybe" },
	{ "network: n\ntunnel: {require: keys}",
	  "2:19: require: expected none or encrypted, found keys" },
	{ GATEWAY(LISTEN ", snat: [], " ALLOW), "2:44: snat: expected an address or more" },
	{ GATEWAY("listen: {interface: eth0, address: 192.0.2.1}, " SNAT ", " ALLOW),
	  "2:19: listen: expected either interface or address" },
	{ GATEWAY("listen: {address: 0.0.0.0}, " SNAT ", " ALLOW),
	  "2:29: address: expected an address of this node, found 0.0.0.0" },
	{ GATEWAY("listen: {address: eth0}, " SNAT ", " ALLOW),
	  "2:29: address: expected an IP address, found eth0" },
	{ GATEWAY("listen: {interface: eth0, port: 65536}, " SNAT ", " ALLOW),
	  "2:43: port: expected a port from 1 to 65535, found 65536" },
	{ GATEWAY(LISTEN ", snat: [], " ALLOW), "2:44: snat: expected an address or more" },
	{ GATEWAY("listen: {address: [192.0.2.1, 'fd00::1', 192.0.2.2]}, " SNAT ", " ALLOW),
	  "2:52: expected one address of each IP family" },
	{ GATEWAY("listen: {address: []}, " SNAT ", " ALLOW),
	  "2:29: address: expected an IP address, found a list" },
	{ GATEWAY(LISTEN ", snat: ['fe80::1'], " ALLOW),
	  "2:45: expected an address of this node, found \"fe80::1\"" },
	{ GATEWAY(LISTEN ", snat: [10.0.0.1, 10.0.0.1], " ALLOW),
	  "2:44: snat: 10.0.0.1 is listed twice" },
	{ GATEWAY(LISTEN
		  ", snat: [10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5, 10.0.0.6, 10.0.0.7, 10.0.0.8, 10.0.0.9], " ALLOW),
	  "2:44: snat: expected at most 8 items, found 9" },
	{ GATEWAY(LISTEN ", " SNAT ", allow: [192.0.2.1/24]"),
	  "2:68: expected an address range such as 10.10.0.0/16 (no bits set behind the prefix), found 192.0.2.1/24" },
	{ GATEWAY(LISTEN ", " SNAT ", allow: [{source: 192.0.2.0/24}]"),
	  "2:68: missing key 'network'" },
	{ GATEWAY(LISTEN ", " SNAT ", allow: ['fd00::1/64']"),
	  "2:68: expected an address range such as 10.10.0.0/16 (no bits set behind the prefix), found \"fd00::1/64\"" },
	{ N "admin: {address: 0.0.0.0}",
	  "2:18: address: expected a loopback address, found 0.0.0.0" },
	{ N "admin: {address: 10.0.0.1, port: 80}",
	  "2:18: address: expected a loopback address, found 10.0.0.1" },
	{ N "admin: {port: 0}", "2:15: port: expected a port from 1 to 65535, found 0" },
	{ N "metrics: {address: eth0}", "2:20: address: expected an IP address, found eth0" },
	{ N "metrics: {host: a}",
	  "2:11: unknown key 'host', expected one of: address, port, istio" },
};

static void reports_each_error_with_its_place(void **state)
{
	char expected[1000];
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct config *config = (void *)1;
		struct problems problems = {0};
		int err = config_load_text("/etc/parallax/f", errors[i].text, strlen(errors[i].text),
					   NULL, &config, &problems);

		snprintf(expected, sizeof(expected), "/etc/parallax/f:%s%s\n",
			 *errors[i].problem == 'e' ? " " : "", errors[i].problem);
		if (strcmp(problems_text(&problems), expected))
			print_error("%s\ngives    %sexpected %s", errors[i].text,
				    problems_text(&problems), expected);
		wrong += !!strcmp(problems_text(&problems), expected);
		assert_true(err == -EINVAL || err == -ENOENT);
		assert_ptr_equal(config, (void *)1);
		problems_done(&problems);
	}
	assert_int_equal(wrong, 0);
}

static void reports_all_errors_at_once(void **state)
{
	static const char text[] =
		"clustr: c\n"
		"meshNetworks: {networks: {network2: {endpoints: [{fromCidr: 10.0.0.1/8}]}}}\n"
		"services: [{host: a.b, addresses: [x], ports: [{port: 0}]}]\n"
		"gateway: {listen: {port: 0}, snat: [x]}\n";
	static const char *const expected[] = {
		"f:1:1: unknown key 'clustr'",
		"f:1:1: missing key 'network'",
		"f:2:61: fromCidr: ",
		"f:3:36: ",
		"f:3:55: port: ",
		"f:4:26: port: ",
		"f:4:37: ",
		"f:4:10: gateway: ",
	};
	struct problems problems = {0};
	struct config *config;

	(void)state;
	assert_int_equal(config_load_text("f", text, strlen(text), NULL, &config, &problems),
			 -EINVAL);
	for (size_t i = 0; i < COUNT(expected); i++)
		if (!strstr(problems_text(&problems), expected[i]))
			fail_msg("no %s in\n%s", expected[i], problems_text(&problems));
	assert_int_equal(problems.count, COUNT(expected));
	problems_done(&problems);
}

static void survives_being_cut_at_any_byte(void **state)
{
	(void)state;
	for (size_t cut = 0; cut < sizeof(node) - 1; cut++) {
		struct problems problems = {0};
		struct config *config = NULL;
		char *copy = malloc(cut + !cut);
		int err;

		memcpy(copy, node, cut);
		err = config_load_text("f", copy, cut, NULL, &config, &problems);
		assert_int_equal(!err, !problems.count);
		assert_int_equal(!err, !!config);
		config_free(config);
		problems_done(&problems);
		free(copy);
	}
}

static void environment_overrides_the_file(void **state)
{
	char *const environment[] = { "HOME=/",
				      "PARALLAX_NETWORK=5",
				      "PARALLAX_CLUSTER=true",
				      "PARALLAX_INTERFACES_PODS=a*, b*,c",
				      "PARALLAX_DELIVERY=redirect",
				      "PARALLAX_LIMITS_FLOWS=1000",
				      "PARALLAX_LOAD_BALANCING_LOCALITY_WEIGHTED=false",
				      "PARALLAX_SOURCE_FILES_PATH=/run/eds",
				      "PARALLAX_TAKEOVER=0s",
				      "PARALLAX_GATEWAY_LISTEN_ADDRESS=192.0.2.7",
				      "PARALLAX_GATEWAY_ALLOW=10.0.0.0/8",
				      "PARALLAX_GATEWAY_SNAT=10.1.1.1,10.1.1.2",
				      "PARALLAX_ADMIN_PORT=99",
				      "PARALLAX_METRICS_ADDRESS=2001:db8::1",
				      "PARALLAX_TUNNEL_KEYS_FILE=/run/keys",
				      "PARALLAX_TUNNEL_ADMISSION=verify",
				      "PARALLAX_CAPTURE=",
				      NULL };
	struct config *config = load_with(
		"network: network1\n"
		"limits: {flows: 50, slots: 60}\n"
		"capture: all\n"
		"gateway: {listen: {interface: eth0, port: 7}, snat: [10.9.9.9]}\n", environment);

	(void)state;
	assert_string_equal(config->network, "5");
	assert_string_equal(config->cluster, "true");
	assert_int_equal(config->pod_pattern_count, 3);
	assert_string_equal(config->pod_patterns[1], "b*");
	assert_int_equal(config->delivery, DELIVERY_REDIRECT);
	assert_int_equal(config->limits.flows, 1000);
	assert_int_equal(config->limits.slots, 60);
	assert_false(config->locality_weighted);
	assert_string_equal(config->eds_path, "/run/eds");
	assert_int_equal(config->takeover_seconds, 0);
	assert_null(config->gateway.listen_interface);
	assert_address(&config->gateway.listen_addresses.v4, "192.0.2.7");
	assert_int_equal(config->gateway.listen_port, 7);
	assert_int_equal(config->gateway.allow_count, 1);
	assert_string_equal(config->tunnel.keys_file, "/run/keys");
	assert_int_equal(config->tunnel.admission, TUNNEL_VERIFY);
	assert_int_equal(config->gateway.snat_count, 2);
	assert_int_equal(config->admin_port, 99);
	assert_address(&config->metrics.address, "2001:db8::1");
	assert_int_equal(config->metrics.port, 15101);
	assert_int_equal(config->capture, CAPTURE_ALL);
	config_free(config);
}

static void environment_may_set_a_required_key(void **state)
{
	char *const environment[] = {"PARALLAX_NETWORK=network9", NULL};
	struct config *config = load_with("cluster: c", environment);

	(void)state;
	assert_string_equal(config->network, "network9");
	config_free(config);
}

static const struct {
	char *variable;
	const char *problem;
} variables[] = {
	{"PARALLAX_DELIVERY=fast", "PARALLAX_DELIVERY: expected stack or redirect, found fast\n"},
	{"PARALLAX_LIMITS_FLOWS=many", "PARALLAX_LIMITS_FLOWS: expected a number from 8 to 16777216, found many\n"},
	{"PARALLAX_ADMIN_ADDRESS=10.0.0.1", "PARALLAX_ADMIN_ADDRESS: expected a loopback address, found 10.0.0.1\n"},
	{"PARALLAX_INTERFACES_UPLINKS=eth0,,eth1", "PARALLAX_INTERFACES_UPLINKS: expected a text, found nothing\n"},
	{"PARALLAX_GATEWAY_SNAT=x", "PARALLAX_GATEWAY_SNAT: expected an IP address, found x\n"},
	/* misspelt */
	{"PARALLAX_NETWROK=x", "PARALLAX_NETWROK: unknown variable of the environment, did you mean PARALLAX_NETWORK?\n"},
	{"PARALLAX_LIMIT_FLOWS=5", "PARALLAX_LIMIT_FLOWS: unknown variable of the environment, did you mean PARALLAX_LIMITS_FLOWS?\n"},
	/* set by Kubernetes and others */
	{"PARALLAX_SERVICE_HOST=10.96.0.1", NULL},
	{"PARALLAX_SERVICE_PORT=15100", NULL},
	{"PARALLAX_PORT=tcp://10.96.0.1:15100", NULL},
	{"PARALLAX_ADMIN_PORT=tcp://10.96.0.1:15100", NULL},
	{"PARALLAX_ADMIN_PORT_15100_TCP_ADDR=10.96.0.1", NULL},
	{"PARALLAX_PIN_DIR=/sys/fs/bpf/x", NULL},
	{"PARALLAX_", NULL},
	{"PARALLAXNETWORK=x", NULL},
};

static void reports_invalid_variables(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(variables); i++) {
		char *const environment[] = {variables[i].variable, NULL};
		struct problems problems = {0};
		struct config *config = NULL;
		static const char text[] =
			N "gateway: {" LISTEN ", " SNAT ", " ALLOW "}\nadmin: {port: 5}\n";
		int err = config_load_text("f", text, strlen(text), environment, &config, &problems);

		assert_int_equal(err, variables[i].problem ? -EINVAL : 0);
		if (strcmp(problems_text(&problems), variables[i].problem ?: ""))
			fail_msg("%s: %s", variables[i].variable, problems_text(&problems));
		if (!err)
			assert_int_equal(config->admin_port, 5);
		config_free(config);
		problems_done(&problems);
	}
}

static void refuses_a_broken_section_under_a_variable(void **state)
{
	char *const environment[] = {"PARALLAX_LIMITS_FLOWS=100", NULL};
	struct problems problems = {0};
	struct config *config;
	static const char text[] = N "limits: none\n";

	(void)state;
	assert_int_equal(config_load_text("f", text, strlen(text), environment, &config, &problems),
			 -EINVAL);
	assert_string_equal(problems_text(&problems),
			    "f:2:9: limits: expected a mapping of limits, found none\n");
	problems_done(&problems);
}

static void paths_start_at_the_file(void **state)
{
	static const struct {
		const char *config, *path, *expected;
	} rows[] = {
		{"/etc/parallax/f.yaml", "eds", "/etc/parallax/eds"},
		{"/etc/parallax/f.yaml", "../eds", "/etc/parallax/../eds"},
		{"/etc/parallax/f.yaml", "/eds", "/eds"},
		{"f.yaml", "eds", "eds"},
		{"/f.yaml", "eds", "/eds"},
		{"a/f.yaml", "b/eds", "a/b/eds"},
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct problems problems = {0};
		struct config *config;

		snprintf(text, sizeof(text), N "source: {files: {path: %s}}", rows[i].path);
		assert_int_equal(config_load_text(rows[i].config, text, strlen(text), NULL, &config,
						  &problems), 0);
		assert_string_equal(config->eds_path, rows[i].expected);
		config_free(config);
	}
}

static void reports_an_unreadable_file(void **state)
{
	struct problems problems = {0};
	struct config *config;

	(void)state;
	assert_int_equal(config_load("/nonexistent/f.yaml", &config, &problems), -ENOENT);
	assert_string_equal(problems_text(&problems),
			    "/nonexistent/f.yaml: cannot read: No such file or directory\n");
	problems_done(&problems);
}

static void reads_a_control_plane(void **state)
{
	static const char text[] = N
		"cluster: cluster1\n"
		"source:\n"
		"  ads:\n"
		"    addresses: ['istiod.istio-system.svc:15012', '[2001:db8::1]:15012', '10.0.0.1:1']\n"
		"    view: perNetwork\n"
		"    mode: sotw\n"
		"    tls: {caFile: ca.pem, serverName: istiod, certificateFile: /c, keyFile: /k}\n"
		"    tokenFile: token\n"
		"    clusterId: c1\n"
		"    node: {ip: 10.1.1.1, name: n.a, namespace: s, domain: d, metadata: {A: true, B: 1}}\n"
		"    timeouts: {initialFetch: 5s, connect: 2s, keepalive: 1m}\n"
		"    maxMessageBytes: 65536\n";
	struct problems problems = {};
	struct config *config = NULL;
	const struct config_ads *ads;

	(void)state;
	assert_int_equal(config_load_text("/etc/parallax/f", text, strlen(text), NULL, &config,
					  &problems), 0);
	ads = &config->ads;
	assert_true(ads->enabled && ads->tls);
	assert_null(config->eds_path);
	assert_int_equal(ads->address_count, 3);
	assert_string_equal(ads->addresses[0].host, "istiod.istio-system.svc");
	assert_int_equal(ads->addresses[0].port, 15012);
	assert_string_equal(ads->addresses[1].host, "2001:db8::1");
	assert_int_equal(ads->view, ADS_VIEW_PER_NETWORK);
	assert_int_equal(ads->mode, ADS_MODE_SOTW);
	assert_string_equal(ads->ca.path, "/etc/parallax/ca.pem");
	assert_string_equal(ads->token.path, "/etc/parallax/token");
	assert_string_equal(ads->node.ip, "10.1.1.1");
	assert_int_equal(ads->node.metadata_count, 2);
	assert_string_equal(ads->node.metadata[0].value, "true");
	assert_int_equal(ads->keepalive_seconds, 60);
	assert_int_equal(ads->max_message, 65536);
	config_free(config);
	problems_done(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_control_plane),
		cmocka_unit_test(fills_in_defaults),
		cmocka_unit_test(lives_as_long_as_a_holder),
		cmocka_unit_test(reads_a_node),
		cmocka_unit_test(reads_a_gateway),
		cmocka_unit_test(reads_a_door),
		cmocka_unit_test(profile_of_the_interfaces),
		cmocka_unit_test(gateway_of_both_families),
		cmocka_unit_test(gateway_of_the_node_itself),
		cmocka_unit_test(reports_each_error_with_its_place),
		cmocka_unit_test(reports_all_errors_at_once),
		cmocka_unit_test(survives_being_cut_at_any_byte),
		cmocka_unit_test(environment_overrides_the_file),
		cmocka_unit_test(environment_may_set_a_required_key),
		cmocka_unit_test(reports_invalid_variables),
		cmocka_unit_test(refuses_a_broken_section_under_a_variable),
		cmocka_unit_test(paths_start_at_the_file),
		cmocka_unit_test(reports_an_unreadable_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
