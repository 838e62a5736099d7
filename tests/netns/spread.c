/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One connection from each of a range of source ports: the backend then depends on the hash alone,
 * the same in every run. */
#include "net.h"

static const char usage[] =
	"usage: spread ADDR PORT FIRST_PORT COUNT\n"
	"Prints `VERSION COUNT' for each version that answered, and for `refused' and `failed'.\n";

static struct tally tally;

/* The version in the answer, which identifies the server; NULL: none. */
static const char *ask(int fd, char *name)
{
	static const char request[] = "GET /hello HTTP/1.0\r\n\r\n";
	char line[LINE_MAX_BYTES];
	int n;

	if (write_all(fd, request, sizeof(request) - 1))
		return NULL;
	do
		n = read_line(fd, line, sizeof(line));
	while (n > 0);
	if (n < 0 || read_line(fd, line, sizeof(line)) < 0)
		return NULL;
	return sscanf(line, "Hello version: %31[^,],", name) == 1 ? name : NULL;
}

static const char *call(const struct place *to, uint16_t port, char *name)
{
	const struct linger at_once = {1, 0};
	int fd = tcp_connect(to, port, 10000);
	const char *answer;

	if (fd < 0)
		return errno == ECONNREFUSED ? "refused" : "failed";
	answer = ask(fd, name);
	/* By RST: the port is free again, and the server keeps nothing. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
	return answer ? answer : "failed";
}

int main(int argc, char **argv)
{
	struct place to;
	uint64_t first, count;
	char name[32];

	if (argc != 5)
		usage_exit(usage);
	to = endpoint(argv[1], argv[2]);
	first = number(argv[3]);
	count = number(argv[4]);
	for (uint64_t port = first; port < first + count; port++)
		tally_add(&tally, call(&to, (uint16_t)port, name));
	tally_print(&tally);
	return 0;
}
