/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which flows, endpoints and dropped packets are shown: by network, service, client, state, VIP. */
#ifndef REPORT_FILTER_H
#define REPORT_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "flag_parse.h"

/* Texts as the user wrote them. Something is shown if it matches one text of each list that is not
 * empty.
 * networks: names. services: a host, with or without its last labels, a cluster, or a service as it
 * is printed, VIP:PORT or VIP:PORT/tcp. from, vips: ADDRESS, ADDRESS/BITS, ADDRESS:PORT or
 * ADDRESS:PORT/tcp. states: words of a column STATE. */
struct report_filter {
	struct flag_words networks, services, from, states, vips;
	size_t limit; /* of those that match, the first ones; 0: all */
};

/* The members of one flow, endpoint or packet that a filter compares; NULL matches no text. */
struct filter_subject {
	const char *network, *cluster, *from, *vip, *protocol, *state;
};

/* Returns 0, or -EINVAL with a message in `problem`: an address that is none, or a state that is
 * not in `states`, which ends with NULL. */
int report_filter_check(const struct report_filter *filter, const char *const *states,
			char *problem, size_t size);

/* True for NULL, and without a text. */
bool report_filter_is_empty(const struct report_filter *filter);

/* `filter` may be NULL: everything matches. */
bool report_filter_matches(const struct report_filter *filter,
			   const struct filter_subject *subject);

/* Appends `item` to `list` (taken; NULL is ignored), or counts it beyond the limit of `filter`. */
void report_filter_append(const struct report_filter *filter, json_t *list, json_t *item,
			  size_t *omitted);

/* Whether the client `from`, "ADDRESS:PORT", is one of filter->from. */
bool report_filter_from(const struct report_filter *filter, const char *from, const char *protocol);

/* Whether `text` names the service at `vip` ("VIP:PORT" or NULL) of `cluster` (or NULL). */
bool report_filter_service(const char *text, const char *cluster, const char *vip,
			   const char *protocol);

#endif
