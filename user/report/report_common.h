/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Parts that several reports share. */
#ifndef REPORT_COMMON_H
#define REPORT_COMMON_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include <jansson.h>

#include "parallax_abi.h"
#include "snapshot.h"
#include "view_json.h"

/* A string, with bytes that are no UTF-8 replaced; JSON null for NULL. */
json_t *report_text(const char *text);
/* "A.B.C.D:port", port in network order. */
json_t *report_address(const struct ip_addr *addr, __be16 port);
/* VIP:port of a service row; null for a row without a VIP. */
json_t *report_vip(const struct service *service);
/* A share of `parts`/`whole`, 0 when there is no whole. */
json_t *report_share(uint64_t parts, uint64_t whole);
/* "2026-11-24T21:00:00.000Z". */
json_t *report_time(uint64_t realtime_ns);

/* "2026-11-24T21:00:00Z"; null for 0. */
json_t *report_moment(time_t when);

/* [{cluster, address, network, reason}] of the endpoints that get no connections and match, each
 * once. */
json_t *report_excluded(const json_t *state,
			bool (*matches)(const void *arg, const json_t *service,
					const json_t *endpoint),
			const void *arg);
/* "VIP:port" of a service in the agent's status, into `buf` of ADDR_TEXT_MAX bytes; NULL: none. */
const char *report_status_vip(const json_t *service, char *buf);

/* The agent's status as an object, empty when it left none. */
json_t *report_agent_state(const struct snapshot *snapshot);
/* The status of the service in this row of the kernel, borrowed; or NULL. */
const json_t *report_service_status(const json_t *state, const struct service *row,
				    const char *cluster);
/* Whether the interfaces are those of another network namespace than the reader's. */
bool report_elsewhere(const struct snapshot *snapshot, const json_t *state);
/* The object of state[list] in which `key` is this number, borrowed; or NULL. */
json_t *report_find(const json_t *state, const char *list, const char *key, json_int_t number);
/* Text of object[key], borrowed; NULL when that is no string. */
const char *report_string(const json_t *object, const char *key);
/* object[key] as a new reference; null when missing. */
json_t *report_copy(const json_t *object, const char *key);

/* The agent's source, each stream with `away_seconds` until now; null without a status. */
json_t *report_source(const json_t *state);

/* What a router said of a narrow path, null if not how much passes; and how long ago. Null without one. */
json_t *report_path_told(const struct path *path);
/* Who says how narrow it is: "router", "probed", or "peer", the other end's probes. Null without one. */
json_t *report_path_origin(const struct path *path);
json_t *report_path_age(const struct snapshot *snapshot, const struct path *path);

const char *report_protocol(uint8_t proto);
/* The host in `outbound|port|subset|host`, or all of another name; NULL for NULL. */
const char *report_host(const char *cluster);
/* Name of a network; a number into `buf` of 16 bytes when it has none. */
const char *report_network(const struct snapshot *snapshot, uint32_t id, char *buf);

/* [{category, fraction, refused}] of a service row: of all new connections, and how many so far. */
json_t *report_drops(const struct snapshot *snapshot, uint32_t row);
/* Fraction that its drop overloads refuse. */
double report_drop_fraction(const struct service *service);

/* Text of object[key], borrowed or in `buf` of 32 bytes; "-" for a missing member or null. */
typedef const char *report_format_fn(const json_t *object, const char *key, char *buf);
/* The texts of IPv4 and IPv6: "A", "B", "A and B"; "-" without one. */
#define REPORT_PAIR_MAX 160
const char *report_pair(const json_t *object, const char *key, const char *key6,
			char buf[REPORT_PAIR_MAX]);

/* Strings and numbers as they are. */
report_format_fn report_cell;
/* "50.0%" */
report_format_fn report_percent;
/* "1.2 MB" */
report_format_fn report_bytes;
/* The text of an enum excluded, by its name. */
report_format_fn report_excluded_text;
/* "5 s", "3 min", "2 h", "4 d" from milliseconds */
report_format_fn report_age;

/* "and 12 more", where report["omitted"] is not 0. */
void report_omitted_print(const json_t *report, FILE *out);

#define REPORT_CELL_MAX 256

/* A column of report_table(). */
struct report_column {
	const char *header, *key;
	report_format_fn *format; /* its buf has REPORT_CELL_MAX bytes */
};

/* Writes one row for each object of `list`. Returns 0 or -errno. */
int report_table(const json_t *list, const struct report_column *columns, size_t count, FILE *out);

#endif
