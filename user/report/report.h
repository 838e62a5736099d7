/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The output of parallaxctl's verbs, as pure functions: snapshot to JSON, JSON to text.
 *
 * report_X() returns a new reference, or NULL without memory; its shape is documented in
 * parallaxctl(8) and held by golden tests. report_X_print() writes the same as tables, more of
 * it with `wide`, and returns 0 or -errno. Shares are of 1, in tables percent.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "addr.h"
#include "report_filter.h"
#include "snapshot.h"

#define REPORT_SCHEMA 2

/* Needs READ_FLOWS and READ_COUNTERS. */
json_t *report_status(const struct snapshot *snapshot, const char *pin_dir);
int report_status_print(const json_t *report, bool wide, FILE *out);

json_t *report_services(const struct snapshot *snapshot);
int report_services_print(const json_t *report, bool wide, FILE *out);

/* Needs READ_FLOWS. `filter` may be NULL; with clients in it, FLOWS counts their connections alone,
 * and other endpoints are not shown. */
json_t *report_endpoints(const struct snapshot *snapshot, const struct report_filter *filter);
int report_endpoints_print(const json_t *report, bool wide, FILE *out);

json_t *report_networks(const struct snapshot *snapshot);
int report_networks_print(const json_t *report, bool wide, FILE *out);

json_t *report_gateways(const struct snapshot *snapshot);
int report_gateways_print(const json_t *report, bool wide, FILE *out);

/* The source's last announcement beside the kernel's tables. */
json_t *report_diff(const struct snapshot *snapshot);
int report_diff_print(const json_t *report, bool wide, FILE *out);

/* Needs READ_FLOWS. */
json_t *report_flows(const struct snapshot *snapshot, const struct report_filter *filter);
int report_flows_print(const json_t *report, bool wide, FILE *out);

/* The question of `explain`. Ports in host order. */
struct explain_query {
	struct addr vip;
	uint16_t port;
	uint8_t proto;     /* IPPROTO_*; 0: TCP, or UDP where only that is a service */
	struct addr from;  /* family 0: no particular client */
	uint16_t from_port; /* 0: any */
};

/* A list of view_to_json(), each with the `network` from which it is seen, and of
 * view_rejected_to_json(). */
int report_preview_print(const json_t *report, bool wide, FILE *out);

/* {fit, checks}, {detached, unpinned} */
int report_check_print(const json_t *report, bool wide, FILE *out);
int report_uninstall_print(const json_t *report, bool wide, FILE *out);

/* Needs READ_FLOWS. */
json_t *report_explain(const struct snapshot *snapshot, const struct explain_query *query);
int report_explain_print(const json_t *report, bool wide, FILE *out);

#endif
