/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the agent found on its node, as JSON and for display. */
#ifndef NODE_JSON_H
#define NODE_JSON_H

#include <stdio.h>

#include <jansson.h>

#include "node_status.h"

json_t *node_json(const struct node_status *node);
/* Prints the lines of `status`; nothing for null, as of an agent that had none. */
void node_print(const json_t *node, FILE *out);

#endif
