/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds the agents of this network namespace: each binds a socket name.
 *
 * Abstract names (unix(7)) belong to the network namespace, as the hooks do, and end with their
 * process; /proc/net/unix lists them. A lock on the pin directory covers that directory only. */
#include "claim.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PREFIX "parallaxd/"

static const char *tail_of(const char *pin_dir)
{
	size_t length = strlen(pin_dir);

	return length < CLAIM_DIR_MAX ? pin_dir : pin_dir + length - (CLAIM_DIR_MAX - 1);
}

/* The socket is bound to "parallaxd/PID PIN_DIR" and otherwise unused. */
static int bind_name(const char *pin_dir)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int length = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, PREFIX "%d %s",
			      (int)getpid(), tail_of(pin_dir));
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&name,
		  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* A line of /proc/net/unix ends with the name, "@" in the place of its first byte. */
static bool is_other(const char *line, const char *pin_dir, struct claim_holder *ret)
{
	const char *name = strstr(line, " @" PREFIX);
	int pid, at = 0;

	if (!name || sscanf(name, " @" PREFIX "%d %n", &pid, &at) != 1 || !at)
		return false;
	ret->pid = pid;
	snprintf(ret->pin_dir, sizeof(ret->pin_dir), "%.*s", (int)strcspn(name + at, "\n"),
		 name + at);
	return strcmp(ret->pin_dir, tail_of(pin_dir));
}

static bool find_other(const char *pin_dir, struct claim_holder *ret)
{
	FILE *sockets = fopen("/proc/net/unix", "re");
	bool found = false;
	char line[512];

	while (sockets && !found && fgets(line, sizeof(line), sockets))
		found = is_other(line, pin_dir, ret);
	if (sockets)
		fclose(sockets);
	return found;
}

/* Binds before it searches: of two agents that start at once, at least one finds the other. */
int claim_namespace(const char *pin_dir, int *ret_fd, struct claim_holder *ret_other)
{
	int fd = bind_name(pin_dir);

	if (fd < 0)
		return fd;
	if (find_other(pin_dir, ret_other)) {
		close(fd);
		return -EBUSY;
	}
	*ret_fd = fd;
	return 0;
}
