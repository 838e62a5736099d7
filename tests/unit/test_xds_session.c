/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rules of ADS, each in state-of-the-world and in delta mode (xds_protocol.rst, and the cases
 * of Envoy's sotw_ and delta_subscription_state_test, istio's ads, delta and eds tests). */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "xds_peer.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define ALL (1 << XDS_CDS | 1 << XDS_EDS | 1 << XDS_LDS | 1 << XDS_NDS)
#define EDS (1 << XDS_EDS)

static struct xds_session *open_session(enum xds_mode mode, unsigned int types)
{
	static const struct xds_metadata metadata[] = {{"NETWORK", "network1"}};
	struct xds_session_config config = {
		.mode = mode,
		.node_id = "sidecar~10.0.0.1~a.b~c",
		.metadata = metadata,
		.metadata_count = 1,
		.types = types,
		.follow_clusters = true,
		.seed = 1,
	};
	struct xds_session *session;

	assert_int_equal(xds_session_new(&config, &session), 0);
	return session;
}

/* Of EDS alone, connected, with these names asked for. */
static struct xds_session *eds_session(enum xds_mode mode, const char *const *names, size_t count)
{
	struct xds_session *session = open_session(mode, EDS);

	assert_int_equal(xds_session_subscribe_eds(session, names, count, 0), 0);
	xds_session_connected(session, 0);
	peer_all(session, 0);
	return session;
}

static void say(struct xds_session *session, enum xds_mode mode, enum xds_type type,
		const char *version, const char *nonce, const struct peer_resource *resources,
		size_t count, int64_t now_ms)
{
	assert_int_equal(peer_send(session, mode, type, version, nonce, resources, count, NULL,
				   now_ms), 0);
}

static void send_one(struct xds_session *session, enum xds_mode mode, const char *nonce,
		     const char *name, unsigned int host, int64_t now_ms)
{
	struct peer_resource resource = {.name = name, .body = peer_assignment(name, host)};

	say(session, mode, XDS_EDS, "1", nonce, &resource, 1, now_ms);
}

/* Last byte of the address of the only endpoint served under `name`; 0: none, -1: no assignment. */
static int host_of(const struct xds_session *session, const char *name)
{
	const struct assignment *assignment = xds_session_find(session, name);

	if (!assignment)
		return -1;
	assert_string_equal(assignment->name, name);
	if (!assignment->locality_count)
		return 0;
	return (int)(ntohl(assignment->localities[0].endpoints[0].addresses[0].addr.ip.v4) & 0xff);
}

static struct xds_assignment shown(const struct xds_session *session, const char *name)
{
	struct xds_assignment item;

	for (size_t i = 0; i < xds_session_assignment_count(session); i++) {
		xds_session_assignment(session, i, &item);
		if (!strcmp(item.name, name))
			return item;
	}
	fail_msg("%s is not there", name);
	return item;
}

static const char *const ab[] = {"a", "b"};
static const char *const abc[] = {"a", "b", "c"};

static void asks_for_everything_at_the_start(void **state)
{
	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		struct xds_session *session = open_session(mode, ALL);

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
		struct xds_session *session = open_session(mode, ALL);

		xds_session_connected(session, 0);
		peer_all(session, 0);
		say(session, mode, XDS_CDS, "1", "n1", clusters, COUNT(clusters), 1);
		assert_string_equal(peer_all(session, 1),
				    mode == XDS_SOTW
					    ? "cds version=1 nonce=n1; "
					      "eds names=[outbound|80||x.y,plain,service]"
					    : "cds nonce=n1; "
					      "eds names=[outbound|80||x.y,plain,service]");
		assert_int_equal(xds_session_cluster_count(session), 5);
		assert_int_equal(xds_session_assignment_count(session), 3);
		send_one(session, mode, "e1", "service", 7, 2);
		assert_int_equal(host_of(session, "other"), 7);
		assert_int_equal(host_of(session, "service"), -1);
		/* a cluster gone takes its assignment with it */
		if (mode == XDS_SOTW)
			say(session, mode, XDS_CDS, "2", "n2", clusters, 1, 3);
		else
			assert_int_equal(peer_send(session, mode, XDS_CDS, "2", "n2", NULL, 0,
						   "other", 3), 0);
		assert_int_equal(host_of(session, "other"), -1);
		assert_string_equal(peer_all(session, 3),
				    mode == XDS_SOTW
					    ? "cds version=2 nonce=n2; eds names=[outbound|80||x.y] "
					      "version=1 nonce=e1"
					    : "cds nonce=n2; eds nonce=e1; eds unsub=[service]");
		/* istiod answers once more for a name just given up: nothing to it */
		send_one(session, mode, "e2", "service", 0, 4);
		assert_int_equal(xds_session_assignment_count(session), mode == XDS_SOTW ? 1 : 2);
		xds_session_free(session);
	}
}

