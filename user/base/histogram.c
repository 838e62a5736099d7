/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Durations counted in fixed buckets. */
#include "histogram.h"

#define US 1000ull
#define MS 1000000ull

const struct histogram_bound histogram_bounds[HISTOGRAM_BOUNDS] = {
	{ "0.0005", 500 * US }, { "0.001", MS },      { "0.0025", 2500 * US }, { "0.005", 5 * MS },
	{ "0.01", 10 * MS },    { "0.025", 25 * MS }, { "0.05", 50 * MS },     { "0.1", 100 * MS },
	{ "0.25", 250 * MS },   { "0.5", 500 * MS },  { "1", 1000 * MS },      { "2.5", 2500 * MS },
	{ "5", 5000 * MS },     { "10", 10000 * MS },
};

void histogram_add(struct histogram *histogram, uint64_t ns)
{
	int i = 0;

	while (i < HISTOGRAM_BOUNDS && ns > histogram_bounds[i].ns)
		i++;
	histogram->counts[i]++;
	histogram->sum_ns += ns;
}
