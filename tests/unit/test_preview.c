/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* `parallaxctl preview` as a program: on responses of a real istiod, and on files with faults. */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#define DATA "tests/data/istiod"
#define TEXT_MAX (1 << 16)

static char directory[64];
static char output[TEXT_MAX], complaints[TEXT_MAX];

static int make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/preview.XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static void remove_tree(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	char name[512];

	while (dir && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (unlink(name))
			remove_tree(name);
	}
	if (dir)
		closedir(dir);
	rmdir(path);
}

static int remove_directory(void **state)
{
	(void)state;
	remove_tree(directory);
	return 0;
}

static void write_file(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void read_all(FILE *file, char *text)
{
	size_t length = fread(text, 1, TEXT_MAX - 1, file);

	text[length] = '\0';
}

/* Runs parallaxctl preview with `arguments`; %D stands for the directory. Returns its status. */
static int preview(const char *format, ...)
{
	const char *build = getenv("BUILD") ? getenv("BUILD") : "build";
	char arguments[1024], command[2048], errors[128];
	va_list args;
	FILE *pipe, *file;
	int status;

	va_start(args, format);
	vsnprintf(arguments, sizeof(arguments), format, args);
	va_end(args);
	snprintf(errors, sizeof(errors), "%s/errors", directory);
	snprintf(command, sizeof(command), "%s/parallaxctl preview %s 2>%s", build, arguments,
		 errors);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	read_all(pipe, output);
	status = pclose(pipe);
	file = fopen(errors, "r");
	assert_non_null(file);
	read_all(file, complaints);
	fclose(file);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static json_t *preview_json(const char *format, ...)
{
	char arguments[1024];
	va_list args;
	json_t *report;
	int status;

	va_start(args, format);
	vsnprintf(arguments, sizeof(arguments), format, args);
	va_end(args);
	status = preview("-o json %s", arguments);
	if (status)
		fail_msg("exit status %d: %s", status, complaints);
	report = json_loads(output, 0, NULL);
	assert_true(json_is_array(report));
	return report;
}

#define CONFIG_HEAD                                                                                \
	"cluster: c1\n"                                                                            \
	"interfaces: {pods: [\"veth*\"], uplinks: [eth0]}\n"

/* Where istiod ran all pods in one cluster, c1, only fromCidr distinguishes the networks. */
static void write_config(const char *network, const char *gateways)
{
	char text[2048];

	snprintf(
		text, sizeof(text),
		"network: %s\n" CONFIG_HEAD "meshNetworks:\n"
		"  networks:\n"
		"    network1: {endpoints: [{fromCidr: 10.10.0.0/16}, {fromRegistry: cluster1}]}\n"
		"    network2: {endpoints: [{fromCidr: 10.32.0.0/16}, {fromRegistry: n2-k8s-config}],\n"
		"               gateways: [%s]}\n"
		"transports:\n"
		"  network2: {mode: geneve, port: 6081}\n"
		"source: {files: {path: eds.yaml}}\n",
		network, gateways);
	write_file("config.yaml", text);
}

#define GATEWAY(last) "{address: 192.23.120." last ", port: 15443}"

/* The state of istiod; `file` holds its response. */
static const struct {
	const char *scenario, *step, *file, *gateways;
} steps[] = {
	{"helloworld-http", "start", "start", GATEWAY("32")},
	{"helloworld-tcp", "start", "start", GATEWAY("32")},
	{"placeholder", "start", "start", "{address: 0.0.0.0, port: 15443}"},
	{"placeholder", "01-real-address", "01-real-address", GATEWAY("32")},
	{"placeholder", "02-no-gateway", "02-no-gateway", ""},
	{"placeholder", "03-broken-file", "02-no-gateway", ""},
	{"placeholder", "04-two-gateways", "04-two-gateways", GATEWAY("32") ", " GATEWAY("33")},
	{"placeholder", "05-one-again", "05-one-again", GATEWAY("32")},
};

static json_t *expected_endpoints(size_t step, const char *client)
{
	char path[256];
	json_t *all, *one, *endpoints = NULL;
	size_t i;

	snprintf(path, sizeof(path), DATA "/%s/expected.json", steps[step].scenario);
	all = json_load_file(path, 0, NULL);
	assert_true(json_is_array(all));
	json_array_foreach(all, i, one) {
		if (!strcmp(json_string_value(json_object_get(one, "step")), steps[step].step))
			endpoints = json_object_get(json_object_get(one, "clients"), client);
	}
	assert_non_null(endpoints);
	json_incref(endpoints);
	json_decref(all);
	return endpoints;
}

/* Addresses that must not be dialled: placeholders, and pods of the other network. */
static bool is_unusable(const char *client, const char *address)
{
	const char *own = strcmp(client, "network1") ? "10.32." : "10.10.";

	return !strcmp(address, "0.0.0.0") ||
	       (!strncmp(address, "10.", 3) && strncmp(address, own, strlen(own)));
}

static const json_t *find_row(const json_t *rows, const char *address, json_int_t port)
{
	char text[64];
	json_t *row;
	size_t i;

	snprintf(text, sizeof(text), "%s:%d", address, (int)port);
	json_array_foreach(rows, i, row) {
		if (!strcmp(json_string_value(json_object_get(row, "address")), text))
			return row;
	}
	return NULL;
}

static double number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	assert_true(json_is_number(value));
	return json_number_value(value);
}

static const char *string(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	assert_true(json_is_string(value));
	return json_string_value(value);
}

static void check_endpoint(const char *client, const json_t *view, const json_t *endpoint,
			   double total)
{
	const char *address = string(endpoint, "address");
	json_int_t port = (json_int_t)number(endpoint, "port");
	bool gateway = !strncmp(address, "192.23.", 7);
	const json_t *row;

	if (is_unusable(client, address)) {
		row = find_row(json_object_get(view, "excluded"), address, port);
		assert_non_null(row);
		assert_string_equal(string(row, "reason"), strncmp(address, "0.", 2) ?
							   "no_gateway" : "bad_address");
		assert_null(find_row(json_object_get(view, "backends"), address, port));
		return;
	}
	row = find_row(json_object_get(view, "backends"), address, port);
	assert_non_null(row);
	assert_true(fabs(number(row, "share") - number(endpoint, "weight") / total) < 1e-9);
	assert_true(fabs(number(row, "table_share") - number(row, "share")) < 0.01);
	assert_true(number(row, "weight") == number(endpoint, "weight"));
	assert_string_equal(string(row, "kind"), gateway ? "gateway" : "local");
	assert_string_equal(string(row, "transport"), gateway ? "geneve" : "direct");
	assert_string_equal(string(row, "network"), gateway ? "network2" : client);
}

static void check_view(const char *client, const json_t *view, const json_t *endpoints)
{
	size_t used = 0, i;
	double total = 0;
	json_t *endpoint;

	json_array_foreach(endpoints, i, endpoint) {
		if (is_unusable(client, string(endpoint, "address")))
			continue;
		total += number(endpoint, "weight");
		used++;
	}
	json_array_foreach(endpoints, i, endpoint)
		check_endpoint(client, view, endpoint, total);
	assert_int_equal(json_array_size(json_object_get(view, "backends")), used);
	assert_int_equal(json_array_size(json_object_get(view, "excluded")),
			 json_array_size(endpoints) - used);
	assert_true(number(view, "fail") == (used ? 0 : 1));
	assert_true(json_is_null(json_object_get(view, "rejected")));
}

static void check_step(size_t step, const char *mode, const char *client)
{
	json_t *expected = expected_endpoints(step, client), *report, *view;
	size_t i;

	write_config(client, steps[step].gateways);
	report = preview_json("--config %s/config.yaml --eds " DATA "/%s/%s.%s.%s.json", directory,
			      steps[step].scenario, steps[step].file, mode, client);
	assert_int_equal(json_array_size(report), json_object_size(expected));
	json_array_foreach(report, i, view) {
		const json_t *endpoints = json_object_get(expected, string(view, "cluster"));

		assert_non_null(endpoints);
		check_view(client, view, endpoints);
	}
	json_decref(report);
	json_decref(expected);
}

/* Every step, both modes, seen from both networks. */
static void test_istiod(void **state)
{
	static const char *const modes[] = {"sotw", "delta"};
	static const char *const clients[] = {"network1", "network2"};

	(void)state;
	for (size_t step = 0; step < sizeof(steps) / sizeof(*steps); step++) {
		for (size_t i = 0; i < 4; i++)
			check_step(step, modes[i / 2], clients[i % 2]);
	}
}

#define V4_GATEWAY "192.23.120.32:15443"
#define V6_GATEWAY "[2001:db8::192:23:120:32]:15443"

/* The shares for each family of virtual IP. The gateways are those of both families, whatever the packets
 * in the tunnel are. */
static const struct {
	const char *client, *file, *shares[2];
} dual_stack[] = {
	{ "network1",
	  "dual-stack/start.sotw.network1.json",
	  { "10.10.0.90:5000 0.50, " V4_GATEWAY " 0.25, " V6_GATEWAY " 0.25",
	    "[fd00::10:10:0:90]:5000 0.50, " V4_GATEWAY " 0.25, " V6_GATEWAY " 0.25" } },
	{ "network1",
	  "dual-stack/01-ipv6-pod.delta.network1.json",
	  { "10.10.0.90:5000 0.50, " V4_GATEWAY " 0.25, " V6_GATEWAY " 0.25",
	    "[fd00::10:10:0:90]:5000 0.33, [fd00::10:10:0:91]:5000 0.33, " V4_GATEWAY
	    " 0.17, " V6_GATEWAY " 0.17" } },
	{ "network1",
	  "dual-stack/02-ipv4-gateway.delta.network1.json",
	  { "10.10.0.90:5000 0.50, " V4_GATEWAY " 0.50",
	    "[fd00::10:10:0:90]:5000 0.33, [fd00::10:10:0:91]:5000 0.33, " V4_GATEWAY " 0.33" } },
	{ "network1",
	  "dual-stack/03-ipv6-gateway.sotw.network1.json",
	  { "10.10.0.90:5000 0.50, " V6_GATEWAY " 0.50",
	    "[fd00::10:10:0:90]:5000 0.33, [fd00::10:10:0:91]:5000 0.33, " V6_GATEWAY " 0.33" } },
	{ "network2",
	  "dual-stack/start.delta.network2.json",
	  { "10.32.0.17:5000 1.00", "[fd00::10:32:0:17]:5000 1.00" } },
	{ "network1",
	  "dual-stack-ipv4/start.sotw.network1.json",
	  { "10.10.0.90:5000 0.50, " V4_GATEWAY " 0.50",
	    "[fd00::10:10:0:90]:5000 0.50, " V4_GATEWAY " 0.50" } },
	{ "network1",
	  "dual-stack-ipv6/start.delta.network1.json",
	  { "10.10.0.90:5000 0.50, " V6_GATEWAY " 0.50",
	    "[fd00::10:10:0:90]:5000 0.50, " V6_GATEWAY " 0.50" } },
};

static void check_shares(const json_t *view, const char *expected)
{
	char text[512] = "";
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(view, "backends"), i, row)
		sprintf(text + strlen(text), "%s%s %.2f", i ? ", " : "", string(row, "address"),
			number(row, "share"));
	assert_string_equal(text, expected);
}

