/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "report_health.h"

#include "snapshot_find.h"

static const char *const words[] = {
	[GATEWAY_UNKNOWN] = "unknown",
	[GATEWAY_UP] = "up",
	[GATEWAY_DOWN] = "down",
	[GATEWAY_PANIC] = "panic",
};

const char *report_health_word(const struct gateway_health *health)
{
	return health && health->state <= GATEWAY_PANIC ? words[health->state] : NULL;
}

static const char *reason(const struct gateway_entry *gateway, const struct gateway_health *health)
{
	if (gateway->gateway.kind != BACKEND_GENEVE)
		return "no Parallax gateway: not probed";
	if (!health)
		return "not probed";
	switch (health->state) {
	case GATEWAY_UNKNOWN:
		return "has never answered a probe";
	case GATEWAY_DOWN:
		return "does not answer probes";
	case GATEWAY_PANIC:
		return "does not answer probes, as none of its network does: in use all the same";
	default:
		return NULL;
	}
}

static json_t *alive(const struct gateway_health *health)
{
	if (!health || health->state == GATEWAY_UNKNOWN)
		return json_null();
	return json_boolean(health->state == GATEWAY_UP);
}

/* To hundredths of a millisecond. */
static json_t *milliseconds(uint32_t us)
{
	return us ? json_real((us + 5) / 10 / 100.0) : json_null();
}

static json_t *loss(const struct gateway_health *health)
{
	if (!health || !health->sent_probes)
		return json_null();
	return json_real((double)health->lost_probes / health->sent_probes);
}

/* The answers tell what the gateway serves. */
static json_t *told(const struct gateway_health *health, uint32_t value)
{
	return health && health->network ? json_integer(value) : json_null();
}

/* True for a flow at a pod's door that goes by the gateway, which is one of our own network. */
static bool comes_by(const struct snapshot *snapshot, const struct flow *flow,
		     const struct gateway_entry *gateway)
{
	const struct ip_addr *peer = snapshot_peer(snapshot, flow->generation);

	return gateway->key.network == snapshot->settings.network && peer &&
	       ip_equal(peer, &gateway->key.addr);
}

static bool goes_there(const struct snapshot *snapshot, const struct flow_entry *entry,
		       const struct gateway_entry *gateway)
{
	const struct flow *flow = &entry->flow;
	struct ip_addr peer;

	if (FLOW_ROLE(entry->key.zone) == FLOW_DOOR)
		return comes_by(snapshot, flow, gateway);
	if (FLOW_ROLE(entry->key.zone) != FLOW_CLIENT || flow->network != gateway->key.network)
		return false;
	if (flow->action != FLOW_ENCAP)
		return flow->flags & FLOW_PASSTHROUGH &&
		       ip_equal(&flow->nat.daddr, &gateway->key.addr);
	peer = snapshot_flow_peer(snapshot, flow);
	return ip_equal(&peer, &gateway->key.addr);
}

static json_int_t count_flows(const struct snapshot *snapshot, const struct gateway_entry *gateway)
{
	json_int_t count = 0;

	for (size_t i = 0; i < snapshot->flow_count; i++)
		count += goes_there(snapshot, &snapshot->flows[i], gateway);
	return count;
}

json_t *report_health(const struct snapshot *snapshot, const struct gateway_entry *gateway)
{
	const struct gateway_health *health = snapshot_health(snapshot, &gateway->key.addr,
							      gateway->gateway.tunnel_port);
	const char *word = report_health_word(health), *why = reason(gateway, health);

	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:I}", "alive", alive(health), "health",
			 word ? json_string(word) : json_null(), "reason",
			 why ? json_string(why) : json_null(), "rtt_ms",
			 milliseconds(health ? health->rtt_p50_us : 0), "rtt_p99_ms",
			 milliseconds(health ? health->rtt_p99_us : 0), "loss", loss(health),
			 "serves", told(health, health ? health->services : 0), "load",
			 told(health, health ? health->load : 0), "flows",
			 count_flows(snapshot, gateway));
}
