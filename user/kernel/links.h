/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Attaches one program to one hook of one interface, in a way that outlives the agent. */
#ifndef LINKS_H
#define LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "link_hook.h"

enum link_kind { LINK_NONE, LINK_TCX, LINK_CLSACT, LINK_NATIVE_XDP };

/* "tcx", "clsact", "xdp" or "none". */
const char *link_kind_name(enum link_kind kind);

/* One attachment. The descriptor holds a bpf link on its hook when its pin is removed; without either
 * the kernel detaches it. */
struct link {
	int fd; /* of the bpf link; -1: none, as with clsact */
	enum link_kind kind;
};

#define LINK_UNSET ((struct link){ .fd = -1 })

/* Attaches `program_fd`; an existing link of ours (held in *link, or found by its pin) gets the program
 * in place, without a gap. `mode` applies to the TC hooks only. Returns 0, -EBUSY when another XDP
 * program is attached, or another -errno. It is not pinned yet. */
int link_attach(const char *pin_dir, uint32_t ifindex, enum link_hook hook, int program_fd,
		enum attach_mode mode, struct link *link);

/* Pins the link, or marks the filter, if it is not. Returns 0 or -errno: it is attached all the same. */
int link_pin(const char *pin_dir, uint32_t ifindex, enum link_hook hook, const struct link *link);

/* Whether the link or filter of link_attach() is still attached and runs the program of this id. */
bool link_is_attached(uint32_t ifindex, enum link_hook hook, uint32_t program_id,
		      const struct link *link);

/* Closes the descriptor; a pinned link and a filter stay. */
void link_close(struct link *link);

/* Detaches *link and what is pinned in its place, as link_detach() does. */
int link_remove(const char *pin_dir, uint32_t ifindex, enum link_hook hook, struct link *link);

/* Detaches, and removes a clsact qdisc that we created once it has no filters. Success when nothing is
 * attached or the interface is gone. Returns 0 or -errno. */
int link_detach(const char *pin_dir, uint32_t ifindex, enum link_hook hook);

/* Parses the name of a link's or filter's pin. Returns false for other names. */
bool link_parse_pin(const char *name, uint32_t *ret_ifindex, enum link_hook *ret_hook);

/* Id of the program behind `program_fd`; 0 when it is unknown. */
uint32_t link_program_id(int program_fd);

/* Ids of the hook programs pinned under `pin_dir`. Returns their number. */
size_t link_pinned_programs(const char *pin_dir, uint32_t ids[LINK_HOOKS]);

#endif
