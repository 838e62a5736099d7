/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rules of ADS, as in test_xds_session.c, that depend on time: reconnects, times to live,
 * warming, fetch timeouts and request rates. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ads_fixture.h"

static const char *const ab[] = {"a", "b"};
static const char *const abc[] = {"a", "b", "c"};

static void resumes_after_a_reconnect(void **state)
{
	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		struct xds_session *session = ads_open(mode, 1 << XDS_CDS | EDS);
		struct peer_resource clusters[] = {
			{.name = "a", .body = peer_cluster("a", NULL), .version = "c1"},
			{.name = "b", .body = peer_cluster("b", NULL), .version = "c2"},
		};
		struct xds_session_status status;

		xds_session_connected(session, 0);
		peer_all(session, 0);
		ads_say(session, mode, XDS_CDS, "5", "1", clusters, 2, 1);
		peer_all(session, 1);
		ads_send(session, mode, "1", "a", 1, 1);
		peer_all(session, 1);
		xds_session_disconnected(session, "went away", 10);
		assert_int_equal(ads_host(session, "a"), 1); /* serves on */
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
		/* the server now holds fewer clusters and announces that */
		if (mode == XDS_SOTW)
			ads_say(session, mode, XDS_CDS, "6", "x", clusters, 1, 21);
		else
			assert_int_equal(peer_send(session, mode, XDS_CDS, "6", "x", NULL, 0, "b",
						   21), 0);
		assert_int_equal(xds_session_cluster_count(session), 1);
		assert_int_equal(ads_host(session, "a"), 1);
		xds_session_free(session);
	}
}

static void drops_subscriptions_while_away(void **state)
{
	struct xds_session *session = ads_open_eds(XDS_DELTA, ab, 2);

	(void)state;
	xds_session_disconnected(session, "x", 1);
	assert_int_equal(xds_session_subscribe_eds(session, ab, 1), 0);
	xds_session_connected(session, 3);
	assert_string_equal(peer_all(session, 3), "eds node names=[a]");
	/* and when the unsubscription was still to be sent */
	assert_int_equal(xds_session_subscribe_eds(session, abc + 1, 1), 0);
	xds_session_disconnected(session, "x", 5);
	xds_session_connected(session, 6);
	assert_string_equal(peer_all(session, 6), "eds node names=[b]");
	xds_session_free(session);
}

static void keeps_time_to_live(void **state)
{
	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		struct xds_session *session = ads_open_eds(mode, ab, 1);
		struct peer_resource full = {.name = "a", .body = peer_assignment("a", 1),
					     .version = "1", .ttl = 10};
		struct peer_resource beat = {.name = "a", .version = "1", .ttl = 10};
		struct peer_resource other = {.name = "a", .version = "2", .ttl = 10};
		struct peer_resource last = {.name = "a", .version = "1", .body = full.body};

		ads_say(session, mode, XDS_EDS, "1", "1", &full, 1, 1000);
		assert_int_equal(xds_session_deadline(session), 1000); /* the ACK */
		peer_all(session, 1000);
		xds_session_tick(session, 15000); /* the remaining fetch timeouts */
		assert_int_equal(ads_host(session, "a"), 0);
		ads_say(session, mode, XDS_EDS, "1", "2", &full, 1, 20000);
		assert_int_equal(ads_host(session, "a"), 1);
		ads_say(session, mode, XDS_EDS, "1", "3", &beat, 1, 29000);
		peer_all(session, 29000);
		xds_session_tick(session, 30000);
		assert_int_equal(ads_host(session, "a"), 1);
		assert_int_equal(xds_session_deadline(session), 39000);
		/* of another version it is a resource without a body */
		ads_say(session, mode, XDS_EDS, "1", "4", &other, 1, 31000);
		peer_all(session, 31000);
		assert_string_equal(peer_error, "a: the resource has no body");
		assert_int_equal(xds_session_deadline(session), 39000);
		/* without a ttl it no longer expires */
		ads_say(session, mode, XDS_EDS, "1", "5", &last, 1, 32000);
		peer_all(session, 32000);
		xds_session_tick(session, 39000);
		assert_int_equal(ads_host(session, "a"), 1);
		assert_true(xds_session_deadline(session) == XDS_NEVER);
		/* and expires also while the server is away */
		ads_say(session, mode, XDS_EDS, "1", "6", &full, 1, 40000);
		xds_session_disconnected(session, "x", 40001);
		xds_session_tick(session, 50000);
		assert_int_equal(ads_host(session, "a"), 0);
		assert_int_equal(ads_served(session, "a")->now->state, XDS_REMOVED);
		xds_session_free(session);
	}
}

