/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Routes of the main table by rtnetlink. */
#include "netlink_routes.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/rtnetlink.h>

#include "netlink_dump.h"

/* A router may hold millions: those of pods and the default routes are not the last. */
#define ROUTES_MAX 65536

struct list {
	netlink_route_visit visit;
	void *arg;
	size_t count;
};

/* A route being read; `hops` is its list of next hops, if it has several. */
struct reading {
	struct netlink_route route;
	uint32_t table;
	const struct nlattr *hops;
};

static int take_attribute(const struct nlattr *attr, void *arg)
{
	struct reading *reading = arg;
	struct addr *to = &reading->route.to.addr;
	uint16_t length = mnl_attr_get_payload_len(attr);

	switch (mnl_attr_get_type(attr)) {
	case RTA_DST:
		if (length == addr_size(to))
			*to = addr_of_bytes(to->family, mnl_attr_get_payload(attr));
		break;
	case RTA_OIF:
		reading->route.ifindex = mnl_attr_get_u32(attr);
		break;
	case RTA_GATEWAY:
	case RTA_VIA:
		reading->route.direct = false;
		break;
	case RTA_PRIORITY:
		reading->route.metric = mnl_attr_get_u32(attr);
		break;
	case RTA_TABLE:
		reading->table = mnl_attr_get_u32(attr);
		break;
	case RTA_MULTIPATH:
		reading->hops = attr;
		break;
	}
	return MNL_CB_OK;
}

static void visit_hops(struct list *list, struct netlink_route *route, const struct nlattr *hops)
{
	const struct rtnexthop *hop = mnl_attr_get_payload(hops);
	int left = mnl_attr_get_payload_len(hops);

	for (; RTNH_OK(hop, left); left -= RTNH_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop)) {
		route->ifindex = (uint32_t)hop->rtnh_ifindex;
		list->visit(list->arg, route);
	}
}

static int on_route(const struct nlmsghdr *message, void *arg)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	static const uint8_t any[16];
	struct reading reading = {
		.route = { .to = { addr_of_bytes(header->rtm_family == AF_INET ? 4 : 6, any),
				   header->rtm_dst_len },
			   .type = header->rtm_type,
			   .direct = true },
		.table = header->rtm_table,
	};
	struct list *list = arg;

	if (message->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_OK;
	mnl_attr_parse(message, sizeof(*header), take_attribute, &reading);
	if (reading.table == RT_TABLE_MAIN && reading.hops)
		visit_hops(list, &reading.route, reading.hops);
	else if (reading.table == RT_TABLE_MAIN)
		list->visit(list->arg, &reading.route);
	return ++list->count < ROUTES_MAX ? MNL_CB_OK : MNL_CB_STOP;
}

int netlink_routes(uint8_t family, netlink_route_visit visit, void *arg)
{
	char buf[MNL_NLMSG_HDRLEN + 64];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct list list = { visit, arg, 0 };

	request->nlmsg_type = RTM_GETROUTE;
	((struct rtmsg *)mnl_nlmsg_put_extra_header(request, sizeof(struct rtmsg)))->rtm_family = family;
	return netlink_dump(NETLINK_ROUTE, request, on_route, &list);
}

/* ------------------------------------------------------------------ one look-up */

static int on_answer(const struct nlmsghdr *message, void *arg)
{
	struct reading *reading = arg;

	mnl_attr_parse(message, sizeof(struct rtmsg), take_attribute, reading);
	return MNL_CB_STOP;
}

static int ask(struct mnl_socket *socket, struct nlmsghdr *request, struct reading *reading)
{
	char buf[NETLINK_BYTES];
	ssize_t length;

	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	length = mnl_socket_recvfrom(socket, buf, sizeof(buf));
	if (length < 0 || mnl_cb_run(buf, (size_t)length, request->nlmsg_seq,
				     mnl_socket_get_portid(socket), on_answer, reading) < 0)
		return -errno;
	return 0;
}

int netlink_route_to(const struct addr *to, uint32_t *ret_ifindex)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	size_t length = addr_size(to);
	char buf[MNL_NLMSG_HDRLEN + 128];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct reading reading = {};
	struct rtmsg *header;
	int err;

	if (!socket)
		return -errno;
	request->nlmsg_type = RTM_GETROUTE;
	request->nlmsg_flags = NLM_F_REQUEST;
	request->nlmsg_seq = 1;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	header->rtm_family = (uint8_t)addr_af(to->family);
	header->rtm_dst_len = (uint8_t)(length * 8);
	mnl_attr_put(request, RTA_DST, length, addr_bytes(to));
	err = ask(socket, request, &reading);
	mnl_socket_close(socket);
	if (!err)
		*ret_ifindex = reading.route.ifindex;
	return err;
}
