/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Streams of a real istiod played back: the session sends the requests of the recorded client,
 * and holds the endpoints of each step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include "xds_peer.h"

#define DATA "tests/data/istiod"
#define LINES 100

struct replay {
	struct xds_session *session;
	enum xds_mode mode;
	const char *directory;
	bool listeners;
	char *expected[XDS_TYPES][LINES], *sent[XDS_TYPES][LINES];
	size_t expected_count[XDS_TYPES], sent_count[XDS_TYPES];
	char step[64];
	unsigned int checked;
};

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static int type_of(const json_t *line)
{
	for (int i = 0; i < XDS_TYPES; i++)
		if (!strcmp(text(line, "type"), xds_type_names[i]))
			return i;
	fail_msg("type %s", text(line, "type"));
	return 0;
}

/* As peer_next() would write it. */
static void expect_request(struct replay *replay, const json_t *line)
{
	int type = type_of(line);
	json_t *names = json_object_get(line, "names"), *name;
	char buf[1024];
	size_t i;

	snprintf(buf, sizeof(buf), "%s", text(line, "type"));
	json_array_foreach(names, i, name)
		snprintf(buf + strlen(buf), sizeof(buf) - strlen(buf), "%s%s", i ? "," : " names=[",
			 json_string_value(name));
	if (json_array_size(names))
		strcat(buf, "]");
	if (*text(line, "version"))
		sprintf(buf + strlen(buf), " version=%s", text(line, "version"));
	if (*text(line, "nonce"))
		sprintf(buf + strlen(buf), " nonce=%s", text(line, "nonce"));
	replay->expected[type][replay->expected_count[type]++] = strdup(buf);
}

static void drain(struct replay *replay, int64_t now_ms)
{
	for (;;) {
		const char *line = peer_next(replay->session, now_ms);
		char *node, *copy;

		if (!*line)
			return;
		copy = strdup(line);
		node = strstr(copy, " node");
		if (node)
			memmove(node, node + 5, strlen(node + 5) + 1);
		for (int i = 0; i < XDS_TYPES; i++)
			if (!strncmp(copy, xds_type_names[i], 3))
				replay->sent[i][replay->sent_count[i]++] = copy;
	}
}

static void receive(struct replay *replay, const json_t *line, int64_t now_ms)
{
	static uint8_t buf[1 << 16];
	char path[200];
	uint8_t *copy;
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.pb", replay->directory, text(line, "file"));
	file = fopen(path, "rb");
	if (!file)
		fail_msg("%s is missing: run from the top of the tree", path);
	length = fread(buf, 1, sizeof(buf), file);
	fclose(file);
	copy = malloc(length);
	memcpy(copy, buf, length);
	assert_int_equal(xds_session_receive(replay->session, copy, length, now_ms), 0);
	free(copy); /* nothing may point into it */
	drain(replay, now_ms);
}

/* By all its addresses, which have one port. */
static bool is_endpoint(const struct endpoint *endpoint, const json_t *expected)
{
	const json_t *more = json_object_get(expected, "more");
	char buf[ADDR_TEXT_MAX];

	if (endpoint->address_count != 1 + json_array_size(more))
		return false;
	for (size_t i = 0; i < endpoint->address_count; i++) {
		const struct socket_addr *address = &endpoint->addresses[i];
		const char *wanted = i ? json_string_value(json_array_get(more, i - 1)) :
					 text(expected, "address");

		if (address->port != json_integer_value(json_object_get(expected, "port")) ||
		    strcmp(addr_format(&address->addr, buf), wanted))
			return false;
	}
	return true;
}

static unsigned int weight_of(const struct assignment *assignment, const json_t *expected)
{
	unsigned int weight = 0;

	for (size_t i = 0; i < assignment->locality_count; i++)
		for (size_t j = 0; j < assignment->localities[i].endpoint_count; j++) {
			const struct endpoint *endpoint = &assignment->localities[i].endpoints[j];

			if (is_endpoint(endpoint, expected))
				weight += endpoint->weight;
		}
	return weight;
}

