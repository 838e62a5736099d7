/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A long transfer, either way, every byte verified at the receiver. One at a rate buffers little, so that its
 * pauses are those of the network. */
#include "net.h"

static const char usage[] =
	"usage: bulk [-r MEGABYTES_PER_SECOND] [-t TIMEOUT_MS] send|receive ADDR PORT BYTES\n"
	"Prints `progress BYTES' at each tenth, at the end\n"
	"`OK BYTES MILLISECONDS longest pause MILLISECONDS'.\n";

static struct {
	uint64_t bytes, rate; /* bytes per second; 0: as fast as it goes */
	unsigned int timeout_ms;
} opt = {.timeout_ms = 30000};

struct pace {
	uint64_t started_ms, reported;
	uint64_t moved_ms, longest_ms; /* when bytes moved last; the longest time without any */
};

static void paced(void *arg, uint64_t done)
{
	struct pace *pace = arg;
	uint64_t due, now = now_ms();

	if (now - pace->moved_ms > pace->longest_ms)
		pace->longest_ms = now - pace->moved_ms;
	pace->moved_ms = now;
	if (done - pace->reported >= opt.bytes / 10) {
		pace->reported = done;
		printf("progress %llu\n", (unsigned long long)done);
	}
	if (!opt.rate)
		return;
	due = pace->started_ms + done * 1000 / opt.rate;
	if (due > now)
		sleep_ms(due - now);
	pace->moved_ms = now_ms(); /* our own pause is none */
}

static int failed(const char *what, uint64_t done)
{
	printf("%s after %llu bytes: %s\n", what, (unsigned long long)done,
	       errno ? strerror(errno) : "a byte differs");
	return 1;
}

static int send_stream(int fd, uint64_t seed, uint64_t bytes, struct pace *pace)
{
	char line[64];
	unsigned long long right;

	if (stream_send(fd, seed, bytes, paced, pace))
		return failed("sending failed", pace->reported);
	if (read_line(fd, line, sizeof(line)) < 0)
		return failed("no receipt", bytes);
	if (sscanf(line, "OK %llu", &right) == 1 && right == bytes)
		return 0;
	printf("receiver says: %s\n", line);
	return 1;
}

static int receive_stream(int fd, uint64_t seed, uint64_t bytes, struct pace *pace)
{
	uint64_t right = stream_receive(fd, seed, bytes, paced, pace);

	return right == bytes ? 0 : failed("receiving failed", right);
}

/* For a twentieth of a second: the kernel takes twice as much. */
static void buffer_little(int fd)
{
	int bytes = (int)(opt.rate / 40);

	if (opt.rate && (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) ||
			 setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes))))
		die("SO_RCVBUF, SO_SNDBUF");
}

static int transfer(bool sending, const struct place *to)
{
	uint64_t bytes = opt.bytes;
	struct pace pace = {.started_ms = now_ms(), .moved_ms = now_ms()};
	uint64_t seed = pace.started_ms;
	char line[96];
	int fd = tcp_connect(to, 0, opt.timeout_ms), n, rc;

	if (fd < 0)
		return failed("connecting failed", 0);
	buffer_little(fd);
	n = snprintf(line, sizeof(line), "%s %llu %llu\n", sending ? "SINK" : "SOURCE",
		     (unsigned long long)seed, (unsigned long long)bytes);
	if (write_all(fd, line, (size_t)n))
		return failed("sending failed", 0);
	rc = sending ? send_stream(fd, seed, bytes, &pace) : receive_stream(fd, seed, bytes, &pace);
	close(fd);
	if (!rc)
		printf("OK %llu %llu longest pause %llu\n", (unsigned long long)bytes,
		       (unsigned long long)(now_ms() - pace.started_ms),
		       (unsigned long long)pace.longest_ms);
	return rc;
}

int main(int argc, char **argv)
{
	struct place to;
	int c;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((c = getopt(argc, argv, "r:t:")) != -1) {
		if (c == 'r')
			opt.rate = number(optarg) * 1000000;
		else if (c == 't')
			opt.timeout_ms = (unsigned int)number(optarg);
		else
			usage_exit(usage);
	}
	if (argc - optind != 4)
		usage_exit(usage);
	if (strcmp(argv[optind], "send") && strcmp(argv[optind], "receive"))
		usage_exit(usage);
	to = endpoint(argv[optind + 1], argv[optind + 2]);
	/* An emulated processor sends a part of the bytes, at a given rate in as many times the time. */
	opt.bytes = number(argv[optind + 3]) / patience();
	opt.rate /= patience() * patience();
	return transfer(!strcmp(argv[optind], "send"), &to);
}
