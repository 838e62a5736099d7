/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which agents run in this network namespace: each is there by the name of a socket. */
#ifndef CLAIM_H
#define CLAIM_H

#include <stddef.h>
#include <sys/types.h>

#define CLAIM_DIR_MAX 80 /* bytes of a pin directory that are kept, the last ones; its zero byte too */

/* An agent of another pin directory. */
struct claim_holder {
	pid_t pid; /* as it sees itself */
	char pin_dir[CLAIM_DIR_MAX];
};

/* Says that this process runs on `pin_dir`, for as long as *ret_fd is open; its death ends it. Returns
 * 0; -EBUSY with *ret_other when an agent runs here on another directory; or another -errno. */
int claim_namespace(const char *pin_dir, int *ret_fd, struct claim_holder *ret_other);

#endif
