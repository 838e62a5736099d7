/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The output of `parallaxctl diff` against golden files of tests/data/ctl. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend_digest.h"
#include "report.h"
#include "sample_snapshot.h"

#define HELLO "helloworld.sample.svc.cluster.local"

/* Digest of these rows of the sample, as the agent adds it up. */
static uint64_t digest_of(const struct snapshot *snapshot, const uint32_t *rows, size_t count)
{
	uint64_t digest = 0;

	for (size_t i = 0; i < count; i++) {
		const struct backend *row = &snapshot->backends[rows[i]];

		digest += backend_digest(&row->addr, row->port, row->kind);
	}
	return digest;
}

static json_t *service(const char *host, const char *vip, int port, const char *state,
		       uint64_t digest, json_t *backends)
{
	char cluster[128], hex[20];

	snprintf(cluster, sizeof(cluster), "outbound|%d||%s", port, host);
	snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)digest);
	return json_pack("{s:s,s:s,s:s?,s:i,s:s,s:s,s:{s:i,s:I,s:s,s:o},s:[]}", "cluster", cluster,
			 "host", host, "vip", vip, "port", port, "protocol", "tcp", "state", state,
			 "source", "endpoints", 5, "backends", (json_int_t)json_array_size(backends),
			 "digest", hex, "listed", backends, "excluded");
}

static void exclude(json_t *service, const char *address, const char *reason)
{
	json_array_append_new(json_object_get(service, "excluded"),
			      json_pack("{s:s,s:s}", "address", address, "reason", reason));
}

/* Gives the sample an agent with the status of these services, and of `omitted` more that could not
 * be written. */
static struct snapshot *announced(json_t *services, int omitted)
{
	struct snapshot *snapshot = sample_snapshot();

	assert_non_null(services);
	json_object_set_new(snapshot->status, "services", services);
	json_object_set_new(snapshot->status, "omitted", json_integer(omitted));
	return snapshot;
}

static void check(const char *name, json_t *services, int omitted, bool in_step)
{
	json_t *report = report_diff(announced(services, omitted));

	assert_int_equal(json_is_true(json_object_get(report, "in_step")), in_step);
	golden_report(name, report, report_diff_print);
}

static json_t *hello(uint64_t digest, const char *first)
{
	json_t *object = service(HELLO, "10.20.194.146", 5000, "serving", digest,
				 json_pack("[s,s,s,s]", first, "192.23.120.32:15443",
					   "192.23.130.40:15443", "10.10.0.89:5000"));

	exclude(object, "10.10.0.90:5000", "no_gateway");
	return object;
}

/* Its list was cut, so only the digest is compared. */
static json_t *dns(void)
{
	json_t *object = service("dns.sample.svc.cluster.local", "10.20.194.147", 53,
				 "no_endpoints", 0, json_array());

	json_object_set_new(json_object_get(object, "source"), "backends", json_integer(7));
	return object;
}

static json_t *without_row(const char *state)
{
	json_t *object = service("web.sample.svc.cluster.local", "10.20.194.150", 80, state, 1,
				 json_pack("[s]", "10.10.0.92:80"));

	exclude(object, "10.9.9.9:80", "unknown_network");
	return object;
}

/* A service without virtual IP has no table of clients to compare. */
static json_t *without_vip(void)
{
	return service("echo.sample.svc.cluster.local", NULL, 7, "serving", 1, json_array());
}

static void in_step(void **state)
{
	uint64_t digest = digest_of(sample_snapshot(), (uint32_t[]){ 1, 2, 3, 4 }, 4);

	(void)state;
	check("diff", json_pack("[o,o,o,o]", hello(digest, "10.10.0.90:5000"), dns(),
				without_row("waiting"), without_vip()), 0, true);
}

static void differs(void **state)
{
	(void)state;
	check("diff-differs", json_pack("[o,o]", hello(1, "10.10.0.91:5000"),
					without_row("serving")), 0, false);
}

/* A service that was not compared is not known to be in step. */
static void services_omitted(void **state)
{
	uint64_t digest = digest_of(sample_snapshot(), (uint32_t[]){ 1, 2, 3, 4 }, 4);

	(void)state;
	check("diff-omitted", json_pack("[o]", hello(digest, "10.10.0.90:5000")), 9600, false);
	check("diff-omitted-all", json_array(), 10000, false);
}

static void agent_without_status(void **state)
{
	struct snapshot *snapshot = sample_snapshot();

	(void)state;
	snapshot->status = NULL;
	snapshot->agent_running = false;
	golden_report("diff-no-agent", report_diff(snapshot), report_diff_print);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_step),
		cmocka_unit_test(differs),
		cmocka_unit_test(services_omitted),
		cmocka_unit_test(agent_without_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
