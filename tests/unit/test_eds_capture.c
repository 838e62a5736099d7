/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Responses that a real istiod sent, whole and cut at every byte. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "assignment.h"
#include "eds_decode.h"
#include "problem.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

#define V1 "helloworld-v1;sample;helloworld;v1;c1"
#define KUBERNETES_V1 "helloworld-v1;sample;helloworld;v1;cluster1"
#define KUBERNETES_V2 "helloworld-v2;sample;helloworld;v2;n2-k8s-config"
#define KUBERNETES_V3 "helloworld-v3;sample;helloworld;v3;cluster1"
#define GATEWAY ";;;;"

/* The helloworld service as a client sees it, gateways rewritten by the control plane. */
static const struct {
	const char *file, *version;
	size_t resources;
	struct {
		const char *addr, *workload;
		uint16_t port;
		uint32_t weight;
		enum health health;
		const char *more; /* the address of its other family */
	} hello[5];
} captures[] = {
	{ "split-horizon-sotw.json",
	  "2026-11-23T01:46:38Z/2",
	  2,
	  { { "10.10.0.90", V1, 5000, 1, HEALTH_UNKNOWN, NULL },
	    { "192.23.120.32", GATEWAY, 15443, 1, HEALTH_UNKNOWN, NULL } } },
	{ "split-horizon-delta.json",
	  "2026-11-23T01:46:38Z/2",
	  2,
	  { { "10.10.0.90", V1, 5000, 1, HEALTH_UNKNOWN, NULL },
	    { "192.23.120.32", GATEWAY, 15443, 1, HEALTH_UNKNOWN, NULL } } },
	{ "placeholder.json",
	  "2026-11-23T01:46:43Z/2",
	  2,
	  { { "10.10.0.90", V1, 5000, 1, HEALTH_UNKNOWN, NULL },
	    { "0.0.0.0", GATEWAY, 15443, 1, HEALTH_UNKNOWN, NULL } } },
	{ "dual-stack/start.sotw.network1.json",
	  "2026-11-30T21:10:40Z/2",
	  2,
	  { { "10.10.0.90", KUBERNETES_V1, 5000, 2, HEALTH_HEALTHY, "fd00::10:10:0:90" },
	    { "192.23.120.32", GATEWAY, 15443, 1, HEALTH_UNKNOWN, NULL },
	    { "2001:db8::192:23:120:32", GATEWAY, 15443, 1, HEALTH_UNKNOWN, NULL } } },
	{ "dual-stack/01-ipv6-pod.delta.network1.json",
	  "2026-11-30T21:10:40Z/2",
	  1,
	  { { "fd00::10:10:0:91", KUBERNETES_V3, 5000, 2, HEALTH_HEALTHY, NULL },
	    { "10.10.0.90", KUBERNETES_V1, 5000, 2, HEALTH_HEALTHY, "fd00::10:10:0:90" },
	    { "192.23.120.32", GATEWAY, 15443, 1, HEALTH_UNKNOWN, NULL },
	    { "2001:db8::192:23:120:32", GATEWAY, 15443, 1, HEALTH_UNKNOWN, NULL } } },
	{ "dual-stack/start.delta.network2.json",
	  "2026-11-30T21:10:40Z/2",
	  2,
	  { { "10.10.0.90", KUBERNETES_V1, 5000, 2, HEALTH_HEALTHY, "fd00::10:10:0:90" },
	    { "10.32.0.17", KUBERNETES_V2, 5000, 2, HEALTH_HEALTHY, "fd00::10:32:0:17" } } },
	{ "dual-stack-ipv4/start.sotw.network1.json",
	  "2026-11-30T21:10:15Z/5",
	  2,
	  { { "10.10.0.90", KUBERNETES_V1, 5000, 2, HEALTH_HEALTHY, "fd00::10:10:0:90" },
	    { "192.23.120.32", GATEWAY, 15443, 2, HEALTH_UNKNOWN, NULL } } },
	{ "dual-stack-ipv6/start.delta.network1.json",
	  "2026-11-30T21:10:29Z/2",
	  2,
	  { { "10.10.0.90", KUBERNETES_V1, 5000, 2, HEALTH_HEALTHY, "fd00::10:10:0:90" },
	    { "2001:db8::192:23:120:32", GATEWAY, 15443, 2, HEALTH_UNKNOWN, NULL } } },
};

