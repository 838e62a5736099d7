/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rules of ADS, each in state-of-the-world and in delta mode (xds_protocol.rst, and the cases
 * of Envoy's sotw_ and delta_subscription_state_test, istio's ads, delta and eds tests): resources
 * requested, accepted, rejected and removed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ads_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char *const ab[] = {"a", "b"};
static const char *const abc[] = {"a", "b", "c"};

static void asks_for_everything_at_the_start(void **state)
{
	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		struct xds_session *session = ads_open(mode, ALL);

		assert_int_equal(xds_session_reconnect_at(session), 0);
		assert_string_equal(peer_all(session, 0), ""); /* no stream yet */
		xds_session_connected(session, 5);
		assert_true(xds_session_reconnect_at(session) == XDS_NEVER);
		assert_true(xds_session_deadline(session) <= 5);
		/* EDS waits for names: an empty list would ask for all there are */
		assert_string_equal(peer_all(session, 5), "cds node; lds; nds");
		assert_string_equal(peer_node, "sidecar~10.0.0.1~a.b~c");
		assert_int_equal(xds_session_deadline(session), 15005);
		xds_session_free(session);
	}
}

static void follows_clusters(void **state)
{
	struct peer_resource clusters[] = {
		{.name = "outbound|80||x.y", .body = peer_cluster("outbound|80||x.y", NULL)},
		{.name = "outbound|80|v1|x.y", .body = peer_cluster("outbound|80|v1|x.y", NULL)},
		{.name = "plain", .body = peer_cluster("plain", NULL)},
		{.name = "static", .body = "1:'static' 2:0"},
		{.name = "other", .body = peer_cluster("other", "service")},
	};

	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		struct xds_session *session = ads_open(mode, ALL);

		xds_session_connected(session, 0);
		peer_all(session, 0);
		ads_say(session, mode, XDS_CDS, "1", "n1", clusters, COUNT(clusters), 1);
		assert_string_equal(peer_all(session, 1),
				    mode == XDS_SOTW
					    ? "cds version=1 nonce=n1; "
					      "eds names=[outbound|80||x.y,plain,service]"
					    : "cds nonce=n1; "
					      "eds names=[outbound|80||x.y,plain,service]");
		assert_int_equal(xds_session_cluster_count(session), 5);
		assert_int_equal(xds_session_assignment_count(session), 3);
		ads_send(session, mode, "e1", "service", 7, 2);
		assert_int_equal(ads_host(session, "other"), 7);
		assert_int_equal(ads_host(session, "service"), -1);
		/* a cluster gone takes its assignment with it */
		if (mode == XDS_SOTW)
			ads_say(session, mode, XDS_CDS, "2", "n2", clusters, 1, 3);
		else
			assert_int_equal(peer_send(session, mode, XDS_CDS, "2", "n2", NULL, 0,
						   "other", 3), 0);
		assert_int_equal(ads_host(session, "other"), -1);
		assert_string_equal(peer_all(session, 3),
				    mode == XDS_SOTW
					    ? "cds version=2 nonce=n2; eds names=[outbound|80||x.y] "
					      "version=1 nonce=e1"
					    : "cds nonce=n2; eds nonce=e1; eds unsub=[service]");
		/* istiod answers once more for a name just unsubscribed: no effect */
		ads_send(session, mode, "e2", "service", 0, 4);
		assert_int_equal(xds_session_assignment_count(session), mode == XDS_SOTW ? 1 : 2);
		xds_session_free(session);
	}
}

static void takes_partial_responses(void **state)
{
	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		struct xds_session *session = ads_open_eds(mode, ab, 2);

		ads_send(session, mode, "1", "a", 1, 1);
		assert_int_equal(ads_host(session, "a"), 1);
		assert_int_equal(ads_host(session, "b"), -1);
		assert_int_equal(ads_served(session, "b")->now->state, XDS_REQUESTED);
		assert_false(xds_session_complete(session));
		ads_send(session, mode, "2", "b", 2, 2);
		assert_int_equal(ads_host(session, "a"), 1);
		assert_int_equal(ads_host(session, "b"), 2);
		assert_true(xds_session_complete(session));
		/* the version is the same, the contents are not */
		ads_send(session, mode, "3", "a", 3, 3);
		assert_int_equal(ads_host(session, "a"), 3);
		/* only the latest nonce is worth an answer */
		assert_string_equal(peer_all(session, 3), mode == XDS_SOTW
					    ? "eds names=[a,b] version=1 nonce=3" : "eds nonce=3");
		/* an empty response, and names never asked for */
		ads_say(session, mode, XDS_EDS, "2", "4", NULL, 0, 4);
		ads_send(session, mode, "5", "z", 9, 5);
		assert_int_equal(ads_host(session, "a"), 3);
		assert_int_equal(xds_session_assignment_count(session), 2);
		/* a deleted service comes as an assignment without endpoints */
		ads_send(session, mode, "6", "a", 0, 6);
		assert_int_equal(ads_host(session, "a"), 0);
		xds_session_free(session);
	}
}

