/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Filters of flows, endpoints and dropped packets over the sample, and the records of drops. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report.h"
#include "report_drop_event.h"
#include "report_filter.h"
#include "report_flows.h"
#include "sample_snapshot.h"

/* "--flag value --flag value" */
static struct report_filter filter_of(char *text)
{
	struct report_filter filter = {};
	char *flag = strtok(text, " ");

	for (; flag; flag = strtok(NULL, " ")) {
		struct flag_words *words = !strcmp(flag, "--network") ? &filter.networks :
					   !strcmp(flag, "--service") ? &filter.services :
					   !strcmp(flag, "--from")    ? &filter.from :
					   !strcmp(flag, "--state")   ? &filter.states :
									&filter.vips;

		words->items = realloc(words->items, (words->count + 1) * sizeof(*words->items));
		words->items[words->count++] = strtok(NULL, " ");
	}
	return filter;
}

static void filter_done(struct report_filter *filter)
{
	free(filter->networks.items);
	free(filter->services.items);
	free(filter->from.items);
	free(filter->states.items);
	free(filter->vips.items);
}

/* Flows, endpoints and excluded endpoints that a filter leaves. */
static void count(const char *text, size_t counts[3])
{
	char *copy = strdup(text);
	struct report_filter filter = filter_of(copy);
	json_t *flows = report_flows(sample_snapshot(), &filter);
	json_t *endpoints = report_endpoints(sample_snapshot(), &filter);

	counts[0] = json_array_size(json_object_get(flows, "flows"));
	counts[1] = json_array_size(json_object_get(endpoints, "endpoints"));
	counts[2] = json_array_size(json_object_get(endpoints, "excluded"));
	json_decref(flows);
	json_decref(endpoints);
	filter_done(&filter);
	free(copy);
}

