/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The report of one decision while it is made, and its parts. */
#ifndef REPORT_EXPLAIN_PARTS_H
#define REPORT_EXPLAIN_PARTS_H

#include <arpa/inet.h>
#include <jansson.h>

#include "report.h"
#include "table_walk.h"

struct explain {
	const struct snapshot *snapshot;
	const struct explain_query *query;
	json_t *report, *steps;
	struct vip_key key;
	uint32_t row;
	const struct service *service;
	bool choose; /* the client is known well enough to choose a backend */
	bool flow_decides;
	uint64_t hash;
	struct table_choice choice; /* of the table */
	uint32_t *slots;            /* by backend row, of the table; NULL without memory */
	uint64_t total;             /* of slots */
};

static inline void step(struct explain *explain, const char *name, bool ok, json_t *text)
{
	json_array_append_new(explain->steps,
			      json_pack("{s:s,s:b,s:o}", "step", name, "ok", ok,
							"text", text));
}

static inline void outcome(struct explain *explain, const char *word)
{
	json_object_set_new(explain->report, "outcome", json_string(word));
}

/* "10.1.2.3:80" into a buffer of ADDR_TEXT_MAX. */
static inline const char *place(const struct ip_addr *ip, __be16 port, char *buf)
{
	struct addr addr = addr_of_ip(ip);

	return addr_port_format(&addr, ntohs(port), buf);
}

/* Whether a client is given, and of the family of the virtual IP. */
static inline bool has_client(const struct explain *explain)
{
	return explain->query->from.family == (ip_is_v4(&explain->key.addr) ? 4 : 6);
}

/* What the table chose, and the path to it. */
void report_explain_backend(struct explain *explain);
/* All backends of the service with their places in the table, and the load of its priorities. */
void report_explain_distribution(struct explain *explain);

/* The decision in one sentence, out of the finished report and the agent's status. A new reference,
 * or NULL. */
json_t *report_explain_summary(const json_t *report, const json_t *state);

#endif
