/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Istio's cluster names, `outbound|port|subset|host`. */
#ifndef CLUSTER_NAME_H
#define CLUSTER_NAME_H

struct cluster_name;

/* Take `name` apart; the host comes out in lower case without a final dot. Returns 0, or -EINVAL
 * for anything else, inbound and SNI-DNAT names and port 0 included; *ret is then untouched. */
int cluster_name_parse(const char *name, struct cluster_name *ret);

#endif