static const struct assignment *find(const struct assignment_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (!strcmp(set->items[i].name, name))
			return &set->items[i];
	return NULL;
}

/* The additional address has the port of the first. */
static void check_more(const struct endpoint *endpoint, const char *more)
{
	char text[ADDR_TEXT_MAX];

	assert_int_equal(endpoint->address_count, more ? 2 : 1);
	if (!more)
		return;
	assert_string_equal(addr_format(&endpoint->addresses[1].addr, text), more);
	assert_int_equal(endpoint->addresses[1].port, endpoint->addresses[0].port);
}

static void check_capture(size_t row, const struct assignment_set *set)
{
	const struct assignment *item =
		find(set, "outbound|5000||helloworld.sample.svc.cluster.local");
	const struct locality *locality = &item->localities[0];
	char text[ADDR_TEXT_MAX];
	uint32_t weights = 0;
	size_t i;

	assert_int_equal(set->count, captures[row].resources);
	assert_null(item->rejected);
	assert_int_equal(item->locality_count, 1);
	assert_true(locality->has_locality);
	for (i = 0; captures[row].hello[i].addr; i++) {
		const struct endpoint *endpoint = &locality->endpoints[i];

		assert_string_equal(addr_format(&endpoint->addresses[0].addr, text),
				    captures[row].hello[i].addr);
		assert_int_equal(endpoint->addresses[0].port, captures[row].hello[i].port);
		assert_string_equal(endpoint->workload, captures[row].hello[i].workload);
		assert_int_equal(endpoint->weight, captures[row].hello[i].weight);
		assert_int_equal(endpoint->health, captures[row].hello[i].health);
		assert_null(endpoint->network);
		weights += endpoint->weight;
		check_more(endpoint, captures[row].hello[i].more);
	}
	assert_int_equal(locality->endpoint_count, i);
	assert_int_equal(locality->weight, weights);
}

static char *read_capture(size_t row, size_t *ret_length)
{
	char path[100], *text = malloc(1 << 16);
	FILE *file;

	snprintf(path, sizeof(path), "tests/data/istiod/%s", captures[row].file);
	file = fopen(path, "r");
	if (!file)
		fail_msg("%s is missing: run from the top of the tree", path);
	*ret_length = fread(text, 1, 1 << 16, file);
	fclose(file);
	return text;
}

static void reads_what_istiod_sends(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(captures); i++) {
		struct assignment_set *set = NULL;
		struct problems problems = {0};
		char path[100];

		snprintf(path, sizeof(path), "tests/data/istiod/%s", captures[i].file);
		if (eds_decode_file(path, &set, &problems))
			fail_msg("%s", problems_text(&problems));
		assert_string_equal(set->version, captures[i].version);
		check_capture(i, set);
		assignment_set_free(set);
	}
}

/* Copied into memory of exactly that size, so that a sanitizer finds reads beyond the end. */
static void refuses_responses_cut_at_any_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(captures); i++) {
		size_t length, end;
		char *text = read_capture(i, &length);

		for (end = length; text[end - 1] != '}'; end--)
			;
		for (size_t cut = 0; cut < end; cut++) {
			struct assignment_set *set = NULL;
			struct problems problems = {0};
			char *copy = malloc(cut + !cut);

			memcpy(copy, text, cut);
			assert_int_equal(eds_decode_text("f", copy, cut, &set, &problems), -EINVAL);
			assert_int_equal(strncmp(problems_text(&problems), "f:", 2), 0);
			problems_done(&problems);
			free(copy);
		}
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_istiod_sends),
		cmocka_unit_test(refuses_responses_cut_at_any_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