static void takes_partial_responses(void **state)
{
	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		struct xds_session *session = eds_session(mode, ab, 2);

		send_one(session, mode, "1", "a", 1, 1);
		assert_int_equal(host_of(session, "a"), 1);
		assert_int_equal(host_of(session, "b"), -1);
		assert_int_equal(shown(session, "b").state, XDS_REQUESTED);
		assert_false(xds_session_complete(session));
		send_one(session, mode, "2", "b", 2, 2);
		assert_int_equal(host_of(session, "a"), 1);
		assert_int_equal(host_of(session, "b"), 2);
		assert_true(xds_session_complete(session));
		/* the version is the same, the contents are not */
		send_one(session, mode, "3", "a", 3, 3);
		assert_int_equal(host_of(session, "a"), 3);
		/* only the latest nonce is worth an answer */
		assert_string_equal(peer_all(session, 3), mode == XDS_SOTW
					    ? "eds names=[a,b] version=1 nonce=3" : "eds nonce=3");
		/* an empty response, and names never asked for */
		say(session, mode, XDS_EDS, "2", "4", NULL, 0, 4);
		send_one(session, mode, "5", "z", 9, 5);
		assert_int_equal(host_of(session, "a"), 3);
		assert_int_equal(xds_session_assignment_count(session), 2);
		/* a deleted service comes as an assignment without endpoints */
		send_one(session, mode, "6", "a", 0, 6);
		assert_int_equal(host_of(session, "a"), 0);
		xds_session_free(session);
	}
}

static void changes_the_subscription(void **state)
{
	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		struct xds_session *session = eds_session(mode, ab, 2);

		send_one(session, mode, "1", "a", 1, 1);
		assert_int_equal(xds_session_subscribe_eds(session, abc + 1, 2, 2), 0);
		assert_int_equal(xds_session_assignment_count(session), 2);
		/* istiod drops requests with a stale nonce whole: in delta the change goes alone */
		assert_string_equal(peer_all(session, 2),
				    mode == XDS_SOTW ? "eds names=[b,c] version=1 nonce=1"
						     : "eds nonce=1; eds names=[c] unsub=[a]");
		/* asked for again, it is new */
		assert_int_equal(xds_session_subscribe_eds(session, abc, 3, 3), 0);
		assert_int_equal(host_of(session, "a"), -1);
		assert_string_equal(peer_all(session, 3),
				    mode == XDS_SOTW ? "eds names=[a,b,c] version=1 nonce=1"
						     : "eds names=[a]");
		/* given up before anybody knew of it: nothing to say */
		assert_int_equal(xds_session_subscribe_eds(session, ab, 2, 4), 0);
		assert_int_equal(xds_session_subscribe_eds(session, abc, 3, 4), 0);
		assert_string_equal(peer_all(session, 4), "");
		assert_int_equal(xds_session_subscribe_eds(session, NULL, 0, 5), 0);
		assert_string_equal(peer_all(session, 5), mode == XDS_SOTW
					    ? "eds version=1 nonce=1" : "eds unsub=[a,b,c]");
		assert_string_equal(peer_all(session, 6), "");
		xds_session_free(session);
	}
}

#define BAD_WEIGHT "2:{3:{1:0}}"

