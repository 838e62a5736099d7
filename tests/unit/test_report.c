/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The output of parallaxctl against golden files of tests/data/ctl, and the rules of its numbers. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parallax_hash.h"
#include "report.h"
#include "report_flows.h"
#include "report_yaml.h"
#include "sample_snapshot.h"

/* Answers that no snapshot gives, as their verbs make them. */
static void actions_golden(void **state)
{
	(void)state;
	golden_report("check",
		      json_pack("{s:i,s:b,s:[{s:s,s:s,s:s},{s:s,s:s,s:s},{s:s,s:s,s:s}]}",
		"schema", REPORT_SCHEMA, "fit", 0, "checks",
		"name", "kernel", "result", "ok", "text", "6.1.0, at least 5.15 is needed",
		"name", "forwarding", "result", "fail", "text", "net.ipv4.ip_forward is 0",
		"name", "mtu", "result", "warn", "text", "uplink 1500 leaves 1452 in a tunnel"),
				report_check_print);
	golden_report("check-fit",
		      json_pack("{s:i,s:b,s:[]}", "schema", REPORT_SCHEMA, "fit", 1,
					     "checks"),
				report_check_print);
	golden_report("check-warn", json_pack("{s:i,s:b,s:[{s:s,s:s,s:s}]}", "schema", REPORT_SCHEMA, "fit", 1,
				"checks", "name", "mtu", "result", "warn", "text",
				"uplink 1500 leaves 1452 in a tunnel"),
					      report_check_print);
	golden_report("uninstall",
		      json_pack("{s:i,s:i,s:i}", "schema", REPORT_SCHEMA, "detached", 5,
					     "unpinned", 31),
				report_uninstall_print);
	golden_report("uninstall-nothing",
		      json_pack("{s:i,s:i,s:i}", "schema", REPORT_SCHEMA,
						     "detached", 0, "unpinned", 0),
				report_uninstall_print);
}

static const json_t *member(const json_t *object, const char *a, const char *b)
{
	return json_object_get(json_object_get(object, a), b);
}

static void status_golden(void **state)
{
	(void)state;
	golden_report("status", report_status(sample_snapshot(), "/sys/fs/bpf/parallax"),
		      report_status_print);
}

static void status_of_dead_agent(void **state)
{
	struct snapshot *snapshot = sample_snapshot();
	json_t *report;

	(void)state;
	snapshot->agent_running = false;
	report = report_status(snapshot, "/p");
	assert_string_equal(json_string_value(member(report, "agent", "state")), "dead");
	json_decref(report);
	snapshot->status = NULL;
	snapshot->programs = 0x7f;
	golden_report("status-no-agent", report_status(snapshot, "/p"), report_status_print);
}

static void status_names_greedy_senders(void **state)
{
	struct snapshot *snapshot = sample_snapshot();
	const struct owner owners[] = {
		{ .ifindex = 3, .flows = 20000, .refused = 12, .displaced = 3 },
		{ .ifindex = 7, .flows = 16383, .refused = 1 }, /* has room again */
		{ .ifindex = 99, .flows = 16384 }, /* no interface of this name is known */
		{ .network = 0x0b0002, .addr = IP_V4(sample_ip("192.23.120.32")), .flows = 16384 },
	};

	(void)state;
	snapshot->owners = owners;
	snapshot->settings.flows_per_owner = 0; /* an eighth of the table's flows */
	golden_report("status-senders", report_status(snapshot, "/p"), report_status_print);
	snapshot->settings.flows_per_owner = 20001;
	golden_report("status", report_status(snapshot, "/sys/fs/bpf/parallax"),
		      report_status_print);
}

