/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Classified endpoints → hosts: equal ones summed, localities joined, in canonical order. */
#include "hosts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "sort.h"

struct locality_ref {
	const struct locality *locality;
	size_t index; /* in the document */
};

/* One endpoint that takes part. */
struct candidate {
	uint32_t priority;
	uint32_t locality; /* joined */
	const struct endpoint_class *class;
	enum host_health health;
	uint32_t weight;
};

struct collector {
	struct arena *arena, *scratch;
	const struct assignment *assignment;
	const struct endpoint_class *classes;
	const char **names;  /* of joined localities */
	uint32_t *joined;    /* document index → joined locality */
	struct candidate *candidates;
	size_t candidate_count;
	struct host_set set; /* the result; localities by priority, region, zone, sub_zone */
};

static int compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_locality(const struct locality *a, const struct locality *b)
{
	int order;

	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	order = compare_text(a->region, b->region);
	if (!order)
		order = compare_text(a->zone, b->zone);
	return order ? order : compare_text(a->sub_zone, b->sub_zone);
}

static int compare_ref(const void *a, const void *b)
{
	const struct locality_ref *x = a, *y = b;
	int order = compare_locality(x->locality, y->locality);

	return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* region/zone/sub_zone without empty ends, as Istio writes it. */
static const char *locality_name(struct arena *arena, const struct locality *locality)
{
	const char *region = locality->region ? locality->region : "";
	const char *zone = locality->zone ? locality->zone : "";
	const char *sub_zone = locality->sub_zone ? locality->sub_zone : "";

	if (*sub_zone)
		return arena_printf(arena, "%s/%s/%s", region, zone, sub_zone);
	if (*zone)
		return arena_printf(arena, "%s/%s", region, zone);
	return *region ? arena_strdup(arena, region) : "";
}

/* References are sorted, equal ones in document order: of repeated localities the last weight
 * counts; one without a weight does not change it (envoy: eds.cc, updateLocalityEndpoints). */
static int join_sorted(struct collector *collector, const struct locality_ref *refs, size_t count)
{
	struct share_input *input = &collector->set.input;
	struct share_locality *joined = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct locality *locality = refs[i].locality;

		if (!i || compare_locality(refs[i - 1].locality, locality)) {
			const char *name = locality_name(collector->arena, locality);

			if (!name)
				return -ENOMEM;
			collector->names[input->locality_count] = name;
			joined = &input->localities[input->locality_count++];
			joined->priority = locality->priority;
		}
		if (locality->has_locality && locality->has_weight)
			joined->weight = locality->weight;
		collector->joined[refs[i].index] = (uint32_t)(joined - input->localities);
	}
	return 0;
}

static int join_localities(struct collector *collector)
{
	const struct assignment *assignment = collector->assignment;
	size_t count = assignment->locality_count;
	struct locality_ref *refs = arena_array(collector->scratch, count, sizeof(*refs));
	struct share_locality *localities =
		arena_array(collector->scratch, count, sizeof(*localities));

	collector->set.input.localities = localities;
	collector->names = arena_array(collector->scratch, count, sizeof(*collector->names));
	collector->joined = arena_array(collector->scratch, count, sizeof(*collector->joined));
	if (!refs || !localities || !collector->names || !collector->joined)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (assignment->localities[i].priority > MAX_PRIORITY)
			return -E2BIG;
		refs[i] = (struct locality_ref){&assignment->localities[i], i};
	}
	qsort(refs, count, sizeof(*refs), compare_ref);
	return join_sorted(collector, refs, count);
}

static enum host_health host_health(const struct endpoint_class *class, enum health health)
{
	if (class->down)
		return HOST_UNHEALTHY;
	switch (health) {
	case HEALTH_UNKNOWN:
	case HEALTH_HEALTHY:
		return HOST_HEALTHY;
	case HEALTH_DEGRADED:
		return HOST_DEGRADED;
	case HEALTH_DRAINING:
		return HOST_EXCLUDED;
	case HEALTH_UNHEALTHY:
	case HEALTH_TIMEOUT:
		break;
	}
	return HOST_UNHEALTHY;
}

static void add_candidate(struct collector *collector, size_t locality_index,
			  const struct endpoint_class *class, const struct endpoint *endpoint)
{
	uint32_t joined = collector->joined[locality_index];
	struct share_locality *locality = &collector->set.input.localities[joined];

	locality->listed += endpoint->weight;
	if (class->reason)
		return;
	locality->kept += endpoint->weight;
	collector->candidates[collector->candidate_count++] = (struct candidate){
		.priority = locality->priority,
		.locality = joined,
		.class = class,
		.health = host_health(class, endpoint->health),
		.weight = endpoint->weight,
	};
}

