/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Envoy's load-balancing arithmetic: the part of the traffic each host gets. */
#include "shares.h"

#include <errno.h>
#include <string.h>

#include "arena.h"

/* Availability of one priority, by which loads are distributed. */
struct availability {
	uint32_t healthy, degraded; /* 0-100 */
};

struct locality_state {
	uint32_t hosts, excluded, healthy, degraded;
	uint64_t healthy_weight, degraded_weight; /* of endpoints */
	double healthy_load, degraded_load;       /* effective locality weights */
};

struct priority_state {
	struct view_priority *view;
	uint64_t healthy, degraded, total; /* hosts, or their weights; excluded ones not in total */
	uint64_t all_weight, healthy_weight, degraded_weight;
	double healthy_sum, degraded_sum; /* of effective locality weights */
};

struct shares {
	const struct share_input *input;
	struct priority_state *priorities;
	struct availability *available;
	struct locality_state *localities;
	uint32_t total; /* normalised total availability, 0-100 */
};

static void count_host(struct shares *shares, const struct share_host *host)
{
	struct priority_state *state = &shares->priorities[host->priority];
	uint64_t unit = shares->input->weighted_priority_health ? host->weight : 1;

	state->view->hosts++;
	state->all_weight += host->weight;
	if (host->health == HOST_EXCLUDED)
		state->view->excluded++;
	else
		state->total += unit;
	if (host->health == HOST_HEALTHY) {
		state->view->healthy++;
		state->healthy += unit;
		state->healthy_weight += host->weight;
	} else if (host->health == HOST_DEGRADED) {
		state->view->degraded++;
		state->degraded += unit;
		state->degraded_weight += host->weight;
	}
}

static void count_entry(struct shares *shares, const struct share_entry *entry)
{
	struct locality_state *state = &shares->localities[entry->locality];
	enum host_health health = shares->input->hosts[entry->host].health;

	state->hosts++;
	state->excluded += health == HOST_EXCLUDED;
	if (health == HOST_HEALTHY) {
		state->healthy++;
		state->healthy_weight += entry->weight;
	} else if (health == HOST_DEGRADED) {
		state->degraded++;
		state->degraded_weight += entry->weight;
	}
}

static uint32_t percent(uint32_t overprovisioning, uint64_t part, uint64_t total)
{
	unsigned __int128 value;

	if (!total)
		return 0;
	value = (unsigned __int128)overprovisioning * part / total;
	return value > 100 ? 100 : (uint32_t)value;
}

static void measure(struct shares *shares)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < shares->input->priority_count; i++) {
		const struct priority_state *state = &shares->priorities[i];
		uint32_t factor = shares->input->overprovisioning;

		shares->available[i].healthy = percent(factor, state->healthy, state->total);
		shares->available[i].degraded = percent(factor, state->degraded, state->total);
		sum += shares->available[i].healthy + shares->available[i].degraded;
	}
	shares->total = sum > 100 ? 100 : sum;
}

static uint32_t take_load(uint32_t *left, uint32_t available, uint32_t total)
{
	uint32_t load = available * 100 / total;

	if (load > *left)
		load = *left;
	*left -= load;
	return load;
}

/* envoy: distributeLoad(). Healthy hosts first, then degraded ones, in order of priority. */
static void distribute_load(struct shares *shares)
{
	uint32_t left = 100, count = shares->input->priority_count;
	uint32_t *first = NULL;

	for (uint32_t i = 0; i < count; i++) {
		struct view_priority *view = shares->priorities[i].view;

		view->healthy_load = take_load(&left, shares->available[i].healthy, shares->total);
		if (!first && shares->available[i].healthy)
			first = &view->healthy_load;
	}
	for (uint32_t i = 0; i < count; i++) {
		struct view_priority *view = shares->priorities[i].view;

		view->degraded_load =
			take_load(&left, shares->available[i].degraded, shares->total);
		if (!first && shares->available[i].degraded)
			first = &view->degraded_load;
	}
	*first += left;
}

/* envoy: isHostSetInPanic(). Counts hosts, never weights. */
static bool too_few(const struct view_priority *view, uint32_t threshold)
{
	uint64_t hosts = view->hosts - view->excluded;

	if (threshold > 100)
		threshold = 100;
	if (!hosts)
		return threshold > 0;
	return 100 * ((uint64_t)view->healthy + view->degraded) < threshold * hosts;
}

/* envoy: recalculateLoadInTotalPanic(). By number of hosts, whatever their health. */
static void distribute_by_hosts(struct shares *shares)
{
	uint32_t left = 100, count = shares->input->priority_count;
	struct view_priority *first = NULL;

	for (uint32_t i = 0; i < count; i++) {
		struct view_priority *view = shares->priorities[i].view;

		view->degraded_load = 0;
		view->healthy_load =
			(uint32_t)(100 * (uint64_t)view->hosts / shares->input->host_count);
		left -= view->healthy_load;
		if (!first && view->hosts)
			first = view;
	}
	first->healthy_load += left;
}

