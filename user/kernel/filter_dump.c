/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lists the filters on the clsact qdisc of an interface, whoever owns them. */
#include "filter_dump.h"

#include <sys/socket.h>

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "netlink_dump.h"

int filter_dump(uint32_t ifindex, bool ingress, mnl_cb_t visit, void *arg)
{
	char buf[MNL_NLMSG_HDRLEN + 64];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct tcmsg *tc = mnl_nlmsg_put_extra_header(request, sizeof(*tc));

	request->nlmsg_type = RTM_GETTFILTER;
	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = TC_H_MAKE(TC_H_CLSACT, ingress ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
	return netlink_dump(NETLINK_ROUTE, request, visit, arg);
}
