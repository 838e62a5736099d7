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

/* Attaches `program_fd`; an existing link of ours (found by its pin) gets the program in place,
 * without a gap. `mode` applies to the TC hooks only. Returns 0 with *ret_kind, -EBUSY when another
 * XDP program is attached, or another -errno. */
int link_attach(const char *pin_dir, uint32_t ifindex, enum link_hook hook, int program_fd,
		enum attach_mode mode, enum link_kind *ret_kind);

/* Whether the link or filter of link_attach() is still attached and runs the program of this id. */
bool link_is_attached(const char *pin_dir, uint32_t ifindex, enum link_hook hook, uint32_t program_id);

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