static void takes_the_good_and_names_the_bad(void **state)
{
	struct xds_session_status status;
	uint64_t generation;

	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		struct xds_session *session = eds_session(mode, abc, 3);
		struct peer_resource resources[] = {
			{.name = "a", .body = peer_assignment("a", 4), .version = "2"},
			{.name = "b", .body = "1:'b' " BAD_WEIGHT, .version = "2"},
			{.name = "c", .body = peer_assignment("c", 5), .version = "2"},
			{.name = "c", .body = peer_assignment("c", 6), .version = "2"},
		};

		send_one(session, mode, "1", "b", 9, 1);
		peer_all(session, 1);
		generation = xds_session_generation(session);
		say(session, mode, XDS_EDS, "2", "2", resources, COUNT(resources), 2);
		assert_true(xds_session_generation(session) != generation);
		assert_string_equal(peer_all(session, 2),
				    mode == XDS_SOTW ? "eds names=[a,b,c] version=1 nonce=2 error"
						     : "eds nonce=2 error");
		assert_string_equal(peer_error, "b: endpoints[0]: expected a weight of 1 or more, "
						"found 0; c: stands twice in one response");
		assert_int_equal(host_of(session, "a"), 4);
		assert_int_equal(host_of(session, "b"), 9); /* the old one serves */
		assert_int_equal(host_of(session, "c"), 5); /* the first stays */
		assert_non_null(strstr(shown(session, "b").rejected, "expected a weight"));
		xds_session_status(session, &status);
		assert_string_equal(status.types[XDS_EDS].version, "1");
		assert_string_equal(status.types[XDS_EDS].nack, peer_error);
		assert_true(status.types[XDS_EDS].nacked);
		assert_int_equal(status.types[XDS_EDS].last_nack_ms, 2);
		/* good again */
		generation = xds_session_generation(session);
		send_one(session, mode, "3", "b", 9, 3);
		assert_true(xds_session_generation(session) != generation);
		assert_null(shown(session, "b").rejected);
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
		struct xds_session *session = eds_session(XDS_DELTA, ab, 1);
		struct peer_resource resource = {.name = bad[i].name, .body = bad[i].body};

		say(session, XDS_DELTA, XDS_EDS, "1", "1", &resource, 1, 1);
		assert_string_equal(peer_all(session, 1), "eds nonce=1 error");
		assert_string_equal(peer_error, bad[i].error);
		xds_session_free(session);
	}
}

static void passes_over_types_never_asked_for(void **state)
{
	struct xds_session *session = eds_session(XDS_SOTW, ab, 1);
	struct peer_resource cluster = {.name = "a", .body = peer_cluster("a", NULL)};
	struct xds_session_status status;

	(void)state;
	say(session, XDS_SOTW, XDS_CDS, "1", "1", &cluster, 1, 1);
	assert_string_equal(peer_all(session, 1), "");
	xds_session_status(session, &status);
	assert_int_equal(status.ignored, 1);
	xds_session_free(session);
}

static void refuses_what_is_no_response(void **state)
{
	struct xds_session *session = eds_session(XDS_DELTA, ab, 1);

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
	struct xds_session *session = eds_session(XDS_DELTA, ab, 2);
	struct peer_resource resource = {.name = "b", .body = peer_assignment("b", 2)};

	(void)state;
	send_one(session, XDS_DELTA, "1", "a", 1, 1);
	assert_int_equal(peer_send(session, XDS_DELTA, XDS_EDS, "2", "2", NULL, 0, "a", 2), 0);
	assert_int_equal(host_of(session, "a"), 0); /* refused, not let pass */
	assert_int_equal(shown(session, "a").state, XDS_REMOVED);
	assert_string_equal(peer_all(session, 2), "eds nonce=2"); /* the subscription stays */
	/* both sent and removed: neither */
	assert_int_equal(peer_send(session, XDS_DELTA, XDS_EDS, "3", "3", &resource, 1, "b", 3), 0);
	assert_string_equal(peer_all(session, 3), "eds nonce=3 error");
	assert_int_equal(host_of(session, "b"), -1);
	send_one(session, XDS_DELTA, "4", "a", 7, 4);
	assert_int_equal(host_of(session, "a"), 7);
	peer_all(session, 4);
	/* what is removed is not claimed to be held */
	assert_int_equal(peer_send(session, XDS_DELTA, XDS_EDS, "5", "5", NULL, 0, "a", 5), 0);
	xds_session_disconnected(session, "x", 6);
	xds_session_connected(session, 7);
	assert_string_equal(peer_all(session, 7), "eds node names=[a,b]");
	xds_session_free(session);
}

