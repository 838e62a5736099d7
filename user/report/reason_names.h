/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names of the reasons that packets are counted by, and of the hooks. */
#ifndef REASON_NAMES_H
#define REASON_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "parallax_abi.h"
#include "parallax_reasons.h"

enum verdict { FORWARD, PASS, DROP };

#define REASON_NAME_MAX 32

/* Name in JSON and metrics: lower case, into `buf`. */
const char *reason_name(enum reason reason, char buf[REASON_NAME_MAX]);
enum verdict reason_verdict(enum reason reason);
/* Whether a packet can be counted by this reason at this hook. */
bool reason_occurs(enum reason reason, enum hook hook);
/* "pod", "uplink", "host": of an interface (enum iface_role). */
const char *role_name(uint32_t role);
/* Text for display, by the name in JSON; "" for an unknown name. */
const char *reason_text(const char *name);

/* "from_pod", "to_pod", "uplink", "xdp". */
extern const char *const hook_names[HOOK_COUNT];

#endif
