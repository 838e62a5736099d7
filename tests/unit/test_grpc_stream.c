/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A gRPC stream against servers that violate the protocol or stop at any byte. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "grpc_stream.h"

#define MESSAGE_MAX 1000
#define HEADERS 1
#define DATA 0
#define END_STREAM 1
#define END_HEADERS 4

/* ------------------------------------------------------------------ frames */

struct bytes {
	uint8_t at[65536];
	size_t count;
};

static void put(struct bytes *out, const void *bytes, size_t length)
{
	assert_true(out->count + length <= sizeof(out->at));
	memcpy(out->at + out->count, bytes, length);
	out->count += length;
}

static void put_frame(struct bytes *out, int type, int flags, uint32_t stream, const void *payload,
		      size_t length)
{
	const uint8_t head[9] = { (uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length,
				  (uint8_t)type, (uint8_t)flags, (uint8_t)(stream >> 24),
				  (uint8_t)(stream >> 16), (uint8_t)(stream >> 8), (uint8_t)stream };

	put(out, head, sizeof(head));
	put(out, payload, length);
}

/* Literals without indexing (RFC 7541 section 6.2.2): name, value, ..., NULL. */
static void put_headers(struct bytes *out, int flags, ...)
{
	uint8_t block[512];
	size_t count = 0;
	const char *text;
	bool name = true;
	va_list args;

	va_start(args, flags);
	while ((text = va_arg(args, const char *))) {
		if (name)
			block[count++] = 0;
		name = !name;
		block[count++] = (uint8_t)strlen(text);
		memcpy(block + count, text, strlen(text));
		count += strlen(text);
	}
	va_end(args);
	put_frame(out, HEADERS, END_HEADERS | flags, 1, block, count);
}

static void put_begin(struct bytes *out)
{
	put_frame(out, 4, 0, 0, "", 0); /* SETTINGS */
	put_headers(out, 0, ":status", "200", "content-type", "application/grpc", NULL);
}

static void put_end(struct bytes *out, const char *status)
{
	put_headers(out, END_STREAM, "grpc-status", status, NULL);
}

static void put_goaway(struct bytes *out, uint32_t last, const char *why)
{
	uint8_t payload[64] = { (uint8_t)(last >> 24), (uint8_t)(last >> 16), (uint8_t)(last >> 8),
				(uint8_t)last };

	memcpy(payload + 8, why, strlen(why));
	put_frame(out, 7, 0, 0, payload, 8 + strlen(why));
}

/* ------------------------------------------------------------------ a server and a client */

struct result {
	struct event_base *base;
	size_t opened, closed, messages, bytes;
	char reason[512];
};

enum then { CLOSE, RESET, STAY };

/* Reads the client's preface, sends `say`, then closes, resets or keeps the connection silent. */
static void serve(int listener, const struct bytes *say, enum then then)
{
	const struct linger now = { 1, 0 };
	uint8_t preface[24];
	int fd = accept(listener, NULL, NULL);
	size_t sent = 0;

	if (fd < 0 || recv(fd, preface, sizeof(preface), MSG_WAITALL) <= 0)
		_exit(1);
	while (sent < say->count) {
		ssize_t count = send(fd, say->at + sent, say->count - sent, MSG_NOSIGNAL);

		if (count <= 0)
			break;
		sent += (size_t)count;
	}
	if (then == RESET)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	else if (then == CLOSE)
		shutdown(fd, SHUT_WR);
	while (then != RESET && recv(fd, preface, sizeof(preface), 0) > 0)
		continue;
	_exit(0);
}

static void on_open(void *arg)
{
	struct result *result = arg;

	result->opened++;
}

static int on_message(void *arg, const uint8_t *message, size_t length)
{
	struct result *result = arg;

	(void)message;
	result->messages++;
	result->bytes += length;
	return 0;
}

static void on_closed(void *arg, const char *reason)
{
	struct result *result = arg;

	result->closed++;
	snprintf(result->reason, sizeof(result->reason), "%s", reason);
	event_base_loopbreak(result->base);
}

static int listen_somewhere(uint16_t *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &length), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

static void talk(const struct host_port *addresses, size_t count, unsigned int keepalive_ms,
		 struct result *result)
{
	const struct grpc_options options = {
		.path = "/a.B/C", .addresses = addresses, .address_count = count, .user_agent = "test",
		.connect_ms = 2000, .keepalive_ms = keepalive_ms, .max_message = MESSAGE_MAX,
	};
	const struct grpc_handler handler = { result, on_open, on_message, on_closed };
	const struct timeval limit = { 20, 0 };
	struct grpc_stream *stream;

	assert_int_equal(grpc_stream_new(result->base, &options, &handler, &stream), 0);
	grpc_stream_connect(stream);
	event_base_loopexit(result->base, &limit);
	event_base_dispatch(result->base);
	grpc_stream_free(stream);
}

/* Connects to two addresses: `first`, then `name` with the server's port. */
static struct result meet_at(const char *name, const char *first, const struct bytes *say,
			     enum then then)
{
	struct result result = { .base = event_base_new() };
	struct host_port addresses[2] = { { first, 1 } };
	uint16_t port;
	int listener = listen_somewhere(&port), status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child)
		serve(listener, say, then);
	close(listener);
	addresses[first ? 1 : 0] = (struct host_port){ name, port };
	talk(addresses, first ? 2 : 1, then == STAY ? 1000 : 30000, &result);
	assert_int_equal(waitpid(child, &status, 0), child);
	event_base_free(result.base);
	assert_int_equal(result.closed, 1);
	return result;
}

