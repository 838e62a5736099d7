/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Load generator and its server: bulk, connections, round trips, and when a new state shows. */
#include <pthread.h>
#include <stdbool.h>
#include <sys/epoll.h>

#include "net.h"

static const char usage[] =
	"usage: load serve ADDR PORT NAME        TCP and UDP; answers UDP with NAME\n"
	"       load bulk ADDR PORT MS STREAMS   prints BITS_PER_SECOND\n"
	"       load crr ADDR PORT MS            connect, request, answer, close: prints PER_SECOND\n"
	"       load rr ADDR PORT MS             round trips: prints P50 P99 PER_SECOND, in ns\n"
	"       load watch ADDR PORT NAME MS     prints CLOCK_MONOTONIC ns when a datagram of a new\n"
	"                                        flow that NAME answers was sent\n"
	"SOURCE in the environment: address to send from. A request is one byte. The first byte of a\n"
	"connection says what it is for: b bulk, c one request, r requests.\n";

#define BUFFER (256 * 1024)

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

/* ------------------------------------------------------------------ server */

static char name[32];
static char buffer[BUFFER];
static uint8_t kind_of[65536]; /* by descriptor: first byte of the connection */

static int listening(const struct sockaddr_in *at, int type)
{
	int one = 1, fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)at, sizeof(*at)) ||
	    (type == SOCK_STREAM && listen(fd, 4096)))
		die("listen");
	return fd;
}

static void watch_fd(int poll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event))
		die("epoll_ctl");
}

static void accept_one(int poll, int fd)
{
	int one = 1, client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (client < 0)
		return;
	if (client >= (int)sizeof(kind_of)) {
		close(client);
		return;
	}
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	kind_of[client] = 0;
	watch_fd(poll, client);
}

static void answer_datagram(int fd)
{
	struct sockaddr_in from;
	socklen_t length = sizeof(from);

	if (recvfrom(fd, buffer, 64, 0, (struct sockaddr *)&from, &length) >= 0)
		sendto(fd, name, strlen(name), 0, (struct sockaddr *)&from, length);
}

static void serve_connection(int fd)
{
	ssize_t n = recv(fd, buffer, BUFFER, 0);

	if (n <= 0) {
		close(fd);
		return;
	}
	if (!kind_of[fd])
		kind_of[fd] = (uint8_t)buffer[0];
	if (kind_of[fd] == 'b')
		return;
	if (send(fd, buffer, 1, MSG_NOSIGNAL) != 1 || kind_of[fd] == 'c')
		close(fd); /* so that TIME-WAIT is ours */
}

static void serve(const struct sockaddr_in *at) __attribute__((noreturn));

static void serve(const struct sockaddr_in *at)
{
	struct epoll_event events[256];
	int tcp = listening(at, SOCK_STREAM), udp = listening(at, SOCK_DGRAM);
	int poll = epoll_create1(EPOLL_CLOEXEC);

	watch_fd(poll, tcp);
	watch_fd(poll, udp);
	for (;;) {
		int n = epoll_wait(poll, events, 256, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == tcp)
				accept_one(poll, tcp);
			else if (events[i].data.fd == udp)
				answer_datagram(udp);
			else
				serve_connection(events[i].data.fd);
		}
	}
}

/* ------------------------------------------------------------------ clients */

static void bind_source(int fd)
{
	const char *source = getenv("SOURCE");
	struct sockaddr_in sin;
	int one = 1;

	if (!source)
		return;
	sin = endpoint(source, "0").v4;
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)))
		die("bind");
}

static int open_connection(const struct sockaddr_in *to)
{
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	bind_source(fd);
	set_timeout(fd, 5000);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		die("connect");
	return fd;
}

static struct sockaddr_in target;
static uint64_t deadline;

static void *send_bulk(void *arg)
{
	uint64_t *bytes = arg;
	int fd = open_connection(&target);

	if (write_all(fd, "b", 1))
		die("send");
	while (now_ns() < deadline) {
		ssize_t n = send(fd, buffer, BUFFER, MSG_NOSIGNAL);

		if (n < 0)
			die("send");
		*bytes += (uint64_t)n;
	}
	close(fd);
	return NULL;
}