/* envoy: recalculatePerPriorityPanic(). */
static void find_panic(struct shares *shares)
{
	bool everywhere = true;

	for (uint32_t i = 0; i < shares->input->priority_count; i++) {
		struct view_priority *view = shares->priorities[i].view;

		view->panic = shares->total < 100 &&
			      too_few(view, shares->input->panic_threshold);
		everywhere &= view->panic;
	}
	if (everywhere && shares->input->host_count)
		distribute_by_hosts(shares);
	else if (!shares->total)
		shares->priorities[0].view->healthy_load = 100;
}

/* HostSetImpl::effectiveLocalityWeight(), less the part of the locality's excluded endpoints. */
static double effective_weight(const struct share_input *input,
			       const struct share_locality *locality,
			       const struct locality_state *state, uint32_t eligible)
{
	uint32_t hosts = state->hosts - state->excluded;
	double ratio;

	if (!hosts || !locality->listed)
		return 0;
	ratio = (double)input->overprovisioning * eligible / (100.0 * hosts);
	if (ratio > 1)
		ratio = 1;
	return (double)locality->weight * ((double)locality->kept / (double)locality->listed) *
	       ratio;
}

static void weigh_localities(struct shares *shares)
{
	const struct share_input *input = shares->input;

	for (size_t i = 0; i < input->locality_count; i++) {
		const struct share_locality *locality = &input->localities[i];
		struct locality_state *state = &shares->localities[i];
		struct priority_state *priority = &shares->priorities[locality->priority];

		state->healthy_load = effective_weight(input, locality, state, state->healthy);
		state->degraded_load = effective_weight(input, locality, state, state->degraded);
		priority->healthy_sum += state->healthy_load;
		priority->degraded_sum += state->degraded_load;
	}
}

/* Without any locality weight, and in panic, the whole set is used by endpoint weight. */
static void share_by_host(struct shares *shares, struct share_host *host)
{
	const struct priority_state *state = &shares->priorities[host->priority];
	const struct view_priority *view = state->view;
	bool weighted = shares->input->locality_weighted;
	double weight = (double)host->weight;

	if (view->panic)
		host->share = (view->healthy_load + view->degraded_load) * weight /
			      (double)state->all_weight;
	else if (host->health == HOST_HEALTHY && !(weighted && state->healthy_sum > 0))
		host->share = view->healthy_load * weight / (double)state->healthy_weight;
	else if (host->health == HOST_DEGRADED && !(weighted && state->degraded_sum > 0))
		host->share = view->degraded_load * weight / (double)state->degraded_weight;
}

static void share_by_locality(struct shares *shares, const struct share_entry *entry)
{
	struct share_host *host = &shares->input->hosts[entry->host];
	const struct locality_state *locality = &shares->localities[entry->locality];
	const struct priority_state *state = &shares->priorities[host->priority];
	double weight = (double)entry->weight;

	if (state->view->panic)
		return;
	if (host->health == HOST_HEALTHY && state->healthy_sum > 0)
		host->share += state->view->healthy_load *
			       (locality->healthy_load / state->healthy_sum) *
			       (weight / (double)locality->healthy_weight);
	else if (host->health == HOST_DEGRADED && state->degraded_sum > 0)
		host->share += state->view->degraded_load *
			       (locality->degraded_load / state->degraded_sum) *
			       (weight / (double)locality->degraded_weight);
}

static void share_out(struct shares *shares)
{
	const struct share_input *input = shares->input;

	for (size_t i = 0; i < input->host_count; i++) {
		input->hosts[i].share = 0;
		share_by_host(shares, &input->hosts[i]);
	}
	for (size_t i = 0; i < input->entry_count && input->locality_weighted; i++)
		share_by_locality(shares, &input->entries[i]);
	for (size_t i = 0; i < input->host_count; i++)
		input->hosts[i].share /= 100;
}

static int prepare(struct arena *scratch, struct shares *shares, struct view_priority *priorities)
{
	const struct share_input *input = shares->input;
	uint32_t count = input->priority_count;

	shares->priorities = arena_array(scratch, count, sizeof(*shares->priorities));
	shares->available = arena_array(scratch, count, sizeof(*shares->available));
	shares->localities =
		arena_array(scratch, input->locality_count, sizeof(*shares->localities));
	if (!shares->priorities || !shares->available || !shares->localities)
		return -ENOMEM;
	memset(priorities, 0, count * sizeof(*priorities));
	for (uint32_t i = 0; i < count; i++) {
		priorities[i].priority = i;
		shares->priorities[i].view = &priorities[i];
	}
	return 0;
}

int shares_compute(struct arena *scratch, struct share_input *input,
		   struct view_priority *ret_priorities)
{
	struct shares shares = {.input = input};
	int err = prepare(scratch, &shares, ret_priorities);

	if (err)
		return err;
	for (size_t i = 0; i < input->host_count; i++)
		count_host(&shares, &input->hosts[i]);
	for (size_t i = 0; i < input->entry_count; i++)
		count_entry(&shares, &input->entries[i]);
	measure(&shares);
	if (shares.total)
		distribute_load(&shares);
	find_panic(&shares);
	weigh_localities(&shares);
	share_out(&shares);
	return 0;
}
