/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Steps that most verbs of parallaxctl take. */
#ifndef CTL_COMMON_H
#define CTL_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "ctl.h"
#include "flag_parse.h"
#include "map_reader.h"

/* Parses the verb's own flags; at most `max_words` other words may stand beside them and go to
 * words[0..], the rest of which is set to NULL. Returns CTL_OK, or CTL_USAGE after a complaint. */
int ctl_args(const struct flag *flags, size_t flag_count, int argc, char **argv,
	     const char **words, int max_words);

/* map_reader_read(); complains on failure. Returns CTL_OK or CTL_FAILED. */
int ctl_read(const struct ctl_options *options, unsigned int parts, struct snapshot **ret);

/* Writes `report` (taken; NULL: out of memory) as the options say. Returns an exit status. */
int ctl_write(const struct ctl_options *options, json_t *report,
	      int (*print)(const json_t *report, bool wide, FILE *out));

/* JSON as all verbs write it, indented and with a final newline. Returns 0 or -EIO. */
int ctl_write_json(const json_t *json, FILE *out);

#endif
