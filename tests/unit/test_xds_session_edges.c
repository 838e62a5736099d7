/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where an ADS session is easily wrong: between two requests, two streams, two types. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ads_fixture.h"
#include "pb_build.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define CDS_EDS (1 << XDS_CDS | 1 << XDS_EDS)

static struct xds_session *open_session(enum xds_mode mode, unsigned int types)
{
	struct xds_session_config config = {
		.mode = mode,
		.node = {.id = "id"},
		.types = types,
	};
	struct xds_session *session;

	assert_int_equal(xds_session_new(&config, &session), 0);
	return session;
}

static const char *const names[] = {"a", "b", "c"};

static void ask(struct xds_session *session, size_t first, size_t count)
{
	assert_int_equal(xds_session_subscribe_eds(session, names + first, count), 0);
}

static struct xds_session *eds_session(enum xds_mode mode, size_t count)
{
	struct xds_session *session = open_session(mode, 1 << XDS_EDS);

	ask(session, 0, count);
	xds_session_connected(session, 0);
	peer_all(session, 0);
	return session;
}

static void send_one(struct xds_session *session, enum xds_mode mode, enum xds_type type,
		     const char *nonce, struct peer_resource resource, int64_t now_ms)
{
	assert_int_equal(peer_send(session, mode, type, "1", nonce, &resource, 1, NULL, now_ms), 0);
}

static void send_endpoints(struct xds_session *session, enum xds_mode mode, const char *nonce,
			   const char *name, unsigned int host, int64_t now_ms)
{
	send_one(session, mode, XDS_EDS, nonce,
		 (struct peer_resource){.name = name, .body = peer_assignment(name, host)}, now_ms);
}

static void send_cluster(struct xds_session *session, enum xds_mode mode, const char *nonce,
			 const char *service, int64_t now_ms)
{
	send_one(session, mode, XDS_CDS, nonce,
		 (struct peer_resource){.name = "x", .body = peer_cluster("x", service)}, now_ms);
}

/* A response as pb_build() text. */
static void send_text(struct xds_session *session, const char *text, int64_t now_ms)
{
	static uint8_t bytes[PB_BUILD_MAX];

	assert_int_equal(xds_session_receive(session, bytes, pb_build(text, bytes), now_ms), 0);
}

static bool has_endpoints(const struct xds_session *session, const char *name)
{
	const struct assignment *assignment = xds_session_find(session, name);

	return assignment && assignment->locality_count;
}

static enum xds_state state_of(const struct xds_session *session, const char *name)
{
	return ads_served(session, name)->now->state;
}

/* The server sees no change then, and sends nothing. */
static void keeps_what_is_given_up_and_wanted_again(void **state)
{
	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		struct xds_session *session = eds_session(mode, 2);

		send_endpoints(session, mode, "1", "a", 1, 1);
		peer_all(session, 1);
		ask(session, 1, 1);
		assert_null(xds_session_find(session, "a"));
		send_endpoints(session, mode, "2", "a", 0, 2); /* nor is this sent again */
		ask(session, 0, 2);
		assert_non_null(xds_session_find(session, "a"));
		assert_false(has_endpoints(session, "a"));
		assert_string_equal(peer_all(session, 2),
				    mode == XDS_SOTW ? "eds names=[a,b] version=1 nonce=2"
						     : "eds nonce=2");
		/* once the server knows, it is forgotten */
		ask(session, 1, 1);
		peer_all(session, 3);
		ask(session, 0, 2);
		assert_null(xds_session_find(session, "a"));
		assert_int_equal(state_of(session, "a"), XDS_REQUESTED);
		xds_session_free(session);
	}
}

static void says_nothing_when_nothing_changed(void **state)
{
	static const char *const twice[] = {"b", "a", "b"};
	struct xds_session *session = eds_session(XDS_DELTA, 2);
	uint64_t generation = xds_session_generation(session);

	(void)state;
	ask(session, 0, 2);
	assert_int_equal(xds_session_subscribe_eds(session, twice, 3), 0);
	assert_true(xds_session_generation(session) == generation);
	assert_int_equal(xds_session_assignment_count(session), 2);
	assert_string_equal(peer_all(session, 1), "");
	ask(session, 0, 3);
	assert_true(xds_session_generation(session) != generation);
	xds_session_free(session);
}

