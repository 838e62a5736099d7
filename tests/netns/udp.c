/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* UDP echo with a name, and the client that counts answers by server. */
#include "net.h"

static const char usage[] =
	"usage: udp serve ADDR PORT VERSION\n"
	"       udp [-d] [-n SOCKETS] [-m MESSAGES] [-i INTERVAL_MS] [-l BYTES] [-p SOURCE_PORT]\n"
	"           [-r RATE] [-t MS] [-k TRIES] call ADDR PORT\n"
	"-d: routers may cut the packets of the client, and of a server (-d serve ...)\n"
	"-r: at most RATE sockets a second, of 100 or more.\n"
	"-k: a message without an answer in time is sent again, up to TRIES times.\n"
	"-i: milliseconds between two messages.\n"
	"Each socket sends its messages one by one and must hear each from the same server.\n"
	"Prints how many sockets each version served; with -k the longest wait for an answer, and how much\n"
	"later than it wanted it woke between two messages.\n"
	"Exit status: 0 all answered, 1 refused (ICMP), 2 timed out, 3 anything else.\n";

#define MAX_MESSAGE 16000

static struct {
	unsigned int sockets, messages, interval_ms, length, rate, timeout_ms, tries;
	uint16_t source_port;
	bool cut;
} opt = {.sockets = 1, .messages = 3, .length = 64, .timeout_ms = 3000};

static struct tally tally;
static uint64_t slowest_ms, latest_ms;

/* Without the flag DF, whatever the kernel knows of the path. */
static void allow_cutting(int fd)
{
	int dont = IP_PMTUDISC_DONT;

	if (opt.cut && setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &dont, sizeof(dont)))
		die("IP_MTU_DISCOVER");
}

static _Noreturn void serve(const char *addr, const char *port, const char *version)
{
	struct place place = endpoint(addr, port);
	int fd = socket(place.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	size_t prefix = strlen(version) + 1;
	char data[MAX_MESSAGE + 64];

	if (fd < 0 || prefix > 32 || bind(fd, &place.any, place.length))
		die("bind");
	allow_cutting(fd);
	memcpy(data, version, prefix - 1);
	data[prefix - 1] = ' ';
	for (;;) {
		struct place from = { .length = sizeof(from.v6) };
		ssize_t n = recvfrom(fd, data + prefix, MAX_MESSAGE, 0, &from.any, &from.length);

		if (n >= 0)
			sendto(fd, data, prefix + (size_t)n, 0, &from.any, from.length);
	}
}

/* The answer to `message`, sent again after a while. An earlier one's second answer is passed over. */
static ssize_t answer_to(int fd, const uint8_t *message, uint8_t *answer, size_t room)
{
	for (unsigned int tries = 0;; tries++) {
		ssize_t n;

		if (send(fd, message, opt.length, 0) < 0)
			return -1;
		do
			n = recv(fd, answer, room, 0);
		while (opt.tries && n > (ssize_t)opt.length &&
		       memcmp(answer + n - opt.length, message, opt.length));
		if (n >= 0 || errno != EAGAIN || tries == opt.tries)
			return n;
	}
}

/* One message there and back; `version` keeps the server's name, compared when already set. */
static int exchange(int fd, unsigned int round, char version[32])
{
	uint8_t message[MAX_MESSAGE], answer[MAX_MESSAGE + 64];
	uint64_t began = now_ms();
	uint8_t *space;
	ssize_t n;

	stream_fill(message, opt.length, round, 0);
	n = answer_to(fd, message, answer, sizeof(answer));
	if (n < 0)
		return call_failed(local_port(fd));
	slowest_ms = now_ms() - began > slowest_ms ? now_ms() - began : slowest_ms;
	space = memchr(answer, ' ', n < 32 ? (size_t)n : 32);
	if (!space || n - (space + 1 - answer) != (ssize_t)opt.length ||
	    memcmp(space + 1, message, opt.length)) {
		printf("answer differs\n");
		return 3;
	}
	*space = '\0';
	if (*version && strcmp(version, (char *)answer)) {
		printf("moved from %s to %s\n", version, (char *)answer);
		return 3;
	}
	snprintf(version, 32, "%.31s", (char *)answer);
	return 0;
}

static void between_messages(void)
{
	uint64_t due = now_ms() + opt.interval_ms, now;

	if (!opt.interval_ms)
		return;
	sleep_ms(opt.interval_ms);
	now = now_ms();
	if (now > due + latest_ms)
		latest_ms = now - due;
}

static int one_socket(const struct place *to)
{
	int fd = bound_socket(to->any.sa_family, SOCK_DGRAM, opt.source_port), rc = 0;
	char version[32] = "";

	set_timeout(fd, opt.timeout_ms);
	allow_cutting(fd);
	if (connect(fd, &to->any, to->length))
		die("connect");
	for (unsigned int i = 0; i < opt.messages && !rc; i++) {
		rc = exchange(fd, i, version);
		between_messages();
	}
	if (!rc)
		tally_add(&tally, version);
	close(fd);
	return rc;
}

/* A hundredth of the rate in ten milliseconds; time that was lost is not caught up. */
static void pace(unsigned int socket)
{
	static uint64_t began;
	uint64_t now = now_ms();

	if (!opt.rate || socket % (opt.rate / 100))
		return;
	if (now < began + 10)
		sleep_ms(began + 10 - now);
	began = now_ms();
}

static int call(const struct place *to)
{
	int rc = 0;

	for (unsigned int i = 0; i < opt.sockets; i++) {
		int one;

		pace(i);
		one = one_socket(to);
		rc = one > rc ? one : rc;
	}
	tally_print(&tally);
	if (opt.tries)
		printf("slowest %llu ms late %llu ms\n", (unsigned long long)slowest_ms,
		       (unsigned long long)latest_ms);
	return rc;
}

static void parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "dk:n:m:i:l:p:r:t:")) != -1) {
		if (c == 'd')
			opt.cut = true;
		else if (c == 'k')
			opt.tries = (unsigned int)number(optarg);
		else if (c == 'n')
			opt.sockets = (unsigned int)number(optarg);
		else if (c == 'm')
			opt.messages = (unsigned int)number(optarg);
		else if (c == 'i')
			opt.interval_ms = (unsigned int)number(optarg);
		else if (c == 'l')
			opt.length = (unsigned int)number(optarg);
		else if (c == 'p')
			opt.source_port = (uint16_t)number(optarg);
		else if (c == 'r')
			opt.rate = (unsigned int)number(optarg);
		else if (c == 't')
			opt.timeout_ms = (unsigned int)number(optarg);
		else
			usage_exit(usage);
	}
	if (opt.length > MAX_MESSAGE || (opt.rate && opt.rate < 100) || argc == optind)
		usage_exit(usage);
}

int main(int argc, char **argv)
{
	struct place to;

	parse(argc, argv);
	argv += optind;
	argc -= optind;
	if (argc == 4 && !strcmp(argv[0], "serve"))
		serve(argv[1], argv[2], argv[3]);
	if (argc != 3 || strcmp(argv[0], "call"))
		usage_exit(usage);
	to = endpoint(argv[1], argv[2]);
	return call(&to);
}