static void test_dual_stack(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(dual_stack) / sizeof(*dual_stack); i++) {
		write_config(dual_stack[i].client,
			     GATEWAY("32") ", {address: \"2001:db8::192:23:120:32\", port: 15443}");
		for (int ipv6 = 0; ipv6 < 2; ipv6++) {
			json_t *report =
				preview_json("--config %s/config.yaml --family %d --eds " DATA
					     "/%s",
					     directory, ipv6 ? 6 : 4, dual_stack[i].file);

			check_shares(json_array_get(report, 0), dual_stack[i].shares[ipv6]);
			json_decref(report);
		}
	}
}

/* --network gives the other side's view out of this side's configuration. */
static void test_network(void **state)
{
	json_t *report;
	const json_t *backends;

	(void)state;
	write_config("network1", GATEWAY("32"));
	report = preview_json("--config %s/config.yaml --network network2 "
			      "--eds " DATA "/helloworld-tcp/start.sotw.network2.json", directory);
	backends = json_object_get(json_array_get(report, 0), "backends");
	assert_int_equal(json_array_size(backends), 1);
	assert_string_equal(string(json_array_get(backends, 0), "address"), "10.32.0.17:5000");
	assert_string_equal(string(json_array_get(backends, 0), "kind"), "local");
	json_decref(report);
}