static void serves_a_name_once(void **state)
{
	static const char *const x[] = {"x"};
	struct xds_session *session = open_session(XDS_DELTA, CDS_EDS);

	(void)state;
	assert_int_equal(xds_session_subscribe_eds(session, x, 1), 0);
	xds_session_connected(session, 0);
	peer_all(session, 0);
	send_cluster(session, XDS_DELTA, "1", NULL, 1);
	assert_int_equal(xds_session_assignment_count(session), 1);
	assert_string_equal(xds_session_cluster(session, 0)->name, xds_session_name(session, 0));
	xds_session_free(session);
}

/* The new name's assignment is already held: nothing warms, and the old name is unsubscribed. */
static void switches_at_once_when_it_can(void **state)
{
	static const char *const two[] = {"two"};
	struct xds_session *session = open_session(XDS_DELTA, CDS_EDS);

	(void)state;
	assert_int_equal(xds_session_subscribe_eds(session, two, 1), 0);
	xds_session_connected(session, 0);
	peer_all(session, 0);
	send_cluster(session, XDS_DELTA, "1", "one", 1);
	peer_all(session, 1);
	send_endpoints(session, XDS_DELTA, "2", "one", 1, 1);
	send_endpoints(session, XDS_DELTA, "3", "two", 2, 1);
	peer_all(session, 1);
	send_cluster(session, XDS_DELTA, "4", "two", 2);
	assert_string_equal(peer_all(session, 2), "cds nonce=4; eds unsub=[one]");
	assert_true(has_endpoints(session, "x"));
	xds_session_free(session);
}

static void waits_only_while_connected(void **state)
{
	struct xds_session *session = eds_session(XDS_DELTA, 2);

	(void)state;
	send_endpoints(session, XDS_DELTA, "1", "a", 1, 1);
	peer_all(session, 1);
	xds_session_disconnected(session, "x", 1000);
	xds_session_tick(session, 20000);
	assert_int_equal(state_of(session, "b"), XDS_REQUESTED);
	assert_false(xds_session_complete(session));
	xds_session_connected(session, 30000);
	peer_all(session, 30000);
	assert_int_equal(xds_session_deadline(session), 45000);
	send_endpoints(session, XDS_DELTA, "2", "b", 1, 30001);
	peer_all(session, 30001);
	xds_session_tick(session, 45000);
	/* with every resource held, no fetch timeout waits for an answer */
	xds_session_disconnected(session, "x", 46000);
	xds_session_connected(session, 47000);
	peer_all(session, 47000);
	xds_session_tick(session, 47000);
	assert_true(xds_session_deadline(session) == XDS_NEVER);
	xds_session_free(session);
}

/* Given up before it came: it does not keep the session from being complete. */
static void is_complete_without_what_is_given_up(void **state)
{
	struct xds_session *session = eds_session(XDS_DELTA, 2);

	(void)state;
	ask(session, 0, 1);
	send_endpoints(session, XDS_DELTA, "1", "a", 1, 1);
	assert_true(xds_session_complete(session));
	xds_session_free(session);
}

static void answers_only_what_was_asked(void **state)
{
	struct xds_session *session = open_session(XDS_DELTA, CDS_EDS);
	struct xds_session_status status;

	(void)state;
	xds_session_connected(session, 0);
	peer_all(session, 0);
	send_endpoints(session, XDS_DELTA, "1", "a", 1, 1);
	assert_string_equal(peer_all(session, 1), "");
	xds_session_status(session, &status);
	assert_int_equal(status.ignored, 1);
	assert_int_equal(status.types[XDS_EDS].sync, XDS_IDLE);
	assert_int_equal(status.types[XDS_LDS].sync, XDS_IDLE);
	assert_int_equal(status.types[XDS_CDS].sync, XDS_CONNECTED);
	xds_session_free(session);
}

