/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds the agents of this network namespace: each binds a socket name.
 *
 * Abstract names (unix(7)) belong to the network namespace, as the hooks do, and end with their process;
 * sock_diag(7) lists them with their owners. Any process may bind any name, so only a claim of root or of
 * our own user counts. A lock on the pin directory covers that directory only. */
#include "claim.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>

#include "netlink_dump.h"

#define PREFIX "parallaxd/"

static const char *tail_of(const char *pin_dir)
{
	size_t length = strlen(pin_dir);

	return length < CLAIM_DIR_MAX ? pin_dir : pin_dir + length - (CLAIM_DIR_MAX - 1);
}

/* The socket is bound to "parallaxd/PID-RANDOM PIN_DIR" and otherwise unused. RANDOM, because others could
 * bind the names of all processes before us. */
static int bind_name(const char *pin_dir)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	unsigned int number = 0;
	int length, err, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (getrandom(&number, sizeof(number), 0) < 0)
		number = 0;
	length = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, PREFIX "%d-%x %s",
			  (int)getpid(), number, tail_of(pin_dir));
	if (!bind(fd, (struct sockaddr *)&name,
		  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

struct search {
	const char *own_dir;
	struct claim_holder *holder;
	bool found;
};

/* `name` without the zero byte that begins it. */
static bool is_other(const char *name, const char *own_dir, struct claim_holder *ret)
{
	const char *space = strchr(name, ' ');
	int pid;

	if (sscanf(name, PREFIX "%d", &pid) != 1 || !space)
		return false;
	ret->pid = pid;
	snprintf(ret->pin_dir, sizeof(ret->pin_dir), "%s", space + 1);
	return strcmp(ret->pin_dir, own_dir);
}

static int visit_socket(const struct nlmsghdr *message, void *arg)
{
	const size_t header = sizeof(struct unix_diag_msg);
	struct search *search = arg;
	const struct nlattr *attr;
	char name[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1] = "";
	uid_t owner = (uid_t)-1;

	mnl_attr_for_each(attr, message, header)
	{
		size_t length = mnl_attr_get_payload_len(attr);

		if (mnl_attr_get_type(attr) == UNIX_DIAG_UID && length == sizeof(owner))
			owner = mnl_attr_get_u32(attr);
		if (mnl_attr_get_type(attr) == UNIX_DIAG_NAME && length > 1 &&
		    length <= sizeof(name))
			memcpy(name, (const char *)mnl_attr_get_payload(attr) + 1, length - 1);
	}
	if (!search->found && (!owner || owner == geteuid()))
		search->found = is_other(name, search->own_dir, search->holder);
	return MNL_CB_OK;
}

/* A kernel without this list has no answer: foreign_look() then shows the other as a problem. */
static bool find_other(const char *pin_dir, struct claim_holder *ret)
{
	char buf[MNL_NLMSG_HDRLEN + 64];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct unix_diag_req *want = mnl_nlmsg_put_extra_header(request, sizeof(*want));
	struct search search = { .own_dir = tail_of(pin_dir), .holder = ret };

	request->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	want->sdiag_family = AF_UNIX;
	want->udiag_states = ~0u;
	want->udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_UID;
	netlink_dump(NETLINK_SOCK_DIAG, request, visit_socket, &search);
	return search.found;
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
