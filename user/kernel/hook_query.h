/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lists the BPF programs on the hooks of an interface, whoever owns them. */
#ifndef HOOK_QUERY_H
#define HOOK_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#define HOOK_QUERY_MAX 16 /* programs listed per hook */

struct hook_program {
	uint32_t id;   /* of the program; 0 when the kernel omits it */
	char name[64]; /* of the filter, or of the program where we may ask; else "" */
	uint32_t pref; /* clsact: of the filter */
};

struct hook_programs {
	struct hook_program items[HOOK_QUERY_MAX];
	uint32_t count; /* HOOK_QUERY_MAX at most */
};

/* Programs on a TCX hook, in the order of execution. Returns 0, or -EINVAL when this kernel has no
 * TCX, or another -errno. */
int hook_query_tcx(uint32_t ifindex, bool ingress, struct hook_programs *ret);

/* BPF filters of a clsact hook, in the order of execution. Returns 0 (also without a qdisc) or
 * -errno. */
int hook_query_clsact(uint32_t ifindex, bool ingress, struct hook_programs *ret);

/* Id of the XDP program, 0 when there is none. Returns 0 or -errno. */
int hook_query_xdp(uint32_t ifindex, uint32_t *ret_id);

#endif
