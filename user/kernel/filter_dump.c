/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Filters of anybody on the clsact qdisc of an interface. */
#include "filter_dump.h"

#include <errno.h>
#include <sys/socket.h>

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#define SEQUENCE 1 /* each dump has a socket of its own */

static int ask(struct mnl_socket *socket, uint32_t ifindex, bool ingress)
{
	char buf[MNL_NLMSG_HDRLEN + 64];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct tcmsg *tc;

	request->nlmsg_type = RTM_GETTFILTER;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request->nlmsg_seq = SEQUENCE;
	tc = mnl_nlmsg_put_extra_header(request, sizeof(*tc));
	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = TC_H_MAKE(TC_H_CLSACT, ingress ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
	return mnl_socket_sendto(socket, request, request->nlmsg_len) < 0 ? -errno : 0;
}

static int receive(struct mnl_socket *socket, mnl_cb_t visit, void *arg)
{
	char buf[MNL_SOCKET_BUFFER_SIZE * 4];
	int more = MNL_CB_OK;

	while (more > MNL_CB_STOP) {
		ssize_t length = mnl_socket_recvfrom(socket, buf, sizeof(buf));

		if (length < 0)
			return -errno;
		more = mnl_cb_run(buf, (size_t)length, SEQUENCE, mnl_socket_get_portid(socket),
				  visit, arg);
	}
	return more == MNL_CB_ERROR ? -errno : 0;
}

int filter_dump(uint32_t ifindex, bool ingress, mnl_cb_t visit, void *arg)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int err;

	if (!socket)
		return -errno;
	err = mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : 0;
	if (!err)
		err = ask(socket, ifindex, ingress);
	if (!err)
		err = receive(socket, visit, arg);
	mnl_socket_close(socket);
	return err;
}
