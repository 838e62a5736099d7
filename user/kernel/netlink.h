/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Interfaces by rtnetlink: the full list, and a watch for changes. */
#ifndef NETLINK_H
#define NETLINK_H

#include <stdbool.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include "addr.h"

struct netlink_link {
	uint32_t ifindex;
	char name[16];
	char kind[32]; /* IFLA_INFO_KIND: "veth", "vlan" ...; "" for hardware */
	uint16_t type; /* ARPHRD_*: its link layer */
	uint32_t mtu;
	bool up;
	bool gone;     /* RTM_DELLINK */
};

typedef int (*netlink_link_visit)(void *arg, const struct netlink_link *link);

/* Visits every interface of this network namespace. Returns 0, what `visit` returned, -EINTR when
 * interfaces changed meanwhile, or another -errno. */
int netlink_links(netlink_link_visit visit, void *arg);

/* First global address of that family of an interface: neither temporary, deprecated nor tentative. Returns 0, -ENOENT, or another -errno. */
int netlink_address(uint32_t ifindex, uint8_t family, struct addr *ret);

/* The interface that has an address. Returns 0, -ENOENT, or another -errno. */
int netlink_address_holder(const struct addr *addr, uint32_t *ret_ifindex);

/* The driver in ethtool's terms ("veth", "e1000e"); "" when it is unknown. */
void netlink_driver(const char *name, char *buf, size_t size);

/* Subscribes to changes of links, IPv4 addresses and default routes. *ret is to be polled for reading. */
int netlink_watch_new(struct mnl_socket **ret);
/* Accepts NULL. */
void netlink_watch_free(struct mnl_socket *watch);

/* Kinds of the messages read, besides links. */
struct netlink_changes {
	bool addresses, default_routes;
};

/* Reads all pending messages: visits links, sets what changed. Returns 0; -ENOBUFS when messages were lost,
 * so that a resync is needed; or another -errno. */
int netlink_watch_read(struct mnl_socket *watch, netlink_link_visit visit, void *arg,
		       struct netlink_changes *ret);

#endif
