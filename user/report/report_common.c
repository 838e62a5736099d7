/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Parts that several reports share. */
#include "report_common.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "addr.h"
#include "snapshot_find.h"
#include "table_print.h"
#include "utf8.h"

json_t *report_text(const char *text)
{
	json_t *string = text ? json_string(text) : json_null();
	char *copy;

	if (string)
		return string;
	copy = strdup(text);
	if (copy)
		utf8_clean(copy);
	string = copy ? json_string(copy) : NULL;
	free(copy);
	return string;
}

json_t *report_moment(time_t when)
{
	char buf[32];
	struct tm tm;

	if (!when || !gmtime_r(&when, &tm))
		return json_null();
	strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(buf);
}

json_t *report_address(const struct ip_addr *ip, __be16 port)
{
	struct addr addr = addr_of_ip(ip);
	char text[ADDR_TEXT_MAX];

	return json_string(addr_port_format(&addr, ntohs(port), text));
}

json_t *report_vip(const struct service *service)
{
	if (ip_is_none(&service->vip))
		return json_null();
	return report_address(&service->vip, service->port);
}

json_t *report_share(uint64_t parts, uint64_t whole)
{
	return json_real(whole ? (double)parts / (double)whole : 0.0);
}

json_t *report_time(uint64_t realtime_ns)
{
	time_t seconds = (time_t)(realtime_ns / 1000000000u);
	unsigned int ms = (unsigned int)(realtime_ns / 1000000u % 1000u);
	char day[32], text[48];
	struct tm utc;

	gmtime_r(&seconds, &utc);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text, sizeof(text), "%s.%03uZ", day, ms);
	return json_string(text);
}

json_t *report_agent_state(const struct snapshot *snapshot)
{
	return snapshot->status ? json_incref(snapshot->status) : json_object();
}

static bool has_item(const json_t *list, size_t from, const json_t *item)
{
	for (size_t i = from; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), item))
			return true;
	return false;
}

struct excluded_search {
	bool (*matches)(const void *arg, const json_t *service, const json_t *endpoint);
	const void *arg;
};

/* Services of one cluster are neighbours, and share its endpoints. */
static void add_excluded(json_t *list, const json_t *service, size_t from,
			 const struct excluded_search *search)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(service, "excluded"), i, item) {
		json_t *copy =
			json_pack("{s:o,s:o,s:o,s:o}", "cluster",
					 report_copy(service, "cluster"), "address",
					 report_copy(item, "address"), "network",
					 report_copy(item, "network"), "reason",
					 report_copy(item, "reason"));

		if (copy && search->matches(search->arg, service, item) &&
		    !has_item(list, from, copy))
			json_array_append(list, copy);
		json_decref(copy);
	}
}

json_t *report_excluded(const json_t *state,
			bool (*matches)(const void *arg, const json_t *service,
					const json_t *endpoint),
			const void *arg)
{
	const struct excluded_search search = { matches, arg };
	json_t *list = json_array(), *service;
	const char *cluster = NULL;
	size_t i, from = 0;

	json_array_foreach(json_object_get(state, "services"), i, service) {
		const char *name = report_string(service, "cluster");

		if (!name)
			continue;
		if (!cluster || strcmp(cluster, name))
			from = json_array_size(list);
		cluster = name;
		add_excluded(list, service, from, &search);
	}
	return list;
}

/* The status has the address and the port apart. */
const char *report_status_vip(const json_t *service, char *buf)
{
	json_int_t port = json_integer_value(json_object_get(service, "port"));
	const char *text = report_string(service, "vip");
	struct addr addr;

	if (!text || addr_parse(text, &addr))
		return NULL;
	return addr_port_format(&addr, (uint16_t)port, buf);
}

static bool same_text(const json_t *object, const char *key, const char *text)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value && text ? !strcmp(value, text) : value == text;
}

const json_t *report_service_status(const json_t *state, const struct service *row,
				    const char *cluster)
{
	struct addr vip = addr_of_ip(&row->vip);
	char buf[ADDR_TEXT_MAX];
	const char *text = vip.family ? addr_format(&vip, buf) : NULL;
	json_t *service;
	size_t i;

	json_array_foreach(json_object_get(state, "services"), i, service)
		if (same_text(service, "cluster", cluster) && same_text(service, "vip", text) &&
		    json_integer_value(json_object_get(service, "family")) == row->family &&
		    same_text(service, "protocol", report_protocol(row->proto)))
			return service;
	return NULL;
}

bool report_elsewhere(const struct snapshot *snapshot, const json_t *state)
{
	json_int_t netns = json_integer_value(json_object_get(state, "netns"));

	return netns && snapshot->netns && netns != snapshot->netns;
}

json_t *report_find(const json_t *state, const char *list, const char *key, json_int_t number)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(state, list), i, item)
		if (json_integer_value(json_object_get(item, key)) == number)
			return item;
	return NULL;
}

