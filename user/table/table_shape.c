/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The size of a table, and the part of it that each backend gets.
 *
 * A backend of weight w gets w * 2^scale entries, whatever the others have, so that a change to one
 * backend changes nothing for the rest. */
#include "table_shape.h"

#include <math.h>
#include <stdbool.h>

#include "parallax_limits.h"
#include "table_place.h"

/* A backend has AVERAGE to twice AVERAGE entries on average. With more entries, the number of flows
 * that move when a backend leaves varies less from backend to backend. */
#define AVERAGE 16

/* Most entries per line of a new table. A walk meets 512 / TABLE_PART = 57 entries on average. When
 * a backend leaves, the thresholds behind its entries drop, which moves CROWD / 57 / 2 times as
 * many flows as the backend had. */
#define CROWD 6
/* A table keeps its size while its lines have this many entries on average. */
#define CROWD_MIN 2
#define CROWD_MAX 6.25

#define SCALE_BITS (TABLE_SHAPE_BITS - TABLE_LINE_BITS)
#define SHAPE(bits, scale)                                                                         \
	((uint32_t)(bits) | ((uint32_t)(scale) & ((1u << SCALE_BITS) - 1)) << TABLE_LINE_BITS)

/* The unit of a view's shares, and the scale that suits it. */
struct measure {
	size_t served; /* backends with a share */
	double unit;   /* the share of weight 1 */
	int scale;
};

/* Less than AVERAGE where MAX_TABLE_ENTRIES does not suffice for so many backends. */
static double average_wanted(size_t count)
{
	double most = ((double)MAX_TABLE_ENTRIES - (double)count) / (2 * (double)count);

	return most < AVERAGE ? most : AVERAGE;
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

/* Localities and priorities multiply weights by different factors: the largest share per weight is
 * the unit, or without weights the largest share. */
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
	/* Slightly less, or rounding would put equal weights now above, now below a power of two. */
	frexp(average_wanted(measure.served) * (double)measure.served / sum * measure.unit *
	      (1 - 1e-6), &measure.scale);
	return measure;
}

/* A shape has the low bits of its scale only: take the scale nearest to the one that suits now. */
static int scale_of(uint32_t shape, const struct measure *measure)
{
	int off = ((int)(shape >> TABLE_LINE_BITS) - measure->scale) & ((1 << SCALE_BITS) - 1);

	return measure->scale + (off < 1 << (SCALE_BITS - 1) ? off : off - (1 << SCALE_BITS));
}

/* Exceeds 32 bits where the scale suits the view badly. */
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
	/* A single backend: every size serves, so the next table may have any. */
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
