/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Each allocation fails in turn: the decoders return -ENOMEM and leak nothing.
 *
 * The tests interpose the allocator. A sanitizer has its own allocator: then no allocation fails, and
 * the sanitizer looks for leaks.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "arena.h"
#include "config_load.h"
#include "eds_decode.h"
#include "file_source.h"
#include "no_memory.h"
#include "pb_build.h"
#include "pb_decode.h"
#include "problem.h"
#include "session.h"

static const char config_text[] =
	"network: network1\n"
	"interfaces: {pods: ['veth*'], uplinks: [eth0]}\n"
	"meshNetworks: {networks: {network2: {endpoints: [{fromCidr: 10.0.0.0/8}, "
	"{fromRegistry: c}], gateways: [{address: gw.example, port: 1}]}}}\n"
	"transports: {network2: {mode: geneve}}\n"
	"networkIds: {network2: 5}\n"
	"flat: [[network1, network2]]\n"
	"source: {files: {path: eds.yaml}}\n"
	"services: [{host: a.b, addresses: [10.0.0.1], ports: [{port: 80}]}]\n"
	"gateway: {listen: {interface: eth0}, snat: [10.0.0.2], allow: [10.0.0.0/8]}\n";

static const char eds_yaml[] =
	"resources:\n"
	"- '@type': type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment\n"
	"  cluster_name: c\n"
	"  endpoints:\n"
	"  - locality: {region: r}\n"
	"    lb_endpoints:\n"
	"    - endpoint: {hostname: h, address: {socket_address: {address: '::1', port_value: 1}}}\n"
	"      metadata: {filter_metadata: {istio: {network: n, workload: w}}}\n"
	"  policy: {drop_overloads: [{category: x}]}\n"
	"- '@type': x\n";

static const char eds_json[] =
	"{\"version_info\": \"1\", \"resources\": [{\"@type\": "
	"\"type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment\", "
	"\"cluster_name\": \"\\u0063\"}, {\"name\": \"x\"}]}";

static int run_config(const char *text)
{
	static char *const environment[] = {"PARALLAX_INTERFACES_PODS=a,b", "PARALLAX_CLUSTER=c",
					    "PARALLAX_ADMIN_PORT=5", NULL};
	struct problems problems = {0};
	struct config *config = NULL;
	int err = config_load_text("dir/f", text, strlen(text), environment, &config, &problems);

	config_free(config);
	problems_done(&problems);
	return err;
}

static int run_eds(const char *text)
{
	struct problems problems = {0};
	struct assignment_set *set = NULL;
	int err = eds_decode_text("f", text, strlen(text), &set, &problems);

	assignment_set_free(set);
	problems_done(&problems);
	return err;
}

static const char pb_text[] =
	"1:'c' 2:{1:{1:'r'} 2:{1:{1:{1:{2:'10.0.0.1' 3:1}} 3:'h' 4:{1:{1:{2:'::1' 3:2}}}} "
	"3:{1:{1:'istio' 2:{1:{1:'network' 2:{3:'n'}} 1:{1:'workload' 2:{3:'w'}}}}}}} "
	"2:{2:{1:{1:{1:{2:'10.0.0.2' 3:1}}}} 2:{1:{1:{1:{2:'10.0.0.3' 3:1}}}}} "
	"4:{2:{1:'x'} 2:{1:'y'} 2:{1:'z'} 3:{1:5}}";

static uint8_t pb_bytes[4][PB_BUILD_MAX];
static size_t pb_lengths[4];

static int run_pb(const char *text)
{
	struct arena *arena = arena_new_sized(0);
	struct eds_usage usage = {0};
	char reason[PB_REASON_MAX];
	struct assignment assignment;
	int err = arena ? pb_decode_assignment((struct pb_slice){pb_bytes[0], pb_lengths[0]},
					       &usage, arena, &assignment, reason) : -ENOMEM;

	(void)text;
	arena_free(arena);
	return err;
}

/* Builds until the first failure; the incomplete result must be safe to free. */
static int drive(struct xds_session *session)
{
	static const char *const names[] = {"x", "c"};
	struct xds_request request;
	int err = xds_session_subscribe_eds(session, names, 2);

	xds_session_connected(session, 0);
	for (size_t i = 0; i < 4 && err >= 0; i++) {
		while (err >= 0 && (err = xds_session_next_request(session, 0, &request)) == 1)
			;
		if (!err)
			err = xds_session_receive(session, pb_bytes[i], pb_lengths[i], 0);
	}
	return err;
}