static size_t count_endpoints(const struct assignment *assignment)
{
	size_t count = 0;

	for (size_t i = 0; i < assignment->locality_count; i++)
		count += assignment->localities[i].endpoint_count;
	return count;
}

static void check_endpoints(const struct assignment *assignment, const json_t *endpoints)
{
	json_t *endpoint;
	size_t i;

	assert_non_null(assignment);
	assert_int_equal(count_endpoints(assignment), json_array_size(endpoints));
	json_array_foreach((json_t *)endpoints, i, endpoint)
		assert_int_equal(weight_of(assignment, endpoint),
				 json_integer_value(json_object_get(endpoint, "weight")));
}

static void check_step(struct replay *replay, const json_t *steps)
{
	json_t *step, *endpoints;
	const char *name;
	size_t i;

	json_array_foreach((json_t *)steps, i, step) {
		json_t *services = json_object_get(json_object_get(step, "clients"), "network1");

		if (strcmp(text(step, "step"), replay->step))
			continue;
		json_object_foreach(services, name, endpoints)
			check_endpoints(xds_session_find(replay->session, name), endpoints);
		assert_int_equal(xds_session_assignment_count(replay->session),
				 json_object_size(services));
		replay->checked++;
	}
}

static void check_names(const struct xds_session *session, const char *const *addresses)
{
	const struct xds_host *host;
	char buf[ADDR_TEXT_MAX];
	size_t i;

	assert_int_equal(xds_session_names(session)->count, 2);
	host = &xds_session_names(session)->hosts[0];
	assert_string_equal(host->host, "helloworld.sample.svc.cluster.local");
	for (i = 0; i < host->address_count && addresses[i]; i++)
		assert_string_equal(addr_format(&host->addresses[i], buf), addresses[i]);
	assert_int_equal(host->address_count, i);
	assert_null(addresses[i]);
}

static void check_clusters(const struct xds_session *session)
{
	size_t eds = 0;

	assert_int_equal(xds_session_cluster_count(session), 6);
	for (size_t i = 0; i < 6; i++) {
		const struct xds_cluster *cluster = xds_session_cluster(session, i);

		eds += cluster->kind == XDS_CLUSTER_EDS;
		assert_string_equal(cluster->name, cluster->service);
		if (!strcmp(cluster->name, "PassthroughCluster"))
			assert_int_equal(cluster->kind, XDS_CLUSTER_ORIGINAL_DST);
	}
	assert_int_equal(eds, 2);
}

static void check_listeners(const struct xds_session *session)
{
	const struct xds_listener *listener;
	char buf[ADDR_TEXT_MAX];

	assert_int_equal(xds_session_listener_count(session), 4);
	listener = xds_session_listener(session, 1);
	assert_string_equal(listener->name, "10.20.194.146_5000");
	assert_int_equal(listener->address_count, 1);
	assert_string_equal(addr_port_format(&listener->addresses[0].addr,
					     listener->addresses[0].port, buf),
			    "10.20.194.146:5000");
	assert_string_equal(listener->cluster,
			    "outbound|5000||helloworld.sample.svc.cluster.local");
}

static void play_line(struct replay *replay, const json_t *line, const json_t *steps)
{
	int64_t now_ms = (int64_t)json_number_value(json_object_get(line, "ms"));
	const char *dir = text(line, "dir");

	if (!strcmp(dir, "open")) {
		xds_session_connected(replay->session, now_ms);
		drain(replay, now_ms);
	} else if (!strcmp(dir, "mark")) {
		check_step(replay, steps);
		snprintf(replay->step, sizeof(replay->step), "%s", text(line, "text"));
	} else if (!replay->listeners && !strcmp(text(line, "type"), "lds")) {
		return;
	} else if (!strcmp(dir, "send")) {
		expect_request(replay, line);
	} else if (!strcmp(dir, "recv")) {
		receive(replay, line, now_ms);
	}
}