static void changes_the_subscription(void **state)
{
	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		struct xds_session *session = ads_open_eds(mode, ab, 2);

		ads_send(session, mode, "1", "a", 1, 1);
		assert_int_equal(xds_session_subscribe_eds(session, abc + 1, 2), 0);
		assert_int_equal(xds_session_assignment_count(session), 2);
		/* istiod drops requests with a stale nonce whole: in delta the change goes alone */
		assert_string_equal(peer_all(session, 2),
				    mode == XDS_SOTW ? "eds names=[b,c] version=1 nonce=1"
						     : "eds nonce=1; eds names=[c] unsub=[a]");
		/* asked for again, it is new */
		assert_int_equal(xds_session_subscribe_eds(session, abc, 3), 0);
		assert_int_equal(ads_host(session, "a"), -1);
		assert_string_equal(peer_all(session, 3),
				    mode == XDS_SOTW ? "eds names=[a,b,c] version=1 nonce=1"
						     : "eds names=[a]");
		/* unsubscribed and subscribed again before a request was sent: no request */
		assert_int_equal(xds_session_subscribe_eds(session, ab, 2), 0);
		assert_int_equal(xds_session_subscribe_eds(session, abc, 3), 0);
		assert_string_equal(peer_all(session, 4), "");
		assert_int_equal(xds_session_subscribe_eds(session, NULL, 0), 0);
		assert_string_equal(peer_all(session, 5), mode == XDS_SOTW
					    ? "eds version=1 nonce=1" : "eds unsub=[a,b,c]");
		assert_string_equal(peer_all(session, 6), "");
		xds_session_free(session);
	}
}

static void takes_the_good_and_names_the_bad(void **state)
{
	struct xds_session_status status;
	uint64_t generation;

	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		struct xds_session *session = ads_open_eds(mode, abc, 3);
		struct peer_resource resources[] = {
			{.name = "a", .body = peer_assignment("a", 4), .version = "2"},
			{.name = "b", .body = "1:'b' " BAD_WEIGHT, .version = "2"},
			{.name = "c", .body = peer_assignment("c", 5), .version = "2"},
			{.name = "c", .body = peer_assignment("c", 6), .version = "2"},
		};

		ads_send(session, mode, "1", "b", 9, 1);
		peer_all(session, 1);
		generation = xds_session_generation(session);
		ads_say(session, mode, XDS_EDS, "2", "2", resources, COUNT(resources), 2);
		assert_true(xds_session_generation(session) != generation);
		assert_string_equal(peer_all(session, 2),
				    mode == XDS_SOTW ? "eds names=[a,b,c] version=1 nonce=2 error"
						     : "eds nonce=2 error");
		assert_string_equal(peer_error, "b: endpoints[0]: expected a weight of 1 or more, "
						"found 0; c: stands twice in one response");
		assert_int_equal(ads_host(session, "a"), 4);
		assert_int_equal(ads_host(session, "b"), 9); /* the old one serves */
		assert_int_equal(ads_host(session, "c"), 5); /* the first stays */
		assert_non_null(strstr(ads_served(session, "b")->now->rejected, "expected a weight"));
		xds_session_status(session, &status);
		assert_string_equal(status.types[XDS_EDS].version, "1");
		assert_string_equal(status.types[XDS_EDS].nack, peer_error);
		assert_true(status.types[XDS_EDS].nacked);
		assert_int_equal(status.types[XDS_EDS].last_nack_ms, 2);
		/* good again */
		generation = xds_session_generation(session);
		ads_send(session, mode, "3", "b", 9, 3);
		assert_true(xds_session_generation(session) != generation);
		assert_null(ads_served(session, "b")->now->rejected);
		assert_string_equal(peer_all(session, 3),
				    mode == XDS_SOTW ? "eds names=[a,b,c] version=1 nonce=3"
						     : "eds nonce=3");
		xds_session_status(session, &status);
		assert_false(status.types[XDS_EDS].nacked);
		assert_int_equal(status.types[XDS_EDS].rejects, 1);
		xds_session_free(session);
	}
}

static const struct {
	const char *name, *body, *error;
} bad[] = {
	{"a", NULL, "a: the resource has no body"},
	{"x", "1:'a'", "a: its wrapper has another name"},
	{"a", "1:'a' 2:'\x0a\x05'", "a: endpoints[0]: broken protobuf"},
	{"", "2:{}", "resources[0]: the name is empty"},
};

static void refuses_resources(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct xds_session *session = ads_open_eds(XDS_DELTA, ab, 1);
		struct peer_resource resource = {.name = bad[i].name, .body = bad[i].body};

		ads_say(session, XDS_DELTA, XDS_EDS, "1", "1", &resource, 1, 1);
		assert_string_equal(peer_all(session, 1), "eds nonce=1 error");
		assert_string_equal(peer_error, bad[i].error);
		xds_session_free(session);
	}
}

static void passes_over_types_never_asked_for(void **state)
{
	struct xds_session *session = ads_open_eds(XDS_SOTW, ab, 1);
	struct peer_resource cluster = {.name = "a", .body = peer_cluster("a", NULL)};
	struct xds_session_status status;

	(void)state;
	ads_say(session, XDS_SOTW, XDS_CDS, "1", "1", &cluster, 1, 1);
	assert_string_equal(peer_all(session, 1), "");
	xds_session_status(session, &status);
	assert_int_equal(status.ignored, 1);
	xds_session_free(session);
}

