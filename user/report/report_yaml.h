/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A report as YAML: the same tree as in JSON. */
#ifndef REPORT_YAML_H
#define REPORT_YAML_H

#include <stdio.h>

#include <jansson.h>

/* Writes one document. A string that a reader of YAML 1.1 or 1.2 would take for something else is
 * quoted. Returns 0, -ENOMEM or -EIO. */
int report_yaml_write(const json_t *json, FILE *out);

#endif