static void filters(void **state)
{
	static const struct {
		const char *filter;
		size_t counts[3];
	} rows[] = {
		{ "", { 5, 6, 2 } },
		{ "--network network1", { 2, 4, 0 } },
		{ "--network network2", { 1, 1, 1 } },
		{ "--network network1 --network network2", { 3, 5, 1 } },
		{ "--network network", { 0, 0, 0 } },
		{ "--service helloworld", { 4, 5, 1 } },
		{ "--service dns", { 1, 0, 0 } },
		{ "--service 10.20.194.147:53", { 1, 0, 0 } },
		{ "--service 10.20.194.147:53/tcp", { 0, 0, 0 } },
		{ "--service outbound|5000||helloworld.sample.svc.cluster.local", { 4, 5, 1 } },
		{ "--vip 10.20.194.146", { 4, 5, 1 } },
		{ "--vip 10.20.194.146:5000/tcp", { 4, 5, 1 } },
		{ "--vip 10.20.194.146:5001", { 0, 0, 0 } },
		{ "--vip 10.20.194.0/24", { 5, 5, 2 } },
		{ "--vip 10.20.194.150", { 0, 0, 1 } },
		{ "--from 10.10.0.89", { 5, 3, 0 } },
		{ "--from 10.10.0.89:59646", { 2, 1, 0 } },
		{ "--from 10.10.0.89:59646/tcp", { 2, 1, 0 } },
		{ "--from 10.10.0.89:40001/udp", { 1, 0, 0 } },
		{ "--from 10.10.0.0/24 --network network2", { 1, 1, 0 } },
		{ "--from 10.11.0.0/16", { 0, 0, 0 } },
		{ "--state established", { 3, 0, 0 } },
		{ "--state active", { 0, 5, 0 } },
		{ "--state draining", { 0, 1, 0 } },
		{ "--state excluded", { 0, 0, 2 } },
		{ "--state excluded --network network2", { 0, 0, 1 } },
		{ "--service helloworld --state closing", { 0, 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t counts[3];

		count(rows[i].filter, counts);
		for (int j = 0; j < 3; j++)
			if (counts[j] != rows[i].counts[j])
				fail_msg("'%s': %zu flows, %zu endpoints, %zu excluded",
					 rows[i].filter, counts[0], counts[1], counts[2]);
	}
}

/* FLOWS counts the connections of the clients asked for. */
static void from_counts_its_own_flows(void **state)
{
	char text[] = "--from 10.10.0.89:59646";
	struct report_filter filter = filter_of(text);
	json_t *report = report_endpoints(sample_snapshot(), &filter);
	const json_t *endpoint = json_array_get(json_object_get(report, "endpoints"), 0);

	(void)state;
	assert_string_equal(json_string_value(json_object_get(endpoint, "address")),
			    "10.10.0.90:5000");
	assert_int_equal(json_integer_value(json_object_get(endpoint, "flows")), 2);
	json_decref(report);
	filter_done(&filter);
}

/* Beyond the limit they are counted. */
static void limit_golden(void **state)
{
	const char *service = "helloworld";
	const struct report_filter filter = { .services = { &service, 1 }, .limit = 2 };

	(void)state;
	golden_report("endpoints-limit", report_endpoints(sample_snapshot(), &filter),
		      report_endpoints_print);
	golden_report("flows-limit", report_flows(sample_snapshot(), &filter), report_flows_print);
}

static void mistakes(void **state)
{
	static const char *const states[] = { "opening", "established", "closing", NULL };
	static const struct {
		const char *filter, *problem;
	} rows[] = {
		{ "--from 10.10.0.89 --vip 10.0.0.0/8 --state closing", NULL },
		{ "--from nobody",
		  "--from is ADDRESS, ADDRESS/BITS or ADDRESS:PORT, not 'nobody'" },
		{ "--vip 10.0.0.1/8",
		  "--vip is ADDRESS, ADDRESS/BITS or ADDRESS:PORT, not '10.0.0.1/8'" },
		{ "--vip 10.0.0.1:80/sctp", "not '10.0.0.1:80/sctp'" },
		{ "--state establised", "unknown state 'establised': did you mean 'established'? "
					"They are opening, established, closing" },
		{ "--state draining", "unknown state 'draining': They are opening" },
	};
	char problem[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *copy = strdup(rows[i].filter);
		struct report_filter filter = filter_of(copy);
		int err = report_filter_check(&filter, states, problem, sizeof(problem));

		assert_int_equal(!err, !rows[i].problem);
		if (err && !strstr(problem, rows[i].problem))
			fail_msg("'%s': %s", rows[i].filter, problem);
		filter_done(&filter);
		free(copy);
	}
}

/* ------------------------------------------------------------------ dropped packets */

static struct drop_event event_of(enum hook hook, enum reason reason)
{
	return (struct drop_event){
		.at_ns = sample_snapshot()->monotonic_ns + 250000000u,
		.hook = hook,
		.reason = reason,
		.key = { IP_V4(sample_ip("10.10.0.89")), IP_V4(sample_ip("10.20.194.146")),
			 htons(40123), htons(5000), 0 },
		.length = 60,
		.proto = IPPROTO_TCP,
		.tcp_flags = 0x12,
	};
}

/* As `flows --drops` writes them, in both forms. */
static void drop_events_golden(void **state)
{
	struct drop_event events[4];
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	events[0] = event_of(HOOK_FROM_POD, REASON_NO_BACKEND);
	events[1] = event_of(HOOK_UPLINK, REASON_TUNNEL_SOURCE);
	events[1].outer_saddr = IP_V4(sample_ip("198.51.100.7"));
	events[1].outer_daddr = IP_V4(sample_ip("192.23.110.10"));
	events[1].vni = 0x0b0002;
	events[1].missed = 12;
	events[2] = event_of(HOOK_FROM_POD, REASON_FRAGMENT);
	events[2].key.sport = events[2].key.dport = 0;
	events[2].proto = IPPROTO_UDP;
	events[2].tcp_flags = 0;
	events[3] = (struct drop_event){ .at_ns = events[0].at_ns,
					 .hook = HOOK_UPLINK,
					 .reason = REASON_TUNNEL_MALFORMED,
					 .length = 90,
					 .outer_saddr = IP_V4(sample_ip("198.51.100.7")),
					 .outer_daddr = IP_V4(sample_ip("192.23.110.10")) };
	for (int i = 0; i < 4; i++) {
		json_t *packet = report_drop_event(sample_snapshot(), &events[i]);

		assert_non_null(packet);
		report_drop_event_print(packet, out);
		json_dumpf(packet, out, JSON_COMPACT);
		fputc('\n', out);
		json_decref(packet);
	}
	fclose(out);
	golden_text("drop-events.txt", text);
	free(text);
}

static bool drop_matches(const char *text)
{
	struct drop_event event = event_of(HOOK_FROM_POD, REASON_NO_BACKEND);
	json_t *packet = report_drop_event(sample_snapshot(), &event);
	char *copy = strdup(text);
	struct report_filter filter = filter_of(copy);
	bool matches = report_drop_event_matches(&filter, packet);

	json_decref(packet);
	filter_done(&filter);
	free(copy);
	return matches;
}

static void drop_events_are_filtered(void **state)
{
	(void)state;
	assert_true(drop_matches(""));
	assert_true(drop_matches("--service helloworld"));
	assert_false(drop_matches("--service dns"));
	assert_true(drop_matches("--from 10.10.0.89 --vip 10.20.194.146:5000/tcp"));
	assert_false(drop_matches("--from 10.10.0.90"));
	assert_true(drop_matches("--network network1"));
	assert_false(drop_matches("--network network2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters),
		cmocka_unit_test(from_counts_its_own_flows),
		cmocka_unit_test(limit_golden),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(drop_events_golden),
		cmocka_unit_test(drop_events_are_filtered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
