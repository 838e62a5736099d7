/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The form in which the maps of a family hold flows, and the wide form of userspace. */
#include "flow_form.h"

#include <stddef.h>
#include <string.h>

#include "parallax_flow.h"

/* Those that do not depend on the family. */
#define FLOW_FIELDS(X)                                                                             \
	X(tag)                                                                                     \
	X(state) X(action) X(seen) X(backend) X(generation) X(service) X(bytes) X(opened) X(flags) \
		X(packets) X(peer_port) X(network) X(peer) X(iface) X(seq) X(ack)

#define FAMILY_TEXT "flow_form_text.h"
#define FAMILY_NARROW
#include "parallax_families.h"

const struct flow_form *flow_form(enum family_index family)
{
	return family == FAMILY_4 ? &form4 : &form6;
}

enum family_index flow_family(const struct flow_key *key)
{
	return flow_key_is_v4(key) ? FAMILY_4 : FAMILY_6;
}
