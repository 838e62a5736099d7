/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A filled table, as parallax_table.h describes it, but for the rows its positions name. */
#ifndef MODEL_TABLE_H
#define MODEL_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table {
	uint32_t shape;     /* TABLE_SHAPE; also of an empty table: that of the one before */
	uint32_t positions; /* occupied; 0: nobody can be picked */
	uint32_t *words;    /* entries hold indices into view.backends in place of rows */
	uint32_t *counts;   /* per backend of the view, in TABLE_WHOLE to a position */
	uint64_t total;     /* of counts */
};

#endif
