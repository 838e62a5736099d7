/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lists the filters on the clsact qdisc of an interface, whoever owns them. */
#ifndef FILTER_DUMP_H
#define FILTER_DUMP_H

#include <stdbool.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

/* Calls `visit` with each RTM_NEWTFILTER of one direction, in the order of execution. Returns 0;
 * -EINVAL or -ENOENT without the qdisc; or another -errno. */
int filter_dump(uint32_t ifindex, bool ingress, mnl_cb_t visit, void *arg);

#endif
