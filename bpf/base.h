/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What every topic header needs: kernel types, helpers, constants that BTF does not carry. */
#ifndef BASE_H
#define BASE_H

#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "parallax_abi.h"
#include "parallax_hash.h"
#include "parallax_limits.h"
#include "parallax_reasons.h"
#include "parallax_wire.h"

#ifndef likely
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif

#define INLINE static __always_inline
/* A global subprogram: verified once by itself and not once per call, without which the programs
 * would be too complex. Such a one may not take its pointers for set (the tag that says so came
 * with kernel 6.8), hence REQUIRE, which never fires. Before kernel 6.2 maps take neither keys nor
 * values from what they point to: keys are copied to the stack first, values come from scratch. */
#define SUBPROGRAM __noinline
#define REQUIRE(pointers)                                                                          \
	if (!(pointers))                                                                           \
	return NEXT

#define ETH_P_IP 0x0800
#define ETH_HLEN 14
#define IP_HLEN 20
#define UDP_HLEN 8
#define TCP_HLEN 20
#define ICMP_HLEN 8
#define IP_DF 0x4000
#define IP_MF 0x2000
#define IP_OFFSET 0x1fff

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/* "Not mine": the next program on the hook runs, then the stack. TCX_NEXT has the same value. */
#define NEXT (-1)
#define DROP 2 /* TC_ACT_SHOT */
#define UNKNOWN (-2) /* no verdict: the packet is of no flow of this kind */

#define E2BIG 7
#define EEXIST 17
#define EALREADY 114

/* Size of `reclaim` less one, a power of two less one; set before load. */
const volatile __u32 reclaim_mask = 0;

INLINE __u32 now_ticks(void)
{
	return (__u32)bpf_jiffies64();
}

#endif
