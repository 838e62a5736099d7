/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Resources that this process uses, out of /proc/self. */
#ifndef PROCESS_STAT_H
#define PROCESS_STAT_H

#include <stdint.h>

struct process_stat {
	double cpu_seconds;   /* user and system */
	double start_seconds; /* since 1970 */
	uint64_t resident_bytes, virtual_bytes;
	uint64_t open_fds, max_fds;
};

/* Returns 0 or -errno. */
int process_stat_read(struct process_stat *ret);

#endif