#define TYPE "4:'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment'"

static void knows_who_answered(void **state)
{
	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		struct xds_session *session = eds_session(mode, 1);
		struct xds_session_status status;

		send_text(session, mode == XDS_SOTW ? TYPE " 6:{1:'istiod-1'}"
						    : TYPE " 7:{1:'istiod-1'} 6:'gone'", 1);
		send_text(session, TYPE, 2);
		xds_session_status(session, &status);
		assert_string_equal(status.identifier, "istiod-1");
		xds_session_free(session);
	}
}

static void refuses_a_resource_of_another_type(void **state)
{
	struct xds_session *session = eds_session(XDS_SOTW, 1);

	(void)state;
	send_text(session, TYPE " 5:'n' 2:{1:'type.googleapis.com/envoy.config.cluster.v3.Cluster' "
			   "2:{1:'a'}}", 1);
	assert_string_equal(peer_all(session, 1), "eds names=[a] nonce=n error");
	assert_string_equal(peer_error, "a: of another type than the response");
	xds_session_free(session);
}

static void names_only_so_many(void **state)
{
	struct xds_session *session = open_session(XDS_SOTW, 1 << XDS_CDS);
	struct peer_resource bad[15];
	char texts[15][40];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		snprintf(texts[i], sizeof(texts[i]), "1:'c%02zu' 3:'\x12\x70'", i);
		bad[i] = (struct peer_resource){.name = "", .body = texts[i]};
	}
	xds_session_connected(session, 0);
	peer_all(session, 0);
	assert_int_equal(peer_send(session, XDS_SOTW, XDS_CDS, "1", "n", bad, COUNT(bad), NULL, 1), 0);
	assert_string_equal(peer_all(session, 1), "cds nonce=n error");
	assert_non_null(strstr(peer_error, "c09: broken protobuf; and 5 more"));
	xds_session_free(session);
}

/* A response that is refused as a whole takes nothing away. */
static void refuses_too_many_at_once(void **state)
{
	static const char start[] = "\x22\x2c" "type.googleapis.com/envoy.config.cluster.v3.Cluster";
	size_t length = 65537 * 2 + 64;
	uint8_t *bytes = malloc(length), *at = bytes;
	struct xds_session *session = open_session(XDS_SOTW, CDS_EDS);

	(void)state;
	xds_session_connected(session, 0);
	peer_all(session, 0);
	send_cluster(session, XDS_SOTW, "1", NULL, 1);
	peer_all(session, 1);
	memcpy(at, start, sizeof(start) - 1);
	at[1] = sizeof(start) - 3;
	at += sizeof(start) - 1;
	for (size_t i = 0; i < 65537; i++, at += 2)
		memcpy(at, "\x12\x00", 2);
	assert_int_equal(xds_session_receive(session, bytes, (size_t)(at - bytes), 2), 0);
	free(bytes);
	assert_non_null(strstr(peer_all(session, 2), "cds version=1 error"));
	assert_string_equal(peer_error, "more resources than are taken at once");
	assert_int_equal(xds_session_cluster_count(session), 1);
	xds_session_free(session);
}

static void beats_without_versions(void **state)
{
	struct xds_session *session = eds_session(XDS_DELTA, 1);
	struct peer_resource full = {.name = "a", .body = peer_assignment("a", 1), .ttl = 10};

	(void)state;
	send_one(session, XDS_DELTA, XDS_EDS, "1", full, 0);
	send_one(session, XDS_DELTA, XDS_EDS, "2", (struct peer_resource){.name = "a", .ttl = 10},
		 9000);
	assert_string_equal(peer_all(session, 9000), "eds nonce=2");
	xds_session_tick(session, 12000);
	assert_true(has_endpoints(session, "a"));
	xds_session_tick(session, 19000);
	assert_false(has_endpoints(session, "a"));
	xds_session_free(session);
}