static void play(struct replay *replay, const json_t *steps)
{
	char path[200], buf[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/timeline.jsonl", replay->directory);
	file = fopen(path, "r");
	if (!file)
		fail_msg("%s is missing: run from the top of the tree", path);
	while (fgets(buf, sizeof(buf), file)) {
		json_t *line = json_loads(buf, 0, NULL);

		assert_non_null(line);
		play_line(replay, line, steps);
		json_decref(line);
	}
	fclose(file);
	check_step(replay, steps);
}

static void compare_requests(struct replay *replay)
{
	for (size_t type = 0; type < XDS_TYPES; type++) {
		assert_int_equal(replay->sent_count[type], replay->expected_count[type]);
		for (size_t i = 0; i < replay->sent_count[type]; i++) {
			assert_string_equal(replay->sent[type][i], replay->expected[type][i]);
			free(replay->sent[type][i]);
			free(replay->expected[type][i]);
		}
	}
}

struct scenario {
	const char *name, *expected; /* directories of the stream and of expected.json */
	unsigned int steps;
	bool listeners;
	const char *vips[3];
};

static void replay_stream(const struct scenario *scenario, enum xds_mode mode)
{
	char directory[100];
	struct xds_session_config config = {
		.mode = mode,
		.node = { .id = "sidecar~10.10.0.89~sleep.sample~sample.svc.cluster.local" },
		.types = 1 << XDS_CDS | 1 << XDS_EDS | 1 << XDS_NDS |
			 (scenario->listeners ? 1 << XDS_LDS : 0),
	};
	struct replay replay = { .mode = mode,
				 .directory = directory,
				 .listeners = scenario->listeners,
				 .step = "start" };
	struct xds_session_status status;
	char path[100];
	json_t *steps;

	snprintf(directory, sizeof(directory), DATA "/streams/%s/%s", scenario->name,
		 mode == XDS_SOTW ? "sotw" : "delta");
	snprintf(path, sizeof(path), DATA "/%s/expected.json", scenario->expected);
	steps = json_load_file(path, 0, NULL);
	assert_non_null(steps);
	assert_int_equal(xds_session_new(&config, &replay.session), 0);
	play(&replay, steps);
	assert_int_equal(replay.checked, scenario->steps);
	compare_requests(&replay);
	check_clusters(replay.session);
	check_names(replay.session, scenario->vips);
	if (scenario->listeners)
		check_listeners(replay.session);
	assert_true(xds_session_complete(replay.session));
	xds_session_status(replay.session, &status);
	xds_session_count(replay.session, &status);
	assert_int_equal(status.types[XDS_EDS].rejects, 0);
	assert_int_equal(status.types[XDS_EDS].sync, XDS_SYNCED);
	assert_int_equal(status.types[XDS_EDS].subscribed, 2);
	xds_session_free(replay.session);
	json_decref(steps);
}

static void replay_both(const struct scenario *scenario)
{
	replay_stream(scenario, XDS_SOTW);
	replay_stream(scenario, XDS_DELTA);
}

static void placeholder(void **state)
{
	(void)state;
	replay_both(
		&(struct scenario){ "placeholder", "placeholder", 6, false, { "10.20.194.146" } });
}

static void helloworld_with_listeners(void **state)
{
	(void)state;
	replay_both(
		&(struct scenario){ "helloworld", "helloworld-tcp", 1, true, { "10.20.194.146" } });
}

static void dual_stack(void **state)
{
	(void)state;
	replay_both(&(struct scenario){
		"dual-stack", "dual-stack", 5, false, { "10.20.194.146", "fd00::10:20:194:146" } });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(placeholder),
		cmocka_unit_test(helloworld_with_listeners),
		cmocka_unit_test(dual_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
