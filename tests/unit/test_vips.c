/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Virtual IPs out of clusters, names and listeners, by table. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "vips.h"

#define MAX 4

/* Addresses are separated by blanks; NULL ends a list. */
struct row {
	const char *what;
	const char *clusters[MAX];  /* "name" or "name=" (assignment without endpoints) or "name=IP" */
	const char *hosts[MAX];     /* "host IP IP", sorted */
	const char *listeners[MAX]; /* "IP PORT CLUSTER" */
	const char *expected;       /* "cluster>IP:port ..." */
	size_t endpoints;
};

static const struct row rows[] = {
	{ "names and ports",
	  { "outbound|5000||a.b=10.0.0.1" },
	  { "a.b 10.1.0.1" },
	  { 0 },
	  "outbound|5000||a.b>10.1.0.1:5000",
	  0 },
	{ "two ports of one host",
	  { "outbound|80||a.b=", "outbound|81||a.b=" },
	  { "a.b 10.1.0.1" },
	  { 0 },
	  "outbound|80||a.b>10.1.0.1:80 outbound|81||a.b>10.1.0.1:81",
	  0 },
	{ "no endpoints is an assignment",
	  { "outbound|80||a.b=" },
	  { "a.b 10.1.0.1" },
	  { 0 },
	  "outbound|80||a.b>10.1.0.1:80",
	  0 },
	{ "the first assignment has not arrived",
	  { "outbound|80||a.b" },
	  { "a.b 10.1.0.1" },
	  { 0 },
	  "outbound|80||a.b>10.1.0.1:80",
	  0 },
	{ "a subset is no service", { "outbound|80|v1|a.b=" }, { "a.b 10.1.0.1" }, { 0 }, "", 0 },
	{ "nor is any other name", { "inbound|80||=", "x=" }, { "a.b 10.1.0.1" }, { 0 }, "", 0 },
	{ "a host nobody names", { "outbound|80||a.b=" }, { "a.c 10.1.0.1" }, { 0 }, "", 0 },
	{ "the cluster's host in capitals and with a dot",
	  { "outbound|80||A.b.=" },
	  { "a.b 10.1.0.1" },
	  { 0 },
	  "outbound|80||A.b.>10.1.0.1:80",
	  0 },
	{ "several addresses, one twice",
	  { "outbound|80||a.b=" },
	  { "a.b 10.1.0.1 10.1.0.2 10.1.0.1" },
	  { 0 },
	  "outbound|80||a.b>10.1.0.1:80 outbound|80||a.b>10.1.0.2:80",
	  0 },
	{ "an endpoint's own address",
	  { "outbound|80||a.b=10.1.0.1" },
	  { "a.b 10.1.0.1 10.1.0.2" },
	  { 0 },
	  "outbound|80||a.b>10.1.0.2:80",
	  1 },
	{ "an endpoint of another service",
	  { "outbound|80||a.b=", "outbound|80||c.d=10.1.0.1" },
	  { "a.b 10.1.0.1", "c.d 10.1.0.9" },
	  { 0 },
	  "outbound|80||c.d>10.1.0.9:80",
	  1 },
	{ "both families",
	  { "outbound|80||a.b=" },
	  { "a.b fd00::1 10.1.0.1" },
	  { 0 },
	  "outbound|80||a.b>[fd00::1]:80 outbound|80||a.b>10.1.0.1:80",
	  0 },
	{ "an IPv6 listener",
	  { "outbound|80||a.b=" },
	  { 0 },
	  { "fd00::1 80 outbound|80||a.b" },
	  "outbound|80||a.b>[fd00::1]:80",
	  0 },
	{ "a listener of both families",
	  { "outbound|80||a.b=" },
	  { 0 },
	  { "10.1.0.1 80 outbound|80||a.b", "fd00::1 80 outbound|80||a.b" },
	  "outbound|80||a.b>10.1.0.1:80 outbound|80||a.b>[fd00::1]:80",
	  0 },
	{ "an endpoint's own IPv6 address",
	  { "outbound|80||a.b=fd00::1" },
	  { "a.b fd00::1 fd00::2" },
	  { 0 },
	  "outbound|80||a.b>[fd00::2]:80",
	  1 },
	{ "addresses nobody can be",
	  { "outbound|80||a.b=" },
	  { "a.b 0.0.0.0 127.0.0.1 224.0.0.1 fe80::1" },
	  { 0 },
	  "",
	  0 },
	{ "a listener where the names say nothing",
	  { "outbound|80||a.b=" },
	  { 0 },
	  { "10.1.0.1 80 outbound|80||a.b" },
	  "outbound|80||a.b>10.1.0.1:80",
	  0 },
	{ "the names come first",
	  { "outbound|80||a.b=" },
	  { "a.b 10.1.0.2" },
	  { "10.1.0.1 80 outbound|80||a.b" },
	  "outbound|80||a.b>10.1.0.2:80",
	  0 },
	{ "a name without addresses",
	  { "outbound|80||a.b=" },
	  { "a.b" },
	  { "10.1.0.1 80 outbound|80||a.b" },
	  "outbound|80||a.b>10.1.0.1:80",
	  0 },
	{ "listeners of several clusters, unsorted",
	  { "outbound|80||a.b=", "outbound|80||c.d=" },
	  { 0 },
	  { "10.1.0.2 80 outbound|80||c.d", "10.1.0.1 80 outbound|80||a.b", "10.1.0.3 80 x",
	    "10.1.0.4 81 outbound|80||a.b" },
	  "outbound|80||a.b>10.1.0.1:80 outbound|80||a.b>10.1.0.4:81 outbound|80||c.d>10.1.0.2:80",
	  0 },
	{ "the listener all HTTP ports share",
	  { "outbound|80||a.b=" },
	  { 0 },
	  { "0.0.0.0 80 outbound|80||a.b" },
	  "",
	  0 },
	{ "a listener on an endpoint",
	  { "outbound|80||a.b=10.1.0.1" },
	  { 0 },
	  { "10.1.0.1 80 outbound|80||a.b" },
	  "",
	  1 },
};

