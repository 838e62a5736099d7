/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A filled table, as parallax_table.h describes it, without the room that its buckets leave. */
#ifndef MODEL_TABLE_H
#define MODEL_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* The entries from `first` on, up to the end of their line, for which it has no slots left. */
struct table_spill {
	uint32_t first, end;
};

struct table {
	uint32_t shape;    /* TABLE_SHAPE; also of an empty table: that of the one before */
	uint32_t buckets;  /* that it takes; 0: no backend can be picked */
	uint64_t *entries; /* line by line; they hold indices into view.backends in place of rows */
	uint32_t *starts;  /* of each line, its first entry; and the end */
	struct table_spill *spills; /* one for each bucket behind the lines, rising */
	uint64_t total;    /* of counts */
	uint32_t *counts;  /* per backend of the view, in TABLE_WHOLE to an entry */
};

#endif
