/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For every topic header: kernel types, helpers, constants that BTF does not carry. */
#ifndef BASE_H
#define BASE_H

#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "parallax_abi.h"
#include "parallax_flow.h"
#include "parallax_hash.h"
#include "parallax_limits.h"
#include "parallax_reasons.h"
#include "parallax_wire.h"

#ifndef likely
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif

/* A global subprogram: the verifier checks it once, not once per call; otherwise the programs would
 * exceed its limits. Its pointer arguments may be NULL to the verifier (the tag against that came
 * with Linux 6.8), hence REQUIRE, which never fires. Before Linux 6.2 map helpers take neither keys
 * nor values from such a pointer: keys are copied to the stack first, values come from scratch. */
#define SUBPROGRAM __noinline
#define REQUIRE(pointers, otherwise)                                                               \
	if (!(pointers))                                                                           \
	return otherwise

/* Clang omits writes to a variable that the callee of a subprogram never reads, and before Linux 6.3 an
 * argument on the stack must be written as a whole. */
#define WRITTEN(variable) __asm__ volatile("" : : "r"(&(variable)) : "memory")
/* Keeps clang from merging two checks of a value into one of another value, from which the verifier
 * learns nothing about this one. */
#define CHECKED(value) __asm__ volatile("" : "+r"(value))

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define ETH_HLEN 14
#define UDP_HLEN 8
#define TCP_HLEN 20

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

#define ENOENT 2
#define EIO 5
#define E2BIG 7
#define EACCES 13
#define EEXIST 17
#define EINVAL 22
#define ENOSPC 28
#define ENETUNREACH 101
#define EALREADY 114
#define EDQUOT 122

/* Number of slots of `reclaim` and of `reclaim_embryonic` less one; they are a power of two. Set
 * before load. */
const volatile __u32 reclaim_mask = 0;
const volatile __u32 reclaim_embryonic_mask = 0;

/* settings.flows_per_owner where the configuration has none. */
const volatile __u32 flows_per_owner = 1;

INLINE __u32 now_ticks(void)
{
	return (__u32)bpf_jiffies64();
}

#endif
