/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Interfaces by rtnetlink: the full list, and a watch for changes. */
#include "netlink.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>

#include "array.h"
#include "netlink_dump.h"

/* ------------------------------------------------------------------ messages */

static int take_kind(const struct nlattr *attr, void *arg)
{
	struct netlink_link *link = arg;

	if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
		snprintf(link->kind, sizeof(link->kind), "%s", mnl_attr_get_str(attr));
	return MNL_CB_OK;
}

static int take_link_attr(const struct nlattr *attr, void *arg)
{
	struct netlink_link *link = arg;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		snprintf(link->name, sizeof(link->name), "%s", mnl_attr_get_str(attr));
		break;
	case IFLA_MTU:
		link->mtu = mnl_attr_get_u32(attr);
		break;
	case IFLA_LINKINFO:
		mnl_attr_parse_nested(attr, take_kind, link);
		break;
	}
	return MNL_CB_OK;
}

static void parse_link(const struct nlmsghdr *message, struct netlink_link *ret)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);

	*ret = (struct netlink_link){
		.ifindex = (uint32_t)info->ifi_index,
		.type = info->ifi_type,
		.up = info->ifi_flags & IFF_UP,
		.gone = message->nlmsg_type == RTM_DELLINK,
	};
	mnl_attr_parse(message, sizeof(*info), take_link_attr, ret);
}

/* Receivers of the messages. */
struct dispatch {
	netlink_link_visit visit;
	void *arg;
	int result;
	struct netlink_changes changes;
	uint32_t wanted_ifindex; /* of an address list */
	struct addr address;
	const struct addr *wanted; /* whose interface is sought */
};

static int on_link(const struct nlmsghdr *message, void *arg)
{
	struct dispatch *dispatch = arg;
	struct netlink_link link;

	if (message->nlmsg_type == RTM_NEWADDR || message->nlmsg_type == RTM_DELADDR)
		dispatch->changes.addresses = true;
	if (message->nlmsg_type == RTM_NEWROUTE || message->nlmsg_type == RTM_DELROUTE)
		dispatch->changes.default_routes = true;
	if (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK)
		return MNL_CB_OK;
	/* A bridge reports its ports in the same messages under its own family. */
	if (((const struct ifinfomsg *)mnl_nlmsg_get_payload(message))->ifi_family != AF_UNSPEC)
		return MNL_CB_OK;
	parse_link(message, &link);
	if (!dispatch->result)
		dispatch->result = dispatch->visit(dispatch->arg, &link);
	return MNL_CB_OK;
}

/* IPv4's IFA_ADDRESS is the far end of a link from point to point; IPv6 has no IFA_LOCAL elsewhere. */
static int take_local(const struct nlattr *attr, void *arg)
{
	const void *bytes = mnl_attr_get_payload(attr);
	uint16_t type = mnl_attr_get_type(attr), length = mnl_attr_get_payload_len(attr);
	struct addr *address = arg;

	if (type == IFA_LOCAL && length == 4)
		*address = addr_of_bytes(4, bytes);
	else if (length == 16 && (type == IFA_LOCAL || (type == IFA_ADDRESS && !address->family)))
		*address = addr_of_bytes(6, bytes);
	return MNL_CB_OK;
}

/* Temporary addresses are secondary ones. */
#define UNFIT (IFA_F_SECONDARY | IFA_F_DEPRECATED | IFA_F_TENTATIVE | IFA_F_DADFAILED)

static int on_address(const struct nlmsghdr *message, void *arg)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
	struct dispatch *dispatch = arg;

	if (info->ifa_index == dispatch->wanted_ifindex && info->ifa_scope == RT_SCOPE_UNIVERSE &&
	    !(info->ifa_flags & UNFIT) && !dispatch->address.family)
		mnl_attr_parse(message, sizeof(*info), take_local, &dispatch->address);
	return MNL_CB_OK;
}

