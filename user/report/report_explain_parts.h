/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Parts of the report of one decision. */
#ifndef REPORT_EXPLAIN_PARTS_H
#define REPORT_EXPLAIN_PARTS_H

#include <jansson.h>

/* The decision in one sentence, out of the finished report and the agent's status. A new reference,
 * or NULL. */
json_t *report_explain_summary(const json_t *report, const json_t *state);

#endif
