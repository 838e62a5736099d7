/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A node with a configuration and a source of assignments, all from short texts. */
#ifndef DESIRED_SITE_H
#define DESIRED_SITE_H

#include "desired_fixture.h"

#define SITE_MAX 8

struct site {
	struct node node;
	struct arena *arena; /* of all texts and assignments, until the end */
	struct config *config;
	const struct assignment *assignments[SITE_MAX];
	struct listed_cluster clusters[SITE_MAX];
	struct vip_cluster vip_clusters[SITE_MAX];
	struct xds_host hosts[SITE_MAX];
	size_t host_count;
	struct build_input input;
	char text[4096]; /* the last one printed */
};

/* network1 (ours, cluster1, 10.10.0.0/16), network2 (10.32.0.0/16, Geneve gateway 192.0.2.2) and
 * `more` lines of configuration. Nothing is known of any cluster. */
void site_new(struct site *site, const char *more);
void site_done(struct site *site);

/* "host port[/udp],port address address; host ...", in place of the configured services. */
void site_services(struct site *site, const char *text);
/* "address:port address:port"; before an address: ! unhealthy, network2/ where it is; behind it:
 * +address:port, another one of the same endpoint. NULL: there is
 * no assignment. A cluster without `|` is outbound|80||cluster. */
struct assignment *site_assign(struct site *site, const char *cluster, const char *endpoints);
/* The source lists the cluster, and whether it has answered for it. */
void site_list(struct site *site, const char *cluster, bool known);
/* Both: the source lists the cluster and has answered with these endpoints. */
void site_serve(struct site *site, const char *cluster, const char *endpoints);
/* The control plane names these addresses for the host; of all listed clusters. */
void site_name(struct site *site, const char *host, const char *addresses);

/* Builds the next generation from the one before, and applies it whole. */
void site_step(struct site *site);
/* Each row as "address:port host state", with /udp, * (captured) and # (by id) behind the port; without
 * a state "-". In the order of the rows, joined by "; ". */
const char *site_rows(struct site *site);
/* Checks these after a step. */
void site_expect(struct site *site, const char *rows);
/* The first row with this address and port (0.0.0.0: without address), which must exist. */
const struct service_row *site_row(struct site *site, const char *address);
/* The addresses that packets to this address and port are offered: "address:port ...", sorted; "none"
 * without an entry. */
const char *site_offered(struct site *site, const char *address);

#endif