static void status_lists_keys(void **state)
{
	static const char tunnel[] =
		"{\"keys_file\": \"/etc/parallax/keys\", \"admission\": \"require\", \"keys\": ["
		"{\"id\": 2, \"networks\": [\"network1\", \"network2\"], \"here\": true, \"signs\": true,"
		" \"created\": \"2026-11-01T00:00:00Z\", \"not_after\": \"2027-11-01T00:00:00Z\","
		" \"expired\": false},"
		"{\"id\": 1, \"networks\": [\"network2\", \"network1\"], \"here\": true,"
		" \"signs\": false, \"created\": null, \"not_after\": null, \"expired\": false},"
		"{\"id\": 1, \"networks\": [\"network2\", \"network3\"], \"here\": false,"
		" \"signs\": true, \"created\": null, \"not_after\": \"2026-11-01T00:00:00Z\","
		" \"expired\": true}]}";
	struct snapshot *snapshot = sample_snapshot();

	(void)state;
	json_object_set_new(snapshot->status, "tunnel", json_loads(tunnel, 0, NULL));
	snapshot->settings.admission = ADMISSION_VERIFY | ADMISSION_SIGN | ADMISSION_REQUIRE;
	golden_report("status-keys", report_status(snapshot, "/p"), report_status_print);
	json_object_del(snapshot->status, "tunnel");
	snapshot->settings.admission = 0;
}

/* Interface 7 here is none of those that the agent is attached to. */
static void status_from_elsewhere(void **state)
{
	struct snapshot *snapshot = sample_snapshot();

	(void)state;
	snapshot->netns++;
	golden_report("status-elsewhere", report_status(snapshot, "/p"), report_status_print);
}

/* A packet that XDP decapsulates is delivered by TC, and only TC counts it. */
static void status_counts_each_packet_once(void **state)
{
	json_t *report = report_status(sample_snapshot(), "/p");

	(void)state;
	assert_int_equal(json_integer_value(member(report, "forwarded", "packets")), 190);
	assert_int_equal(json_integer_value(member(report, "drops", "tunnel_vni")), 3);
	assert_int_equal(json_integer_value(member(report, "drops", "no_backend")), 3);
	assert_int_equal(json_integer_value(member(report, "passes", "takeover")), 7);
	/* Reasons that did not happen are there too. */
	assert_true(json_is_integer(member(report, "drops", "flows_full")));
	assert_null(member(report, "drops", "to_local"));
	json_decref(report);
}

static void services_golden(void **state)
{
	(void)state;
	golden_report("services", report_services(sample_snapshot()), report_services_print);
}

/* A row that does not repeat its VIP is being changed: it is not shown as that VIP's service. */
static void services_need_confirmation(void **state)
{
	struct snapshot *snapshot = sample_snapshot();
	struct service *row = (struct service *)&snapshot->services[0];
	json_t *report;

	(void)state;
	snapshot->status = NULL;
	row->port = htons(5001);
	report = report_services(snapshot);
	assert_int_equal(json_array_size(json_object_get(report, "services")), 2);
	json_decref(report);
}

static void endpoints_golden(void **state)
{
	(void)state;
	golden_report("endpoints", report_endpoints(sample_snapshot(), NULL),
		      report_endpoints_print);
}

/* Without endpoints the excluded ones have the page for themselves. */
static void endpoints_excluded_golden(void **state)
{
	const char *excluded = "excluded";
	const struct report_filter filter = { .states = { &excluded, 1 } };

	(void)state;
	golden_report("endpoints-excluded", report_endpoints(sample_snapshot(), &filter),
		      report_endpoints_print);
}

static size_t matched(const char *text, const char *list)
{
	const struct report_filter filter = { .services = { &text, 1 } };
	json_t *report = report_endpoints(sample_snapshot(), &filter);
	size_t count = json_array_size(json_object_get(report, list));

	json_decref(report);
	return count;
}

