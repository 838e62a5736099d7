/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The node's own veth pair.
 *
 * Both ends have one hardware address and no ARP: what leaves one end is addressed to the other,
 * whatever the next hop. */
#include "host_pair.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "host_routes.h"
#include "netlink.h"
#include "netlink_request.h"
#include "parallax_abi.h"

#define DEFAULT_MTU 1500

static const uint8_t mac[6] = { 0x02, 0x50, 0x58, 0, 0, 1 }; /* locally administered */

/* ------------------------------------------------------------------ find */

bool host_pair_is_far(const char *name)
{
	return !strcmp(name, HOST_PAIR_FAR);
}

bool host_pair_is_end(const char *name)
{
	return !strcmp(name, HOST_PAIR_NEAR) || host_pair_is_far(name);
}

static int visit_link(void *arg, const struct netlink_link *link)
{
	struct host_pair *pair = arg;
	bool far = host_pair_is_far(link->name);

	if (!host_pair_is_end(link->name) || strcmp(link->kind, "veth"))
		return 0;
	*(far ? &pair->far_ifindex : &pair->near_ifindex) = link->ifindex;
	pair->up &= link->up;
	if (!pair->mtu || link->mtu < pair->mtu)
		pair->mtu = link->mtu;
	return 0;
}

int host_pair_find(struct host_pair *ret)
{
	int err;

	do {
		*ret = (struct host_pair){ .up = true };
		err = netlink_links(visit_link, ret);
	} while (err == -EINTR);
	return err;
}

/* ------------------------------------------------------------------ make */

/* An end can be set up only after the other is there. */
static void put_end(struct nlmsghdr *request, struct ifinfomsg *info, const char *name,
		    uint32_t mtu)
{
	info->ifi_flags = info->ifi_change = IFF_NOARP;
	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	mnl_attr_put(request, IFLA_ADDRESS, sizeof(mac), mac);
	mnl_attr_put_u32(request, IFLA_MTU, mtu);
}

static int create(uint32_t mtu)
{
	char buf[NETLINK_REQUEST_BYTES];
	struct ifinfomsg *info, *peer_info;
	struct nlmsghdr *request = netlink_begin(buf, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
						 sizeof(*info), &info);
	struct nlattr *kind, *data, *peer;

	put_end(request, info, HOST_PAIR_NEAR, mtu);
	kind = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(request, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(request, VETH_INFO_PEER);
	peer_info = mnl_nlmsg_put_extra_header(request, sizeof(*peer_info));
	put_end(request, peer_info, HOST_PAIR_FAR, mtu);
	mnl_attr_nest_end(request, peer);
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, kind);
	return netlink_send(request);
}

/* No link-local address: both ends would have the same. Kernels without IPv6 refuse this. */
static void keep_addressless(uint32_t ifindex)
{
	char buf[NETLINK_REQUEST_BYTES];
	struct ifinfomsg *info;
	struct nlmsghdr *request = netlink_begin(buf, RTM_NEWLINK, 0, sizeof(*info), &info);
	struct nlattr *family, *inet6;

	info->ifi_index = (int)ifindex;
	family = mnl_attr_nest_start(request, IFLA_AF_SPEC);
	inet6 = mnl_attr_nest_start(request, AF_INET6);
	mnl_attr_put_u8(request, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(request, inet6);
	mnl_attr_nest_end(request, family);
	netlink_send(request);
}

static int repair_end(uint32_t ifindex, uint32_t mtu)
{
	char buf[NETLINK_REQUEST_BYTES];
	struct ifinfomsg *info;
	struct nlmsghdr *request = netlink_begin(buf, RTM_NEWLINK, 0, sizeof(*info), &info);

	keep_addressless(ifindex);
	info->ifi_index = (int)ifindex;
	info->ifi_flags = info->ifi_change = IFF_UP | IFF_NOARP;
	mnl_attr_put_u32(request, IFLA_MTU, mtu);
	return netlink_send(request);
}

/* A packet that the programs leave alone enters the stack at the far end with the node's own address
 * as its source. */
static int admit_own_source(uint32_t ifindex)
{
	char buf[NETLINK_REQUEST_BYTES];
	struct ifinfomsg *info;
	struct nlmsghdr *request = netlink_begin(buf, RTM_NEWLINK, 0, sizeof(*info), &info);
	struct nlattr *family, *inet, *conf;

	info->ifi_index = (int)ifindex;
	family = mnl_attr_nest_start(request, IFLA_AF_SPEC);
	inet = mnl_attr_nest_start(request, AF_INET);
	conf = mnl_attr_nest_start(request, IFLA_INET_CONF);
	mnl_attr_put_u32(request, IPV4_DEVCONF_ACCEPT_LOCAL, 1);
	mnl_attr_put_u32(request, IPV4_DEVCONF_RP_FILTER, 0);
	mnl_attr_nest_end(request, conf);
	mnl_attr_nest_end(request, inet);
	mnl_attr_nest_end(request, family);
	return netlink_send(request);
}

/* For the look-ups of the programs, which resolve nobody. */
static int add_neighbour(uint32_t ifindex, const struct ip_addr *client)
{
	char buf[NETLINK_REQUEST_BYTES];
	struct ndmsg *neighbour;
	struct nlmsghdr *request = netlink_begin(buf, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE,
						 sizeof(*neighbour), &neighbour);

	neighbour->ndm_family = ip_is_v4(client) ? AF_INET : AF_INET6;
	neighbour->ndm_ifindex = (int)ifindex;
	neighbour->ndm_state = NUD_PERMANENT;
	netlink_put_ip(request, NDA_DST, client);
	mnl_attr_put(request, NDA_LLADDR, sizeof(mac), mac);
	return netlink_send(request);
}

static int find_or_create(uint32_t mtu, struct host_pair *ret)
{
	int err = host_pair_find(ret);

	if (err || (ret->near_ifindex && ret->far_ifindex))
		return err;
	err = create(mtu);
	if (!err)
		err = host_pair_find(ret);
	return err ? err : ret->near_ifindex && ret->far_ifindex ? 0 : -ENODEV;
}

int host_pair_make(uint32_t mtu, struct host_pair *ret)
{
	uint32_t wanted = mtu ? mtu : DEFAULT_MTU;
	int err = find_or_create(wanted, ret);

	if (!err && (!ret->up || (mtu && ret->mtu != mtu))) {
		err = repair_end(ret->near_ifindex, wanted);
		if (!err)
			err = repair_end(ret->far_ifindex, wanted);
	}
	return err ? err : admit_own_source(ret->far_ifindex);
}

int host_pair_join(const struct host_pair *pair, const struct ip_addr *client)
{
	int err = add_neighbour(pair->far_ifindex, client);

	return err ? err : host_routes_client(pair->far_ifindex, client);
}

int host_pair_remove(void)
{
	char buf[NETLINK_REQUEST_BYTES];
	struct ifinfomsg *info;
	struct nlmsghdr *request = netlink_begin(buf, RTM_DELLINK, 0, sizeof(*info), &info);
	struct host_pair pair;
	int err = host_pair_find(&pair);

	if (err || !pair.near_ifindex)
		return err;
	info->ifi_index = (int)pair.near_ifindex;
	err = netlink_send(request);
	return err == -ENODEV ? 0 : err;
}