static int compare_host(const struct candidate *a, const struct candidate *b)
{
	int order;

	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	if (a->class->network != b->class->network)
		return (uintptr_t)a->class->network < (uintptr_t)b->class->network ? -1 : 1;
	order = addr_compare(&a->class->address->addr, &b->class->address->addr);
	if (order)
		return order;
	if (a->class->address->port != b->class->address->port)
		return a->class->address->port < b->class->address->port ? -1 : 1;
	return a->class->gateway - b->class->gateway;
}

static int compare_candidate(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int order = compare_host(x, y);

	return order ? order : (x->locality > y->locality) - (x->locality < y->locality);
}

static int collect_candidates(struct collector *collector, size_t count)
{
	const struct assignment *assignment = collector->assignment;
	const struct endpoint_class *class = collector->classes;

	collector->candidates =
		arena_array(collector->scratch, count, sizeof(*collector->candidates));
	if (!collector->candidates)
		return -ENOMEM;
	for (size_t i = 0; i < assignment->locality_count; i++) {
		const struct locality *locality = &assignment->localities[i];

		for (size_t j = 0; j < locality->endpoint_count; j++)
			add_candidate(collector, i, class++, &locality->endpoints[j]);
	}
	sort_unless_sorted(collector->candidates, collector->candidate_count,
			   sizeof(*collector->candidates), compare_candidate);
	return 0;
}

static void start_host(struct collector *collector, const struct candidate *candidate)
{
	struct host_set *set = &collector->set;
	size_t index = set->input.host_count++;

	set->input.hosts[index] = (struct share_host){
		.priority = candidate->priority,
		.health = candidate->health,
	};
	set->hosts[index] = (struct host){
		.network = candidate->class->network,
		.address = candidate->class->address,
		.gateway = candidate->class->gateway,
		.locality = collector->names[candidate->locality],
	};
}

static void add_to_host(struct collector *collector, const struct candidate *candidate)
{
	struct share_input *input = &collector->set.input;
	uint32_t index = (uint32_t)input->host_count - 1;
	struct share_host *host = &input->hosts[index];
	struct share_entry *last =
		input->entry_count ? &input->entries[input->entry_count - 1] : NULL;

	host->weight += candidate->weight;
	if (candidate->health > host->health)
		host->health = candidate->health;
	if (last && last->host == index && last->locality == candidate->locality) {
		last->weight += candidate->weight;
		return;
	}
	if (last && last->host == index)
		collector->set.hosts[index].locality = "";
	input->entries[input->entry_count++] = (struct share_entry){
		.host = index,
		.locality = candidate->locality,
		.weight = candidate->weight,
	};
}

static int merge_candidates(struct collector *collector)
{
	struct host_set *set = &collector->set;
	size_t count = collector->candidate_count;

	set->input.hosts = arena_array(collector->scratch, count, sizeof(*set->input.hosts));
	set->hosts = arena_array(collector->scratch, count, sizeof(*set->hosts));
	set->input.entries = arena_array(collector->scratch, count, sizeof(*set->input.entries));
	if (!set->input.hosts || !set->hosts || !set->input.entries)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct candidate *candidate = &collector->candidates[i];

		if (!i || compare_host(candidate - 1, candidate))
			start_host(collector, candidate);
		else
			set->duplicates++;
		add_to_host(collector, candidate);
	}
	return 0;
}

/* Levels go up to the last one named, gaps included; there is always level 0. */
static uint32_t count_priorities(const struct assignment *assignment)
{
	uint32_t count = 1;

	for (size_t i = 0; i < assignment->locality_count; i++) {
		if (assignment->localities[i].priority >= count)
			count = assignment->localities[i].priority + 1;
	}
	return count;
}

int hosts_collect(struct arena *arena, struct arena *scratch,
		  const struct view_request *request, const struct endpoint_class *classes,
		  size_t class_count, struct host_set *ret)
{
	struct collector collector = {
		.arena = arena, .scratch = scratch,
		.assignment = request->assignment, .classes = classes,
		.set.input.priority_count = count_priorities(request->assignment),
	};
	int err = join_localities(&collector);

	if (!err)
		err = collect_candidates(&collector, class_count);
	if (!err)
		err = merge_candidates(&collector);
	if (!err)
		*ret = collector.set;
	return err;
}
