/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Removes all of Parallax from the kernel. */
#ifndef UNINSTALL_H
#define UNINSTALL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct uninstall_report {
	pid_t owner;       /* PID of the running agent; 0: none, or unknown */
	uint32_t detached; /* programs detached from hooks */
	uint32_t unpinned; /* pins removed, links included */
	char failed[256];  /* on an error, the pin that could not be removed */
};

/* Detaches the links and filters of `pin_dir`, deletes a clsact qdisc that we created if it has no
 * other filters, unpins everything and removes the directory. Acts on pins only, never on names of
 * programs or maps. Success if nothing is there. Returns 0; -EBUSY while an agent runs (ret->owner),
 * unless `force`, which makes that agent leave; -EXDEV when filters are in another network namespace,
 * unless `force`, which leaves them; -EMEDIUMTYPE when `pin_dir` is not on a BPF file system;
 * -ENOTEMPTY when its pins are not ours; -EAGAIN when somebody pins there again and again; or another
 * -errno. It can be called again. */
int dataplane_uninstall(const char *pin_dir, bool force, struct uninstall_report *ret);

/* Removes what is in a directory whose lock the caller holds, and the directory. Returns 0 or -errno. */
int dataplane_remove_rest(const char *pin_dir);

#endif