static void expires_clusters_and_stale_endpoints(void **state)
{
	struct xds_session *session = ads_open(XDS_DELTA, 1 << XDS_CDS | EDS);
	struct peer_resource cluster = {.name = "a", .body = peer_cluster("a", NULL), .ttl = 100};
	struct peer_resource stale = {.name = "a", .body = "1:'a' 2:{2:{1:{1:{1:{2:'10.0.0.1' "
							  "3:80}}}}} 4:{4:{1:5}}"};

	(void)state;
	xds_session_connected(session, 0);
	peer_all(session, 0);
	ads_say(session, XDS_DELTA, XDS_CDS, "1", "1", &cluster, 1, 0);
	peer_all(session, 0);
	ads_say(session, XDS_DELTA, XDS_EDS, "1", "1", &stale, 1, 1000);
	peer_all(session, 1000);
	assert_int_equal(xds_session_deadline(session), 6000);
	xds_session_tick(session, 5999);
	assert_int_equal(ads_host(session, "a"), 1);
	xds_session_tick(session, 6000);
	assert_int_equal(ads_host(session, "a"), 0);
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
		struct xds_session *session = ads_open(mode, 1 << XDS_CDS | EDS);
		struct peer_resource old = {.name = "c", .body = peer_cluster("c", "one")};
		struct peer_resource new = {.name = "c", .body = peer_cluster("c", "two")};
		struct peer_resource third = {.name = "c", .body = peer_cluster("c", "three")};
		uint64_t fingerprint;

		xds_session_connected(session, 0);
		peer_all(session, 0);
		ads_say(session, mode, XDS_CDS, "1", "1", &old, 1, 1);
		peer_all(session, 1);
		ads_send(session, mode, "1", "one", 1, 1);
		assert_int_equal(ads_host(session, "c"), 1);
		peer_all(session, 1);
		ads_say(session, mode, XDS_CDS, "2", "2", &new, 1, 2);
		assert_true(session->warming);
		assert_int_equal(ads_host(session, "c"), 1);
		assert_string_equal(peer_all(session, 2),
				    mode == XDS_SOTW ? "cds version=2 nonce=2; "
						       "eds names=[one,two] version=1 nonce=1"
						     : "cds nonce=2; eds names=[two]");
		/* changed again before anything came: the first still serves, updates included */
		ads_say(session, mode, XDS_CDS, "3", "3", &third, 1, 3);
		fingerprint = xds_session_find(session, "c")->fingerprint;
		ads_send(session, mode, "2", "one", 5, 3);
		assert_int_equal(ads_host(session, "c"), 5);
		assert_true(xds_session_find(session, "c")->fingerprint != fingerprint);
		/* not even the timeout takes it away */
		peer_all(session, 3);
		xds_session_tick(session, 20000);
		assert_int_equal(ads_host(session, "c"), 5);
		assert_int_equal(ads_served(session, "c")->now->state, XDS_TIMED_OUT);
		ads_send(session, mode, "3", "three", 3, 20000);
		assert_int_equal(ads_host(session, "c"), 3);
		assert_false(session->warming);
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
		struct xds_session *session = ads_open(mode, ALL);

		assert_int_equal(xds_session_subscribe_eds(session, ab, 1), 0);
		xds_session_tick(session, 100000); /* counted from connected and sent */
		assert_int_equal(ads_served(session, "a")->now->state, XDS_REQUESTED);
		xds_session_connected(session, 100000);
		peer_all(session, 100100);
		xds_session_tick(session, 115099);
		assert_int_equal(ads_served(session, "a")->now->state, XDS_REQUESTED);
		assert_false(xds_session_complete(session));
		xds_session_tick(session, 115100);
		assert_int_equal(ads_served(session, "a")->now->state, XDS_TIMED_OUT);
		assert_true(xds_session_complete(session));
		assert_int_equal(ads_host(session, "a"), -1);
		ads_send(session, mode, "1", "a", 1, 200000); /* late is not never */
		assert_int_equal(ads_host(session, "a"), 1);
		xds_session_free(session);
	}
}