static void endpoints_filters(void **state)
{
	static const struct {
		const char *filter;
		size_t endpoints, excluded;
	} rows[] = {
		{ "helloworld.sample.svc.cluster.local", 5, 1 },
		{ "helloworld.sample", 5, 1 },
		{ "helloworld", 5, 1 },
		{ "hello", 0, 0 },
		{ "", 0, 0 },
		{ "outbound|5000||helloworld.sample.svc.cluster.local", 5, 1 },
		{ "10.20.194.146:5000", 5, 1 },
		{ "10.20.194.146:5000/tcp", 5, 1 },
		{ "10.20.194.146:5000/TCP", 5, 1 },
		{ "10.20.194.146:5000/udp", 0, 0 },
		{ "10.20.194.146:5000/sctp", 0, 0 },
		{ "10.20.194.146:5001", 0, 0 },
		{ "web.sample", 0, 1 },
		{ "10.20.194.150:80/tcp", 0, 1 },
		{ "echo.sample", 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(matched(rows[i].filter, "endpoints"), rows[i].endpoints);
		assert_int_equal(matched(rows[i].filter, "excluded"), rows[i].excluded);
	}
}

static size_t matched_in(const struct snapshot *snapshot, const char *text)
{
	const struct report_filter filter = { .services = { &text, 1 } };
	json_t *report = report_endpoints(snapshot, &filter);
	size_t count = json_array_size(json_object_get(report, "excluded"));

	json_decref(report);
	return count;
}

/* Services of two protocols, or with several virtual IPs, share the endpoints of one cluster. */
static void excluded_endpoints_are_listed_once(void **state)
{
	static const char *const services =
		"[{\"cluster\":\"a\",\"excluded\":[{\"address\":\"10.9.9.1:80\",\"reason\":\"bad_port\"}]},"
		"{\"cluster\":\"a\",\"excluded\":[{\"address\":\"10.9.9.1:80\",\"reason\":\"bad_port\","
		"\"network\":\"network7\"}]},"
		"{\"cluster\":\"a\",\"excluded\":[{\"address\":\"10.9.9.1:80\",\"reason\":\"bad_port\"},"
		"{\"address\":\"10.9.9.1:80\",\"reason\":\"wrong_protocol\"}]},"
		"{\"cluster\":\"b\",\"excluded\":[{\"address\":\"10.9.9.1:80\",\"reason\":\"bad_port\"}]}]";
	struct snapshot *snapshot = sample_snapshot();
	json_t *report;

	json_object_set_new(snapshot->status, "services", json_loads(services, 0, NULL));
	report = report_endpoints(snapshot, NULL);
	assert_int_equal(json_array_size(json_object_get(report, "excluded")), 4);
	json_decref(report);
	assert_int_equal(matched_in(snapshot, "a"), 3);
}

static void networks_golden(void **state)
{
	struct snapshot *snapshot = sample_snapshot();

	(void)state;
	golden_report("networks", report_networks(snapshot), report_networks_print);
	snapshot->status = NULL;
	golden_report("networks-no-agent", report_networks(snapshot), report_networks_print);
}

static void gateways_golden(void **state)
{
	(void)state;
	golden_report("gateways", report_gateways(sample_snapshot()), report_gateways_print);
}

static char *flows_text(const struct snapshot *snapshot, const struct report_filter *filter,
			enum flow_form form)
{
	size_t size, written;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(report_flows_write(snapshot, filter, form, out, &written), 0);
	fclose(out);
	return text;
}

static char *report_text_of(const json_t *report, enum flow_form form)
{
	size_t size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (form == FLOWS_JSON)
		json_dumpf(report, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9)), fputc('\n', out);
	else if (form == FLOWS_YAML)
		report_yaml_write(report, out);
	else
		report_flows_print(report, form == FLOWS_WIDE, out);
	fclose(out);
	return text;
}

/* Flow by flow the same is written as from the whole report. */
static void flows_are_written_one_by_one(void **state)
{
	static const size_t limits[] = { 0, 1, 2 };
	static const char *const nobody = "nobody";

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (enum flow_form form = FLOWS_TABLE; form <= FLOWS_YAML; form++) {
			struct report_filter filter = { .limit = i < 3 ? limits[i] : 0 };
			char *whole, *parts;
			json_t *report;

			if (i == 3)
				filter.networks = (struct flag_words){ (const char **)&nobody, 1 };
			report = report_flows(sample_snapshot(), &filter);
			whole = report_text_of(report, form);
			parts = flows_text(sample_snapshot(), &filter, form);
			assert_string_equal(parts, whole);
			json_decref(report);
			free(whole);
			free(parts);
		}
}

static void flows_golden(void **state)
{
	struct snapshot *snapshot = sample_snapshot();

	(void)state;
	golden_report("flows", report_flows(snapshot, NULL), report_flows_print);
	snapshot->has_jiffies = false;
	golden_report("flows-no-clock", report_flows(snapshot, NULL), report_flows_print);
}

