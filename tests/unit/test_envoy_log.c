/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Access-log lines: Istio's field order, and the last table of the scenario read off them. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "envoy_log.h"
#include "sample_snapshot.h"
#include "snapshot_find.h"

/* The line of the listed flow with this client port, on this side. */
static const char *line_of(const struct snapshot *snapshot, uint16_t port, uint32_t role,
			   char buf[ENVOY_LOG_MAX])
{
	struct flow_view view;

	for (size_t i = 0; i < snapshot->flow_count; i++) {
		const struct flow_key *key = &snapshot->flows[i].key;

		if (key->sport != htons(port) || FLOW_ROLE(key->zone) != role)
			continue;
		flow_view_make(snapshot, &snapshot->flows[i], &view);
		return envoy_log_format(&view, buf);
	}
	fail_msg("no flow from port %u", port);
	return NULL;
}

#define CLUSTER "outbound|5000||helloworld.sample.svc.cluster.local"

static void lines_of_the_scenario(void **state)
{
	static const struct {
		uint16_t port;
		uint32_t role;
		const char *line;
	} rows[] = {
		{ 59646, FLOW_CLIENT,
		  "[2026-11-24T20:58:20.123Z] \"- - -\" 0 - - - \"-\" 412 733 100000 - \"-\" \"-\" "
		  "\"-\" \"-\" \"10.10.0.90:5000\" " CLUSTER " 10.10.0.89:59646 "
		  "10.20.194.146:5000 10.10.0.89:59646 - -" },
		{ 59496, FLOW_CLIENT,
		  "[2026-11-24T19:00:00.123Z] \"- - -\" 0 - - - \"-\" 413 1234567 7200000 - \"-\" "
		  "\"-\" \"-\" \"-\" \"192.23.120.32:15443\" " CLUSTER " 10.10.0.89:59496 "
		  "10.20.194.146:5000 10.10.0.89:59496 - -" },
		{ 40000, FLOW_CLIENT,
		  "[2026-11-24T20:59:59.123Z] \"- - -\" 0 - - - \"-\" 60 0 1000 - \"-\" \"-\" "
		  "\"-\" \"-\" \"192.23.130.40:15443\" " CLUSTER " 10.10.0.89:41234 "
		  "10.20.194.146:5000 10.10.0.89:40000 - -" },
		{ 59646, FLOW_GATEWAY,
		  "[2026-11-24T20:59:00.123Z] \"- - -\" 0 - - - \"-\" 5000 6000 60000 - \"-\" "
		  "\"-\" \"-\" \"-\" \"10.10.0.90:5000\" " CLUSTER " 172.31.254.1:20000 "
		  "10.20.194.146:5000 10.10.0.89:59646 - -" },
	};
	char buf[ENVOY_LOG_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(line_of(sample_snapshot(), rows[i].port, rows[i].role, buf),
				    rows[i].line);
}

/* After another backend has taken over the row, the flow itself still holds its upstream. */
static void upstream_survives_its_row(void **state)
{
	struct snapshot *snapshot = sample_snapshot();
	char buf[ENVOY_LOG_MAX];

	(void)state;
	for (uint32_t i = 1; i < snapshot->backend_count; i++)
		((struct backend *)&snapshot->backends[i])->generation += 100;
	assert_non_null(strstr(line_of(snapshot, 59646, FLOW_CLIENT, buf),
			       "\"10.10.0.90:5000\" " CLUSTER " "));
	assert_non_null(strstr(line_of(snapshot, 59496, FLOW_CLIENT, buf),
			       "\"192.23.120.32:15443\" " CLUSTER " "));
	snapshot->gateway_count = 0;
	assert_non_null(strstr(line_of(snapshot, 59496, FLOW_CLIENT, buf),
			       "\"192.23.120.32:6081\" "));
}

/* The service row was given away: no name is better than another service's. */
static void cluster_of_a_reused_row(void **state)
{
	struct snapshot *snapshot = sample_snapshot();
	char buf[ENVOY_LOG_MAX];

	(void)state;
	((struct service *)&snapshot->services[0])->id ^= 1;
	((struct service *)&snapshot->services[0])->vip.word[3] ^= 1;
	assert_non_null(strstr(line_of(snapshot, 59646, FLOW_CLIENT, buf), "\"10.10.0.90:5000\" - "));
}

static void without_a_clock(void **state)
{
	static const char start[] = "[-] \"- - -\" 0 - - - \"-\" 412 733 0 - ";
	struct snapshot *snapshot = sample_snapshot();
	char buf[ENVOY_LOG_MAX];

	(void)state;
	snapshot->has_jiffies = false;
	line_of(snapshot, 59646, FLOW_CLIENT, buf);
	assert_memory_equal(buf, start, strlen(start));
}

static struct flow_event event_of(const struct snapshot *snapshot, uint32_t kind)
{
	struct flow_key key = { IP_V4(sample_ip("10.10.0.89")), IP_V4(sample_ip("10.20.194.146")),
				htons(59646), htons(5000), FLOW_ZONE(0, FLOW_CLIENT, 0) };
	const struct flow_entry *entry = snapshot_flow(snapshot, &key);

	assert_non_null(entry);
	return (struct flow_event){ .at_ns = snapshot->monotonic_ns, .kind = kind, .key = key,
				    .flow = entry->flow, .reply_bytes = 999 };
}

/* An event is dated by its own clock, before or after the maps were read. */
static void events_have_their_own_time(void **state)
{
	struct snapshot *snapshot = sample_snapshot();
	struct flow_event event = event_of(snapshot, EVENT_CLOSE);
	struct flow_view view;

	(void)state;
	flow_view_from_event(snapshot, &event, &view);
	assert_int_equal(view.age_ms, 100000);
	assert_int_equal(view.sent, 999);
	assert_int_equal(view.opened_ns, snapshot->realtime_ns - 100000000000u);
	event.at_ns += 5250000000u;
	flow_view_from_event(snapshot, &event, &view);
	assert_int_equal(view.age_ms, 105250);
	assert_int_equal(view.opened_ns, snapshot->realtime_ns - 100000000000u);
	/* Opened after the reading. */
	event.flow.opened = snapshot->jiffies + 2 * snapshot->settings.hz;
	flow_view_from_event(snapshot, &event, &view);
	assert_int_equal(view.age_ms, 3250);
	assert_int_equal(view.opened_ns, snapshot->realtime_ns + 2000000000u);
	event.kind = EVENT_OPEN;
	flow_view_from_event(snapshot, &event, &view);
	assert_false(view.has_sent);
}

/* 32 bits of jiffies wrap after 49 days at 1000 a second. */
static void jiffies_wrap(void **state)
{
	struct snapshot *snapshot = sample_snapshot();
	struct flow_entry *entry = NULL;
	struct flow_view view;

	(void)state;
	for (size_t i = 0; i < snapshot->flow_count && !entry; i++)
		if (flow_view_is_listed(&snapshot->flows[i]))
			entry = &snapshot->flows[i];
	assert_non_null(entry);
	snapshot->jiffies = 10;
	entry->flow.state = FLOW_ESTABLISHED;
	entry->flow.opened = 10u - 250u * 60u;
	entry->flow.seen = 10u - 250u;
	flow_view_make(snapshot, entry, &view);
	assert_int_equal(view.age_ms, 60000);
	assert_int_equal(view.idle_ms, 1000);
	entry->flow.seen = 10u + 250u; /* seen may run a second ahead */
	flow_view_make(snapshot, entry, &view);
	assert_int_equal(view.idle_ms, 0);
}

/* A connection that is over has a duration; its age goes on, and is never below the idle time. */
static void age_is_never_below_idle(void **state)
{
	struct snapshot *snapshot = sample_snapshot();
	struct flow_entry *entry = &snapshot->flows[0];
	struct flow_view view;

	(void)state;
	while (!flow_view_is_listed(entry))
		entry++;
	for (int opened = -3; opened <= 1000; opened += 7) {
		for (int seen = opened; seen <= 1000; seen += 31) {
			entry->flow.state = seen % 3;
			entry->flow.opened = snapshot->jiffies - 1000 + (uint32_t)opened;
			entry->flow.seen = snapshot->jiffies - 1000 + (uint32_t)seen;
			flow_view_make(snapshot, entry, &view);
			assert_true(view.age_ms >= view.idle_ms);
			assert_true(view.age_ms >= view.duration_ms);
			if (view.state == FLOW_CLOSING)
				assert_int_equal(view.duration_ms, (seen - opened) * 4);
		}
	}
	/* Opened while the maps were read, after the clock was. */
	entry->flow.opened = snapshot->jiffies + 5;
	entry->flow.seen = snapshot->jiffies - 5;
	flow_view_make(snapshot, entry, &view);
	assert_true(view.age_ms >= view.idle_ms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_the_scenario),
		cmocka_unit_test(upstream_survives_its_row),
		cmocka_unit_test(cluster_of_a_reused_row),
		cmocka_unit_test(without_a_clock),
		cmocka_unit_test(events_have_their_own_time),
		cmocka_unit_test(jiffies_wrap),
		cmocka_unit_test(age_is_never_below_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
