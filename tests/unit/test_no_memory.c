/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every single allocation fails in turn: the decoders say so, and leak nothing.
 *
 * The allocator is replaced by interposition. A sanitizer has its own: under it nothing fails, and
 * it is the sanitizer that looks for leaks.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config_load.h"
#include "eds_decode.h"
#include "problem.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

static long countdown = -1; /* allocations that still succeed; below 0: all */
static long live;           /* blocks allocated and not freed while watched */
static bool watched, failed;

#ifndef SANITIZED
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void __libc_free(void *memory);

static bool refuse(void)
{
	if (!watched || countdown < 0 || countdown-- > 0)
		return false;
	failed = true;
	return true;
}

static void *counted(void *memory)
{
	live += watched && memory;
	return memory;
}

void *malloc(size_t size)
{
	return refuse() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
	return refuse() ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *memory, size_t size)
{
	if (refuse())
		return NULL;
	live -= watched && memory;
	return counted(__libc_realloc(memory, size));
}

void free(void *memory)
{
	live -= watched && memory;
	__libc_free(memory);
}
#endif

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

/* `expected`: what comes out with memory enough. A message about something else that is wrong
 * may get lost with the memory for it, its error code may not. */
static void fail_each(int (*run)(const char *text), const char *text, int expected)
{
	long n = 0;
	int err;

	do {
		countdown = n++;
		live = 0;
		failed = false;
		watched = true;
		err = run(text);
		watched = false;
		countdown = -1;
		assert_int_equal(live, 0);
		assert_true(err == (failed ? -ENOMEM : expected) ||
			    (failed && expected && err == expected));
	} while (failed);
#ifndef SANITIZED
	assert_true(n > 5);
#endif
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configuration),
		cmocka_unit_test(bad_configuration),
		cmocka_unit_test(eds_as_yaml),
		cmocka_unit_test(eds_as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
