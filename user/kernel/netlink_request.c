/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Changes by rtnetlink: one request, one acknowledgement. */
#include "netlink_request.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink_dump.h"

#define SEQUENCE 1 /* each request has a socket of its own */

struct nlmsghdr *netlink_begin(void *buf, uint16_t type, uint16_t flags, size_t size,
			       void *ret_header)
{
	struct nlmsghdr *request;
	void *header;

	memset(buf, 0, NETLINK_REQUEST_BYTES);
	request = mnl_nlmsg_put_header(buf);
	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	request->nlmsg_seq = SEQUENCE;
	header = mnl_nlmsg_put_extra_header(request, size);
	memcpy(ret_header, &header, sizeof(header));
	return request;
}

void netlink_put_ip(struct nlmsghdr *request, uint16_t type, const struct ip_addr *ip)
{
	if (ip_is_v4(ip))
		mnl_attr_put_u32(request, type, ip_v4(ip));
	else
		mnl_attr_put(request, type, sizeof(*ip), ip);
}

struct ip_addr netlink_get_ip(const struct nlattr *attr)
{
	struct ip_addr ip = {};

	if (mnl_attr_get_payload_len(attr) == sizeof(__be32))
		return IP_V4(mnl_attr_get_u32(attr));
	if (mnl_attr_get_payload_len(attr) == sizeof(ip))
		memcpy(&ip, mnl_attr_get_payload(attr), sizeof(ip));
	return ip;
}

static int exchange(struct mnl_socket *socket, const struct nlmsghdr *request)
{
	char buf[NETLINK_BYTES];
	ssize_t length;

	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	length = mnl_socket_recvfrom(socket, buf, sizeof(buf));
	if (length < 0)
		return -errno;
	return mnl_cb_run(buf, (size_t)length, SEQUENCE, mnl_socket_get_portid(socket), NULL,
			  NULL) < 0 ?
		       -errno :
		       0;
}

int netlink_send(struct nlmsghdr *request)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int err;

	if (!socket)
		return -errno;
	err = exchange(socket, request);
	mnl_socket_close(socket);
	return err;
}
