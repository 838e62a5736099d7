/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Included before bpf/parallax.bpf.c: every costly helper counts itself. The programs change in no
 * other way. */
#ifndef COST_COUNTING_H
#define COST_COUNTING_H

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "calls.h"

__u64 calls[CALL_COUNT];

#define COUNTED(call, ...)                                                                         \
	({                                                                                         \
		calls[call]++;                                                                     \
		__VA_ARGS__;                                                                       \
	})
#define IS_MAP(map, name) (!__builtin_strcmp(#map, "&" name))
#define IS_OTHER_HASH(map)                                                                         \
	(IS_MAP(map, "vips") || IS_MAP(map, "service_ids") || IS_MAP(map, "networks") ||           \
	 IS_MAP(map, "gateways") || IS_MAP(map, "allowed") || IS_MAP(map, "ifaces") ||             \
	 IS_MAP(map, "names"))
#define CALL_OF(map)                                                                               \
	(IS_MAP(map, "flows")	 ? CALL_FLOWS :                                                    \
	 IS_MAP(map, "embryonic") ? CALL_EMBRYONIC :                                               \
	 IS_OTHER_HASH(map)	 ? CALL_OTHER_HASH :                                               \
				   CALL_ARRAY)

/* A macro is not expanded within itself: behind the comma it is the helper. */
#define bpf_map_lookup_elem(map, key) COUNTED(CALL_OF(map), bpf_map_lookup_elem(map, key))
#define bpf_map_update_elem(...) COUNTED(CALL_CHANGE, bpf_map_update_elem(__VA_ARGS__))
#define bpf_map_delete_elem(...) COUNTED(CALL_CHANGE, bpf_map_delete_elem(__VA_ARGS__))
#define bpf_l4_csum_replace(...) COUNTED(CALL_CSUM, bpf_l4_csum_replace(__VA_ARGS__))
#define bpf_l3_csum_replace(...) COUNTED(CALL_CSUM, bpf_l3_csum_replace(__VA_ARGS__))
#define bpf_csum_diff(...) COUNTED(CALL_CSUM, bpf_csum_diff(__VA_ARGS__))
#define bpf_skb_store_bytes(...) COUNTED(CALL_STORE, bpf_skb_store_bytes(__VA_ARGS__))
#define bpf_skb_load_bytes(...) COUNTED(CALL_STORE, bpf_skb_load_bytes(__VA_ARGS__))
#define bpf_skb_pull_data(...) COUNTED(CALL_RESIZE, bpf_skb_pull_data(__VA_ARGS__))
#define bpf_skb_adjust_room(...) COUNTED(CALL_RESIZE, bpf_skb_adjust_room(__VA_ARGS__))
#define bpf_skb_change_tail(...) COUNTED(CALL_RESIZE, bpf_skb_change_tail(__VA_ARGS__))
#define bpf_xdp_adjust_head(...) COUNTED(CALL_RESIZE, bpf_xdp_adjust_head(__VA_ARGS__))
#define bpf_xdp_adjust_meta(...) COUNTED(CALL_RESIZE, bpf_xdp_adjust_meta(__VA_ARGS__))
#define bpf_fib_lookup(...) COUNTED(CALL_ROUTE, bpf_fib_lookup(__VA_ARGS__))
#define bpf_ktime_get_ns(...) COUNTED(CALL_CLOCK, bpf_ktime_get_ns(__VA_ARGS__))
#define bpf_ktime_get_coarse_ns(...) COUNTED(CALL_CLOCK, bpf_ktime_get_coarse_ns(__VA_ARGS__))
#define bpf_ktime_get_boot_ns(...) COUNTED(CALL_CLOCK, bpf_ktime_get_boot_ns(__VA_ARGS__))
#define bpf_get_prandom_u32(...) COUNTED(CALL_CLOCK, bpf_get_prandom_u32(__VA_ARGS__))
#define bpf_redirect(...) COUNTED(CALL_SEND, bpf_redirect(__VA_ARGS__))
#define bpf_redirect_peer(...) COUNTED(CALL_SEND, bpf_redirect_peer(__VA_ARGS__))
#define bpf_redirect_neigh(...) COUNTED(CALL_SEND, bpf_redirect_neigh(__VA_ARGS__))

#endif
