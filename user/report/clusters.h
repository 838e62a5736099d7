/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The page /clusters: backends as the kernel holds them, in the form of Envoy's. */
#ifndef CLUSTERS_H
#define CLUSTERS_H

#include <stdio.h>

#include "snapshot.h"

/* Lines CLUSTER::KEY::VALUE of each service, then CLUSTER::ADDRESS:PORT::KEY::VALUE of each of
 * its backends; of at most `max` backends, the last line tells when that cut them. Returns 0,
 * -ENOMEM or -EIO. */
int clusters_write(const struct snapshot *snapshot, size_t max, FILE *out);

#endif
