/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sleep pod's client: asks for /hello again and again, each time on a new connection. */
#include "net.h"

static const char usage[] =
	"usage: hello [-n COUNT] [-i INTERVAL_MS] [-p SOURCE_PORT] [-t TIMEOUT_MS] [-s] ADDR PORT\n"
	"Prints `SOURCE_PORT ANSWER' for each call, with -s how often each version answered.\n"
	"Exit status: 0 all answered, 1 refused, 2 timed out, 3 anything else.\n";

static struct tally tally;

static struct {
	unsigned int count, interval_ms, timeout_ms;
	uint16_t source_port;
	bool summary;
	struct place to;
} opt = {.count = 1, .timeout_ms = 3000};

static void count_answer(const char *answer)
{
	char name[32] = "unknown";

	sscanf(answer, "Hello version: %31[^,],", name);
	tally_add(&tally, name);
}

/* The last line of the answer, which is its body. */
static int ask(int fd, char *answer, size_t size)
{
	static const char request[] = "GET /hello HTTP/1.0\r\nHost: helloworld.sample:5000\r\n\r\n";
	int n;

	if (write_all(fd, request, sizeof(request) - 1))
		return -1;
	do
		n = read_line(fd, answer, size);
	while (n > 0);
	return n < 0 ? -1 : read_line(fd, answer, size);
}

static int call(void)
{
	char answer[LINE_MAX_BYTES];
	int fd = tcp_connect(&opt.to, opt.source_port, opt.timeout_ms), rc = 0;
	uint16_t port = opt.source_port;

	if (fd < 0)
		return call_failed(port);
	port = local_port(fd);
	if (ask(fd, answer, sizeof(answer)) < 0)
		rc = call_failed(port);
	else if (opt.summary)
		count_answer(answer);
	else
		printf("%u %s\n", port, answer);
	close(fd);
	return rc;
}

static void parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "n:i:p:t:s")) != -1) {
		if (c == 'n')
			opt.count = (unsigned int)number(optarg);
		else if (c == 'i')
			opt.interval_ms = (unsigned int)number(optarg);
		else if (c == 'p')
			opt.source_port = (uint16_t)number(optarg);
		else if (c == 't')
			opt.timeout_ms = (unsigned int)number(optarg);
		else if (c == 's')
			opt.summary = true;
		else
			usage_exit(usage);
	}
	if (argc - optind != 2)
		usage_exit(usage);
	opt.to = endpoint(argv[optind], argv[optind + 1]);
}

int main(int argc, char **argv)
{
	int rc = 0;

	parse(argc, argv);
	for (unsigned int i = 0; i < opt.count; i++) {
		int one = call();

		sleep_ms(opt.interval_ms);
		rc = one > rc ? one : rc;
	}
	tally_print(&tally);
	return rc;
}
