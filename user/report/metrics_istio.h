/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Metrics by the names and labels that Istio's proxies give to TCP connections, for Kiali and Istio's
 * dashboards (istio.io, reference, standard metrics). */
#ifndef METRICS_ISTIO_H
#define METRICS_ISTIO_H

#include <stddef.h>

#include "parallax_abi.h"

/* The workload behind a pod's address: `name;namespace;canonical name;canonical revision;cluster`. */
struct metrics_workload {
	struct ip_addr addr;
	const char *workload;
};

/* qsort order, by address. */
int metrics_workload_compare(const void *a, const void *b);

#endif
