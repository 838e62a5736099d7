/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The status of a source as JSON. */
#ifndef SOURCE_JSON_H
#define SOURCE_JSON_H

#include <stdint.h>
#include <time.h>

#include <jansson.h>

struct source_status;

/* A new reference; NULL without memory. */
json_t *source_json(const struct source_status *status);

/* Wall clock of a time in the status; 0 for 0. */
time_t source_wall_clock(const struct source_status *status, int64_t at_ms);

#endif
