/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which flows, endpoints and dropped packets are shown. */
#include "report_filter.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "report_common.h"
#include "suggest.h"

/* ------------------------------------------------------------------ addresses */

/* Addresses, of one port and protocol or of all (0). */
struct place {
	struct prefix prefix;
	uint16_t port;
	uint8_t proto;
};

static int place_parse(const char *text, struct place *ret)
{
	struct place place = {};

	if (!addr_parse(text, &place.prefix.addr) ||
	    !addr_service_parse(text, &place.prefix.addr, &place.port, &place.proto))
		place.prefix.bits = place.prefix.addr.family == 4 ? 32 : 128;
	else if (prefix_parse(text, &place.prefix))
		return -EINVAL;
	*ret = place;
	return 0;
}

static bool place_matches(const char *text, const char *address, const char *protocol)
{
	struct addr addr;
	struct place place;
	uint16_t port = 0;

	if (!address || place_parse(text, &place) ||
	    (addr_port_parse(address, &addr, &port) && addr_parse(address, &addr)))
		return false;
	return prefix_contains(&place.prefix, &addr) && (!place.port || place.port == port) &&
	       (!place.proto || (protocol && !strcmp(protocol, report_protocol(place.proto))));
}

/* ------------------------------------------------------------------ services */

static bool host_matches(const char *host, const char *text)
{
	size_t length = strlen(text);

	return host && !strncmp(host, text, length) &&
	       (host[length] == '\0' || (host[length] == '.' && length));
}

bool report_filter_service(const char *text, const char *cluster, const char *vip,
			   const char *protocol)
{
	struct addr addr;
	uint16_t port;
	uint8_t proto;

	if (!addr_service_parse(text, &addr, &port, &proto))
		return place_matches(text, vip, protocol);
	return cluster && (!strcmp(cluster, text) || host_matches(report_host(cluster), text));
}

/* ------------------------------------------------------------------ all of it */

static bool is_one_of(const struct flag_words *words, const char *text)
{
	for (size_t i = 0; text && i < words->count; i++)
		if (!strcmp(words->items[i], text))
			return true;
	return !words->count;
}

static bool is_at_one_of(const struct flag_words *words, const char *address, const char *protocol)
{
	for (size_t i = 0; i < words->count; i++)
		if (place_matches(words->items[i], address, protocol))
			return true;
	return !words->count;
}

static bool is_service_of(const struct flag_words *words, const struct filter_subject *subject)
{
	for (size_t i = 0; i < words->count; i++)
		if (report_filter_service(words->items[i], subject->cluster, subject->vip,
					  subject->protocol))
			return true;
	return !words->count;
}

void report_filter_append(const struct report_filter *filter, json_t *list, json_t *item,
			  size_t *omitted)
{
	if (item && filter && filter->limit && json_array_size(list) >= filter->limit)
		++*omitted;
	else if (item)
		json_array_append(list, item);
	json_decref(item);
}

bool report_filter_is_empty(const struct report_filter *filter)
{
	return !filter || !(filter->networks.count + filter->services.count + filter->from.count +
			    filter->states.count + filter->vips.count);
}

bool report_filter_from(const struct report_filter *filter, const char *from, const char *protocol)
{
	return is_at_one_of(&filter->from, from, protocol);
}

bool report_filter_matches(const struct report_filter *filter, const struct filter_subject *subject)
{
	return !filter || (is_one_of(&filter->networks, subject->network) &&
			   is_one_of(&filter->states, subject->state) &&
			   is_service_of(&filter->services, subject) &&
			   is_at_one_of(&filter->from, subject->from, subject->protocol) &&
			   is_at_one_of(&filter->vips, subject->vip, subject->protocol));
}

/* ------------------------------------------------------------------ mistakes */

static int check_places(const char *flag, const struct flag_words *words, char *problem,
			size_t size)
{
	struct place place;

	for (size_t i = 0; i < words->count; i++) {
		if (!place_parse(words->items[i], &place))
			continue;
		snprintf(problem, size, "%s is ADDRESS, ADDRESS/BITS or ADDRESS:PORT, not '%s'",
			 flag, words->items[i]);
		return -EINVAL;
	}
	return 0;
}

static int check_state(const char *word, const char *const *states, char *problem, size_t size)
{
	struct suggestion near = { .word = word };
	size_t used;

	for (size_t i = 0; states[i]; i++) {
		if (!strcmp(states[i], word))
			return 0;
		suggest_offer(&near, states[i]);
	}
	used = (size_t)snprintf(problem, size, "unknown state '%.64s': ", word);
	if (near.name)
		used += (size_t)snprintf(problem + used, size - used, "did you mean '%s'? ",
					 near.name);
	used += (size_t)snprintf(problem + used, size - used, "They are");
	for (size_t i = 0; states[i] && used < size; i++)
		used += (size_t)snprintf(problem + used, size - used, "%s %s", i ? "," : "",
					 states[i]);
	return -EINVAL;
}

int report_filter_check(const struct report_filter *filter, const char *const *states,
			char *problem, size_t size)
{
	int err = check_places("--from", &filter->from, problem, size);

	if (!err)
		err = check_places("--vip", &filter->vips, problem, size);
	for (size_t i = 0; !err && i < filter->states.count; i++)
		err = check_state(filter->states.items[i], states, problem, size);
	return err;
}
