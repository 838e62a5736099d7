/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps of a node of cluster1 in the two-cluster scenario, with one of everything, as plain
 * memory; and comparison with files of tests/data/ctl. */
#ifndef SAMPLE_SNAPSHOT_H
#define SAMPLE_SNAPSHOT_H

#include <jansson.h>

#include "snapshot.h"

/* Each call fills the same snapshot again; valid until the next call. */
struct snapshot *sample_snapshot(void);

/* Network order from text: sample_ip("10.0.0.1"). */
__be32 sample_ip(const char *text);

/* Fails the test unless `text` equals the contents of tests/data/ctl/NAME. With UPDATE_GOLDEN in
 * the environment the file is written instead. */
void golden_text(const char *name, const char *text);

/* The same for the output of a report: NAME.json, NAME.txt and, where it differs, NAME-wide.txt.
 * Takes `report`. */
void golden_report(const char *name, json_t *report,
		   int (*print)(const json_t *report, bool wide, FILE *out));

#endif