const char *report_string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

json_t *report_copy(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return value ? json_incref(value) : json_null();
}

const char *report_protocol(uint8_t proto)
{
	return proto == IPPROTO_UDP ? "udp" : "tcp";
}

const char *report_host(const char *cluster)
{
	const char *bar = cluster ? strrchr(cluster, '|') : NULL;

	return bar ? bar + 1 : cluster;
}

const char *report_network(const struct snapshot *snapshot, uint32_t id, char *buf)
{
	const char *name = snapshot_name(snapshot, NAME_NETWORK, id);

	if (name)
		return name;
	snprintf(buf, 16, "0x%06x", id);
	return buf;
}

const char *report_cell(const json_t *object, const char *key, char *buf)
{
	const json_t *value = json_object_get(object, key);

	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_integer(value)) {
		snprintf(buf, 32, "%lld", (long long)json_integer_value(value));
		return buf;
	}
	if (json_is_real(value)) {
		snprintf(buf, 32, "%.3f", json_real_value(value));
		return buf;
	}
	if (json_is_boolean(value))
		return json_is_true(value) ? "yes" : "no";
	return "-";
}

const char *report_pair(const json_t *object, const char *key, const char *key6,
			char buf[REPORT_PAIR_MAX])
{
	const char *v4 = report_string(object, key), *v6 = report_string(object, key6);

	snprintf(buf, REPORT_PAIR_MAX, "%s%s%s",
		 v4 ? v4 :
		 v6 ? "" :
		      "-",
		 v4 && v6 ? " and " : "", v6 ? v6 : "");
	return buf;
}

const char *report_excluded_text(const json_t *object, const char *key, char *buf)
{
	const char *name = report_cell(object, key, buf);

	for (int i = 1; i < EXCLUDED_COUNT; i++)
		if (!strcmp(view_excluded_name((enum excluded)i), name))
			return view_excluded_text((enum excluded)i);
	return name;
}

const char *report_percent(const json_t *object, const char *key, char *buf)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_number(value))
		return "-";
	snprintf(buf, 32, "%.1f%%", 100.0 * json_number_value(value));
	return buf;
}

const char *report_bytes(const json_t *object, const char *key, char *buf)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
	const json_t *value = json_object_get(object, key);
	double amount = json_number_value(value);
	size_t unit = 0;

	if (!json_is_number(value))
		return "-";
	for (; amount >= 1000.0 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
		amount /= 1000.0;
	snprintf(buf, 32, unit ? "%.1f %s" : "%.0f %s", amount, units[unit]);
	return buf;
}

json_t *report_path_told(const struct path *path)
{
	return path && path->told ? json_integer(path->told) : json_null();
}

json_t *report_path_origin(const struct path *path)
{
	static const char *const names[] = {
		[PATH_ROUTER] = "router", [PATH_PROBED] = "probed", [PATH_PEER] = "peer"
	};

	return path && path->origin <= PATH_PEER ? json_string(names[path->origin]) : json_null();
}

json_t *report_path_age(const struct snapshot *snapshot, const struct path *path)
{
	uint32_t hz = snapshot->settings.hz;

	return path && hz && snapshot->has_jiffies ?
		       json_integer((json_int_t)(snapshot->jiffies - path->stamp) * 1000 / hz) :
		       json_null();
}

const char *report_age(const json_t *object, const char *key, char *buf)
{
	const json_t *value = json_object_get(object, key);
	long long seconds = json_integer_value(value) / 1000;

	if (!json_is_integer(value))
		return "-";
	if (seconds < 120)
		snprintf(buf, 32, "%lld s", seconds);
	else if (seconds < 7200)
		snprintf(buf, 32, "%lld min", seconds / 60);
	else if (seconds < 172800)
		snprintf(buf, 32, "%lld h", seconds / 3600);
	else
		snprintf(buf, 32, "%lld d", seconds / 86400);
	return buf;
}

void report_omitted_print(const json_t *report, FILE *out)
{
	long long omitted = json_integer_value(json_object_get(report, "omitted"));

	if (omitted)
		fprintf(out, "and %lld more\n", omitted);
}

int report_table(const json_t *list, const struct report_column *columns, size_t count, FILE *out)
{
	const char *headers[count];
	char buf[REPORT_CELL_MAX];
	struct table_print *table;
	json_t *object;
	size_t row;
	int err;

	for (size_t i = 0; i < count; i++)
		headers[i] = columns[i].header;
	table = table_print_new(headers, count);
	if (!table)
		return -ENOMEM;
	json_array_foreach(list, row, object)
		for (size_t i = 0; i < count; i++)
			table_print_cell(table, "%s", columns[i].format(object, columns[i].key, buf));
	err = table_print_write(table, out);
	table_print_free(table);
	return err;
}
