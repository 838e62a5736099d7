/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The agent's status as JSON, as `status` holds it and parallaxctl(8) documents it. */
#ifndef STATUS_JSON_H
#define STATUS_JSON_H

#include <jansson.h>

#include "agent_status.h"
#include "desired.h"
#include "service_status.h"

/* Everything but `services`. A new reference; NULL without memory. */
json_t *status_agent_json(const struct agent_status *status);

/* One element of `services`; its text begins with the cluster's name. A new reference; NULL without
 * memory. */
json_t *status_service_json(const struct service_key *key, const struct service_status *status);

#endif