static struct result meet(const struct bytes *say, enum then then)
{
	return meet_at("127.0.0.1", NULL, say, then);
}

static void expect(const struct bytes *say, size_t messages, const char *reason)
{
	struct result result = meet(say, CLOSE);

	if (!strstr(result.reason, reason))
		fail_msg("expected '%s', got '%s'", reason, result.reason);
	assert_int_equal(result.messages, messages);
}

/* ------------------------------------------------------------------ tests */

static const char two[] = "\0\0\0\0\3abc\0\0\0\0\0"; /* two messages, the second empty */
#define TWO (sizeof(two) - 1)

static void tells_status(void **state)
{
	struct bytes say = {};

	(void)state;
	put_frame(&say, 4, 0, 0, "", 0);
	put_headers(&say, END_STREAM, ":status", "200", "content-type", "application/grpc",
		    "grpc-status", "7", "grpc-message", "no%20entry: 100%", NULL);
	expect(&say, 0, "PERMISSION_DENIED (7): no entry: 100%");
	say.count = 0;
	put_begin(&say);
	put_frame(&say, DATA, 0, 1, two, TWO);
	put_end(&say, "0");
	expect(&say, 2, "the server ended the stream");
	say.count = 0;
	put_begin(&say);
	put_frame(&say, DATA, END_STREAM, 1, two, TWO);
	expect(&say, 2, "without a gRPC status");
}

static void joins_messages(void **state)
{
	struct bytes say = {};

	(void)state;
	put_begin(&say);
	for (size_t i = 0; i < TWO; i++)
		put_frame(&say, DATA, 0, 1, two + i, 1);
	put_end(&say, "14");
	expect(&say, 2, "UNAVAILABLE (14)");
}

static void refuses_messages(void **state)
{
	struct bytes say = {};

	(void)state;
	put_begin(&say);
	put_frame(&say, DATA, 0, 1, "\1\0\0\0\1a", 6);
	expect(&say, 0, "compressed");
	say.count = 0;
	put_begin(&say);
	put_frame(&say, DATA, 0, 1, "\0\xff\xff\xff\xff", 5);
	expect(&say, 0, "longer than maxMessageBytes, 1000");
}

