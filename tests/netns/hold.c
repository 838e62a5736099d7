/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Holds connections open and proves again and again that each still reaches the same pod. */
#include <sys/stat.h>

#include "net.h"

static const char usage[] =
	"usage: hold [-n COUNT] [-p SOURCE_PORT] [-t TIMEOUT_MS] [-r ROUNDS | -u FILE] [-w FILE]\n"
	"            [-i INTERVAL_MS] [-o] ADDR:PORT|[ADDR]:PORT...\n"
	"Opens COUNT connections to each destination (with -p all from that one port), says `open',\n"
	"then sends a line over each and expects it back, ROUNDS times or until FILE exists, with a\n"
	"pause of INTERVAL_MS (5, or 100 until FILE exists) between rounds.\n"
	"-w: says `resting' and waits between two rounds while that FILE exists.\n"
	"-o: opens, uses and closes one more in each round, and says `round N'.\n"
	"Prints `DESTINATION VERSION PEER' per connection with -p, a summary at the end.\n";

struct held {
	int fd;
	const char *to;
	char version[32];
	char peer[64];
};

static struct {
	unsigned int count, interval_ms, timeout_ms, rounds;
	uint16_t source_port;
	const char *until, *rest;
	bool one_more;
} opt = {.count = 1, .timeout_ms = 20000, .rounds = 3};

static struct held *held;
static size_t held_count;
static uint64_t slowest_ms; /* of all rounds */

static int open_one(const char *to, struct held *h)
{
	struct place place = endpoint_of(to);

	h->to = to;
	h->fd = tcp_connect(&place, opt.source_port, opt.timeout_ms);
	if (h->fd >= 0 && !write_all(h->fd, "ECHO\n", 5))
		return 0;
	printf("%s: %s\n", to, strerror(errno));
	return -1;
}

static int line_of(char token[48], size_t index, unsigned int round)
{
	return snprintf(token, 48, "%zu-%u\n", index, round);
}

static int lost_line(const struct held *h, unsigned int round)
{
	printf("%s from port %u, round %u: %s\n", h->to, local_port(h->fd), round, strerror(errno));
	return -1;
}

static int send_line(struct held *h, size_t index, unsigned int round)
{
	char token[48];
	int n = line_of(token, index, round);

	return write_all(h->fd, token, (size_t)n) ? lost_line(h, round) : 0;
}

/* The line comes back; the pod and the address it sees must be those of the first round. */
static int expect_line(struct held *h, size_t index, unsigned int round)
{
	char token[48], answer[2 * LINE_MAX_BYTES], version[32], peer[64], back[48];
	int n = line_of(token, index, round);

	if (read_line(h->fd, answer, sizeof(answer)) < 0)
		return lost_line(h, round);
	token[n - 1] = '\0';
	if (sscanf(answer, "%31s %63s %47s", version, peer, back) != 3 || strcmp(back, token) ||
	    (round && (strcmp(version, h->version) || strcmp(peer, h->peer)))) {
		printf("%s round %u: sent `%s', was %s %s, answer `%s'\n", h->to, round, token,
		       h->version, h->peer, answer);
		return -1;
	}
	memcpy(h->version, version, sizeof(version));
	memcpy(h->peer, peer, sizeof(peer));
	return 0;
}

static unsigned int each(int (*step)(struct held *h, size_t index, unsigned int round),
			 unsigned int round)
{
	unsigned int lost = 0;

	for (size_t i = 0; i < held_count; i++) {
		if (held[i].fd < 0 || !step(&held[i], i, round))
			continue;
		close(held[i].fd);
		held[i].fd = -1;
		lost++;
	}
	return lost;
}

/* All lines are under way at once. */
static unsigned int exchange_all(unsigned int round)
{
	uint64_t began = now_ms();
	unsigned int lost = each(send_line, round) + each(expect_line, round);

	if (now_ms() - began > slowest_ms)
		slowest_ms = now_ms() - began;
	return lost;
}

/* A connection that lasts a round. */
static unsigned int one_more(const char *to, unsigned int round)
{
	struct held h = { .fd = -1 };
	unsigned int lost;

	if (!opt.one_more)
		return 0;
	lost = open_one(to, &h) || send_line(&h, 0, 0) || expect_line(&h, 0, 0);
	if (h.fd >= 0)
		close(h.fd);
	printf("round %u\n", round);
	return lost;
}

static bool more_rounds(unsigned int round)
{
	struct stat st;

	if (!opt.until)
		return round < opt.rounds;
	return stat(opt.until, &st) != 0;
}

/* Nothing is under way meanwhile. An emulated processor is left to others after each round. */
static void rest(void)
{
	struct stat st;

	if (patience() > 1)
		sleep_ms(2000);
	if (!opt.rest || stat(opt.rest, &st))
		return;
	printf("resting\n");
	while (!stat(opt.rest, &st))
		sleep_ms(20);
}

static void parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "n:i:op:t:r:u:w:")) != -1) {
		if (c == 'n')
			opt.count = (unsigned int)number(optarg);
		else if (c == 'i')
			opt.interval_ms = (unsigned int)number(optarg);
		else if (c == 'o')
			opt.one_more = true;
		else if (c == 'p')
			opt.source_port = (uint16_t)number(optarg);
		else if (c == 't')
			opt.timeout_ms = (unsigned int)number(optarg);
		else if (c == 'r')
			opt.rounds = (unsigned int)number(optarg);
		else if (c == 'u')
			opt.until = optarg;
		else if (c == 'w')
			opt.rest = optarg;
		else
			usage_exit(usage);
	}
	if (optind == argc)
		usage_exit(usage);
}

static unsigned int open_all(int argc, char **argv)
{
	unsigned int failed = 0;

	held = calloc((size_t)(argc - optind) * opt.count, sizeof(*held));
	if (!held)
		die("calloc");
	for (unsigned int n = 0; n < opt.count; n++)
		for (int i = optind; i < argc; i++) {
			if (open_one(argv[i], &held[held_count]))
				failed++;
			else
				held_count++;
		}
	return failed;
}

static void print_ends(void)
{
	for (size_t i = 0; i < held_count; i++)
		printf("%s %s %s\n", held[i].to, held[i].version, held[i].peer);
}

int main(int argc, char **argv)
{
	unsigned int lost, round = 1;

	setvbuf(stdout, NULL, _IOLBF, 0);
	parse(argc, argv);
	lost = open_all(argc, argv) + exchange_all(0);
	printf("open %zu\n", held_count);
	if (opt.source_port)
		print_ends();
	for (; more_rounds(round); round++) {
		lost += exchange_all(round) + one_more(argv[optind], round);
		rest();
		sleep_ms(opt.interval_ms ? opt.interval_ms : opt.until ? 100 : 5);
	}
	printf("rounds %u lost %u slowest %llu ms\n", round, lost, (unsigned long long)slowest_ms);
	return lost ? 1 : 0;
}
