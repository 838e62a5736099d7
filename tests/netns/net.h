/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by the traffic programs of the end-to-end tests: sockets, lines, a verifiable stream. */
#ifndef NETNS_NET_H
#define NETNS_NET_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 256
#define CHUNK_BYTES (256 * 1024)

static inline void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(3);
}

static inline void usage_exit(const char *text)
{
	fputs(text, stderr);
	exit(64);
}

static inline uint64_t number(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (!*text || *end) {
		fprintf(stderr, "not a number: %s\n", text);
		exit(64);
	}
	return value;
}

/* An address of either family, and a port. */
struct place {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t length;
};

static inline struct place any_place(sa_family_t family, uint16_t port)
{
	struct place place = { .length = family == AF_INET ? sizeof(place.v4) : sizeof(place.v6) };

	place.any.sa_family = family;
	*(family == AF_INET ? &place.v4.sin_port : &place.v6.sin6_port) = htons(port);
	return place;
}

static inline struct place endpoint(const char *addr, const char *port)
{
	sa_family_t family = strchr(addr, ':') ? AF_INET6 : AF_INET;
	struct place place = any_place(family, (uint16_t)number(port));

	if (inet_pton(family, addr,
		      family == AF_INET ? (void *)&place.v4.sin_addr :
					  (void *)&place.v6.sin6_addr) != 1) {
		fprintf(stderr, "not an address: %s\n", addr);
		exit(64);
	}
	return place;
}

/* "A.B.C.D:PORT" or "[ADDR]:PORT" */
static inline struct place endpoint_of(const char *text)
{
	char addr[64];
	char *colon;

	snprintf(addr, sizeof(addr), "%s", text + (*text == '['));
	colon = strrchr(addr, ':');
	if (!colon || colon == addr) {
		fprintf(stderr, "not an address and port: %s\n", text);
		exit(64);
	}
	*colon = '\0';
	if (colon[-1] == ']')
		colon[-1] = '\0';
	return endpoint(addr, colon + 1);
}

/* "A.B.C.D:PORT" or "[ADDR]:PORT" into `buf`; returns it. */
static inline const char *place_format(const struct place *place, char buf[64])
{
	bool v4 = place->any.sa_family == AF_INET;
	char addr[INET6_ADDRSTRLEN];

	inet_ntop(place->any.sa_family,
		  v4 ? (const void *)&place->v4.sin_addr : (const void *)&place->v6.sin6_addr, addr,
		  sizeof(addr));
	snprintf(buf, 64, v4 ? "%s:%u" : "[%s]:%u", addr,
		 ntohs(v4 ? place->v4.sin_port : place->v6.sin6_port));
	return buf;
}

/* How many times slower than usual the processor may be: one that is emulated. */
static inline uint64_t patience(void)
{
	const char *times = getenv("PATIENCE");

	return times ? number(times) : 1;
}

static inline void set_timeout(int fd, unsigned int ms)
{
	uint64_t us = 1000 * (uint64_t)ms * patience();
	struct timeval tv = {.tv_sec = (time_t)(us / 1000000), .tv_usec = (long)(us % 1000000)};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

/* A socket bound to `source_port` of any address; 0 leaves the port to the kernel. */
static inline int bound_socket(sa_family_t family, int type, uint16_t source_port)
{
	struct place place = any_place(family, source_port);
	int one = 1, fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	if (!source_port)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, &place.any, place.length))
		die("bind");
	return fd;
}

/* Connected socket, or -1 with errno; a connection that does not open in time is ETIMEDOUT. */
static inline int tcp_connect(const struct place *to, uint16_t source_port, unsigned int ms)
{
	int one = 1, err, fd = bound_socket(to->any.sa_family, SOCK_STREAM, source_port);

	set_timeout(fd, ms);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (!connect(fd, &to->any, to->length))
		return fd;
	err = errno == EINPROGRESS || errno == EAGAIN ? ETIMEDOUT : errno;
	close(fd);
	errno = err;
	return -1;
}

static inline uint16_t local_port(int fd)
{
	struct place place;

	place.length = sizeof(place.v6);
	if (getsockname(fd, &place.any, &place.length))
		return 0;
	return ntohs(place.any.sa_family == AF_INET ? place.v4.sin_port : place.v6.sin6_port);
}

