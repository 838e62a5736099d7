/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Envoy's load-balancing arithmetic: the part of the traffic each host gets. */
#include "shares.h"

#include <errno.h>
#include <string.h>

#include "arena.h"

/* Hosts that can be picked, the better ones first. */
enum grade { HEALTHY, DEGRADED, GRADES };

struct locality_state {
	uint32_t hosts, excluded;
	uint32_t count[GRADES];
	uint64_t weight[GRADES]; /* of endpoints */
	double load[GRADES];     /* effective locality weights */
};

struct priority_state {
	struct view_priority *view;
	uint64_t count[GRADES], total; /* hosts, or their weights; excluded ones not in total */
	uint64_t all_weight, weight[GRADES];
	double sum[GRADES];         /* of effective locality weights */
	uint32_t available[GRADES]; /* 0-100, by which loads are distributed */
	uint32_t load[GRADES];      /* percent */
};

struct shares {
	const struct share_input *input;
	struct priority_state *priorities;
	struct locality_state *localities;
	uint32_t total; /* normalised total availability, 0-100 */
};

/* GRADES for a host that cannot be picked. */
static enum grade grade_of(const struct share_host *host)
{
	return host->health == HOST_HEALTHY ? HEALTHY :
	       host->health == HOST_DEGRADED ? DEGRADED : GRADES;
}

static void count_host(struct shares *shares, const struct share_host *host)
{
	struct priority_state *state = &shares->priorities[host->priority];
	uint64_t unit = shares->input->weighted_priority_health ? host->weight : 1;
	enum grade grade = grade_of(host);

	state->view->hosts++;
	state->view->healthy += grade == HEALTHY;
	state->view->degraded += grade == DEGRADED;
	state->all_weight += host->weight;
	if (host->health == HOST_EXCLUDED)
		state->view->excluded++;
	else
		state->total += unit;
	if (grade == GRADES)
		return;
	state->count[grade] += unit;
	state->weight[grade] += host->weight;
}

static void count_entry(struct shares *shares, const struct share_entry *entry)
{
	struct locality_state *state = &shares->localities[entry->locality];
	const struct share_host *host = &shares->input->hosts[entry->host];
	enum grade grade = grade_of(host);

	state->hosts++;
	state->excluded += host->health == HOST_EXCLUDED;
	if (grade == GRADES)
		return;
	state->count[grade]++;
	state->weight[grade] += entry->weight;
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
		struct priority_state *state = &shares->priorities[i];

		for (int grade = 0; grade < GRADES; grade++) {
			state->available[grade] = percent(shares->input->overprovisioning,
							  state->count[grade], state->total);
			sum += state->available[grade];
		}
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
	uint32_t left = 100, *first = NULL;

	for (int grade = 0; grade < GRADES; grade++)
		for (uint32_t i = 0; i < shares->input->priority_count; i++) {
			struct priority_state *state = &shares->priorities[i];

			state->load[grade] = take_load(&left, state->available[grade], shares->total);
			if (!first && state->available[grade])
				first = &state->load[grade];
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
	uint32_t left = 100;
	struct priority_state *first = NULL;

	for (uint32_t i = 0; i < shares->input->priority_count; i++) {
		struct priority_state *state = &shares->priorities[i];
		uint64_t hosts = state->view->hosts;

		state->load[DEGRADED] = 0;
		state->load[HEALTHY] = (uint32_t)(100 * hosts / shares->input->host_count);
		left -= state->load[HEALTHY];
		if (!first && hosts)
			first = state;
	}
	first->load[HEALTHY] += left;
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
		shares->priorities[0].load[HEALTHY] = 100;
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

		for (int grade = 0; grade < GRADES; grade++) {
			state->load[grade] = effective_weight(input, locality, state,
							      state->count[grade]);
			priority->sum[grade] += state->load[grade];
		}
	}
}

/* Without any locality weight, and in panic, the whole set is used by endpoint weight. */
static void share_by_host(struct shares *shares, struct share_host *host)
{
	const struct priority_state *state = &shares->priorities[host->priority];
	enum grade grade = grade_of(host);
	double weight = (double)host->weight;

	if (state->view->panic)
		host->share = (state->load[HEALTHY] + state->load[DEGRADED]) * weight /
			      (double)state->all_weight;
	else if (grade != GRADES && !(shares->input->locality_weighted && state->sum[grade] > 0))
		host->share = state->load[grade] * weight / (double)state->weight[grade];
}

static void share_by_locality(struct shares *shares, const struct share_entry *entry)
{
	struct share_host *host = &shares->input->hosts[entry->host];
	const struct locality_state *locality = &shares->localities[entry->locality];
	const struct priority_state *state = &shares->priorities[host->priority];
	enum grade grade = grade_of(host);

	if (!state->view->panic && grade != GRADES && state->sum[grade] > 0)
		host->share += state->load[grade] * (locality->load[grade] / state->sum[grade]) *
			       ((double)entry->weight / (double)locality->weight[grade]);
}

static void share_out(struct shares *shares)
{
	const struct share_input *input = shares->input;

	for (uint32_t i = 0; i < input->priority_count; i++) {
		const struct priority_state *state = &shares->priorities[i];

		state->view->healthy_load = state->load[HEALTHY];
		state->view->degraded_load = state->load[DEGRADED];
	}
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
	shares->localities =
		arena_array(scratch, input->locality_count, sizeof(*shares->localities));
	if (!shares->priorities || !shares->localities)
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
