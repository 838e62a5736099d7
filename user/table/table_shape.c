/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How large a table is, and how much of it each backend gets.
 *
 * A backend of weight w gets w * 2^scale entries, whatever the others have: what one of them
 * gains or loses then changes nothing for the rest. */
#include "table_shape.h"

#include <math.h>
#include <stdbool.h>

#include "parallax_limits.h"
#include "table_place.h"

/* Entries that a backend has on average, at least; up to twice as many. The more, the nearer each
 * comes to the average of what moves when it leaves. */
#define AVERAGE 16

/* Entries to a line: at most, when a table is made. A walk meets 512 / TABLE_PART = 57 entries on
 * average, in as many lines as that takes. When a backend leaves, the entries behind its own in
 * their lines accept less again: that moves, of what has to move, half as much as CROWD / 57. */
#define CROWD 6
/* Sizes kept from the past may come to lie between these. */
#define CROWD_MIN 2
#define CROWD_MAX 6.25

#define SCALE_BITS (TABLE_SHAPE_BITS - TABLE_LINE_BITS)
#define SHAPE(bits, scale)                                                                         \
	((uint32_t)(bits) | ((uint32_t)(scale) & ((1u << SCALE_BITS) - 1)) << TABLE_LINE_BITS)

/* What a view's shares are measured by. */
struct measure {
	size_t served; /* backends with a share */
	double unit;   /* the share of weight 1 */
	int scale;     /* that suits */
};

/* Fewer than AVERAGE where there are more backends than that suffices for. */
static double average_wanted(size_t count)
{
	double most = ((double)MAX_TABLE_ENTRIES - (double)count) / (2 * (double)count);

	return most < AVERAGE ? most : AVERAGE;
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

/* Shares of one view are those of weights with different factors where localities or priorities
 * say so: the largest counts. Without weights the largest share is the unit. */
static struct measure measure(const struct view *view)
{
	struct measure measure = {0};
	double sum = 0, largest = 0;

	for (size_t i = 0; i < view->backend_count; i++) {
		const struct view_backend *backend = &view->backends[i];

		if (!(backend->share > 0))
			continue;
		measure.served++;
		sum += backend->share;
		largest = larger(largest, backend->share);
		if (backend->weight)
			measure.unit = larger(measure.unit,
					      backend->share / (double)backend->weight);
	}
	if (!(measure.unit > 0))
		measure.unit = largest;
	if (!measure.served)
		return measure;
	/* A hair less, or equal weights would be now above, now below a power of two. */
	frexp(average_wanted(measure.served) * (double)measure.served / sum * measure.unit *
	      (1 - 1e-6), &measure.scale);
	return measure;
}

/* The scale that a shape's few bits mean is the one nearest to what suits now. */
static int scale_of(uint32_t shape, const struct measure *measure)
{
	int off = ((int)(shape >> TABLE_LINE_BITS) - measure->scale) & ((1 << SCALE_BITS) - 1);

	return measure->scale + (off < 1 << (SCALE_BITS - 1) ? off : off - (1 << SCALE_BITS));
}

/* Above 32 bits where the scale is out of all proportion. */
static uint64_t count_of(const struct view_backend *backend, const struct measure *measure,
			 double factor)
{
	double count = backend->share * factor;

	if (!(backend->share > 0))
		return 0;
	if (measure->served == 1)
		return TABLE_WHOLE;
	if (!(count < (double)UINT32_MAX))
		return 1ULL << 32;
	return count < 1 ? 1 : (uint64_t)(count + 0.5);
}

static double factor_of(const struct measure *measure, int scale)
{
	return ldexp(TABLE_WHOLE, scale) / measure->unit;
}

static uint64_t entries_at(const struct view *view, const struct measure *measure, int scale)
{
	double factor = factor_of(measure, scale);
	uint64_t entries = 0;

	for (size_t i = 0; i < view->backend_count; i++)
		entries += table_entries(count_of(&view->backends[i], measure, factor));
	return entries;
}

static bool still_fits(const struct view *view, const struct measure *measure, uint32_t shape)
{
	double lines = (double)(1ULL << SHAPE_BITS(shape));
	int scale = scale_of(shape, measure);
	uint64_t entries;

	if (scale < measure->scale - 1 || scale > measure->scale + 2)
		return false;
	entries = entries_at(view, measure, scale);
	return entries <= MAX_TABLE_ENTRIES && (double)entries <= lines * CROWD_MAX &&
	       (double)entries >= lines * CROWD_MIN;
}

uint32_t table_shape(const struct view *view, uint32_t previous)
{
	struct measure now = measure(view);
	unsigned int bits = 0;
	uint64_t entries;

	if (!now.served)
		return previous;
	/* Then nothing is chosen, and what comes next may be of any size. */
	if (now.served == 1)
		return SHAPE(bits, now.scale);
	if (still_fits(view, &now, previous))
		return previous;
	entries = entries_at(view, &now, now.scale);
	while ((uint64_t)CROWD << bits < entries)
		bits++;
	return SHAPE(bits, now.scale);
}

uint64_t table_counts(const struct view *view, uint32_t shape, uint32_t *ret_counts)
{
	struct measure now = measure(view);
	double factor = factor_of(&now, scale_of(shape, &now));
	uint64_t entries = 0;

	for (size_t i = 0; i < view->backend_count; i++) {
		uint64_t count = count_of(&view->backends[i], &now, factor);

		if (count > UINT32_MAX)
			return UINT64_MAX;
		ret_counts[i] = (uint32_t)count;
		entries += table_entries(count);
	}
	return entries;
}
