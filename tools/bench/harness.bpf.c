// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Runs a program under BPF_PROG_TEST_RUN on a fresh frame every time.
 *
 * The frame is not restored by test_run between repetitions, and a frame that is ignored is a very
 * fast pass. So each repetition restores the length that the last one changed, rewrites all headers
 * for the next flow, calls the program by a tail call from a subprogram (which replaces only the
 * subprogram's frame) and checks the result. */
#include "base.h"
#include "harness.h"

#define NO_PROGRAM (-100)

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct harness_config config;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 1);
} measured_tc SEC(".maps"), measured_xdp SEC(".maps");

/* As large as `flows` by default, to measure the cost of one look-up. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(key_size, 16);
	__uint(value_size, 64);
	__uint(max_entries, 262144);
} table SEC(".maps");

/* A slot arena, to measure the cost of a walk over a table. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct bucket);
	__uint(max_entries, 65536);
} slots SEC(".maps");

#include "table.h"

/* The compiler must not conclude that the subprograms always return this value. */
static __always_inline int no_program(void)
{
	int verdict = NO_PROGRAM;

	asm volatile("" : "+r"(verdict));
	return verdict;
}

static __noinline int call_tc(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &measured_tc, 0);
	return no_program();
}

static __noinline int call_xdp(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &measured_xdp, 0);
	return no_program();
}

static __always_inline __u16 sum_fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

static __always_inline void put16(__u32 at, __u16 value)
{
	*(__u16 *)&config.frame[at & (HARNESS_FRAME_MAX - 1)] = value;
}

static __always_inline void next_frame(void)
{
	__u32 flow = config.next++ & config.flow_mask;
	__u16 host = bpf_htons(flow >> HARNESS_PORT_BITS);
	__u16 port = bpf_htons(flow & ((1 << HARNESS_PORT_BITS) - 1));

	put16(config.host_at, host);
	put16(config.port_at, port | bpf_htons(HARNESS_PORT));
	put16(config.ip_check_at, sum_fold(config.ip_sum + host));
	put16(config.l4_check_at, sum_fold(config.l4_sum + host + port));
}

static __always_inline void judge(int verdict, __u32 length, __u32 word)
{
	config.runs++;
	if (verdict == config.verdict && length == config.length_after &&
	    (word & config.check_mask) == config.check_value)
		config.good++;
}

SEC("tc")
int harness_tc(struct __sk_buff *skb)
{
	__s32 missing = config.length - skb->len;
	__u32 header = config.header, word = 0;
	int verdict;

	if (config.undos) { /* so many steps down, one up */
		for (__u32 i = 0; i < 4; i++)
			if (i < config.undos)
				bpf_skb_adjust_room(skb, -12, BPF_ADJ_ROOM_MAC,
						    BPF_F_ADJ_ROOM_FIXED_GSO);
		bpf_skb_adjust_room(skb, 12 * config.undos, BPF_ADJ_ROOM_MAC,
				    BPF_F_ADJ_ROOM_FIXED_GSO);
	}
	if (missing)
		bpf_skb_adjust_room(skb, missing, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO);
	if (!header || header > HARNESS_FRAME_MAX)
		return NO_PROGRAM;
	next_frame();
	bpf_skb_store_bytes(skb, 0, config.frame, header, 0);
	verdict = call_tc(skb);
	bpf_skb_load_bytes(skb, config.check_at, &word, sizeof(word));
	judge(verdict, skb->len, word);
	return verdict;
}

static __always_inline void xdp_move(struct xdp_md *ctx, int bytes, int mark)
{
	if (bytes < 0)
		bpf_xdp_adjust_meta(ctx, mark);
	bpf_xdp_adjust_head(ctx, bytes);
	if (bytes > 0)
		bpf_xdp_adjust_meta(ctx, -mark);
}

