/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How many slots of a table each backend gets. */
#include "maglev_quota.h"

#include <stdbool.h>
#include <stdlib.h>

uint64_t quota_weight(double share)
{
	uint64_t weight;

	if (!(share > 0))
		return 0;
	weight = (uint64_t)(share * (double)(1ULL << QUOTA_SHIFT) + 0.5);
	return weight ? weight : 1;
}

static int compare_remainder(const void *a, const void *b)
{
	const struct quota *x = a, *y = b;

	if (x->remainder != y->remainder)
		return x->remainder > y->remainder ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

/* Whole slots, and one for each weight too small for one. Returns how many that makes. */
static uint64_t deal_whole(struct quota *quotas, size_t count, uint32_t size, uint64_t total,
			   bool everyone)
{
	uint64_t dealt = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t scaled = quotas[i].weight * size;

		quotas[i].slots = (uint32_t)(scaled / total);
		quotas[i].remainder = scaled % total;
		if (everyone && quotas[i].weight && !quotas[i].slots) {
			quotas[i].slots = 1;
			quotas[i].remainder = 0;
		}
		dealt += quotas[i].slots;
	}
	return dealt;
}

/* Take `excess` slots back, from each by what it has above one. */
static void take_back(struct quota *quotas, size_t count, uint64_t excess)
{
	uint64_t spare = 0, rest = excess;

	for (size_t i = 0; i < count; i++)
		spare += quotas[i].slots > 1 ? quotas[i].slots - 1 : 0;
	for (size_t i = 0; i < count; i++) {
		if (quotas[i].slots > 1) {
			uint64_t part = (quotas[i].slots - 1) * excess / spare;

			quotas[i].slots -= (uint32_t)part;
			rest -= part;
		}
	}
	while (rest) {
		for (size_t i = count; i-- && rest;) {
			if (quotas[i].slots > 1) {
				quotas[i].slots--;
				rest--;
			}
		}
	}
}

void quota_deal(struct quota *quotas, size_t count, uint32_t size)
{
	uint64_t total = 0, dealt;
	size_t weights = 0;

	for (size_t i = 0; i < count; i++) {
		total += quotas[i].weight;
		weights += quotas[i].weight > 0;
	}
	if (!total)
		return;
	dealt = deal_whole(quotas, count, size, total, weights <= size);
	qsort(quotas, count, sizeof(*quotas), compare_remainder);
	if (dealt > size)
		take_back(quotas, count, dealt - size);
	for (size_t i = 0; dealt < size; i++, dealt++)
		quotas[i].slots++;
}
