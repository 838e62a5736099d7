/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* IP addresses of either family. */
#ifndef PARALLAX_ADDR_H
#define PARALLAX_ADDR_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define INLINE static inline __attribute__((always_inline))

/* An IPv4 address is IPv4-mapped (::ffff:a.b.c.d, RFC 4291 section 2.5.5.2), so that an address tells
 * its family. All zeros: none. */
struct ip_addr {
	__be32 word[4];
};

/* An address of one family, as in structures that exist once per family: not to be mixed. */
#ifdef FAMILY
struct addr {
	__be32 word[FAMILY == 4 ? 1 : 4];
};
#else
struct addr4 {
	__be32 word[1];
};

struct addr6 {
	__be32 word[4];
};
#endif

/* Indexes of what exists once per family. */
#define IP_V4_INDEX 0
#define IP_V6_INDEX 1
#define IP_FAMILIES 2

#ifdef __BYTE_ORDER__
#define IP_MAPPED __builtin_bswap32(0xffff) /* the third word of an IPv4 address */
#endif
#define IP_MAPPED_BITS 96 /* before the IPv4 address */

#define IP_V4(addr) ((struct ip_addr){ { 0, 0, IP_MAPPED, (addr) } })

INLINE int ip_is_v4(const struct ip_addr *ip)
{
	return !ip->word[0] && !ip->word[1] && ip->word[2] == IP_MAPPED;
}

/* The IPv4 address, or 0 if it is of the other family. */
INLINE __be32 ip_v4(const struct ip_addr *ip)
{
	return ip_is_v4(ip) ? ip->word[3] : 0;
}

INLINE int ip_is_none(const struct ip_addr *ip)
{
	return !(ip->word[0] | ip->word[1] | ip->word[2] | ip->word[3]);
}

INLINE int ip_equal(const struct ip_addr *a, const struct ip_addr *b)
{
	return !((a->word[0] ^ b->word[0]) | (a->word[1] ^ b->word[1]) | (a->word[2] ^ b->word[2]) |
		 (a->word[3] ^ b->word[3]));
}

#endif