SEC("xdp")
int harness_xdp(struct xdp_md *ctx)
{
	__s32 missing = config.length - (ctx->data_end - ctx->data);
	__u32 header = config.header, word = 0, mark;
	int verdict;

	if (missing > 0)
		xdp_move(ctx, -missing, config.mark);
	if (config.undos) {
		xdp_move(ctx, 48, config.mark);
		xdp_move(ctx, -48, config.mark);
	}
	if (!header || header > HARNESS_FRAME_MAX)
		return NO_PROGRAM;
	next_frame();
	bpf_xdp_store_bytes(ctx, 0, config.frame, header);
	verdict = call_xdp(ctx);
	bpf_xdp_load_bytes(ctx, config.check_at, &word, sizeof(word));
	mark = ctx->data - ctx->data_meta;
	judge(mark == config.mark_after ? verdict : NO_PROGRAM, ctx->data_end - ctx->data, word);
	return verdict;
}

/* Live frames: each goes on into the stack as if the device had received it. Buffers come back
 * with the stack's edits, so the headers are rewritten. */
SEC("xdp")
int live_xdp(struct xdp_md *ctx)
{
	__u32 header = config.header;

	if (!header || header > HARNESS_FRAME_MAX)
		return XDP_DROP;
	next_frame();
	return bpf_xdp_store_bytes(ctx, 0, config.frame, header) ? XDP_DROP : XDP_PASS;
}

/* A datagram goes back to whom it came from; swapping words changes no checksum. */
SEC("tc")
int reflect_tc(struct __sk_buff *skb)
{
	__u8 was[42], now[42];

	if (bpf_skb_load_bytes(skb, 0, was, sizeof(was)) || was[14] != 0x45 ||
	    was[23] != IPPROTO_UDP)
		return -1;
	__builtin_memcpy(now, was, sizeof(now));
	__builtin_memcpy(now, was + 6, 6);
	__builtin_memcpy(now + 6, was, 6);
	__builtin_memcpy(now + 26, was + 30, 4);
	__builtin_memcpy(now + 30, was + 26, 4);
	__builtin_memcpy(now + 34, was + 36, 2);
	__builtin_memcpy(now + 36, was + 34, 2);
	if (bpf_skb_store_bytes(skb, 0, now, sizeof(now), 0))
		return -1;
	return bpf_redirect(skb->ifindex, 0);
}

/* ------------------------------------------------------------------ floors and single steps */

SEC("tc")
int empty_tc(struct __sk_buff *skb)
{
	(void)skb;
	return -1;
}

SEC("xdp")
int empty_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

/* The single steps of the packet path, each alone. */
SEC("tc")
int step_lookup(struct __sk_buff *skb)
{
	__u32 key[4] = {0, 0, 0, 0};

	key[0] = (config.next - 1) & config.flow_mask;
	return bpf_map_lookup_elem(&table, key) ? -1 : NO_PROGRAM;
}

SEC("tc")
int step_l4_csum(struct __sk_buff *skb)
{
	return bpf_l4_csum_replace(skb, 14 + 20 + 16, 0, 1, BPF_F_PSEUDO_HDR) ? NO_PROGRAM : -1;
}

SEC("tc")
int step_store(struct __sk_buff *skb)
{
	__u8 bytes[16] = {64, 6};

	return bpf_skb_store_bytes(skb, 14 + 8, bytes, sizeof(bytes), 0) ? NO_PROGRAM : -1;
}

SEC("tc")
int step_shrink(struct __sk_buff *skb)
{
	return bpf_skb_adjust_room(skb, -48, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO) ?
		       NO_PROGRAM : -1;
}

SEC("tc")
int step_redirect(struct __sk_buff *skb)
{
	return bpf_redirect(skb->ifindex, 0);
}

SEC("tc")
int step_jiffies(struct __sk_buff *skb)
{
	(void)skb;
	return bpf_jiffies64() ? -1 : NO_PROGRAM;
}

SEC("tc")
int step_walk(struct __sk_buff *skb)
{
	(void)skb;
	return table_walk(config.table, mix64(config.next)) ? -1 : NO_PROGRAM;
}