#define EDS_HEAD "resources:\n"
#define EDS(name, address, port)                                                                   \
	"- \"@type\": type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment\n"        \
	"  cluster_name: \"" name "\"\n"                                                           \
	"  endpoints:\n"                                                                           \
	"  - lb_endpoints:\n"                                                                      \
	"    - endpoint: {address: {socket_address: {address: " address ", port_value: " port "}}}\n"

/* Good and rejected assignments in the order of the file, exit status 0. */
static void test_rejected(void **state)
{
	json_t *report;

	(void)state;
	write_config("network1", GATEWAY("32"));
	write_file("eds.yaml", EDS_HEAD EDS("outbound|80||a.ns.svc", "10.10.0.1", "80")
		   EDS("outbound|80||b.ns.svc", "10.10.0.1", "65536")
		   EDS("outbound|80||c.ns.svc", "10.10.0.3", "80"));
	report = preview_json("--config %s/config.yaml", directory);
	assert_int_equal(json_array_size(report), 3);
	assert_string_equal(string(json_array_get(report, 0), "service"), "a.ns.svc");
	assert_true(json_is_null(json_object_get(json_array_get(report, 0), "rejected")));
	assert_string_equal(string(json_array_get(report, 1), "cluster"), "outbound|80||b.ns.svc");
	assert_non_null(strstr(string(json_array_get(report, 1), "rejected"), "eds.yaml:11:"));
	assert_int_equal(json_array_size(json_object_get(json_array_get(report, 1), "backends")),
			 0);
	assert_true(number(json_array_get(report, 2), "fail") == 0);
	json_decref(report);
	assert_int_equal(preview("--config %s/config.yaml", directory), 0);
	assert_non_null(strstr(output, "REJECTED"));
}

