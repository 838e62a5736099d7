/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A filled Maglev table: for each slot the index of a backend of its view. */
#ifndef MODEL_TABLE_H
#define MODEL_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table {
	uint32_t size;   /* a prime of the ladder; 0: nobody can be picked */
	uint32_t *slots; /* indices into view.backends */
	uint32_t *counts; /* slots per backend */
};

#endif