static void backs_off(void **state)
{
	struct xds_session *session = ads_open(XDS_DELTA, EDS);
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
	assert_int_equal(xds_session_subscribe_eds(session, ab, 1), 0);
	xds_session_connected(session, now);
	peer_all(session, now);
	ads_send(session, XDS_DELTA, "1", "a", 1, now);
	xds_session_disconnected(session, "closed", now);
	assert_true(xds_session_reconnect_at(session) - now < 500);
	/* Nor does a good message before one that is not taken. */
	longest = 0;
	for (int i = 0; i < 40; i++) {
		now = xds_session_reconnect_at(session);
		xds_session_connected(session, now);
		peer_all(session, now);
		ads_send(session, XDS_DELTA, "1", "a", 1, now);
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
		struct xds_session *session = ads_open_eds(mode, ab, 1);
		struct peer_resource resource = {.name = "a", .body = "1:'a' " BAD_WEIGHT};
		int64_t now = 0;
		unsigned int nacks = 0;

		while (now < 600000) {
			int64_t next;

			ads_say(session, mode, XDS_EDS, "2", "n", &resource, 1, now);
			while (!*peer_all(session, now)) {
				next = xds_session_deadline(session);
				assert_true(next > now);
				now = next;
				xds_session_tick(session, now);
			}
			nacks++;
		}
		assert_true(nacks > 20 && nacks < 80); /* in ten minutes */
		/* a subscription made meanwhile does not wait for the reply */
		assert_int_equal(xds_session_subscribe_eds(session, ab, 2), 0);
		ads_say(session, mode, XDS_EDS, "2", "n", &resource, 1, now);
		assert_string_equal(peer_all(session, now), mode == XDS_SOTW
					    ? "eds names=[a,b] nonce=n error" : "eds names=[b]");
		xds_session_free(session);
	}
}

static void limits_requests(void **state)
{
	struct xds_session *session = ads_open_eds(XDS_DELTA, ab, 1); /* one sent */
	unsigned int sent = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		ads_send(session, XDS_DELTA, "n", "a", 1 + (unsigned int)i % 2, 0);
		sent += !!*peer_all(session, 0);
	}
	assert_int_equal(sent, 99);
	assert_int_equal(xds_session_deadline(session), 100);
	assert_string_equal(peer_all(session, 99), "");
	assert_string_equal(peer_all(session, 100), "eds nonce=n");
	for (int i = 0; i < 100; i++) {
		ads_send(session, XDS_DELTA, "n", "a", 1 + (unsigned int)i % 2, 1100);
		sent += !!*peer_all(session, 1100);
	}
	assert_int_equal(sent, 99 + 10);
	xds_session_free(session);
}

static void counts_changes_only(void **state)
{
	struct xds_session *session = ads_open(XDS_SOTW, 1 << XDS_CDS | EDS);
	struct peer_resource cluster = {.name = "a", .body = peer_cluster("a", NULL)};
	uint64_t generation, fingerprint, layout;

	(void)state;
	xds_session_connected(session, 0);
	peer_all(session, 0);
	ads_say(session, XDS_SOTW, XDS_CDS, "1", "1", &cluster, 1, 1);
	peer_all(session, 1);
	layout = xds_session_layout(session);
	ads_send(session, XDS_SOTW, "1", "a", 1, 1);
	peer_all(session, 1);
	assert_true(xds_session_layout(session) != layout); /* it is there now */
	layout = xds_session_layout(session);
	generation = xds_session_generation(session);
	fingerprint = xds_session_find(session, "a")->fingerprint;
	ads_say(session, XDS_SOTW, XDS_CDS, "2", "2", &cluster, 1, 2);
	ads_send(session, XDS_SOTW, "2", "a", 1, 2);
	peer_all(session, 2);
	assert_true(xds_session_generation(session) == generation);
	assert_true(xds_session_find(session, "a")->fingerprint == fingerprint);
	ads_send(session, XDS_SOTW, "3", "a", 2, 3);
	assert_true(xds_session_generation(session) != generation);
	assert_true(xds_session_find(session, "a")->fingerprint != fingerprint);
	assert_true(xds_session_layout(session) == layout); /* with other contents */
	ads_say(session, XDS_SOTW, XDS_CDS, "3", "3", NULL, 0, 4);
	assert_true(xds_session_layout(session) != layout);
	xds_session_free(session);
}

static void takes_another_node(void **state)
{
	static struct xds_metadata metadata[] = {{"REQUESTED_NETWORK_VIEW", "a,b"}};
	const struct xds_node node = {NULL, "other", "c", metadata, 1};
	struct xds_session *session = ads_open_eds(XDS_SOTW, ab, 1);

	(void)state;
	xds_session_set_node(session, &node);
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
