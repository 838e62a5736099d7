/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fuzzes the ADS session: messages, streams lost, names changed and time, in an order the input
 * chooses. Assignments handed out stay valid, and requests stay within their rate. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEPS_MAX 100

static void require(int condition)
{
	if (!condition)
		abort();
}

/* The names that istiod's captures use, and some of their parts. */
static const char *const names[] = {
	"outbound|5000||helloworld.sample.svc.cluster.local",
	"outbound|80||sleep.sample.svc.cluster.local",
	"a",
	"b",
};

static struct xds_metadata metadata[] = {{"NETWORK", "network1"}};

static struct xds_session *make_session(uint8_t flags)
{
	struct xds_session_config config = {
		.mode = flags & 1 ? XDS_SOTW : XDS_DELTA,
		.node = {.id = "sidecar~10.0.0.1~a.b~c", .metadata = metadata, .metadata_count = 1},
		.types = flags & 2 ? 0xf & ~(1u << XDS_CDS) : 0xf,
		.seed = flags,
	};
	struct xds_session *session;

	require(!xds_session_new(&config, &session));
	return session;
}

static void read_out(struct xds_session *session)
{
	struct xds_session_status status;
	const char *last = NULL;

	for (size_t i = 0; i < xds_session_assignment_count(session); i++) {
		const struct assignment *assignment = xds_session_assignment(session, i);
		const char *name = xds_session_name(session, i);

		require(!last || strcmp(last, name) < 0);
		require(!assignment || !strcmp(assignment->name, name));
		require(assignment == xds_session_find(session, name));
		last = name;
	}
	for (size_t i = 0; i < xds_session_cluster_count(session); i++)
		require(*xds_session_cluster(session, i)->service);
	for (size_t i = 0; i < xds_session_names(session)->count; i++)
		require(*xds_session_names(session)->hosts[i].host);
	for (size_t i = 0; i < xds_session_listener_count(session); i++)
		require(*xds_session_listener(session, i)->name);
	xds_session_status(session, &status);
}

static unsigned int drain(struct xds_session *session, int64_t now_ms)
{
	struct xds_request request;
	unsigned int count = 0;

	while (xds_session_next_request(session, now_ms, &request) == 1) {
		require(request.length > 0);
		count++;
	}
	return count;
}

/* One step: an operation byte, and for a message two of length. */
static size_t step(struct xds_session *session, const uint8_t *data, size_t size, int64_t *now_ms)
{
	size_t length, used = 1;
	int err;

	switch (data[0] >> 5) {
	case 0:
		xds_session_connected(session, *now_ms);
		break;
	case 1:
		xds_session_disconnected(session, "x", *now_ms);
		break;
	case 2:
		*now_ms += (int64_t)(data[0] & 31) * 1000;
		xds_session_tick(session, *now_ms);
		break;
	case 3:
		require(!xds_session_subscribe_eds(session, names + (data[0] & 3),
						   4 - (data[0] & 3)));
		break;
	default:
		length = size > 2 ? (size_t)data[1] << 8 | data[2] : 0;
		used = size > 3 ? 3 : size;
		length = length < size - used ? length : size - used;
		err = xds_session_receive(session, data + used, length, *now_ms);
		require(!err || (err == -EPROTO && *xds_session_problem(session)));
		used += length;
	}
	return used;
}

static void play(const uint8_t *data, size_t size, uint8_t flags)
{
	struct xds_session *session = make_session(flags);
	unsigned int sent = 0;
	int64_t now_ms = 0;

	for (unsigned int steps = 0; size && steps < STEPS_MAX; steps++) {
		size_t used = step(session, data, size, &now_ms);

		sent += drain(session, now_ms);
		require(sent <= 100 + now_ms / 100);
		read_out(session);
		data += used;
		size -= used;
	}
	xds_session_free(session);
}

/* The whole input as one message on an open stream. */
static void play_message(const uint8_t *data, size_t size, uint8_t flags)
{
	struct xds_session *session = make_session(flags);

	require(!xds_session_subscribe_eds(session, names, 4));
	xds_session_connected(session, 0);
	drain(session, 0);
	for (int64_t now_ms = 1; now_ms < 3; now_ms++) {
		xds_session_receive(session, data, size, now_ms);
		drain(session, now_ms);
		read_out(session);
	}
	xds_session_disconnected(session, "x", 3);
	xds_session_connected(session, 4);
	require(drain(session, 4) <= 4);
	xds_session_tick(session, 100000);
	read_out(session);
	xds_session_free(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	play_message(data, size, 0);
	play_message(data, size, 1);
	if (size > 1)
		play(data + 1, size - 1, data[0]);
	return 0;
}