/* The keys of design, no more and no fewer. */
static void test_shape(void **state)
{
	static const char *const keys[] = { "network", "family",  "protocol",   "duplicates",
					    "service", "cluster", "rejected",   "drop",
					    "fail",    "panic",   "priorities", "backends",
					    "excluded" };
	static const char *const priority_keys[] = {"priority", "hosts", "healthy", "degraded",
						    "excluded", "healthy_load", "degraded_load",
						    "panic"};
	static const char *const backend_keys[] = {"address", "kind", "transport", "network",
						   "locality", "priority", "weight", "share",
						   "table_share"};
	json_t *report;

	(void)state;
	write_config("network1", GATEWAY("32"));
	write_file("eds.yaml", EDS_HEAD EDS("outbound|80||a.ns.svc", "10.10.0.1", "80")
		   EDS("odd", "10.10.0.1", "0") EDS("bad", "10.10.0.1.1", "80"));
	report = preview_json("--config %s/config.yaml", directory);
	for (size_t i = 0; i < 3; i++) {
		const json_t *view = json_array_get(report, i);

		assert_int_equal(json_object_size(view), 13);
		for (size_t j = 0; j < 13; j++)
			assert_non_null(json_object_get(view, keys[j]));
	}
	for (size_t j = 0; j < 8; j++)
		assert_non_null(json_object_get(
			json_array_get(json_object_get(json_array_get(report, 0), "priorities"), 0),
			priority_keys[j]));
	for (size_t j = 0; j < 9; j++)
		assert_non_null(json_object_get(
			json_array_get(json_object_get(json_array_get(report, 0), "backends"), 0),
			backend_keys[j]));
	/* A name of another form is its own service. */
	assert_string_equal(string(json_array_get(report, 1), "service"), "odd");
	assert_true(number(json_array_get(report, 1), "fail") == 1);
	json_decref(report);
}

#define MORE(address, extra)                                                                       \
	"    - {endpoint: {address: {socket_address: {address: " address ", port_value: 80}}}"      \
	extra "}\n"

