/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sends one UDP datagram again and again, and counts what comes back. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 64
#define SIZE_MAX_BYTES 256

static const char usage[] =
	"usage: forge ADDR PORT COUNT HEX [AT]\n"
	"Sends the bytes HEX, with the 16 bits at byte AT counting up. Prints `sent N answers N'.\n";

static size_t read_hex(const char *hex, uint8_t *bytes)
{
	size_t size = 0;
	unsigned int byte;

	for (; size < SIZE_MAX_BYTES && sscanf(hex + 2 * size, "%2x", &byte) == 1; size++)
		bytes[size] = (uint8_t)byte;
	return size;
}

static int open_to(const char *addr, const char *port)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM,
					.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *to;
	int fd;

	if (getaddrinfo(addr, port, &hints, &to))
		return -1;
	fd = socket(to->ai_family, SOCK_DGRAM, 0);
	if (fd >= 0 && connect(fd, to->ai_addr, to->ai_addrlen)) {
		close(fd);
		fd = -1;
	}
	freeaddrinfo(to);
	return fd;
}

static void count_up(uint8_t *bytes, long at, unsigned long number)
{
	if (at < 0)
		return;
	bytes[at] = (uint8_t)(number >> 8);
	bytes[at + 1] = (uint8_t)number;
}

static unsigned long send_all(int fd, const uint8_t *bytes, size_t size, long at,
			      unsigned long count)
{
	static uint8_t copies[BATCH][SIZE_MAX_BYTES];
	struct mmsghdr messages[BATCH] = { 0 };
	struct iovec vectors[BATCH];
	unsigned long sent = 0;

	for (int i = 0; i < BATCH; i++) {
		memcpy(copies[i], bytes, size);
		vectors[i] = (struct iovec){ copies[i], size };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &vectors[i], .msg_iovlen = 1 };
	}
	while (sent < count) {
		unsigned int batch = count - sent < BATCH ? (unsigned int)(count - sent) : BATCH;
		int done;

		for (unsigned int i = 0; i < batch; i++)
			count_up(copies[i], at, sent + i);
		done = sendmmsg(fd, messages, batch, 0);
		sent += done > 0 ? (unsigned long)done : 0; /* an ICMP error fails one call */
	}
	return sent;
}

int main(int argc, char **argv)
{
	uint8_t bytes[SIZE_MAX_BYTES], answer[SIZE_MAX_BYTES];
	unsigned long sent, answers = 0;
	size_t size;
	int fd;

	if (argc < 5) {
		fputs(usage, stderr);
		return 3;
	}
	size = read_hex(argv[4], bytes);
	fd = open_to(argv[1], argv[2]);
	if (fd < 0) {
		perror("forge");
		return 3;
	}
	sent = send_all(fd, bytes, size, argc > 5 ? atol(argv[5]) : -1, strtoul(argv[3], NULL, 10));
	usleep(200000);
	while (recv(fd, answer, sizeof(answer), MSG_DONTWAIT) > 0)
		answers++;
	printf("sent %lu answers %lu\n", sent, answers);
	return 0;
}
