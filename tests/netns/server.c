/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The helloworld pod: answers HTTP, echoes lines, and takes and gives streams, all on one port. */
#include <pthread.h>

#include "net.h"

static const char usage[] =
	"usage: server ADDR PORT VERSION INSTANCE\n"
	"The first line of a connection says what happens on it:\n"
	"  GET ...             HTTP answer `Hello version: VERSION, instance: INSTANCE'\n"
	"  ECHO                each further line comes back behind VERSION and the peer seen here\n"
	"  SINK SEED BYTES     takes a stream, answers `OK BYTES' or `BAD OFFSET'\n"
	"  SOURCE SEED BYTES   gives a stream\n";

static const char *version, *instance;

static void serve_http(int fd)
{
	char line[LINE_MAX_BYTES], body[LINE_MAX_BYTES], answer[2 * LINE_MAX_BYTES];
	int n, length;

	do
		n = read_line(fd, line, sizeof(line));
	while (n > 0);
	if (n < 0)
		return;
	length = snprintf(body, sizeof(body), "Hello version: %s, instance: %s\n", version,
			  instance);
	n = snprintf(answer, sizeof(answer),
		     "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s",
		     length, body);
	write_all(fd, answer, (size_t)n);
}

static void serve_echo(int fd)
{
	char line[LINE_MAX_BYTES], answer[2 * LINE_MAX_BYTES], from[64];
	struct place peer = { .length = sizeof(peer.v6) };

	getpeername(fd, &peer.any, &peer.length);
	place_format(&peer, from);
	while (read_line(fd, line, sizeof(line)) >= 0) {
		int n = snprintf(answer, sizeof(answer), "%s %s %s\n", version, from, line);

		if (write_all(fd, answer, (size_t)n))
			return;
	}
}

static void serve_sink(int fd, uint64_t seed, uint64_t bytes)
{
	char answer[64];
	uint64_t right = stream_receive(fd, seed, bytes, NULL, NULL);
	int n = snprintf(answer, sizeof(answer), "%s %llu\n", right == bytes ? "OK" : "BAD",
			 (unsigned long long)right);

	write_all(fd, answer, (size_t)n);
}

static void serve(int fd)
{
	char line[LINE_MAX_BYTES];
	unsigned long long seed, bytes;

	if (read_line(fd, line, sizeof(line)) < 0)
		return;
	if (!strncmp(line, "GET ", 4))
		serve_http(fd);
	else if (!strcmp(line, "ECHO"))
		serve_echo(fd);
	else if (sscanf(line, "SINK %llu %llu", &seed, &bytes) == 2)
		serve_sink(fd, seed, bytes);
	else if (sscanf(line, "SOURCE %llu %llu", &seed, &bytes) == 2)
		stream_send(fd, seed, bytes, NULL, NULL);
}

static void *connection(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char rest[64];

	serve(fd);
	shutdown(fd, SHUT_WR);
	set_timeout(fd, 10000);
	while (recv(fd, rest, sizeof(rest), 0) > 0)
		;
	close(fd);
	return NULL;
}

static int listening_socket(const char *addr, const char *port)
{
	struct place place = endpoint(addr, port);
	int one = 1, fd = socket(place.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, &place.any, place.length) || listen(fd, 1024))
		die("listen");
	return fd;
}

int main(int argc, char **argv)
{
	pthread_attr_t attr;
	int fd, one = 1;

	if (argc != 5)
		usage_exit(usage);
	version = argv[3];
	instance = argv[4];
	fd = listening_socket(argv[1], argv[2]);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 2 * CHUNK_BYTES + 128 * 1024);
	for (;;) {
		int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		pthread_t thread;

		if (client < 0)
			continue;
		setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (pthread_create(&thread, &attr, connection, (void *)(intptr_t)client))
			close(client);
	}
}
