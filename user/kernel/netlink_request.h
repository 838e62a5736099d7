/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Changes by rtnetlink: one request, one acknowledgement. */
#ifndef NETLINK_REQUEST_H
#define NETLINK_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include "parallax_addr.h"

#define NETLINK_REQUEST_BYTES 512

/* Begins a request in `buf` of NETLINK_REQUEST_BYTES, with `size` zeroed bytes of its own header at
 * *ret_header. `flags`: NLM_F_CREATE and the like. */
struct nlmsghdr *netlink_begin(void *buf, uint16_t type, uint16_t flags, size_t size,
			       void *ret_header);

/* An address as attribute: 4 or 16 bytes. */
void netlink_put_ip(struct nlmsghdr *request, uint16_t type, const struct ip_addr *ip);
struct ip_addr netlink_get_ip(const struct nlattr *attr);

/* Sends the request. Returns 0, or the kernel's -errno. */
int netlink_send(struct nlmsghdr *request);

#endif
