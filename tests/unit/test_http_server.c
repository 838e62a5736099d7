/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The HTTP server's limits, over loopback addresses: where it listens, sources, floods. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "http.h"
#include "monotonic.h"

static struct event_base *base;
static struct http_server *server;
static uint16_t port;
static size_t answers;

static void answer(void *arg, const char *path, struct http_reply *reply)
{
	answers++;
	evbuffer_add_printf(reply->body, "%s\n", path);
}

/* A port that nothing listens on. */
static void open_server(enum http_scope scope)
{
	struct addr addr;
	int err = -EADDRINUSE;

	addr_parse("127.0.0.1", &addr);
	base = event_base_new();
	for (port = (uint16_t)(20000 + getpid() % 10000); err == -EADDRINUSE; port++)
		err = http_server_new(base, scope, &addr, port, answer, NULL, &server);
	port--;
	assert_int_equal(err, 0);
	answers = 0;
}

static void close_server(void)
{
	http_server_free(server);
	event_base_free(base);
}

static void turn(void)
{
	for (int i = 0; i < 10; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

/* A connection from 127.0.0.`host`; the server has not seen it yet. */
static int reach_from(uint32_t host)
{
	struct sockaddr_in from = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host) };
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void send_text(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* The same, accepted: with the first byte of a request, for which the server waits. */
static int connect_from(uint32_t host)
{
	int fd = reach_from(host);

	send_text(fd, "G");
	turn();
	return fd;
}

static bool is_open(int fd)
{
	char byte;

	turn();
	return recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static bool has_answer(int fd)
{
	char bytes[256];

	return recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0 &&
	       !memcmp(bytes, "HTTP/1.1 200", 12);
}

/* Sends what connect_from() left of a request. */
static bool is_answered(int fd)
{
	send_text(fd, "ET /x HTTP/1.0\r\n\r\n");
	turn();
	return has_answer(fd);
}

static void a_local_server_needs_a_loopback_address(void **state)
{
	struct addr addr;

	(void)state;
	base = event_base_new();
	addr_parse("0.0.0.0", &addr);
	assert_int_equal(http_server_new(base, HTTP_LOCAL, &addr, 1, answer, NULL, &server),
			 -EINVAL);
	event_base_free(base);
}

static void answers_a_request(void **state)
{
	int fd;

	(void)state;
	open_server(HTTP_REMOTE);
	fd = connect_from(1);
	assert_true(is_answered(fd));
	close(fd);
	close_server();
}

/* A source that opens more loses its own oldest; others keep theirs. */
static void a_source_has_its_share(void **state)
{
	int other, own[HTTP_SOURCE_MAX + 1];

	(void)state;
	open_server(HTTP_REMOTE);
	other = connect_from(2);
	for (int i = 0; i <= HTTP_SOURCE_MAX; i++)
		own[i] = connect_from(1);
	assert_false(is_open(own[0]));
	assert_true(is_open(own[1]));
	assert_true(is_answered(other));
	for (int i = 0; i <= HTTP_SOURCE_MAX; i++)
		close(own[i]);
	close(other);
	close_server();
}

/* On loopback all clients have one address: they share all places, and the oldest gives way. */
static void the_oldest_gives_way(void **state)
{
	int fds[HTTP_CONNECTIONS_MAX + 1];

	(void)state;
	open_server(HTTP_LOCAL);
	for (int i = 0; i <= HTTP_CONNECTIONS_MAX; i++)
		fds[i] = connect_from(1);
	assert_false(is_open(fds[0]));
	assert_true(is_open(fds[1]));
	assert_true(is_answered(fds[HTTP_CONNECTIONS_MAX]));
	for (int i = 0; i <= HTTP_CONNECTIONS_MAX; i++)
		close(fds[i]);
	close_server();
}

/* In a burst, whoever has sent its request is answered, however many come behind it. */
static void a_burst_is_answered(void **state)
{
	int fds[10 * HTTP_CONNECTIONS_MAX];
	size_t count = sizeof(fds) / sizeof(*fds);

	(void)state;
	open_server(HTTP_LOCAL);
	for (size_t i = 0; i < count; i++) {
		fds[i] = reach_from(1);
		send_text(fds[i], "GET /x HTTP/1.0\r\n\r\n");
	}
	for (size_t i = 0; i < count; i++)
		turn();
	for (size_t i = 0; i < count; i++) {
		assert_true(has_answer(fds[i]));
		close(fds[i]);
	}
	close_server();
}

/* Idle connections, which send nothing, take no place of one that does. */
static void idle_ones_wait(void **state)
{
	int fds[10 * HTTP_CONNECTIONS_MAX], probe;
	size_t count = sizeof(fds) / sizeof(*fds);

	(void)state;
	open_server(HTTP_LOCAL);
	probe = connect_from(1);
	for (size_t i = 0; i < count; i++)
		fds[i] = reach_from(1);
	turn();
	assert_true(is_answered(probe));
	close(probe);
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
	close_server();
}

/* What comes beyond the rate waits in the backlog for the next second, and is answered then. */
static void a_flood_waits(void **state)
{
	int64_t started = clock_monotonic_ms();
	int fd = -1, accepted = 0;

	(void)state;
	open_server(HTTP_REMOTE);
	while (accepted <= 3 * HTTP_ACCEPTS_MAX) {
		fd = connect_from(1);
		accepted++;
		if (!is_answered(fd))
			break;
		close(fd);
	}
	assert_true(accepted > HTTP_ACCEPTS_MAX || clock_monotonic_ms() - started > 1000);
	assert_true(accepted <= HTTP_ACCEPTS_MAX * (2 + (clock_monotonic_ms() - started) / 1000));
	while (answers < (size_t)accepted)
		event_base_loop(base, EVLOOP_ONCE);
	close(fd);
	close_server();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_local_server_needs_a_loopback_address),
		cmocka_unit_test(answers_a_request),
		cmocka_unit_test(a_source_has_its_share),
		cmocka_unit_test(the_oldest_gives_way),
		cmocka_unit_test(a_burst_is_answered),
		cmocka_unit_test(idle_ones_wait),
		cmocka_unit_test(a_flood_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