static void removes_what_sotw_leaves_out(void **state)
{
	struct xds_session *session = open_session(XDS_SOTW, 1 << XDS_LDS | 1 << XDS_NDS);
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
	say(session, XDS_SOTW, XDS_LDS, "1", "1", listeners, 2, 1);
	assert_int_equal(xds_session_listener_count(session), 2);
	say(session, XDS_SOTW, XDS_LDS, "2", "2", listeners + 1, 1, 2);
	assert_int_equal(xds_session_listener_count(session), 1);
	say(session, XDS_SOTW, XDS_LDS, "3", "3", listeners, 2, 3);
	/* what is named but wrong stays, what is not named goes */
	say(session, XDS_SOTW, XDS_LDS, "4", "4", &bad_listener, 1, 4);
	assert_int_equal(xds_session_listener_count(session), 1);
	assert_string_equal(xds_session_listener(session, 0)->name, "10.0.0.1_80");
	assert_string_equal(peer_all(session, 4), "lds version=3 nonce=4 error");
	say(session, XDS_SOTW, XDS_NDS, "1", "1", &table, 1, 5);
	assert_int_equal(xds_session_host_count(session), 1);
	say(session, XDS_SOTW, XDS_NDS, "2", "2", NULL, 0, 6);
	assert_int_equal(xds_session_host_count(session), 0);
	xds_session_free(session);
}

static void resumes_after_a_reconnect(void **state)
{
	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		struct xds_session *session = open_session(mode, 1 << XDS_CDS | EDS);
		struct peer_resource clusters[] = {
			{.name = "a", .body = peer_cluster("a", NULL), .version = "c1"},
			{.name = "b", .body = peer_cluster("b", NULL), .version = "c2"},
		};
		struct xds_session_status status;

		xds_session_connected(session, 0);
		peer_all(session, 0);
		say(session, mode, XDS_CDS, "5", "1", clusters, 2, 1);
		peer_all(session, 1);
		send_one(session, mode, "1", "a", 1, 1);
		peer_all(session, 1);
		xds_session_disconnected(session, "went away", 10);
		assert_int_equal(host_of(session, "a"), 1); /* serves on */
		xds_session_status(session, &status);
		assert_int_equal(status.types[XDS_EDS].sync, XDS_STALE);
		assert_string_equal(status.reason, "went away");
		assert_true(xds_session_reconnect_at(session) >= 10 &&
			    xds_session_reconnect_at(session) < 510);
		assert_string_equal(peer_all(session, 11), "");
		xds_session_connected(session, 20);
		/* versions outlive a stream, nonces do not; istiod has no versions in delta EDS */
		assert_string_equal(peer_all(session, 20),
				    mode == XDS_SOTW
					    ? "cds node version=5; eds names=[a,b] version=1"
					    : "cds node versions=[a=c1,b=c2]; "
					      "eds names=[a,b] versions=[a=]");
		xds_session_status(session, &status);
		assert_int_equal(status.types[XDS_EDS].sync, XDS_CONNECTED);
		assert_int_equal(status.streams, 2);
		/* a server that holds less now says so */
		if (mode == XDS_SOTW)
			say(session, mode, XDS_CDS, "6", "x", clusters, 1, 21);
		else
			assert_int_equal(peer_send(session, mode, XDS_CDS, "6", "x", NULL, 0, "b",
						   21), 0);
		assert_int_equal(xds_session_cluster_count(session), 1);
		assert_int_equal(host_of(session, "a"), 1);
		xds_session_free(session);
	}
}

static void drops_subscriptions_while_away(void **state)
{
	struct xds_session *session = eds_session(XDS_DELTA, ab, 2);

	(void)state;
	xds_session_disconnected(session, "x", 1);
	assert_int_equal(xds_session_subscribe_eds(session, ab, 1, 2), 0);
	xds_session_connected(session, 3);
	assert_string_equal(peer_all(session, 3), "eds node names=[a]");
	/* and when the unsubscription was still to be sent */
	assert_int_equal(xds_session_subscribe_eds(session, abc + 1, 1, 4), 0);
	xds_session_disconnected(session, "x", 5);
	xds_session_connected(session, 6);
	assert_string_equal(peer_all(session, 6), "eds node names=[b]");
	xds_session_free(session);
}