static struct explain_query query(const char *vip, uint16_t port, const char *from,
				  uint16_t from_port)
{
	struct explain_query query = { .port = port, .from_port = from_port };

	assert_int_equal(addr_parse(vip, &query.vip), 0);
	if (from)
		assert_int_equal(addr_parse(from, &query.from), 0);
	return query;
}

static void explain_golden(void **state)
{
	static const struct {
		const char *name, *vip;
		uint16_t port;
		const char *from;
		uint16_t from_port;
	} rows[] = {
		{ "explain-distribution", "10.20.194.146", 5000, NULL, 0 },
		{ "explain-address", "10.20.194.146", 5000, "10.10.0.89", 0 },
		{ "explain-new", "10.20.194.146", 5000, "10.10.0.89", 1234 },
		{ "explain-flow", "10.20.194.146", 5000, "10.10.0.89", 59496 },
		{ "explain-udp", "10.20.194.147", 53, "10.10.0.89", 7 },
		{ "explain-other-port", "10.20.194.146", 80, NULL, 0 },
		{ "explain-no-vip", "10.9.8.7", 80, NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct explain_query asked = query(rows[i].vip, rows[i].port, rows[i].from,
						   rows[i].from_port);

		golden_report(rows[i].name, report_explain(sample_snapshot(), &asked),
			      report_explain_print);
	}
}

static const char *explained(struct snapshot *snapshot, const struct explain_query *asked,
			     char *buf)
{
	json_t *report = report_explain(snapshot, asked);

	snprintf(buf, 64, "%s", json_string_value(json_object_get(report, "outcome")));
	json_decref(report);
	return buf;
}

/* Over all source ports, each backend is picked in proportion to its slots. */
static void explain_agrees_with_the_table(void **state)
{
	static const char *const places[] = { "to_local", "to_tunnel", "to_passthrough" };
	unsigned int counts[3] = {};
	char outcome[64];

	(void)state;
	for (uint16_t port = 1; port <= 2000; port++) {
		struct explain_query asked = query("10.20.194.146", 5000, "10.10.0.1", port);

		explained(sample_snapshot(), &asked, outcome);
		for (int i = 0; i < 3; i++)
			counts[i] += !strcmp(outcome, places[i]);
	}
	assert_int_equal(counts[0] + counts[1] + counts[2], 2000);
	assert_in_range(counts[0], 900, 1100); /* 5 of 10 slots */
	assert_in_range(counts[1], 700, 900);  /* 4 of 10 */
	assert_in_range(counts[2], 140, 260);  /* 1 of 10 */
}

/* Affinity: the source address alone decides, so every port has the same answer. */
static void explain_affinity(void **state)
{
	struct snapshot *snapshot = sample_snapshot();
	struct explain_query any = query("10.20.194.146", 5000, "10.10.0.7", 0);
	char first[64], other[64];

	(void)state;
	((struct service *)&snapshot->services[0])->flags |= SERVICE_AFFINITY;
	explained(snapshot, &any, first);
	assert_string_not_equal(first, "chosen_per_connection");
	for (uint16_t port = 1; port < 50; port++) {
		struct explain_query asked = query("10.20.194.146", 5000, "10.10.0.7", port);

		assert_string_equal(explained(snapshot, &asked, other), first);
	}
}

static struct drops shed[2];
static struct name_entry shed_names[8];

/* One category drops 60 %, a second one half of the rest. */
static struct snapshot *shedding_snapshot(void)
{
	struct snapshot *snapshot = sample_snapshot();
	struct service *service = (struct service *)&snapshot->services[0];

	assert_true(snapshot->name_count < 8);
	memcpy(shed_names, snapshot->names, snapshot->name_count * sizeof(*shed_names));
	shed_names[snapshot->name_count] =
		(struct name_entry){ { NAME_DROPS, 0 }, "throttle\nlottery" };
	snapshot->names = shed_names;
	snapshot->name_count++;
	for (int i = 0; i < DROP_CATEGORIES; i++)
		shed[0].upto[i] = (uint64_t)((i ? 0.8 : 0.6) * 4294967296.0);
	shed[0].refused[0] = 60;
	shed[0].refused[1] = 20;
	snapshot->drops = shed;
	service->drop = shed[0].upto[1];
	service->flags |= SERVICE_PANIC | SERVICE_DEGRADED;
	return snapshot;
}

static void shedding_golden(void **state)
{
	struct explain_query asked = query("10.20.194.146", 5000, "10.10.0.89", 0);

	(void)state;
	golden_report("status-shedding", report_status(shedding_snapshot(), "/p"),
		      report_status_print);
	golden_report("services-shedding", report_services(shedding_snapshot()),
		      report_services_print);
	golden_report("explain-shedding", report_explain(shedding_snapshot(), &asked),
		      report_explain_print);
}

/* Explain refuses as many as are to be refused, and never one with an open flow. */
static void explain_drops(void **state)
{
	struct explain_query asked = query("10.20.194.146", 5000, "10.10.0.89", 59646);
	char outcome[64];
	int refused = 0;

	(void)state;
	for (uint16_t port = 1; port <= 2000; port++) {
		struct explain_query other = query("10.20.194.146", 5000, "10.10.0.1", port);

		refused += !strcmp(explained(shedding_snapshot(), &other, outcome), "drop_overload");
	}
	assert_in_range(refused, 1530, 1670);
	assert_string_equal(explained(shedding_snapshot(), &asked, outcome), "flow");
}

/* Affinity shows in `flows`. */
static void flows_affinity(void **state)
{
	struct snapshot *snapshot = sample_snapshot();
	json_t *report, *flow;
	size_t i, yes = 0;

	(void)state;
	((struct service *)&snapshot->services[0])->flags |= SERVICE_AFFINITY;
	report = report_flows(snapshot, NULL);
	json_array_foreach(json_object_get(report, "flows"), i, flow)
		yes += json_is_true(json_object_get(flow, "affinity"));
	assert_int_equal(yes, 4); /* all but the one to the other service */
	json_decref(report);
}

/* A row that does not repeat the address: the packet path drops, and the sender tries again. */
static void explain_row_under_change(void **state)
{
	struct snapshot *snapshot = sample_snapshot();
	struct explain_query asked = query("10.20.194.146", 5000, "10.10.0.1", 1);
	char outcome[64];

	(void)state;
	((struct service *)&snapshot->services[0])->flags = 0;
	assert_string_equal(explained(snapshot, &asked, outcome), "stale_row");
}

/* A slot whose backend row is another service's by now must not be believed. */
static void explain_stale_row(void **state)
{
	struct snapshot *snapshot = sample_snapshot();
	struct explain_query asked = query("10.20.194.146", 5000, "10.10.0.1", 1);
	char outcome[64];

	(void)state;
	for (uint32_t i = 1; i < snapshot->backend_count; i++)
		((struct backend *)&snapshot->backends[i])->service_id ^= 1;
	assert_string_equal(explained(snapshot, &asked, outcome), "stale_row");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_golden),
		cmocka_unit_test(actions_golden),
		cmocka_unit_test(status_of_dead_agent),
		cmocka_unit_test(status_names_greedy_senders),
		cmocka_unit_test(status_lists_keys),
		cmocka_unit_test(status_from_elsewhere),
		cmocka_unit_test(status_counts_each_packet_once),
		cmocka_unit_test(services_golden),
		cmocka_unit_test(services_need_confirmation),
		cmocka_unit_test(endpoints_golden),
		cmocka_unit_test(endpoints_excluded_golden),
		cmocka_unit_test(endpoints_filters),
		cmocka_unit_test(excluded_endpoints_are_listed_once),
		cmocka_unit_test(networks_golden),
		cmocka_unit_test(gateways_golden),
		cmocka_unit_test(flows_golden),
		cmocka_unit_test(flows_are_written_one_by_one),
		cmocka_unit_test(explain_golden),
		cmocka_unit_test(explain_agrees_with_the_table),
		cmocka_unit_test(explain_affinity),
		cmocka_unit_test(shedding_golden),
		cmocka_unit_test(explain_drops),
		cmocka_unit_test(flows_affinity),
		cmocka_unit_test(explain_row_under_change),
		cmocka_unit_test(explain_stale_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