/* --drops and --health add drop categories and health states; row 38 of the oracle. */
static void test_details(void **state)
{
	json_t *report;
	const json_t *view, *list;

	(void)state;
	write_config("network1", GATEWAY("32"));
	write_file("eds.yaml", EDS_HEAD EDS("outbound|80||a.ns.svc", "10.10.0.1", "80")
		   MORE("10.10.0.2", ", health_status: UNHEALTHY")
		   MORE("10.10.0.3", ", health_status: DRAINING")
		   MORE("10.10.0.4", ", health_status: HEALTHY")
		   "  - priority: 1\n    lb_endpoints:\n" MORE("10.10.0.5", "")
		   "  policy:\n    overprovisioning_factor: 200\n    drop_overloads:\n"
		   "    - {category: throttle, drop_percentage: {numerator: 60}}\n"
		   "    - {category: lottery, drop_percentage: {numerator: 50}}\n");
	report = preview_json("--drops --health --config %s/config.yaml", directory);
	view = json_array_get(report, 0);
	assert_true(fabs(number(view, "drop") - 0.8) < 1e-9);
	list = json_object_get(view, "drops");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(string(json_array_get(list, 1), "category"), "lottery");
	assert_true(fabs(number(json_array_get(list, 0), "refused") - 0.6) < 1e-9);
	assert_true(fabs(number(json_array_get(list, 1), "refused") - 0.2) < 1e-9);
	assert_true(fabs(number(json_array_get(list, 1), "ratio") - 0.5) < 1e-9);
	list = json_object_get(view, "unused");
	assert_int_equal(json_array_size(list), 3);
	assert_string_equal(string(find_row(list, "10.10.0.2", 80), "reason"), "unhealthy");
	assert_string_equal(string(find_row(list, "10.10.0.3", 80), "reason"), "draining");
	assert_string_equal(string(find_row(list, "10.10.0.5", 80), "reason"), "standby");
	json_decref(report);
	assert_int_equal(preview("--drops --health --config %s/config.yaml", directory), 0);
	assert_non_null(strstr(output, "drop category lottery: 50% of what reaches it, 20% of all"));
	assert_non_null(strstr(output, "gets nothing: 10.10.0.3:80 of network1: draining"));
}

static void test_unhealthy(void **state)
{
	json_t *report;
	const json_t *view;

	(void)state;
	write_config("network1", GATEWAY("32"));
	report = preview_json("--unhealthy 192.23.120.32:15443 --config %s/config.yaml "
			      "--eds " DATA "/helloworld-tcp/start.sotw.network1.json", directory);
	view = json_array_get(report, 0);
	assert_string_equal(string(view, "cluster"),
			    "outbound|5000||helloworld.sample.svc.cluster.local");
	assert_int_equal(json_array_size(json_object_get(view, "backends")), 1);
	assert_true(number(json_array_get(json_object_get(view, "priorities"), 0), "healthy") == 1);
	json_decref(report);
	assert_int_equal(preview("--unhealthy 1.2.3.4 --config %s/config.yaml", directory), 2);
	/* An endpoint of the assignment, and an unknown one. */
	assert_int_equal(preview("--unhealthy 10.10.0.90:5000 --config %s/config.yaml --eds " DATA
				 "/helloworld-tcp/start.sotw.network1.json", directory), 0);
	assert_int_equal(preview("--unhealthy 10.10.0.90:5001 --config %s/config.yaml --eds " DATA
				 "/helloworld-tcp/start.sotw.network1.json", directory), 1);
}

/* Files are read in name order; a duplicate in a later file is refused. */
static void test_directory(void **state)
{
	char path[128];
	json_t *report;

	(void)state;
	write_config("network1", GATEWAY("32"));
	snprintf(path, sizeof(path), "%s/eds", directory);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file("eds/2.yaml", EDS_HEAD EDS("outbound|80||a.ns.svc", "10.10.0.2", "80")
		   EDS("outbound|80||b.ns.svc", "10.10.0.2", "80"));
	write_file("eds/1.yaml", EDS_HEAD EDS("outbound|80||a.ns.svc", "10.10.0.1", "80")
					 EDS("outbound|80||c.ns.svc", "10.10.0.1", "65536"));
	write_file("eds/3.yaml", EDS_HEAD EDS("outbound|80||c.ns.svc", "10.10.0.3", "80"));
	write_file("eds/.hidden.yaml", "no: yaml: at all");
	write_file("eds/notes.txt", "no: yaml: at all");
	report = preview_json("--config %s/config.yaml --eds %s", directory, path);
	assert_int_equal(json_array_size(report), 5);
	assert_true(json_is_null(json_object_get(json_array_get(report, 0), "rejected")));
	assert_non_null(strstr(string(json_array_get(report, 1), "rejected"), "1.yaml"));
	assert_non_null(strstr(string(json_array_get(report, 2), "rejected"), "2.yaml"));
	assert_true(json_is_null(json_object_get(json_array_get(report, 3), "rejected")));
	assert_non_null(strstr(string(json_array_get(report, 4), "rejected"), "3.yaml"));
	json_decref(report);
	remove_tree(path);
}