static void keeps_time_to_live(void **state)
{
	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		struct xds_session *session = eds_session(mode, ab, 1);
		struct peer_resource full = {.name = "a", .body = peer_assignment("a", 1),
					     .version = "1", .ttl = 10};
		struct peer_resource beat = {.name = "a", .version = "1", .ttl = 10};
		struct peer_resource other = {.name = "a", .version = "2", .ttl = 10};
		struct peer_resource last = {.name = "a", .version = "1", .body = full.body};

		say(session, mode, XDS_EDS, "1", "1", &full, 1, 1000);
		assert_int_equal(xds_session_deadline(session), 1000); /* the ACK */
		peer_all(session, 1000);
		xds_session_tick(session, 15000); /* what is left of the fetch timeouts */
		assert_int_equal(host_of(session, "a"), 0);
		say(session, mode, XDS_EDS, "1", "2", &full, 1, 20000);
		assert_int_equal(host_of(session, "a"), 1);
		say(session, mode, XDS_EDS, "1", "3", &beat, 1, 29000);
		peer_all(session, 29000);
		xds_session_tick(session, 30000);
		assert_int_equal(host_of(session, "a"), 1);
		assert_int_equal(xds_session_deadline(session), 39000);
		/* of another version it is a resource without a body */
		say(session, mode, XDS_EDS, "1", "4", &other, 1, 31000);
		peer_all(session, 31000);
		assert_string_equal(peer_error, "a: the resource has no body");
		assert_int_equal(xds_session_deadline(session), 39000);
		/* without a ttl it no longer expires */
		say(session, mode, XDS_EDS, "1", "5", &last, 1, 32000);
		peer_all(session, 32000);
		xds_session_tick(session, 39000);
		assert_int_equal(host_of(session, "a"), 1);
		assert_true(xds_session_deadline(session) == XDS_NEVER);
		/* and expires also while the server is away */
		say(session, mode, XDS_EDS, "1", "6", &full, 1, 40000);
		xds_session_disconnected(session, "x", 40001);
		xds_session_tick(session, 50000);
		assert_int_equal(host_of(session, "a"), 0);
		assert_int_equal(shown(session, "a").state, XDS_REMOVED);
		xds_session_free(session);
	}
}

static void expires_clusters_and_stale_endpoints(void **state)
{
	struct xds_session *session = open_session(XDS_DELTA, 1 << XDS_CDS | EDS);
	struct peer_resource cluster = {.name = "a", .body = peer_cluster("a", NULL), .ttl = 100};
	struct peer_resource stale = {.name = "a", .body = "1:'a' 2:{2:{1:{1:{1:{2:'10.0.0.1' "
							  "3:80}}}}} 4:{4:{1:5}}"};

	(void)state;
	xds_session_connected(session, 0);
	peer_all(session, 0);
	say(session, XDS_DELTA, XDS_CDS, "1", "1", &cluster, 1, 0);
	peer_all(session, 0);
	say(session, XDS_DELTA, XDS_EDS, "1", "1", &stale, 1, 1000);
	peer_all(session, 1000);
	assert_int_equal(xds_session_deadline(session), 6000);
	xds_session_tick(session, 5999);
	assert_int_equal(host_of(session, "a"), 1);
	xds_session_tick(session, 6000);
	assert_int_equal(host_of(session, "a"), 0);
	xds_session_tick(session, 100000);
	assert_int_equal(xds_session_cluster_count(session), 0);
	assert_int_equal(xds_session_assignment_count(session), 0);
	assert_string_equal(peer_all(session, 100000), "eds unsub=[a]");
	xds_session_free(session);
}

static void warms_before_it_switches(void **state)
{
	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		struct xds_session *session = open_session(mode, 1 << XDS_CDS | EDS);
		struct peer_resource old = {.name = "c", .body = peer_cluster("c", "one")};
		struct peer_resource new = {.name = "c", .body = peer_cluster("c", "two")};
		struct peer_resource third = {.name = "c", .body = peer_cluster("c", "three")};
		uint64_t revision;

		xds_session_connected(session, 0);
		peer_all(session, 0);
		say(session, mode, XDS_CDS, "1", "1", &old, 1, 1);
		peer_all(session, 1);
		send_one(session, mode, "1", "one", 1, 1);
		assert_int_equal(host_of(session, "c"), 1);
		peer_all(session, 1);
		say(session, mode, XDS_CDS, "2", "2", &new, 1, 2);
		assert_true(shown(session, "c").warming);
		assert_int_equal(host_of(session, "c"), 1);
		assert_string_equal(peer_all(session, 2),
				    mode == XDS_SOTW ? "cds version=2 nonce=2; "
						       "eds names=[one,two] version=1 nonce=1"
						     : "cds nonce=2; eds names=[two]");
		/* changed again before anything came: the first still serves, updates included */
		say(session, mode, XDS_CDS, "3", "3", &third, 1, 3);
		revision = shown(session, "c").revision;
		send_one(session, mode, "2", "one", 5, 3);
		assert_int_equal(host_of(session, "c"), 5);
		assert_true(shown(session, "c").revision != revision);
		/* not even the timeout takes it away */
		peer_all(session, 3);
		xds_session_tick(session, 20000);
		assert_int_equal(host_of(session, "c"), 5);
		assert_int_equal(shown(session, "c").state, XDS_TIMED_OUT);
		send_one(session, mode, "3", "three", 3, 20000);
		assert_int_equal(host_of(session, "c"), 3);
		assert_false(shown(session, "c").warming);
		assert_string_equal(peer_all(session, 20000),
				    mode == XDS_SOTW ? "eds names=[three] version=1 nonce=3"
						     : "eds nonce=3; eds unsub=[one]");
		xds_session_free(session);
	}
}

