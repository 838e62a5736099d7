/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Senders that have all the flows of their share: their new connections are refused. */
#ifndef REPORT_SENDERS_H
#define REPORT_SENDERS_H

#include <stdio.h>

#include <jansson.h>

#include "snapshot.h"

/* [{interface, ifindex, network, address, flows, share, refused, displaced}]: a pod
 * by its interface, as status["interfaces"] names it, or a client of the gateway. */
json_t *report_senders(const struct snapshot *snapshot, const json_t *status);

/* One line for each of `senders`. */
void report_senders_print(const json_t *senders, FILE *out);

#endif
