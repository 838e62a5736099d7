/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The flags of all verbs. */
#include "ctl.h"

#include <string.h>

#include "pins.h"

struct ctl_given ctl_given;

static const struct flag flags[] = {
	{ "--output", "-o", .value = &ctl_given.output, .argument = "table|wide|json|yaml",
	  .text = "columns (table), more of them, JSON or YAML" },
	{ "--pin-dir", .value = &ctl_given.pin_dir, .argument = "DIR",
	  .text = "where the data plane is pinned ($PARALLAX_PIN_DIR, else " PIN_DIR_DEFAULT ")" },
	{ "--help", "-h", .set = &ctl_given.help, .text = "the arguments and flags of the verb" },
	{ "--version", .set = &ctl_given.version, .text = "version of this program" },
};

const struct ctl_flags ctl_common_flags = CTL_FLAGS(flags);

static size_t add_flags(const struct ctl_flags *set, struct flag *ret, size_t count)
{
	memcpy(ret + count, set->items, set->count * sizeof(*ret));
	return count + set->count;
}

size_t ctl_verb_flags(const struct ctl_verb *verb, struct flag *ret)
{
	size_t count = 0;

	for (int i = 0; verb && i < CTL_FLAG_SETS; i++)
		if (verb->flags[i])
			count = add_flags(verb->flags[i], ret, count);
	if (verb && verb->watched)
		count = add_flags(&ctl_watch_flags, ret, count);
	return add_flags(&ctl_common_flags, ret, count);
}
