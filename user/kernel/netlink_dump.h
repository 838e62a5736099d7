/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Requests a list from the kernel by netlink. */
#ifndef NETLINK_DUMP_H
#define NETLINK_DUMP_H

#include <libmnl/libmnl.h>

#define NETLINK_BYTES 32768 /* the largest message that the kernel sends */

/* Completes `request`, whose type and payload are set, sends it as a dump request to `bus`, such as
 * NETLINK_ROUTE, and calls `visit` with each message. Returns 0, -EINTR when the list changed meanwhile, or another -errno. */
int netlink_dump(int bus, struct nlmsghdr *request, mnl_cb_t visit, void *arg);

/* The same with rtnetlink, but the kernel itself picks what the attributes of the request name. */
int netlink_dump_strict(struct nlmsghdr *request, mnl_cb_t visit, void *arg);

#endif