static void refuses_what_is_no_response(void **state)
{
	struct xds_session *session = ads_open_eds(XDS_DELTA, ab, 1);

	(void)state;
	assert_int_equal(xds_session_receive(session, (const uint8_t *)"\x0a\x7f", 2, 1), -EPROTO);
	assert_non_null(strstr(xds_session_problem(session), "broken protobuf"));
	assert_int_equal(xds_session_receive(session, (const uint8_t *)"", 0, 1), 0);
	assert_int_equal(xds_session_receive(session, NULL, (64u << 20) + 1, 1), -EMSGSIZE);
	assert_non_null(strstr(xds_session_problem(session), "size limit"));
	xds_session_free(session);
}

static void removes_what_delta_removes(void **state)
{
	struct xds_session *session = ads_open_eds(XDS_DELTA, ab, 2);
	struct peer_resource resource = {.name = "b", .body = peer_assignment("b", 2)};

	(void)state;
	ads_send(session, XDS_DELTA, "1", "a", 1, 1);
	assert_int_equal(peer_send(session, XDS_DELTA, XDS_EDS, "2", "2", NULL, 0, "a", 2), 0);
	assert_int_equal(ads_host(session, "a"), 0); /* refused, not let pass */
	assert_int_equal(ads_served(session, "a")->now->state, XDS_REMOVED);
	assert_string_equal(peer_all(session, 2), "eds nonce=2"); /* the subscription stays */
	/* both sent and removed: neither */
	assert_int_equal(peer_send(session, XDS_DELTA, XDS_EDS, "3", "3", &resource, 1, "b", 3), 0);
	assert_string_equal(peer_all(session, 3), "eds nonce=3 error");
	assert_int_equal(ads_host(session, "b"), -1);
	ads_send(session, XDS_DELTA, "4", "a", 7, 4);
	assert_int_equal(ads_host(session, "a"), 7);
	peer_all(session, 4);
	/* a removed resource is not among the initial versions */
	assert_int_equal(peer_send(session, XDS_DELTA, XDS_EDS, "5", "5", NULL, 0, "a", 5), 0);
	xds_session_disconnected(session, "x", 6);
	xds_session_connected(session, 7);
	assert_string_equal(peer_all(session, 7), "eds node names=[a,b]");
	xds_session_free(session);
}

static void removes_what_sotw_leaves_out(void **state)
{
	struct xds_session *session = ads_open(XDS_SOTW, 1 << XDS_LDS | 1 << XDS_NDS);
	struct peer_resource listeners[] = {
		{.name = "10.0.0.1_80", .body = "1:'10.0.0.1_80'"},
		{.name = "10.0.0.2_80", .body = "1:'10.0.0.2_80'"},
	};
	struct peer_resource bad_listener = {.name = "10.0.0.1_80",
					     .body = "1:'10.0.0.1_80' 2:'\x0a\x05'"};
	struct peer_resource table = {.name = "", .body = "1:{1:'a.b' 2:{1:'10.0.0.9'}}"};

	(void)state;
	xds_session_connected(session, 0);
	peer_all(session, 0);
	ads_say(session, XDS_SOTW, XDS_LDS, "1", "1", listeners, 2, 1);
	assert_int_equal(xds_session_listener_count(session), 2);
	ads_say(session, XDS_SOTW, XDS_LDS, "2", "2", listeners + 1, 1, 2);
	assert_int_equal(xds_session_listener_count(session), 1);
	ads_say(session, XDS_SOTW, XDS_LDS, "3", "3", listeners, 2, 3);
	/* a listener named but invalid stays, one not named is removed */
	ads_say(session, XDS_SOTW, XDS_LDS, "4", "4", &bad_listener, 1, 4);
	assert_int_equal(xds_session_listener_count(session), 1);
	assert_string_equal(xds_session_listener(session, 0)->name, "10.0.0.1_80");
	assert_string_equal(peer_all(session, 4), "lds version=3 nonce=4 error");
	ads_say(session, XDS_SOTW, XDS_NDS, "1", "1", &table, 1, 5);
	assert_int_equal(xds_session_names(session)->count, 1);
	ads_say(session, XDS_SOTW, XDS_NDS, "2", "2", NULL, 0, 6);
	assert_int_equal(xds_session_names(session)->count, 0);
	xds_session_free(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_for_everything_at_the_start),
		cmocka_unit_test(follows_clusters),
		cmocka_unit_test(takes_partial_responses),
		cmocka_unit_test(changes_the_subscription),
		cmocka_unit_test(takes_the_good_and_names_the_bad),
		cmocka_unit_test(refuses_resources),
		cmocka_unit_test(passes_over_types_never_asked_for),
		cmocka_unit_test(refuses_what_is_no_response),
		cmocka_unit_test(removes_what_delta_removes),
		cmocka_unit_test(removes_what_sotw_leaves_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
