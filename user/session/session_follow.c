/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which assignments are asked for, and which of them serves under which name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "cluster_name.h"
#include "eds_rules.h"
#include "session_state.h"
#include "text.h"

/* Builds the next EDS list and the next served list before either is replaced. */
struct follow {
	struct xds_session *session;
	const char **names; /* of EDS, sorted, each once */
	size_t name_count;
	struct xds_list list;
	struct xds_resource **fresh; /* new ones in `list` */
	size_t fresh_count;
	struct xds_served *served;
	size_t served_count;
};

static int compare_served(const void *left, const void *right)
{
	return strcmp(((const struct xds_served *)left)->name,
		      ((const struct xds_served *)right)->name);
}

/* Subsets are chosen by rules of routes, which virtual IPs alone do not show. */
static bool is_followed(const struct xds_cluster *cluster)
{
	struct cluster_name name;

	return cluster->kind == XDS_CLUSTER_EDS &&
	       (cluster_name_parse(cluster->name, &name) || !*name.subset);
}

static void collect_names(struct follow *follow)
{
	const struct xds_session *session = follow->session;
	const struct xds_list *clusters = &session->channels[XDS_CDS].list;
	size_t count = 0;

	for (size_t i = 0; i < clusters->count; i++) {
		const struct xds_resource *cluster = clusters->items[i];

		if (!is_followed(cluster->cluster))
			continue;
		follow->names[count++] = cluster->cluster->service;
		if (cluster->previous)
			follow->names[count++] = cluster->previous;
	}
	for (size_t i = 0; i < session->extra_count; i++)
		follow->names[count++] = session->extra[i];
	follow->name_count = text_sort_unique(follow->names, count);
}

static int add_name(struct follow *follow, const char *name, struct xds_resource *held)
{
	if (!held) {
		held = xds_resource_new(name);
		if (!held)
			return -ENOMEM;
		follow->fresh[follow->fresh_count++] = held;
	}
	follow->list.items[follow->list.count++] = held;
	return 0;
}

/* Names wanted, and those whose unsubscription is still to be sent: should one be
 * wanted again before that, the server sees no change and would send nothing. */
static int make_list(struct follow *follow)
{
	const struct xds_list *old = &follow->session->channels[XDS_EDS].list;
	size_t i = 0, j = 0;
	int err = 0;

	while (!err && (i < old->count || j < follow->name_count)) {
		int order = i == old->count	      ? 1
			    : j == follow->name_count ? -1
						      : strcmp(old->items[i]->name, follow->names[j]);

		if (order > 0)
			err = add_name(follow, follow->names[j++], NULL);
		else if (!order && ++j)
			err = add_name(follow, NULL, old->items[i++]);
		else if (old->items[i]->sent)
			err = add_name(follow, NULL, old->items[i++]);
		else
			i++;
	}
	return err;
}

static void serve(struct follow *follow, const char *name, const struct xds_resource *cluster)
{
	struct xds_served *served = &follow->served[follow->served_count++];
	const char *service = cluster ? cluster->cluster->service : name;

	served->name = name;
	served->now = xds_list_find(&follow->list, service);
	if (cluster && cluster->previous)
		served->before = xds_list_find(&follow->list, cluster->previous);
}

static void make_served(struct follow *follow)
{
	const struct xds_session *session = follow->session;
	const struct xds_list *clusters = &session->channels[XDS_CDS].list;

	for (size_t i = 0; i < clusters->count; i++)
		if (is_followed(clusters->items[i]->cluster))
			serve(follow, clusters->items[i]->name, clusters->items[i]);
	for (size_t i = 0; i < session->extra_count; i++) {
		const struct xds_resource *cluster = xds_list_find(clusters, session->extra[i]);

		if (!cluster || !is_followed(cluster->cluster))
			serve(follow, session->extra[i], NULL);
	}
	qsort(follow->served, follow->served_count, sizeof(*follow->served), compare_served);
}

static int allocate(struct follow *follow)
{
	const struct xds_session *session = follow->session;
	size_t clusters = session->channels[XDS_CDS].list.count;
	size_t names = 2 * clusters + session->extra_count + 1;
	size_t list = names + session->channels[XDS_EDS].list.count;

	follow->names = malloc(names * sizeof(*follow->names));
	follow->list.items = malloc(list * sizeof(*follow->list.items));
	follow->fresh = malloc(names * sizeof(*follow->fresh));
	follow->served = calloc(clusters + session->extra_count + 1, sizeof(*follow->served));
	return follow->names && follow->list.items && follow->fresh && follow->served ? 0 : -ENOMEM;
}

static void give_up(struct follow *follow)
{
	for (size_t i = 0; i < follow->fresh_count; i++)
		xds_resource_free(follow->fresh[i]);
	free(follow->list.items);
	free(follow->served);
}

static bool is_wanted(const struct follow *follow, const char *name)
{
	return text_in_sorted(follow->names, follow->name_count, name);
}

static void want(struct xds_session *session, struct xds_resource *held, bool wanted)
{
	session->channels[XDS_EDS].names_changed |= held->wanted != wanted;
	held->wanted = wanted;
}

/* From here on nothing can fail. */
static void put_list(struct follow *follow)
{
	struct xds_session *session = follow->session;
	struct xds_list *list = &session->channels[XDS_EDS].list;

	for (size_t i = 0; i < list->count; i++) {
		struct xds_resource *held = list->items[i];

		want(session, held, is_wanted(follow, held->name));
		if (!held->wanted && !held->sent)
			xds_resource_free(held);
	}
	free(list->items);
	*list = follow->list;
	for (size_t i = 0; i < follow->fresh_count; i++)
		want(session, follow->fresh[i], true);
}

static void put_served(struct follow *follow)
{
	struct xds_session *session = follow->session;

	free(session->served);
	session->served = follow->served;
	session->served_count = follow->served_count;
	session_bury(session);
	session->follow_due = false;
	session->generation++;
}

int session_follow(struct xds_session *session)
{
	struct follow follow = {.session = session};
	int err;

	if (!session->follow_due)
		return 0;
	err = allocate(&follow);
	if (!err) {
		collect_names(&follow);
		err = make_list(&follow);
	}
	if (err) {
		give_up(&follow);
	} else {
		make_served(&follow);
		put_list(&follow);
		put_served(&follow);
	}
	free(follow.names);
	free(follow.fresh);
	return err;
}