/* A fraction of a millisecond to live is a millisecond. */
static void rounds_times_up(void **state)
{
	struct xds_session *session = eds_session(XDS_DELTA, 1);

	(void)state;
	send_text(session, TYPE " 2:{3:'a' 2:{1:'type.googleapis.com/envoy.config.endpoint.v3."
			   "ClusterLoadAssignment' 2:{1:'a' 2:{}}} 6:{1:1 2:1}}", 100);
	peer_all(session, 100);
	xds_session_tick(session, 1100);
	assert_true(has_endpoints(session, "a"));
	assert_int_equal(xds_session_deadline(session), 1101);
	xds_session_free(session);
}

static void remembers_each_timer(void **state)
{
	struct xds_session *session = eds_session(XDS_DELTA, 2);

	(void)state;
	/* stale after 30 s, while b is awaited for 15 s */
	send_one(session, XDS_DELTA, XDS_EDS, "1",
		 (struct peer_resource){.name = "a", .body = "1:'a' 2:{} 4:{4:{1:30}}"}, 1000);
	peer_all(session, 1000);
	assert_int_equal(xds_session_deadline(session), 15000);
	xds_session_tick(session, 15000);
	assert_int_equal(state_of(session, "b"), XDS_TIMED_OUT);
	assert_int_equal(xds_session_deadline(session), 31000);
	xds_session_tick(session, 31000);
	assert_int_equal(state_of(session, "a"), XDS_REMOVED);
	xds_session_free(session);
}

static void claims_no_version_of_the_name_table(void **state)
{
	struct xds_session *session = open_session(XDS_DELTA, 1 << XDS_NDS);

	(void)state;
	xds_session_connected(session, 0);
	peer_all(session, 0);
	send_one(session, XDS_DELTA, XDS_NDS, "1",
		 (struct peer_resource){.name = "", .body = "1:{1:'a.b' 2:{1:'10.0.0.9'}}",
					.version = "5"}, 1);
	assert_int_equal(xds_session_names(session)->count, 1);
	xds_session_disconnected(session, "x", 2);
	xds_session_connected(session, 3);
	assert_string_equal(peer_all(session, 3), "nds node");
	assert_int_equal(xds_session_names(session)->count, 1);
	xds_session_free(session);
}

/* A NACK that was still to be sent belongs to the stream that is gone; its reason stays on show. */
static void forgets_replies_of_a_lost_stream(void **state)
{
	struct xds_session *session = eds_session(XDS_SOTW, 1);
	struct xds_session_status status;

	(void)state;
	send_one(session, XDS_SOTW, XDS_EDS, "1",
		 (struct peer_resource){.name = "a", .body = "1:'a' 2:{3:{}}"}, 1);
	xds_session_disconnected(session, "x", 2);
	xds_session_connected(session, 3);
	assert_string_equal(peer_all(session, 3), "eds node names=[a]");
	assert_string_equal(peer_all(session, 100000), "");
	xds_session_status(session, &status);
	assert_non_null(strstr(status.types[XDS_EDS].nack, "expected a weight"));
	assert_int_equal(status.types[XDS_EDS].last_nack_ms, 1);
	xds_session_free(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_is_given_up_and_wanted_again),
		cmocka_unit_test(says_nothing_when_nothing_changed),
		cmocka_unit_test(serves_a_name_once),
		cmocka_unit_test(switches_at_once_when_it_can),
		cmocka_unit_test(waits_only_while_connected),
		cmocka_unit_test(is_complete_without_what_is_given_up),
		cmocka_unit_test(answers_only_what_was_asked),
		cmocka_unit_test(knows_who_answered),
		cmocka_unit_test(refuses_a_resource_of_another_type),
		cmocka_unit_test(names_only_so_many),
		cmocka_unit_test(refuses_too_many_at_once),
		cmocka_unit_test(beats_without_versions),
		cmocka_unit_test(rounds_times_up),
		cmocka_unit_test(remembers_each_timer),
		cmocka_unit_test(claims_no_version_of_the_name_table),
		cmocka_unit_test(forgets_replies_of_a_lost_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
