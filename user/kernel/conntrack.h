/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs may ask the kernel's connection tracking. */
#ifndef CONNTRACK_H
#define CONNTRACK_H

#include <stdbool.h>

/* Whether programs can look connections up: the function has a type in the kernel or in its module, which
 * must be loaded. */
bool conntrack_can_be_asked(void);

/* Before an object is opened: where connections cannot be looked up, its programs find none. Kernels before
 * Linux 5.16 refuse such calls even where they are never reached. Returns 0 or -errno. */
int conntrack_prepare(void);

#endif
