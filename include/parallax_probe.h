/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The tags of probes and their answers. */
#ifndef PARALLAX_PROBE_H
#define PARALLAX_PROBE_H

#include "parallax_siphash.h"
#include "parallax_wire.h"

/* What the tag covers, in words of SipHash. No tag of an inner packet covers as many bytes. */
union probe_tagged {
	struct {
		struct geneve_probe_option option;
		__u32 epoch;
		__u32 network; /* id of the sender's */
		__u32 zero;
	};
	__u64 word[5];
};

_Static_assert(sizeof(union probe_tagged) == 40, "probe_tagged");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words of union probe_tagged");

INLINE __u64 probe_tag(const struct siphash_key *key, const union probe_tagged *tagged)
{
	return siphash(key, tagged->word, 5, (__u64)sizeof(*tagged) << 56);
}

#endif
