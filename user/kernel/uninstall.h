/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes everything of ours out of the kernel. */
#ifndef UNINSTALL_H
#define UNINSTALL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct uninstall_report {
	pid_t owner;       /* of the agent that runs (0: none, or not known) */
	uint32_t detached; /* programs taken off hooks */
	uint32_t unpinned; /* pins removed, links included */
	char failed[256];  /* the pin at which it stopped, on an error */
};

/* Detaches links and filters of ours, deletes a clsact qdisc that we made and nobody else uses,
 * unpins all below `pin_dir` and removes it. Nothing is found by name of programs or maps: only what
 * is pinned there counts. Nothing there is success. Returns 0; -EBUSY while an agent runs
 * (ret->owner), unless `force`, after which that agent leaves; -EXDEV when filters stand in another
 * network namespace, unless `force`, which forgets them; -EMEDIUMTYPE when `pin_dir` is no BPF file
 * system; -ENOTEMPTY when what is pinned there is not ours; or another -errno, after which it can be
 * called again. */
int dataplane_uninstall(const char *pin_dir, bool force, struct uninstall_report *ret);

#endif
