/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What `parallaxctl diff` prints, held by files of tests/data/ctl. */
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

/* Of these rows of the sample, as the agent adds it up. */
static uint64_t digest_of(const struct snapshot *snapshot, const uint32_t *rows, size_t count)
{
	uint64_t digest = 0;

	for (size_t i = 0; i < count; i++) {
		const struct backend *row = &snapshot->backends[rows[i]];

		digest += backend_digest(&row->addr, row->port, row->kind);
	}
	return digest;
}

static json_t *service(const char *host, const char *vip, int port, json_t *row, const char *state,
		       uint64_t digest, json_t *backends)
{
	char cluster[128], hex[20];

	snprintf(cluster, sizeof(cluster), "outbound|%d||%s", port, host);
	snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)digest);
	return json_pack("{s:s,s:s?,s:i,s:s,s:s,s:o,s:s,s:{s:i,s:I,s:s,s:o}}", "host", host, "vip",
			 vip, "port", port, "protocol", "tcp", "cluster", cluster, "row", row,
			 "state", state, "word", "said", 5, "count",
			 (json_int_t)json_array_size(backends), "digest", hex, "backends", backends);
}

/* Gives the sample an agent that said this of its services, and nothing of `untold` more; the caller
 * frees the text. */
static struct snapshot *said(json_t *services, int untold)
{
	struct snapshot *snapshot = sample_snapshot();
	json_t *state = json_loads(snapshot->agent_text, 0, NULL);

	assert_non_null(services);
	json_object_set_new(state, "services", services);
	json_object_set_new(state, "untold", json_integer(untold));
	snapshot->agent_text = json_dumps(state, 0);
	json_decref(state);
	return snapshot;
}

static void check(const char *name, json_t *services, int untold, bool in_step)
{
	struct snapshot *snapshot = said(services, untold);
	char *text = snapshot->agent_text;
	json_t *report = report_diff(snapshot);

	assert_int_equal(json_is_true(json_object_get(report, "in_step")), in_step);
	golden_report(name, report, report_diff_print);
	free(text);
}

static json_t *hello(uint64_t digest, const char *first)
{
	return service(HELLO, "10.20.194.146", 5000, json_integer(0), "serving", digest,
		       json_pack("[s,s,s,s]", first, "192.23.120.32:15443", "192.23.130.40:15443",
				 "10.10.0.89:5000"));
}

/* Its list was cut: the digest alone tells. */
static json_t *dns(void)
{
	json_t *object = service("dns.sample.svc.cluster.local", "10.20.194.147", 53,
				 json_integer(1), "no_endpoints", 0, json_array());

	json_object_set_new(json_object_get(object, "word"), "count", json_integer(7));
	return object;
}

static json_t *without_row(const char *state)
{
	return service("web.sample.svc.cluster.local", "10.20.194.150", 80, json_null(), state, 1,
		       json_pack("[s]", "10.10.0.92:80"));
}

/* A service without virtual IP has no table of clients to compare. */
static json_t *without_vip(void)
{
	return service("echo.sample.svc.cluster.local", NULL, 7, json_integer(2), "serving", 1,
		       json_array());
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

/* What was not compared is not known to be in step. */
static void services_untold(void **state)
{
	uint64_t digest = digest_of(sample_snapshot(), (uint32_t[]){ 1, 2, 3, 4 }, 4);

	(void)state;
	check("diff-untold", json_pack("[o]", hello(digest, "10.10.0.90:5000")), 9600, false);
	check("diff-untold-all", json_array(), 10000, false);
}

static void agent_that_says_nothing(void **state)
{
	struct snapshot *snapshot = sample_snapshot();

	(void)state;
	snapshot->agent_text = NULL;
	snapshot->agent_running = false;
	golden_report("diff-no-agent", report_diff(snapshot), report_diff_print);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_step),
		cmocka_unit_test(differs),
		cmocka_unit_test(services_untold),
		cmocka_unit_test(agent_that_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
