/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Records of flows for the access log. */
#ifndef FLOW_EVENT_H
#define FLOW_EVENT_H

#include "flow.h"

SUBPROGRAM int flow_event(const struct flow_key *key, const struct flow *flow, __u32 kind)
{
	REQUIRE(key && flow, -EINVAL);
	struct flow_event *event;
	struct flow_key other_key;
	struct flow *other;
	__u64 now;

	if (!settings.follow_until)
		return 0;
	now = bpf_ktime_get_ns();
	if (now >= settings.follow_until)
		return 0;
	flow_other_key(key, flow, &other_key);
	other = flow_find_any(&other_key);
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return 0;
	event->at_ns = now;
	event->kind = kind;
	event->zero = 0;
	if (flow_is_forward(key) || !other) {
		event->key = *key;
		event->flow = *flow;
		event->reply_bytes = other ? other->bytes : 0;
	} else {
		event->key = other_key;
		event->flow = *other;
		event->reply_bytes = flow->bytes;
	}
	if (kind == EVENT_OPEN)
		event->flow.bytes = 0; /* the packet that opens is counted already, or is not yet */
	bpf_ringbuf_submit(event, 0);
	return 0;
}

#endif
