/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Merges the views that each network has of a service into one assignment with networks. */
#include "assignment_merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "arena.h"
#include "array.h"
#include "assignment_fingerprint.h"
#include "index.h"

/* An endpoint in one view. */
struct copy {
	const struct endpoint *endpoint;
	size_t view;
	bool *everywhere; /* set if the endpoint is in every view */
};

/* A view may repeat a locality: the first occurrences of all views become one, then the second ... */
struct repeat {
	uint32_t next; /* next equal locality + 1, or 0 */
	/* For the first of equal localities: the one added to last, and the view + 1 that added. */
	uint32_t last;
	size_t view;
};

struct merge {
	struct arena *arena;
	const struct merge_view *views;
	size_t view_count, present;
	struct arena *scratch;
	bool *everywhere; /* of each endpoint, in order of views and documents */
	struct locality *localities;
	struct repeat *repeats; /* of each locality */
	size_t locality_count;
	struct index index; /* the first locality of its kind */
};

/* ------------------------------------------------------------------ endpoints of every view */

static int compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	int order = (a->address_count > 0) - (b->address_count > 0);

	if (!order && a->address_count)
		order = addr_compare(&a->addresses[0].addr, &b->addresses[0].addr);
	if (!order && a->address_count)
		order = a->addresses[0].port - b->addresses[0].port;
	if (!order && a->address_count)
		order = a->addresses[0].proto - b->addresses[0].proto;
	return order ? order : compare_text(a->workload, b->workload);
}

static int compare_copy(const void *a, const void *b)
{
	const struct copy *x = a, *y = b;
	int order = compare_endpoint(x->endpoint, y->endpoint);

	return order ? order : (x->view > y->view) - (x->view < y->view);
}

static size_t count_endpoints(const struct assignment *assignment)
{
	size_t count = 0;

	for (size_t l = 0; assignment && l < assignment->locality_count; l++)
		count += assignment->localities[l].endpoint_count;
	return count;
}

static size_t list_copies(const struct merge *merge, struct copy *copies)
{
	size_t count = 0, order = 0;

	for (size_t v = 0; v < merge->view_count; v++) {
		const struct assignment *assignment = merge->views[v].assignment;

		for (size_t l = 0; assignment && l < assignment->locality_count; l++)
			for (size_t e = 0; e < assignment->localities[l].endpoint_count; e++) {
				const struct endpoint *endpoint =
					&assignment->localities[l].endpoints[e];

				if (!endpoint->network)
					copies[count++] = (struct copy){
						endpoint, v, &merge->everywhere[order]};
				order++;
			}
	}
	return count;
}

static void mark_group(const struct merge *merge, const struct copy *group, size_t count)
{
	size_t views = 1;

	for (size_t i = 1; i < count; i++)
		views += group[i].view != group[i - 1].view;
	for (size_t i = 0; views == merge->present && i < count; i++)
		*group[i].everywhere = true;
}

static int mark_everywhere(struct merge *merge, size_t total)
{
	struct copy *copies;
	size_t count, begin = 0;

	merge->everywhere = arena_array(merge->scratch, total, sizeof(*merge->everywhere));
	if (!merge->everywhere)
		return -ENOMEM;
	if (merge->present < 2)
		return 0;
	copies = arena_array(merge->scratch, total, sizeof(*copies));
	if (!copies)
		return -ENOMEM;
	count = list_copies(merge, copies);
	qsort(copies, count, sizeof(*copies), compare_copy);
	for (size_t i = 1; i <= count; i++)
		if (i == count || compare_endpoint(copies[i].endpoint, copies[begin].endpoint)) {
			mark_group(merge, &copies[begin], i - begin);
			begin = i;
		}
	return 0;
}

/* ------------------------------------------------------------------ localities */

static bool same_locality(const struct locality *a, const struct locality *b)
{
	return a->priority == b->priority && a->has_locality == b->has_locality &&
	       !compare_text(a->region, b->region) && !compare_text(a->zone, b->zone) &&
	       !compare_text(a->sub_zone, b->sub_zone) && !compare_text(a->network, b->network);
}

/* An absent text counts as an empty one, as in same_locality(). */
static uint64_t hash_locality(const struct locality *locality)
{
	const char *const texts[] = { locality->region, locality->zone, locality->sub_zone,
				      locality->network };
	uint64_t hash = (uint64_t)locality->priority << 1 | locality->has_locality;

	for (size_t i = 0; i < COUNT(texts); i++)
		hash = XXH3_64bits_withSeed(texts[i] ? texts[i] : "",
					    texts[i] ? strlen(texts[i]) : 0, hash);
	return hash;
}