static int run_session(const char *mode)
{
	static struct xds_metadata metadata = {"NETWORK", "n"};
	struct xds_session_config config = {
		.mode = *mode == 's' ? XDS_SOTW : XDS_DELTA,
		.node = {.id = "id", .metadata = &metadata, .metadata_count = 1},
		.types = 0xf,
	};
	struct xds_session *session = NULL;
	int err = xds_session_new(&config, &session);

	if (!err)
		err = drive(session);
	xds_session_free(session);
	return err;
}

static void configuration(void **state)
{
	(void)state;
	fail_each(run_config, config_text, 0);
}

static void bad_configuration(void **state)
{
	(void)state;
	fail_each(run_config, "network: [x]\ntransports: {a: {}}\n", -EINVAL);
}

static void eds_as_yaml(void **state)
{
	(void)state;
	fail_each(run_eds, eds_yaml, 0);
}

static void eds_as_json(void **state)
{
	(void)state;
	fail_each(run_eds, eds_json, 0);
}

static void eds_as_protobuf(void **state)
{
	(void)state;
	pb_lengths[0] = pb_build(pb_text, pb_bytes[0]);
	fail_each(run_pb, NULL, 0);
}

#define TYPE(name) "4:'type.googleapis.com/" name "' 5:'n' 1:'1' "
#define ANY(type, body) "{1:'type.googleapis.com/" type "' 2:{" body "}}"
#define EDS "envoy.config.endpoint.v3.ClusterLoadAssignment"
#define CDS "envoy.config.cluster.v3.Cluster"
#define NDS "istio.networking.nds.v1.NameTable"

static void session_in_sotw(void **state)
{
	(void)state;
	pb_lengths[0] = pb_build(TYPE(CDS) "2:" ANY(CDS, "1:'a' 2:3 3:{2:'c'}"), pb_bytes[0]);
	pb_lengths[1] = pb_build(TYPE(EDS) "2:" ANY(EDS, "1:'c' 2:{}") "2:" ANY(EDS, "1:'x' 2:{5:200}"),
				 pb_bytes[1]);
	pb_lengths[2] = pb_build(TYPE(CDS) "2:" ANY(CDS, "1:'a' 2:3 3:{2:'d'}"), pb_bytes[2]);
	pb_lengths[3] = pb_build(TYPE(NDS) "2:" ANY(NDS, "1:{1:'a.b' 2:{1:'10.0.0.1'}}"),
				 pb_bytes[3]);
	fail_each(run_session, "s", 0);
}

static void session_in_delta(void **state)
{
	(void)state;
	pb_lengths[0] = pb_build(TYPE(CDS) "2:{3:'a' 1:'5' 2:" ANY(CDS, "1:'a' 2:3") "}", pb_bytes[0]);
	pb_lengths[1] = pb_build(TYPE(EDS) "2:{3:'a' 2:" ANY(EDS, "1:'a' 2:{}") "} 6:'c'", pb_bytes[1]);
	pb_lengths[2] = pb_build(TYPE(CDS) "6:'a'", pb_bytes[2]);
	pb_lengths[3] = pb_build(TYPE(NDS) "2:{2:" ANY(NDS, "") "}", pb_bytes[3]);
	fail_each(run_session, "d", 0);
}

static char file_path[] = "/tmp/parallax-no-memory-XXXXXX";

static void write_file(const char *name)
{
	FILE *file = fopen(file_path, "w");

	fprintf(file, "resources:\n- '@type': type.googleapis.com/" EDS "\n  cluster_name: %s\n",
		name);
	fclose(file);
}

/* Whichever allocation failed, no assignment of a replaced file is left, and no cluster counts as
 * removed. */
static int run_files(const char *text)
{
	struct file_source *source = NULL;
	struct cluster_list clusters;
	bool changed = false;
	int err = file_source_new(file_path, &source);

	(void)text;
	for (int round = 0; !err && round < 2; round++) {
		watched = false;
		write_file(round ? "other" : "first");
		watched = true;
		err = file_source_refresh(source, &changed);
		clusters = file_source_clusters(source);
		assert_int_equal(cluster_list_knows(&clusters, "x"), !err);
		assert_int_equal(source->assignment_count, err ? 0 : 1);
		assert_true(err || !strcmp(source->assignments[0]->name,
					   round ? "other" : "first"));
	}
	file_source_free(source);
	return err;
}

static void files_that_change(void **state)
{
	int fd = mkstemp(file_path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	fail_each(run_files, NULL, 0);
	unlink(file_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configuration),
		cmocka_unit_test(bad_configuration),
		cmocka_unit_test(eds_as_yaml),
		cmocka_unit_test(eds_as_json),
		cmocka_unit_test(eds_as_protobuf),
		cmocka_unit_test(files_that_change),
		cmocka_unit_test(session_in_sotw),
		cmocka_unit_test(session_in_delta),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
