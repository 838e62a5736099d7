/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the structures of one family to the wide form, and back: see parallax_families.h. */

static void NAME(widen_key)(const void *from, struct flow_key *ret)
{
	const struct NAME(flow_key) *key = from;

	*ret = (struct flow_key){ NAME(addr_ip)(&key->saddr), NAME(addr_ip)(&key->daddr),
				  key->sport, key->dport, key->zone };
}

static void NAME(narrow_key)(const struct flow_key *from, void *ret)
{
	*(struct NAME(flow_key) *)ret = NAME(flow_key_narrow)(from);
}

static struct nat NAME(widen_nat)(const struct NAME(nat) * nat)
{
	return (struct nat){ NAME(addr_ip)(&nat->saddr), NAME(addr_ip)(&nat->daddr), nat->sport,
			     nat->dport };
}

static void NAME(widen_flow)(const void *from, struct flow *ret)
{
	const struct NAME(flow) *flow = from;

	*ret = (struct flow){
#define X(field) .field = flow->field,
		FLOW_FIELDS(X)
#undef X
	};
	if (NAME(flow_has_nat)(flow)) {
		ret->nat = NAME(widen_nat)(&flow->nat);
		return;
	}
	memcpy(ret->service_id, flow->service_id, sizeof(ret->service_id));
	ret->endpoint = flow->endpoint;
}

static void NAME(widen_event)(const void *from, struct flow_event *ret)
{
	const struct NAME(flow_event) *event = from;

	*ret = (struct flow_event){ .at_ns = event->at_ns,
				    .kind = event->kind,
				    .reply_bytes = event->reply_bytes };
	NAME(widen_key)(&event->key, &ret->key);
	NAME(widen_flow)(&event->flow, &ret->flow);
}

/* An address that was not read stays none. */
static struct ip_addr NAME(widen_read)(const ADDR *addr)
{
	static const ADDR unread;

	return memcmp(addr, &unread, sizeof(unread)) ? NAME(addr_ip)(addr) : (struct ip_addr){};
}

static void NAME(widen_drop)(const void *from, struct drop_event *ret)
{
	const struct NAME(drop_event) *event = from;

	*ret = (struct drop_event){
		.at_ns = event->at_ns,
		.outer_saddr = event->outer_saddr,
		.outer_daddr = event->outer_daddr,
		.vni = event->vni,
		.length = event->length,
		.missed = event->missed,
		.hook = event->hook,
		.reason = event->reason,
		.proto = event->proto,
		.tcp_flags = event->tcp_flags,
		.key = { NAME(widen_read)(&event->key.saddr), NAME(widen_read)(&event->key.daddr),
			 event->key.sport, event->key.dport, event->key.zone },
	};
}

static void NAME(widen_vip)(const void *from, struct vip_key *ret)
{
	const struct NAME(vip_key) *vip = from;

	*ret = (struct vip_key){ NAME(addr_ip)(&vip->addr), vip->port, vip->proto, 0 };
}

static void NAME(narrow_vip)(const struct vip_key *from, void *ret)
{
	*(struct NAME(vip_key) *)ret = (struct NAME(vip_key)){ NAME(addr_narrow)(&from->addr),
							       from->port, from->proto, 0 };
}

static const struct flow_form NAME(form) = {
	.key_size = sizeof(struct NAME(flow_key)),
	.flow_size = sizeof(struct NAME(flow)),
	.vip_size = sizeof(struct NAME(vip_key)),
	.event_size = sizeof(struct NAME(flow_event)),
	.drop_size = sizeof(struct NAME(drop_event)),
	.tag = offsetof(struct NAME(flow), tag),
	.widen_key = NAME(widen_key),
	.narrow_key = NAME(narrow_key),
	.widen_flow = NAME(widen_flow),
	.widen_event = NAME(widen_event),
	.widen_drop = NAME(widen_drop),
	.widen_vip = NAME(widen_vip),
	.narrow_vip = NAME(narrow_vip),
};