static void gives_up_waiting(void **state)
{
	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		struct xds_session *session = open_session(mode, ALL);

		assert_int_equal(xds_session_subscribe_eds(session, ab, 1, 0), 0);
		xds_session_tick(session, 100000); /* counted from connected and sent */
		assert_int_equal(shown(session, "a").state, XDS_REQUESTED);
		xds_session_connected(session, 100000);
		peer_all(session, 100100);
		xds_session_tick(session, 115099);
		assert_int_equal(shown(session, "a").state, XDS_REQUESTED);
		assert_false(xds_session_complete(session));
		xds_session_tick(session, 115100);
		assert_int_equal(shown(session, "a").state, XDS_TIMED_OUT);
		assert_true(xds_session_complete(session));
		assert_int_equal(host_of(session, "a"), -1);
		send_one(session, mode, "1", "a", 1, 200000); /* late is not never */
		assert_int_equal(host_of(session, "a"), 1);
		xds_session_free(session);
	}
}

static void backs_off(void **state)
{
	struct xds_session *session = open_session(XDS_DELTA, EDS);
	int64_t bound = 500, now = 0, longest = 0, total = 0;

	(void)state;
	for (int i = 0; i < 40; i++) {
		int64_t delay;

		/* a connect alone resets nothing */
		xds_session_connected(session, now);
		xds_session_disconnected(session, "refused", now);
		delay = xds_session_reconnect_at(session) - now;
		assert_true(delay >= 0 && delay < bound);
		longest = delay > longest ? delay : longest;
		total += delay;
		bound = bound * 2 < 30000 ? bound * 2 : 30000;
		now += delay;
	}
	assert_true(longest > 15000 && total > 5 * 30000 && total < 35 * 30000);
	assert_int_equal(xds_session_subscribe_eds(session, ab, 1, now), 0);
	xds_session_connected(session, now);
	peer_all(session, now);
	send_one(session, XDS_DELTA, "1", "a", 1, now);
	xds_session_disconnected(session, "closed", now);
	assert_true(xds_session_reconnect_at(session) - now < 500);
	/* Nor does a good message before one that is not taken. */
	longest = 0;
	for (int i = 0; i < 40; i++) {
		now = xds_session_reconnect_at(session);
		xds_session_connected(session, now);
		peer_all(session, now);
		send_one(session, XDS_DELTA, "1", "a", 1, now);
		if (i % 2)
			xds_session_refuse(session, "too long");
		else
			assert_int_equal(xds_session_receive(session, NULL, (64u << 20) + 1, now),
					 -EMSGSIZE);
		xds_session_disconnected(session, "refused", now);
		if (xds_session_reconnect_at(session) - now > longest)
			longest = xds_session_reconnect_at(session) - now;
	}
	assert_true(longest > 15000);
	xds_session_free(session);
}

