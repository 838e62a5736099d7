/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds the agents of this network namespace: each binds a socket name. */
#ifndef CLAIM_H
#define CLAIM_H

#include <stddef.h>
#include <sys/types.h>

#define CLAIM_DIR_MAX 80 /* only the end of longer pin directories is kept; with the zero byte */

/* An agent of another pin directory. */
struct claim_holder {
	pid_t pid; /* as in its own PID namespace */
	char pin_dir[CLAIM_DIR_MAX];
};

/* Announces that this process runs on `pin_dir`, until *ret_fd is closed or the process ends. Returns
 * 0; -EBUSY with *ret_other when an agent of another directory runs here; or another -errno. */
int claim_namespace(const char *pin_dir, int *ret_fd, struct claim_holder *ret_other);

#endif