static void refuses_what_is_no_grpc(void **state)
{
	static const char page[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	struct bytes say = {};

	(void)state;
	put(&say, page, sizeof(page) - 1);
	expect(&say, 0, "no HTTP/2");
	say.count = 0;
	put_frame(&say, 4, 0, 0, "", 0);
	put_headers(&say, 0, ":status", "503", "content-type", "text/html", NULL);
	put_frame(&say, DATA, END_STREAM, 1, "<html>", 6);
	expect(&say, 0, "HTTP status 503");
	say.count = 0;
	put_frame(&say, 4, 0, 0, "", 0);
	put_headers(&say, 0, ":status", "200", "content-type", "text/html", NULL);
	expect(&say, 0, "content-type is 'text/html'");
}

static void outlives_goaway(void **state)
{
	struct bytes say = {};

	(void)state;
	put_begin(&say);
	put_goaway(&say, 0x7fffffff, "soon");
	put_frame(&say, DATA, 0, 1, two, TWO);
	put_goaway(&say, 1, "max_age");
	expect(&say, 2, "after GOAWAY (NO_ERROR: max_age)");
	say.count = 0;
	put_begin(&say);
	for (int i = 0; i < 1000; i++)
		put_goaway(&say, 1, "storm");
	expect(&say, 0, "after GOAWAY (NO_ERROR: storm)");
	say.count = 0;
	put_begin(&say);
	put_goaway(&say, 0, "not you");
	expect(&say, 0, "GOAWAY (NO_ERROR: not you)");
}

/* The first address fails (a closed port, an unknown host); the second one has a server. */
static void tries_in_turn(void **state)
{
	static const char *const firsts[] = { "127.0.0.1", "no-such-host.invalid" };
	struct bytes say = {};

	(void)state;
	put_begin(&say);
	put_frame(&say, DATA, 0, 1, two, TWO);
	put_end(&say, "0");
	for (size_t i = 0; i < 2; i++) {
		struct result result = meet_at("localhost", firsts[i], &say, CLOSE);

		assert_int_equal(result.opened, 1);
		assert_int_equal(result.messages, 2);
		assert_non_null(strstr(result.reason, "localhost:"));
	}
}

static void tells_resets(void **state)
{
	struct bytes say = {};

	(void)state;
	put_begin(&say);
	put_frame(&say, DATA, 0, 1, two, TWO);
	put_frame(&say, 3, 0, 1, "\0\0\0\x08", 4);
	expect(&say, 2, "reset the stream (CANCEL)");
}

/* A server that stopped, or a network that takes packets away, closes nothing. */
static void tells_silence(void **state)
{
	struct bytes say = {};
	struct result result;

	(void)state;
	put_begin(&say);
	put_frame(&say, DATA, 0, 1, two, TWO);
	result = meet(&say, STAY);
	assert_int_equal(result.messages, 2);
	assert_non_null(strstr(result.reason, "and no answer to a ping"));
}

/* Cut at any byte, the stream ends once, with a reason, and hands over no invented message. */
static void ends_anywhere(void **state)
{
	struct bytes say = {}, part;

	(void)state;
	put_begin(&say);
	put_frame(&say, DATA, 0, 1, two, 7);
	put_frame(&say, DATA, 0, 1, two + 7, TWO - 7);
	put_goaway(&say, 1, "bye");
	put_end(&say, "13");
	for (size_t i = 0; i < say.count; i++) {
		for (enum then then = CLOSE; then <= RESET; then++) {
			struct result result;

			part = say;
			part.count = i;
			result = meet(&part, then);
			assert_true(result.messages <= 2 && result.bytes <= 3);
			assert_string_not_equal(result.reason, "");
		}
	}
	expect(&say, 2, "INTERNAL (13)");
}

static void takes_any_bytes(void **state)
{
	struct bytes say = {};

	(void)state;
	srand(1);
	for (int round = 0; round < 100; round++) {
		say.count = 0;
		put_begin(&say);
		for (int i = 0; i < 40; i++) {
			uint8_t payload[64];

			for (size_t b = 0; b < sizeof(payload); b++)
				payload[b] = (uint8_t)rand();
			put_frame(&say, rand() % 11, rand() & 0xff, (uint32_t)rand() % 4, payload,
				  (size_t)rand() % sizeof(payload));
		}
		assert_string_not_equal(meet(&say, round & 1 ? RESET : CLOSE).reason, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_status),
		cmocka_unit_test(joins_messages),
		cmocka_unit_test(refuses_messages),
		cmocka_unit_test(refuses_what_is_no_grpc),
		cmocka_unit_test(outlives_goaway),
		cmocka_unit_test(tries_in_turn),
		cmocka_unit_test(tells_resets),
		cmocka_unit_test(tells_silence),
		cmocka_unit_test(ends_anywhere),
		cmocka_unit_test(takes_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