static int bulk(uint64_t ms, unsigned int streams)
{
	static uint64_t bytes[64];
	pthread_t threads[64];
	uint64_t begin = now_ns(), sum = 0;

	if (streams > 64)
		return 64;
	deadline = begin + ms * 1000000;
	for (unsigned int i = 0; i < streams; i++)
		if (pthread_create(&threads[i], NULL, send_bulk, &bytes[i]))
			die("pthread_create");
	for (unsigned int i = 0; i < streams; i++) {
		pthread_join(threads[i], NULL);
		sum += bytes[i];
	}
	printf("%.0f\n", (double)sum * 8e9 / (double)(now_ns() - begin));
	return 0;
}

static int crr(uint64_t ms)
{
	uint64_t begin = now_ns(), count = 0;
	char byte;

	deadline = begin + ms * 1000000;
	while (now_ns() < deadline) {
		int fd = open_connection(&target);

		if (write_all(fd, "c", 1) || recv(fd, &byte, 1, 0) != 1 ||
		    recv(fd, &byte, 1, 0) != 0)
			die("request");
		close(fd);
		count++;
	}
	printf("%.1f\n", (double)count * 1e9 / (double)(now_ns() - begin));
	return 0;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

#define SAMPLES (1u << 20)

static int rr(uint64_t ms)
{
	static uint32_t took[SAMPLES];
	uint64_t begin = now_ns();
	uint32_t count = 0;
	int fd = open_connection(&target);
	char byte = 'r';

	deadline = begin + ms * 1000000;
	while (count < SAMPLES) {
		uint64_t at = now_ns();

		if (at >= deadline)
			break;
		if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || recv(fd, &byte, 1, 0) != 1)
			die("request");
		took[count++] = (uint32_t)(now_ns() - at);
	}
	if (!count)
		return 1;
	qsort(took, count, sizeof(*took), by_value);
	printf("%u %u %.1f\n", took[count / 2], took[(uint64_t)count * 99 / 100],
	       count * 1e9 / (double)(now_ns() - begin));
	return 0;
}

#define PROBES 64           /* asked and not answered yet */
#define PROBE_SPACING 200000 /* ns from one to the next, which is how exact the answer is */

/* A datagram of a new flow: its answer shows which state of the maps it met. */
struct probe {
	uint64_t sent;
	int fd;
};

static void send_probe(struct probe *probe)
{
	probe->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bind_source(probe->fd);
	if (connect(probe->fd, (struct sockaddr *)&target, sizeof(target)))
		die("connect");
	probe->sent = now_ns();
	send(probe->fd, "?", 1, 0); /* refused while no backend can be picked */
}

static void forget_probe(struct probe *probe)
{
	if (probe->fd >= 0)
		close(probe->fd);
	probe->fd = -1;
}

static bool answered_by(struct probe *probe, const char *wanted)
{
	char answer[32];
	ssize_t n = probe->fd < 0 ? -1 : recv(probe->fd, answer, sizeof(answer), 0);

	if (n == (ssize_t)strlen(wanted) && !memcmp(answer, wanted, (size_t)n))
		return true;
	if (n > 0)
		forget_probe(probe);
	return false;
}

static int watch(const char *wanted, uint64_t ms)
{
	const struct timespec pause = {.tv_nsec = 50000};
	struct probe probes[PROBES];
	uint64_t next = now_ns();
	unsigned int turn = 0;

	for (unsigned int i = 0; i < PROBES; i++)
		probes[i].fd = -1;
	for (deadline = next + ms * 1000000; now_ns() < deadline; nanosleep(&pause, NULL)) {
		for (unsigned int i = 0; i < PROBES; i++)
			if (answered_by(&probes[(turn + i) % PROBES], wanted))
				return printf("%llu\n", (unsigned long long)
					      probes[(turn + i) % PROBES].sent) < 0;
		if (now_ns() < next)
			continue;
		forget_probe(&probes[turn % PROBES]);
		send_probe(&probes[turn++ % PROBES]);
		next = now_ns() + PROBE_SPACING;
	}
	fprintf(stderr, "no answer from %s\n", wanted);
	return 1;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	if (argc < 5)
		usage_exit(usage);
	target = endpoint(argv[2], argv[3]).v4;
	if (!strcmp(mode, "serve")) {
		snprintf(name, sizeof(name), "%s", argv[4]);
		serve(&target);
	}
	if (!strcmp(mode, "bulk") && argc == 6)
		return bulk(number(argv[4]), (unsigned int)number(argv[5]));
	if (!strcmp(mode, "crr"))
		return crr(number(argv[4]));
	if (!strcmp(mode, "rr"))
		return rr(number(argv[4]));
	if (!strcmp(mode, "watch") && argc == 6)
		return watch(argv[4], number(argv[5]));
	usage_exit(usage);
	return 64;
}
