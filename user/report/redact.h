/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Removes secrets from texts that leave the node. */
#ifndef REDACT_H
#define REDACT_H

#include <stddef.h>
#include <stdio.h>

/* What stands in place of a secret. */
#define REDACTED "REDACTED"

/* Copies `text` without PEM blocks, JSON web tokens, bearer tokens and passwords in URLs. */
void redact_text(const char *text, size_t length, FILE *out);

/* Writes a configuration as YAML: without comments, without the values of keys that name a secret, or
 * of the xDS node's metadata. Of one that cannot be parsed only the errors are written. `label` is
 * named in these. Returns 0 or -ENOMEM. */
int redact_config(const char *label, const char *text, size_t length, FILE *out);

#endif
