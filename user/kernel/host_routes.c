/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The routes that lead the node's own packets into its pair. */
#include "host_routes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "ledger.h"
#include "netlink_dump.h"
#include "netlink_request.h"
#include "parallax_abi.h"

#define ROUTE_PROTOCOL 88 /* ours; iproute2's rt_protos has no name for it */

/* ------------------------------------------------------------------ the rule */

static int change_rule(uint8_t family, uint16_t type, uint16_t flags)
{
	char buf[NETLINK_REQUEST_BYTES];
	struct fib_rule_hdr *rule;
	struct nlmsghdr *request = netlink_begin(buf, type, flags, sizeof(*rule), &rule);

	rule->family = family;
	rule->action = FR_ACT_TO_TBL;
	mnl_attr_put_u32(request, FRA_TABLE, HOST_ROUTE_TABLE);
	mnl_attr_put_u32(request, FRA_PRIORITY, HOST_RULE_PRIORITY);
	mnl_attr_put_strz(request, FRA_IIFNAME, "lo"); /* locally sent */
	mnl_attr_put_u8(request, FRA_PROTOCOL, ROUTE_PROTOCOL);
	return netlink_send(request);
}

int host_routes_rule(uint8_t family)
{
	int err = change_rule(family, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL);

	return err == -EEXIST ? 0 : err;
}

/* True if the kernel has no such rule, or no such family. */
static bool is_absent(int err)
{
	return err == -ENOENT || err == -EAFNOSUPPORT || err == -EOPNOTSUPP;
}

int host_routes_remove(void)
{
	int err = change_rule(AF_INET, RTM_DELRULE, 0);
	int err6 = change_rule(AF_INET6, RTM_DELRULE, 0);

	if (!err || is_absent(err))
		err = is_absent(err6) ? 0 : err6;
	return err;
}

/* ------------------------------------------------------------------ one route */

static struct nlmsghdr *begin_route(void *buf, uint16_t type, uint32_t table, uint8_t scope,
				    const struct ip_addr *destination, uint32_t ifindex,
				    struct rtmsg **ret)
{
	uint16_t flags = type == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_REPLACE : 0;
	struct nlmsghdr *request = netlink_begin(buf, type, flags, sizeof(**ret), ret);

	(*ret)->rtm_family = ip_is_v4(destination) ? AF_INET : AF_INET6;
	(*ret)->rtm_dst_len = ip_is_v4(destination) ? 32 : 128;
	(*ret)->rtm_protocol = ROUTE_PROTOCOL;
	(*ret)->rtm_type = RTN_UNICAST;
	(*ret)->rtm_scope = scope;
	mnl_attr_put_u32(request, RTA_TABLE, table);
	netlink_put_ip(request, RTA_DST, destination);
	mnl_attr_put_u32(request, RTA_OIF, ifindex);
	return request;
}

int host_routes_client(uint32_t far_ifindex, const struct ip_addr *client)
{
	char buf[NETLINK_REQUEST_BYTES];
	struct rtmsg *route;

	return netlink_send(begin_route(buf, RTM_NEWROUTE, RT_TABLE_MAIN, RT_SCOPE_LINK, client,
					far_ifindex, &route));
}

/* One next hop for all routes of a family, hence one neighbour. For IPv6 a link-local one: the kernel
 * refuses a gateway that it reaches by another interface. */
static void put_gateway(struct nlmsghdr *request, struct rtmsg *route)
{
	static const struct ip_addr client = IP_V4(HOST_CLIENT);
	const struct ip_addr local = { { htonl(0xfe800000), 0, 0, htonl(0x5058) } };
	bool v4 = route->rtm_family == AF_INET;

	netlink_put_ip(request, RTA_GATEWAY, v4 ? &client : &local);
	route->rtm_flags = v4 ? RTNH_F_ONLINK : 0;
}