static int on_holder(const struct nlmsghdr *message, void *arg)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
	struct dispatch *dispatch = arg;
	struct addr address = {};

	mnl_attr_parse(message, sizeof(*info), take_local, &address);
	if (addr_equal(&address, dispatch->wanted))
		dispatch->wanted_ifindex = info->ifa_index;
	return MNL_CB_OK;
}

/* ------------------------------------------------------------------ lists */

static int list(uint16_t type, uint8_t family, mnl_cb_t on_message, struct dispatch *dispatch)
{
	char buf[MNL_NLMSG_HDRLEN + 64];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	int err;

	request->nlmsg_type = type;
	*(uint8_t *)mnl_nlmsg_put_extra_header(
		request, type == RTM_GETLINK ? sizeof(struct ifinfomsg) :
					       sizeof(struct ifaddrmsg)) = family;
	err = netlink_dump(NETLINK_ROUTE, request, on_message, dispatch);
	return err ? err : dispatch->result;
}

int netlink_links(netlink_link_visit visit, void *arg)
{
	struct dispatch dispatch = { .visit = visit, .arg = arg };

	return list(RTM_GETLINK, AF_UNSPEC, on_link, &dispatch);
}

int netlink_address(uint32_t ifindex, uint8_t family, struct addr *ret)
{
	struct dispatch dispatch = { .wanted_ifindex = ifindex };
	int err = list(RTM_GETADDR, (uint8_t)addr_af(family), on_address, &dispatch);

	if (err)
		return err;
	if (!dispatch.address.family)
		return -ENOENT;
	*ret = dispatch.address;
	return 0;
}

int netlink_address_holder(const struct addr *addr, uint32_t *ret_ifindex)
{
	struct dispatch dispatch = { .wanted = addr };
	int err = list(RTM_GETADDR, (uint8_t)addr_af(addr->family), on_holder, &dispatch);

	if (err || !dispatch.wanted_ifindex)
		return err ? err : -ENOENT;
	*ret_ifindex = dispatch.wanted_ifindex;
	return 0;
}

void netlink_driver(const char *name, char *buf, size_t size)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq request = {};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	request.ifr_data = (void *)&info;
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &request))
		info.driver[0] = '\0';
	if (fd >= 0)
		close(fd);
	snprintf(buf, size, "%s", info.driver);
}

/* ------------------------------------------------------------------ watch */

/* Of routes only the default ones: a router changes thousands of others in a moment, and lost messages
 * mean that everything is read again. A notification is one message. */
static int drop_other_routes(const struct mnl_socket *watch)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 0, 2),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_dst_len)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { COUNT(code), code };

	return setsockopt(mnl_socket_get_fd(watch), SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program));
}

int netlink_watch_new(struct mnl_socket **ret)
{
	struct mnl_socket *watch = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (!watch)
		return -errno;
	if (drop_other_routes(watch) ||
	    mnl_socket_bind(watch,
			    RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE |
				    RTMGRP_IPV6_ROUTE,
			    MNL_SOCKET_AUTOPID)) {
		int err = -errno;

		mnl_socket_close(watch);
		return err;
	}
	*ret = watch;
	return 0;
}

void netlink_watch_free(struct mnl_socket *watch)
{
	if (watch)
		mnl_socket_close(watch);
}

int netlink_watch_read(struct mnl_socket *watch, netlink_link_visit visit, void *arg,
		       struct netlink_changes *ret)
{
	struct dispatch dispatch = { .visit = visit, .arg = arg };
	char buf[NETLINK_BYTES];

	for (;;) {
		ssize_t n = mnl_socket_recvfrom(watch, buf, sizeof(buf));

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n < 0)
			break;
		if (mnl_cb_run(buf, (size_t)n, 0, 0, on_link, &dispatch) < 0)
			return -errno;
	}
	ret->addresses |= dispatch.changes.addresses;
	ret->default_routes |= dispatch.changes.default_routes;
	return dispatch.result;
}