/* An EDS name carries no protocol; the configuration's service does. */
static void test_udp(void **state)
{
	json_t *report;
	const json_t *backends;

	(void)state;
	write_file("config.yaml", "network: network1\n" CONFIG_HEAD
		   "source: {files: {path: eds.yaml}}\n"
		   "services:\n"
		   "- {host: dns.ns.svc, addresses: [10.20.0.1], "
		   "ports: [{port: 53, protocol: UDP}, {port: 54, protocol: TCP}]}\n");
	write_file("eds.yaml", EDS_HEAD
		   EDS("outbound|53||dns.ns.svc", "10.10.0.1, protocol: UDP", "53")
		   EDS("outbound|54||dns.ns.svc", "10.10.0.1, protocol: UDP", "54"));
	report = preview_json("--config %s/config.yaml", directory);
	backends = json_object_get(json_array_get(report, 0), "backends");
	assert_int_equal(json_array_size(backends), 1);
	backends = json_object_get(json_array_get(report, 1), "excluded");
	assert_string_equal(string(json_array_get(backends, 0), "reason"), "wrong_protocol");
	json_decref(report);
}

static void test_table(void **state)
{
	(void)state;
	write_config("network1", GATEWAY("32"));
	assert_int_equal(preview("--config %s/config.yaml --eds " DATA
				 "/placeholder/start.sotw.network1.json", directory), 0);
	assert_non_null(strstr(output, "10.10.0.90:5000"));
	assert_non_null(strstr(output, "100.00%"));
	assert_non_null(strstr(output, "####################"));
	assert_non_null(strstr(output, "excluded: 0.0.0.0:15443: bad_address"));
	assert_string_equal(complaints, "");
}

/* Unreadable files: exit status 1, with file, line and column. */
static void test_unreadable(void **state)
{
	char expected[128];

	(void)state;
	write_config("network1", GATEWAY("32"));
	write_file("eds.yaml", "resources:\n- {a: [\n");
	assert_int_equal(preview("--config %s/config.yaml", directory), 1);
	snprintf(expected, sizeof(expected), "%s/eds.yaml:", directory);
	assert_memory_equal(complaints, expected, strlen(expected));
	assert_string_equal(output, "");
	assert_int_equal(preview("--config %s/config.yaml --eds %s/none.yaml", directory,
				 directory), 1);
	assert_non_null(strstr(complaints, "none.yaml"));
	write_file("config.yaml", "network: network1\nnetwrok: a\n");
	assert_int_equal(preview("--config %s/config.yaml", directory), 1);
	assert_non_null(strstr(complaints, "config.yaml:2:1:"));
	assert_int_equal(preview(""), 2);
	assert_int_equal(preview("--family 5 --config %s/config.yaml", directory), 2);
}

/* Each family that endpoints have is a view of its own, with its own shares. */
static void test_both_families(void **state)
{
	json_t *report;

	(void)state;
	write_file("config.yaml", "network: network1\ninterfaces: {pods: [x], uplinks: [y]}\n");
	write_file(
		"eds.yaml",
		"resources:\n"
		"- {'@type': type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment, cluster_name: both, endpoints: [{lb_endpoints: [{endpoint: {address: "
		"{socket_address: {address: 10.0.0.1, port_value: 80}}, additional_addresses: "
		"[{address: {socket_address: {address: 'fd00::1', port_value: 80}}}]}}, "
		"{endpoint: {address: {socket_address: {address: 10.0.0.2, port_value: 80}}}}]}]}\n");
	report = preview_json("--config %s/config.yaml --eds %s/eds.yaml", directory, directory);
	assert_int_equal(json_array_size(report), 2);
	for (size_t i = 0; i < 2; i++) {
		const json_t *view = json_array_get(report, i);

		assert_int_equal(number(view, "family"), 4 + 2 * i);
		assert_int_equal(json_array_size(json_object_get(view, "backends")), 2 - i);
		assert_int_equal(json_array_size(json_object_get(view, "excluded")), i);
	}
	json_decref(report);
	report = preview_json("--config %s/config.yaml --eds %s/eds.yaml --family 6", directory,
			      directory);
	assert_int_equal(json_array_size(report), 1);
	assert_string_equal(
		string(json_array_get(json_object_get(json_array_get(report, 0), "backends"), 0),
		       "address"),
		"[fd00::1]:80");
	json_decref(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_families), cmocka_unit_test(test_istiod),
		cmocka_unit_test(test_dual_stack),    cmocka_unit_test(test_network),
		cmocka_unit_test(test_rejected),      cmocka_unit_test(test_shape),
		cmocka_unit_test(test_details),       cmocka_unit_test(test_unhealthy),
		cmocka_unit_test(test_directory),     cmocka_unit_test(test_udp),
		cmocka_unit_test(test_table),         cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
