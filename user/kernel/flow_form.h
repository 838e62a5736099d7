/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The form in which the maps of a family hold flows and virtual IPs, and the wide form of userspace, in
 * which addresses tell their family. */
#ifndef FLOW_FORM_H
#define FLOW_FORM_H

#include <stdint.h>

#include "family_index.h"
#include "parallax_abi.h"

struct flow_form {
	uint32_t key_size, flow_size, vip_size; /* bytes of map keys and values */
	uint32_t event_size, drop_size;         /* of records of the rings */
	uint32_t tag;                           /* offset in a flow */
	void (*widen_key)(const void *from, struct flow_key *ret);
	void (*narrow_key)(const struct flow_key *from, void *ret);
	void (*widen_flow)(const void *from, struct flow *ret);
	void (*widen_event)(const void *from, struct flow_event *ret);
	void (*widen_drop)(const void *from, struct drop_event *ret);
	void (*widen_vip)(const void *from, struct vip_key *ret);
	void (*narrow_vip)(const struct vip_key *from, void *ret);
};

/* Greatest sizes. */
#define FLOW_KEY_MAX sizeof(struct flow_key6)
#define FLOW_MAX sizeof(struct flow6)

const struct flow_form *flow_form(enum family_index family);

enum family_index flow_family(const struct flow_key *key);

#endif
