/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* IP headers of the family compiled: reading, filling, changing. Both headers define the same names. */
#ifndef IP_H
#define IP_H

#include "csum.h"
#include "packet.h"

enum parsed {
	PARSED,
	PARSED_OTHER,     /* not TCP or UDP over IP of this family */
	PARSED_ICMP,      /* whole, and right behind the IP header */
	PARSED_TRUNCATED, /* in this and the next ones only the addresses are known */
	PARSED_FRAGMENT,  /* see fragment_parse() */
	PARSED_OPTIONS,
	PARSED_CHECKSUM, /* UDP over IPv6 without a checksum */
};

/* A fragment's place in its packet. */
struct ip_fragment {
	__u32 id;
	__u16 offset; /* in units of 8 bytes */
};

INLINE __be16 length_field(__u32 length)
{
	return bpf_htons(length > 0xffff ? 0xffff : length);
}

#if FAMILY == 4
#include "ip4.h"
#else
#include "ip6.h"
#endif

#endif