struct world {
	char names[3 * MAX][64];
	size_t name_count;
	struct socket_addr sockets[MAX];
	struct endpoint endpoints[MAX];
	struct locality localities[MAX];
	struct assignment assignments[MAX];
	struct vip_cluster clusters[MAX];
	struct addr addresses[MAX][MAX];
	struct xds_host hosts[MAX];
	struct vip_listener listeners[MAX];
};

static const char *keep(struct world *world, const char *text, size_t length)
{
	char *name = world->names[world->name_count++];

	snprintf(name, sizeof(world->names[0]), "%.*s", (int)length, text);
	return name;
}

static void make_cluster(struct world *world, size_t i, const char *text)
{
	const char *equals = strchr(text, '=');

	world->clusters[i].name = keep(world, text, equals ? (size_t)(equals - text) : strlen(text));
	if (!equals)
		return;
	world->clusters[i].assignment = &world->assignments[i];
	if (!equals[1])
		return;
	assert_int_equal(addr_parse(equals + 1, &world->sockets[i].addr), 0);
	world->endpoints[i] = (struct endpoint){.addresses = &world->sockets[i], .address_count = 1};
	world->localities[i] = (struct locality){.endpoints = &world->endpoints[i],
						 .endpoint_count = 1};
	world->assignments[i] = (struct assignment){.localities = &world->localities[i],
						    .locality_count = 1};
}

static void make_host(struct world *world, size_t i, const char *text)
{
	size_t length = strcspn(text, " ");
	struct xds_host *host = &world->hosts[i];
	char word[64];

	host->host = keep(world, text, length);
	host->addresses = world->addresses[i];
	for (text += length; sscanf(text, " %63s", word) == 1; text = strstr(text, word) + strlen(word))
		assert_int_equal(addr_parse(word, &world->addresses[i][host->address_count++]), 0);
}

static void make_listener(struct world *world, size_t i, const char *text)
{
	char address[64], cluster[64];
	unsigned int port;

	assert_int_equal(sscanf(text, "%63s %u %63s", address, &port, cluster), 3);
	assert_int_equal(addr_parse(address, &world->listeners[i].address), 0);
	world->listeners[i].port = (uint16_t)port;
	world->listeners[i].cluster = keep(world, cluster, strlen(cluster));
}

static struct vip_input make(const struct row *row, struct world *world)
{
	struct vip_input input = {.clusters = world->clusters, .hosts = world->hosts,
				  .listeners = world->listeners};

	memset(world, 0, sizeof(*world));
	for (; input.cluster_count < MAX && row->clusters[input.cluster_count]; input.cluster_count++)
		make_cluster(world, input.cluster_count, row->clusters[input.cluster_count]);
	for (; input.host_count < MAX && row->hosts[input.host_count]; input.host_count++)
		make_host(world, input.host_count, row->hosts[input.host_count]);
	for (; input.listener_count < MAX && row->listeners[input.listener_count];
	     input.listener_count++)
		make_listener(world, input.listener_count, row->listeners[input.listener_count]);
	return input;
}

static void check(const struct row *row)
{
	struct arena *arena = arena_new(0);
	struct vip_list list;
	struct world world;
	struct vip_input input = make(row, &world);
	char text[1024] = "", buf[ADDR_TEXT_MAX];
	size_t used = 0;

	print_message("%s\n", row->what);
	assert_int_equal(vips_collect(arena, &input, &list), 0);
	for (size_t i = 0; i < list.count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s>%s",
					 used ? " " : "", list.items[i].cluster,
					 addr_port_format(&list.items[i].addr, list.items[i].port, buf));
	assert_string_equal(text, row->expected);
	assert_int_equal(list.endpoints, row->endpoints);
	arena_free(arena);
}

static void gives_what_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(&rows[i]);
}

/* More than fit the first array, and no memory for it. */
static void many_services(void **state)
{
	static const struct assignment empty;
	static struct vip_cluster clusters[1000];
	static struct xds_host hosts[1000];
	static struct addr addresses[1000];
	static char names[1000][32];
	struct vip_input input = {.clusters = clusters, .cluster_count = 1000, .hosts = hosts,
				  .host_count = 1000};
	struct arena *arena = arena_new(0), *small = arena_new(4096);
	struct vip_list list;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		snprintf(names[i], sizeof(names[i]), "outbound|80||h%04u", i);
		clusters[i] = (struct vip_cluster){names[i], &empty};
		addresses[i] = (struct addr){ 4, IP_V4(htonl(0x0a010000 + i)) };
		hosts[i] = (struct xds_host){names[i] + strlen("outbound|80||"), &addresses[i], 1};
	}
	assert_int_equal(vips_collect(arena, &input, &list), 0);
	assert_int_equal(list.count, 1000);
	for (size_t i = 0; i < 1000; i++)
		assert_true(addr_equal(&list.items[i].addr, &addresses[i]));
	assert_int_equal(vips_collect(small, &input, &list), -ENOMEM);
	arena_free(arena);
	arena_free(small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_what_the_table_says),
		cmocka_unit_test(many_services),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
