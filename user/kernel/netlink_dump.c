/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Requests a list from the kernel by netlink. */
#include "netlink_dump.h"

#include <errno.h>
#include <sys/socket.h>

#define SEQUENCE 1 /* each dump has a socket of its own */

static int receive(struct mnl_socket *socket, mnl_cb_t visit, void *arg)
{
	char buf[NETLINK_BYTES];
	int more = MNL_CB_OK;

	while (more > MNL_CB_STOP) {
		ssize_t length = mnl_socket_recvfrom(socket, buf, sizeof(buf));

		if (length < 0)
			return -errno;
		more = mnl_cb_run(buf, (size_t)length, SEQUENCE, mnl_socket_get_portid(socket),
				  visit, arg);
	}
	return more < 0 ? -errno : 0;
}

static int dump(int bus, struct nlmsghdr *request, int strict, mnl_cb_t visit, void *arg)
{
	struct mnl_socket *socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
	int err;

	if (!socket)
		return -errno;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request->nlmsg_seq = SEQUENCE;
	err = (strict &&
	       mnl_socket_setsockopt(socket, NETLINK_GET_STRICT_CHK, &strict, sizeof(strict))) ||
			      mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) ||
			      mnl_socket_sendto(socket, request, request->nlmsg_len) < 0 ?
		      -errno :
		      0;
	if (!err)
		err = receive(socket, visit, arg);
	mnl_socket_close(socket);
	return err;
}

int netlink_dump(int bus, struct nlmsghdr *request, mnl_cb_t visit, void *arg)
{
	return dump(bus, request, 0, visit, arg);
}

int netlink_dump_strict(struct nlmsghdr *request, mnl_cb_t visit, void *arg)
{
	return dump(NETLINK_ROUTE, request, 1, visit, arg);
}
