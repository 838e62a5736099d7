/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How large a table is, and how much of it each backend gets.
 *
 * A backend of weight w gets w * 2^scale positions, whatever the others have: what one of them
 * gains or loses then changes nothing for the rest. */
#include "table_shape.h"

#include <math.h>
#include <stdbool.h>

#include "parallax_limits.h"
#include "parallax_table.h"

/* A table is made this sparse at least. When a backend leaves, others want positions back that it
 * had taken from them, half as many as are occupied: 1 or 2 % on top of what has to move. */
#define SPARSE 20
/* Sizes kept from the past may come to lie between these. */
#define SPARSE_MIN 8
#define SPARSE_MAX 64

#define SCALE_BITS 5
#define SHAPE(bits, scale) ((uint32_t)(bits) | ((uint32_t)(scale) & ((1u << SCALE_BITS) - 1)) << 5)

/* What a view's shares are measured by. */
struct measure {
	size_t served; /* backends with a share */
	double unit;   /* the share of weight 1 */
	int scale;     /* that suits */
};

/* Positions that a backend has on average, at least; up to twice as many. With more of them the
 * odd backend that takes more with it than the average lies closer to it. */
static double average_wanted(size_t count)
{
	static const struct {
		size_t count;
		double positions;
	} steps[] = {{64, 64}, {512, 32}, {4096, 16}, {32768, 8}};
	double most = ((double)MAX_TABLE_POSITIONS - (double)count) / (2 * (double)count);

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (count <= steps[i].count)
			return steps[i].positions;
	return most < 8 ? most : 8;
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

/* The scale that a shape's five bits mean is the one nearest to what suits now. */
static int scale_of(uint32_t shape, const struct measure *measure)
{
	int off = ((int)(shape >> 5) - measure->scale) & ((1 << SCALE_BITS) - 1);

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

static uint64_t positions_of(uint64_t count)
{
	return (count + TABLE_WHOLE - 1) / TABLE_WHOLE;
}

static uint64_t positions_at(const struct view *view, const struct measure *measure, int scale)
{
	double factor = factor_of(measure, scale);
	uint64_t positions = 0;

	for (size_t i = 0; i < view->backend_count; i++)
		positions += positions_of(count_of(&view->backends[i], measure, factor));
	return positions;
}

static bool still_fits(const struct view *view, const struct measure *measure, uint32_t shape)
{
	uint64_t size = 1ULL << (shape & 31), positions;
	int scale = scale_of(shape, measure);

	if (!shape || scale < measure->scale - 1 || scale > measure->scale + 2)
		return false;
	positions = positions_at(view, measure, scale);
	return positions <= MAX_TABLE_POSITIONS && positions * SPARSE_MIN <= size &&
	       positions * SPARSE_MAX >= size;
}

uint32_t table_shape(const struct view *view, uint32_t previous)
{
	struct measure now = measure(view);
	unsigned int bits = TABLE_MIN_BITS;
	uint64_t positions;

	if (!now.served)
		return previous;
	/* Then nothing is chosen, and what comes next may be of any size. */
	if (now.served == 1)
		return SHAPE(bits, now.scale);
	if (still_fits(view, &now, previous))
		return previous;
	positions = positions_at(view, &now, now.scale);
	while (1ULL << bits < positions * SPARSE)
		bits++;
	return SHAPE(bits, now.scale);
}

uint64_t table_counts(const struct view *view, uint32_t shape, uint32_t *ret_counts)
{
	struct measure now = measure(view);
	double factor = factor_of(&now, scale_of(shape, &now));
	uint64_t positions = 0;

	for (size_t i = 0; i < view->backend_count; i++) {
		uint64_t count = count_of(&view->backends[i], &now, factor);

		if (count > UINT32_MAX)
			return UINT64_MAX;
		ret_counts[i] = (uint32_t)count;
		positions += positions_of(count);
	}
	return positions;
}
