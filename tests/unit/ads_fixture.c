/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An ADS session and its server, for the tests of the rules of ADS. */
#include "ads_fixture.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct xds_session *ads_open(enum xds_mode mode, unsigned int types)
{
	static struct xds_metadata metadata[] = {{"NETWORK", "network1"}};
	struct xds_session_config config = {
		.mode = mode,
		.node = {.id = "sidecar~10.0.0.1~a.b~c", .metadata = metadata, .metadata_count = 1},
		.types = types,
		.seed = 1,
	};
	struct xds_session *session;

	assert_int_equal(xds_session_new(&config, &session), 0);
	return session;
}

struct xds_session *ads_open_eds(enum xds_mode mode, const char *const *names, size_t count)
{
	struct xds_session *session = ads_open(mode, EDS);

	assert_int_equal(xds_session_subscribe_eds(session, names, count), 0);
	xds_session_connected(session, 0);
	peer_all(session, 0);
	return session;
}

void ads_say(struct xds_session *session, enum xds_mode mode, enum xds_type type,
	     const char *version, const char *nonce, const struct peer_resource *resources,
	     size_t count, int64_t now_ms)
{
	assert_int_equal(peer_send(session, mode, type, version, nonce, resources, count, NULL,
				   now_ms), 0);
}

void ads_send(struct xds_session *session, enum xds_mode mode, const char *nonce,
	      const char *name, unsigned int host, int64_t now_ms)
{
	struct peer_resource resource = {.name = name, .body = peer_assignment(name, host)};

	ads_say(session, mode, XDS_EDS, "1", nonce, &resource, 1, now_ms);
}

int ads_host(const struct xds_session *session, const char *name)
{
	const struct assignment *assignment = xds_session_find(session, name);

	if (!assignment)
		return -1;
	assert_string_equal(assignment->name, name);
	if (!assignment->locality_count)
		return 0;
	return (int)(ntohl(ip_v4(&assignment->localities[0].endpoints[0].addresses[0].addr.ip)) &
		     0xff);
}

const struct xds_served *ads_served(const struct xds_session *session, const char *name)
{
	for (size_t i = 0; i < session->served_count; i++)
		if (!strcmp(session->served[i].name, name))
			return &session->served[i];
	fail_msg("%s is not there", name);
	return NULL;
}
