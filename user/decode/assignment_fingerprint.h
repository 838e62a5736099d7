/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The fingerprint of an assignment: equal fingerprints mean equal views. */
#ifndef ASSIGNMENT_FINGERPRINT_H
#define ASSIGNMENT_FINGERPRINT_H

#include <stdint.h>

#include "assignment.h"

/* Covers every field of an assignment that is not rejected, except `received_ns` and `fingerprint`;
 * never 0. Code that builds or alters an assignment stores it in `fingerprint`, or 0 when unknown. */
uint64_t assignment_fingerprint(const struct assignment *assignment);

#endif
