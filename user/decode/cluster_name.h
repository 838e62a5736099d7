/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Istio's cluster names, `outbound|port|subset|host`. */
#ifndef CLUSTER_NAME_H
#define CLUSTER_NAME_H

struct cluster_name;

/* Parses `name`; the host is returned in lower case and without a final dot. Returns 0, or -EINVAL
 * with *ret untouched for all other names, including inbound and SNI-DNAT ones, and for port 0. */
int cluster_name_parse(const char *name, struct cluster_name *ret);

#endif
