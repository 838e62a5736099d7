/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pins that record something of ours outside of the BPF file system, in this network namespace. */
#ifndef PIN_MARK_H
#define PIN_MARK_H

#include <stdbool.h>

/* Makes the mark, or renews it. Returns 0 or -errno. */
int pin_mark(const char *path);

/* Whether the mark was made in another network namespace. */
bool pin_mark_elsewhere(const char *path);

#endif