static inline int write_all(int fd, const void *data, size_t length)
{
	const char *p = data;

	while (length) {
		ssize_t n = send(fd, p, length, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		p += n;
		length -= (size_t)n;
	}
	return 0;
}

/* The bytes up to a newline that are there, at most `room`: looked at first, since what follows is not ours. */
static inline ssize_t receive_to_newline(int fd, char *data, size_t room)
{
	ssize_t n = recv(fd, data, room, MSG_PEEK);
	const char *end = n > 0 ? memchr(data, '\n', (size_t)n) : NULL;

	return n > 0 ? recv(fd, data, end ? (size_t)(end + 1 - data) : (size_t)n, 0) : n;
}

/* One line without its end, "\n" or "\r\n"; its bytes, -1 on error or end of stream before the newline. */
static inline int read_line(int fd, char *line, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = receive_to_newline(fd, line + used, size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (!n)
			errno = ECONNRESET;
		if (n <= 0)
			return -1;
		used += (size_t)n;
		if (line[used - 1] != '\n')
			continue;
		used -= 1 + (used > 1 && line[used - 2] == '\r');
		line[used] = '\0';
		return (int)used;
	}
	errno = EMSGSIZE;
	return -1;
}

static inline uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static inline void sleep_ms(uint64_t ms)
{
	struct timespec ts = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

	if (ms)
		nanosleep(&ts, NULL);
}

/* Bytes 8*index to 8*index+7 of the stream `seed`: every byte depends on its place, so that a
 * segment that is lost, doubled, moved or torn shows. */
static inline uint64_t stream_word(uint64_t seed, uint64_t index)
{
	uint64_t word = (index + seed) * 0x9e3779b97f4a7c15ULL;

	return word ^ word >> 29;
}

/* Bytes from `offset` to the end of their 64-bit word, at most `length`; written to `ret_bytes`. */
static inline size_t stream_piece(uint64_t seed, uint64_t offset, size_t length,
				  uint8_t ret_bytes[8])
{
	uint64_t word = stream_word(seed, offset / 8) >> (offset % 8 * 8);
	size_t n = 8 - offset % 8;

	memcpy(ret_bytes, &word, 8);
	return n < length ? n : length;
}

static inline void stream_fill(uint8_t *data, size_t length, uint64_t seed, uint64_t offset)
{
	uint8_t piece[8];

	for (size_t i = 0, n; i < length; i += n) {
		n = stream_piece(seed, offset + i, length - i, piece);
		memcpy(data + i, piece, n);
	}
}

/* Index of the first word that differs, or `length`. */
static inline size_t stream_check(const uint8_t *data, size_t length, uint64_t seed,
				  uint64_t offset)
{
	uint8_t piece[8];

	for (size_t i = 0, n; i < length; i += n) {
		n = stream_piece(seed, offset + i, length - i, piece);
		if (memcmp(data + i, piece, n))
			return i;
	}
	return length;
}

/* Sends stream bytes; after each chunk `paced(arg, sent)`, where not NULL, may wait. */
static inline int stream_send(int fd, uint64_t seed, uint64_t bytes,
			      void (*paced)(void *arg, uint64_t done), void *arg)
{
	static _Thread_local uint8_t chunk[CHUNK_BYTES];

	for (uint64_t done = 0; done < bytes;) {
		size_t n = bytes - done < sizeof(chunk) ? (size_t)(bytes - done) : sizeof(chunk);

		stream_fill(chunk, n, seed, done);
		if (write_all(fd, chunk, n))
			return -1;
		done += n;
		if (paced)
			paced(arg, done);
	}
	return 0;
}

/* Receives and compares; bytes received right. Less than `bytes`: errno, 0 for a wrong byte. */
static inline uint64_t stream_receive(int fd, uint64_t seed, uint64_t bytes,
				      void (*paced)(void *arg, uint64_t done), void *arg)
{
	static _Thread_local uint8_t chunk[CHUNK_BYTES];

	for (uint64_t done = 0; done < bytes;) {
		size_t want = bytes - done < sizeof(chunk) ? (size_t)(bytes - done) : sizeof(chunk);
		ssize_t n = recv(fd, chunk, want, 0);
		size_t right;

		if (n < 0 && errno == EINTR)
			continue;
		if (!n)
			errno = ECONNRESET;
		if (n <= 0)
			return done;
		right = stream_check(chunk, (size_t)n, seed, done);
		if (right < (size_t)n) {
			errno = 0;
			return done + right;
		}
		done += (size_t)n;
		if (paced)
			paced(arg, done);
	}
	return bytes;
}

/* How often each version answered. */
#define MAX_VERSIONS 16

struct tally {
	char name[MAX_VERSIONS][32];
	unsigned int count[MAX_VERSIONS];
};

static inline void tally_add(struct tally *tally, const char *name)
{
	for (int i = 0; i < MAX_VERSIONS; i++) {
		if (!tally->count[i])
			snprintf(tally->name[i], sizeof(tally->name[i]), "%s", name);
		if (strcmp(tally->name[i], name))
			continue;
		tally->count[i]++;
		return;
	}
}

static inline void tally_print(const struct tally *tally)
{
	for (int i = 0; i < MAX_VERSIONS && tally->count[i]; i++)
		printf("%s %u\n", tally->name[i], tally->count[i]);
}

/* Prints why a call failed; returns the exit status for it. */
static inline int call_failed(uint16_t port)
{
	int err = errno == EAGAIN ? ETIMEDOUT : errno;

	printf("%u %s\n", port, strerror(err));
	return err == ECONNREFUSED ? 1 : err == ETIMEDOUT ? 2 : 3;
}

#endif
