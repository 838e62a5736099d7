/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The health of a gateway, as members of reports. */
#ifndef REPORT_HEALTH_H
#define REPORT_HEALTH_H

#include <jansson.h>

#include "snapshot.h"

/* "up", "down", "panic", "unknown"; or NULL where none is known. */
const char *report_health_word(const struct gateway_health *health);

/* {alive, health, reason, rtt_ms, rtt_p99_ms, loss, serves, load, flows} of a gateway. */
json_t *report_health(const struct snapshot *snapshot, const struct gateway_entry *gateway);

#endif