/* Equal localities of one view stay separate; of their weights the last one counts. */
static struct locality *find_locality(struct merge *merge, const struct locality *locality,
				      size_t view)
{
	uint32_t *place, *link;
	struct repeat *first;
	struct locality *found;

	INDEX_FIND(&merge->index, hash_locality(locality), place,
		   same_locality(&merge->localities[*place - 1], locality));
	link = place;
	if (*place && merge->repeats[*place - 1].view == view + 1)
		link = &merge->repeats[merge->repeats[*place - 1].last].next;
	if (!*link) {
		found = &merge->localities[merge->locality_count];
		*link = (uint32_t)++merge->locality_count;
		*found = *locality;
		found->endpoints = NULL;
		found->endpoint_count = 0;
		found->weight = 0;
		found->has_weight = false;
	}
	first = &merge->repeats[*place - 1];
	first->last = *link - 1;
	first->view = view + 1;
	return &merge->localities[*link - 1];
}

static void add_weight(struct locality *to, const struct locality *from, uint64_t listed,
		       uint64_t kept)
{
	uint64_t weight = listed ? from->weight * kept / listed : from->weight;

	if (!from->has_weight)
		return;
	if (!weight && kept)
		weight = 1;
	weight += to->weight;
	to->has_weight = true;
	to->weight = weight > UINT32_MAX ? UINT32_MAX : (uint32_t)weight;
}

static int add_locality(struct merge *merge, size_t view, size_t first_view,
			const struct locality *from, const bool *everywhere)
{
	struct locality *to = find_locality(merge, from, view);
	size_t room = to->endpoint_count + from->endpoint_count;
	struct endpoint *endpoints = arena_array(merge->arena, room + 1, sizeof(*endpoints));
	uint64_t listed = 0, kept = 0;

	if (!endpoints)
		return -ENOMEM;
	if (to->endpoint_count)
		memcpy(endpoints, to->endpoints, to->endpoint_count * sizeof(*endpoints));
	to->endpoints = endpoints;
	for (size_t e = 0; e < from->endpoint_count; e++) {
		listed += from->endpoints[e].weight;
		if (everywhere[e] && view != first_view)
			continue;
		kept += from->endpoints[e].weight;
		endpoints[to->endpoint_count] = from->endpoints[e];
		if (!from->endpoints[e].network && !everywhere[e])
			endpoints[to->endpoint_count].network = merge->views[view].network;
		to->endpoint_count++;
	}
	add_weight(to, from, listed, kept);
	return 0;
}

static int add_views(struct merge *merge, size_t first_view)
{
	const bool *everywhere = merge->everywhere;
	int err = 0;

	for (size_t v = 0; !err && v < merge->view_count; v++) {
		const struct assignment *assignment = merge->views[v].assignment;

		for (size_t l = 0; !err && assignment && l < assignment->locality_count; l++) {
			err = add_locality(merge, v, first_view, &assignment->localities[l],
					   everywhere);
			everywhere += assignment->localities[l].endpoint_count;
		}
	}
	return err;
}

/* Counts the views that have the service, and makes room for the localities of all. */
static int merge_init(struct merge *merge, size_t *ret_endpoints)
{
	size_t localities = 0;

	*ret_endpoints = 0;
	for (size_t v = 0; v < merge->view_count; v++) {
		if (!merge->views[v].assignment)
			continue;
		merge->present++;
		*ret_endpoints += count_endpoints(merge->views[v].assignment);
		localities += merge->views[v].assignment->locality_count;
	}
	merge->localities = arena_array(merge->arena, localities + 1, sizeof(*merge->localities));
	if (merge->scratch)
		merge->repeats = arena_array(merge->scratch, localities, sizeof(*merge->repeats));
	if (!merge->localities || !merge->repeats)
		return -ENOMEM;
	return index_init(&merge->index, merge->scratch, localities);
}

int assignment_merge(struct arena *arena, const struct merge_view *views, size_t count,
		     const struct assignment **ret)
{
	struct merge merge = {.arena = arena, .scratch = arena_new(0), .views = views,
			      .view_count = count};
	struct assignment *merged = arena_alloc(arena, sizeof(*merged));
	size_t endpoints, first = 0;
	int err = merge_init(&merge, &endpoints);

	while (first < count && !views[first].assignment)
		first++;
	if (!err)
		err = mark_everywhere(&merge, endpoints);
	if (!err)
		err = add_views(&merge, first);
	if (!err && !merged)
		err = -ENOMEM;
	if (!err) {
		*merged = *views[first].assignment;
		merged->localities = merge.localities;
		merged->locality_count = merge.locality_count;
		merged->fingerprint = assignment_fingerprint(merged);
		*ret = merged;
	}
	arena_free(merge.scratch);
	return err;
}
