/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is pinned: for display. */
#ifndef PIN_LIST_H
#define PIN_LIST_H

#include <stdio.h>

/* Writes a line about each map, program and link in the pin directory. Returns 0 or -errno. */
int pin_list_write(const char *pin_dir, FILE *out);

#endif
