/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names of what can become of a packet, and of the hooks where it does. */
#ifndef REASON_NAMES_H
#define REASON_NAMES_H

#include "parallax_abi.h"
#include "parallax_reasons.h"

enum verdict { FORWARD, PASS, DROP };

#define REASON_NAME_MAX 32

/* Name in JSON and metrics: lower case, into `buf`. */
const char *reason_name(enum reason reason, char buf[REASON_NAME_MAX]);
enum verdict reason_verdict(enum reason reason);
/* Text for people, by the name in JSON; "" for a name that is none. */
const char *reason_text(const char *name);

/* "from_pod", "to_pod", "uplink", "xdp". */
extern const char *const hook_names[HOOK_COUNT];

#endif