/* go-control-plane answers a NACK at once with the same bad version. */
static void does_not_run_in_circles(void **state)
{
	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		struct xds_session *session = eds_session(mode, ab, 1);
		struct peer_resource resource = {.name = "a", .body = "1:'a' " BAD_WEIGHT};
		int64_t now = 0;
		unsigned int nacks = 0;

		while (now < 600000) {
			int64_t next;

			say(session, mode, XDS_EDS, "2", "n", &resource, 1, now);
			while (!*peer_all(session, now)) {
				next = xds_session_deadline(session);
				assert_true(next > now);
				now = next;
				xds_session_tick(session, now);
			}
			nacks++;
		}
		assert_true(nacks > 20 && nacks < 80); /* in ten minutes */
		/* what is asked for meanwhile does not wait for the reply */
		assert_int_equal(xds_session_subscribe_eds(session, ab, 2, now), 0);
		say(session, mode, XDS_EDS, "2", "n", &resource, 1, now);
		assert_string_equal(peer_all(session, now), mode == XDS_SOTW
					    ? "eds names=[a,b] nonce=n error" : "eds names=[b]");
		xds_session_free(session);
	}
}

static void limits_requests(void **state)
{
	struct xds_session *session = eds_session(XDS_DELTA, ab, 1); /* one sent */
	unsigned int sent = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		send_one(session, XDS_DELTA, "n", "a", 1 + (unsigned int)i % 2, 0);
		sent += !!*peer_all(session, 0);
	}
	assert_int_equal(sent, 99);
	assert_int_equal(xds_session_deadline(session), 100);
	assert_string_equal(peer_all(session, 99), "");
	assert_string_equal(peer_all(session, 100), "eds nonce=n");
	for (int i = 0; i < 100; i++) {
		send_one(session, XDS_DELTA, "n", "a", 1 + (unsigned int)i % 2, 1100);
		sent += !!*peer_all(session, 1100);
	}
	assert_int_equal(sent, 99 + 10);
	xds_session_free(session);
}

static void counts_changes_only(void **state)
{
	struct xds_session *session = open_session(XDS_SOTW, 1 << XDS_CDS | EDS);
	struct peer_resource cluster = {.name = "a", .body = peer_cluster("a", NULL)};
	uint64_t generation, revision, layout;

	(void)state;
	xds_session_connected(session, 0);
	peer_all(session, 0);
	say(session, XDS_SOTW, XDS_CDS, "1", "1", &cluster, 1, 1);
	peer_all(session, 1);
	layout = xds_session_layout(session);
	send_one(session, XDS_SOTW, "1", "a", 1, 1);
	peer_all(session, 1);
	assert_true(xds_session_layout(session) != layout); /* it is there now */
	layout = xds_session_layout(session);
	generation = xds_session_generation(session);
	revision = shown(session, "a").revision;
	say(session, XDS_SOTW, XDS_CDS, "2", "2", &cluster, 1, 2);
	send_one(session, XDS_SOTW, "2", "a", 1, 2);
	peer_all(session, 2);
	assert_true(xds_session_generation(session) == generation);
	assert_true(shown(session, "a").revision == revision);
	send_one(session, XDS_SOTW, "3", "a", 2, 3);
	assert_true(xds_session_generation(session) != generation);
	assert_true(shown(session, "a").revision != revision);
	assert_true(xds_session_layout(session) == layout); /* with other contents */
	say(session, XDS_SOTW, XDS_CDS, "3", "3", NULL, 0, 4);
	assert_true(xds_session_layout(session) != layout);
	xds_session_free(session);
}

static void takes_another_node(void **state)
{
	static const struct xds_metadata metadata[] = {{"REQUESTED_NETWORK_VIEW", "a,b"}};
	struct xds_session *session = eds_session(XDS_SOTW, ab, 1);

	(void)state;
	assert_int_equal(xds_session_set_node(session, "other", "c", metadata, 1), 0);
	xds_session_disconnected(session, "another node", 1);
	xds_session_connected(session, 2);
	assert_string_equal(peer_all(session, 2), "eds node names=[a]");
	assert_string_equal(peer_node, "other");
	xds_session_free(session);
	xds_session_free(NULL);
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
		cmocka_unit_test(resumes_after_a_reconnect),
		cmocka_unit_test(drops_subscriptions_while_away),
		cmocka_unit_test(keeps_time_to_live),
		cmocka_unit_test(expires_clusters_and_stale_endpoints),
		cmocka_unit_test(warms_before_it_switches),
		cmocka_unit_test(gives_up_waiting),
		cmocka_unit_test(backs_off),
		cmocka_unit_test(does_not_run_in_circles),
		cmocka_unit_test(limits_requests),
		cmocka_unit_test(counts_changes_only),
		cmocka_unit_test(takes_another_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
