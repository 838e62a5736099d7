/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The checksum of a TCP or UDP packet that opens a flow. Later packets keep theirs, right or wrong: the
 * receiver verifies it. */
#ifndef CHECK_H
#define CHECK_H

#include "flow.h"
#include "rewrite.h"

INLINE __u64 pseudo_header(const struct packet *p)
{
	return csum_pseudo(&p->key.saddr, &p->key.daddr, p->proto, p->length - ip_hlen(p));
}

/* Add the bytes from `at` to `end` of the frame to *sum, CHECK_BYTES at once. */
INLINE int check_add(struct __sk_buff *skb, __u32 at, __u32 end, __u8 *bytes, __s64 *sum)
{
	for (__u32 i = 0; i < 65536 / CHECK_BYTES && at < end; i++) {
		__u32 left = end - at - 1; /* after the first byte */
		__u32 more = left < CHECK_BYTES ? left : CHECK_BYTES - 1;
		__u32 last = more & (CHECK_BYTES - 4); /* the last word begins there */

		CHECKED(more); /* Linux 6.1 learns nothing from a length that is not 0 */
		*(__u32 *)(bytes + last) = 0;
		if (bpf_skb_load_bytes(skb, at, bytes, more + 1))
			return -EIO;
		*sum = bpf_csum_diff(NULL, 0, (__be32 *)bytes, last + 4, (__u32)*sum);
		if (*sum < 0)
			return -EIO;
		at += more + 1;
	}
	return 0;
}

/* True if the kernel or a device has yet to complete the checksum `check`: it then is the sum of the
 * pseudo header. The helper leaves such a field alone; any other change is taken back. */
INLINE bool check_is_partial(struct __sk_buff *skb, struct packet *p, __u16 check)
{
	__u32 offset = l4_check(p);
	__u16 after = 0;

	if (check != csum_fold(pseudo_header(p)))
		return false;
	bpf_l4_csum_replace(skb, offset, 0, bpf_htons(1), 2);
	if (bpf_skb_load_bytes(skb, offset, &after, sizeof(after)) || after == check)
		return true;
	bpf_l4_csum_replace(skb, offset, bpf_htons(1), 0, 2);
	return false;
}

/* True if the packet's checksum is right, or will be. UDP may have none: over IPv6 parse_udp() refused it. */
SUBPROGRAM bool check_ok(struct __sk_buff *skb, struct packet *p)
{
	REQUIRE(p, false);
	struct flow_pair *pair = scratch_get();
	__u16 check = 0;
	__s64 sum = 0;

	if (skb->gso_size || p->fragment) /* always partial; not all there */
		return true;
	if (!pair || bpf_skb_load_bytes(skb, l4_check(p), &check, sizeof(check)))
		return false;
	if ((is_udp(p) && !check) || check_is_partial(skb, p, check))
		return true;
	if (check_add(skb, p->l4, p->l3 + p->length, pair->bytes, &sum))
		return false;
	return csum_fold(pseudo_header(p) + (__u32)sum) == 0xffff;
}

#endif