static int change_route(uint16_t type, uint32_t ifindex, const struct ip_addr *vip,
			const struct ip_addr *source)
{
	char buf[NETLINK_REQUEST_BYTES];
	struct rtmsg *route;
	struct nlmsghdr *request = begin_route(buf, type, HOST_ROUTE_TABLE, RT_SCOPE_UNIVERSE, vip,
					       ifindex, &route);

	put_gateway(request, route);
	if (!ip_is_none(source))
		netlink_put_ip(request, RTA_PREFSRC, source);
	return netlink_send(request);
}

/* ------------------------------------------------------------------ the table */

struct held_route {
	struct ip_addr vip, source; /* source: none, if the kernel chooses */
	uint32_t ifindex;
};

struct held {
	struct held_route *items;
	size_t count, room;
	bool failed;
};

static int take_attribute(const struct nlattr *attr, void *arg)
{
	struct held_route *route = arg;

	switch (mnl_attr_get_type(attr)) {
	case RTA_DST:
		route->vip = netlink_get_ip(attr);
		break;
	case RTA_PREFSRC:
		route->source = netlink_get_ip(attr);
		break;
	case RTA_OIF:
		route->ifindex = mnl_attr_get_u32(attr);
		break;
	}
	return MNL_CB_OK;
}

static int on_route(const struct nlmsghdr *message, void *arg)
{
	struct held *held = arg;

	if (held->count == held->room) {
		size_t room = held->room ? held->room * 2 : 64;
		struct held_route *items = realloc(held->items, room * sizeof(*items));

		held->failed |= !items;
		if (!items)
			return MNL_CB_OK;
		held->items = items;
		held->room = room;
	}
	held->items[held->count] = (struct held_route){};
	mnl_attr_parse(message, sizeof(struct rtmsg), take_attribute, &held->items[held->count++]);
	return MNL_CB_OK;
}

/* Sorted; empty while the table has never held a route. */
static int read_table(uint8_t family, struct held *ret)
{
	char buf[NETLINK_REQUEST_BYTES];
	struct rtmsg *route;
	struct nlmsghdr *request = netlink_begin(buf, RTM_GETROUTE, 0, sizeof(*route), &route);
	int err;

	*ret = (struct held){};
	route->rtm_family = family;
	mnl_attr_put_u32(request, RTA_TABLE, HOST_ROUTE_TABLE);
	err = netlink_dump_strict(request, on_route, ret);
	if (err == -ENOENT)
		err = 0;
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), ledger_compare_addresses);
	return err ? err : ret->failed ? -ENOMEM : 0;
}

static const struct held_route *find(const struct held *held, const struct ip_addr *vip)
{
	return held->count ? bsearch(vip, held->items, held->count, sizeof(*held->items),
				     ledger_compare_addresses) :
			     NULL;
}

static int add_missing(const struct held *held, const struct host_routes *wanted)
{
	int err = 0;

	for (size_t i = 0; !err && i < wanted->count; i++) {
		const struct ip_addr *vip = &wanted->vips[i];
		const struct held_route *route = find(held, vip);

		if ((wanted->family == AF_INET) != !!ip_is_v4(vip))
			continue;
		if (!route || !ip_equal(&route->source, wanted->source) ||
		    route->ifindex != wanted->near_ifindex)
			err = change_route(RTM_NEWROUTE, wanted->near_ifindex, vip, wanted->source);
	}
	return err;
}

static int remove_unwanted(const struct held *held, const struct host_routes *wanted)
{
	static const struct ip_addr none;
	int err = 0;

	for (size_t i = 0; !err && i < held->count; i++) {
		const struct held_route *route = &held->items[i];

		if (wanted->count && bsearch(&route->vip, wanted->vips, wanted->count,
					     sizeof(*wanted->vips), ledger_compare_addresses))
			continue;
		err = change_route(RTM_DELROUTE, route->ifindex, &route->vip, &none);
		if (err == -ESRCH)
			err = 0;
	}
	return err;
}

int host_routes_sync(const struct host_routes *wanted)
{
	struct held held;
	int err = read_table(wanted->family, &held);

	if (!err)
		err = add_missing(&held, wanted);
	if (!err)
		err = remove_unwanted(&held, wanted);
	free(held.items);
	return err;
}
