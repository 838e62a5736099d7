/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One connection as people see it, out of the two halves the kernel keeps. Pure. */
#include "flow_view.h"

#include <netinet/in.h>
#include <string.h>

#include "parallax_flow.h"
#include "snapshot_find.h"

bool flow_view_is_listed(const struct flow_entry *entry)
{
	return flow_is_forward(&entry->key);
}

const char *flow_view_state(uint8_t state)
{
	switch (state) {
	case FLOW_OPENING:
		return "opening";
	case FLOW_ESTABLISHED:
		return "established";
	}
	return "closing";
}

/* The port of a gateway as meshNetworks names it, which is not the tunnel's. */
static __be16 gateway_port(const struct snapshot *snapshot, const struct flow *flow,
			   const struct ip_addr *peer)
{
	for (size_t i = 0; i < snapshot->gateway_count; i++)
		if (snapshot->gateways[i].key.network == flow->network &&
		    ip_equal(&snapshot->gateways[i].key.addr, peer))
			return snapshot->gateways[i].gateway.port;
	return flow->peer_port;
}

static bool is_same_service(const struct service *service, const struct flow_key *key)
{
	return ip_equal(&service->vip, &key->daddr) && service->port == key->dport &&
	       (service->proto == IPPROTO_UDP) == FLOW_IS_UDP(key->zone);
}

/* A row may have been taken by another service since: its name is given only when the backend or
 * the VIP still says so. */
static const char *cluster_name(const struct snapshot *snapshot, const struct flow_key *key,
				const struct flow *flow, const struct backend *backend)
{
	const struct service *service = snapshot_flow_service(snapshot, flow);

	if (!service)
		return NULL;
	if (!(backend && snapshot_backend_of(snapshot, flow->backend, flow->service)) &&
	    !is_same_service(service, key))
		return NULL;
	return snapshot_name(snapshot, NAME_CLUSTER, flow->service);
}

/* The name of the service that a flow at a pod's door is for, if this node has a row of it. */
static const char *served_cluster(const struct snapshot *snapshot, const struct flow *flow,
				  bool ipv4)
{
	const struct ip_addr *served = snapshot_peer(snapshot, flow->backend);
	uint64_t id = served ? served_service(served) : 0;

	for (uint32_t i = 0; served && i < snapshot->service_count; i++)
		if (snapshot->services[i].flags & SERVICE_IN_USE &&
		    snapshot->services[i].id == id &&
		    snapshot->services[i].family == (ipv4 ? 4 : 6))
			return snapshot_name(snapshot, NAME_CLUSTER, i);
	return NULL;
}

/* A flow may have moved since its backend was chosen. */
static void set_gateway(const struct snapshot *snapshot, const struct flow *flow,
			struct flow_view *view)
{
	const struct ip_addr *gateway = view->at_door ? snapshot_peer(snapshot, flow->generation) :
							NULL;
	const struct ip_addr *served = view->at_door ? snapshot_peer(snapshot, flow->backend) :
						       NULL;

	if (gateway) {
		view->gateway = *gateway;
		view->gateway_port = snapshot->settings.door_port;
	}
	if (served)
		view->endpoint = served_endpoint(served);
	if (flow->action != FLOW_ENCAP)
		return;
	view->gateway = snapshot_flow_peer(snapshot, flow);
	view->gateway_port = gateway_port(snapshot, flow, &view->gateway);
	view->endpoint = flow->endpoint;
}

static void set_upstream(const struct snapshot *snapshot, const struct flow *flow,
			 const struct backend *backend, struct flow_view *view)
{
	bool tunnel = flow->action == FLOW_ENCAP;

	if (backend && (!tunnel || ip_equal(&backend->addr, &view->gateway))) {
		view->kind = backend->kind;
		view->upstream = backend->addr;
		view->upstream_port = backend->port;
	} else if (tunnel) {
		view->kind = BACKEND_GENEVE;
		view->upstream = view->gateway;
		view->upstream_port = view->gateway_port;
	} else {
		view->kind = flow->flags & FLOW_PASSTHROUGH ? BACKEND_PASSTHROUGH : BACKEND_LOCAL;
		view->upstream = flow->nat.daddr;
		view->upstream_port = flow->nat.dport;
	}
	view->local = tunnel ? view->client : flow->nat.saddr;
	view->local_port = tunnel ? view->client_port : flow->nat.sport;
	if (tunnel)
		view->path = "tunnel";
	else
		view->path = flow->flags & FLOW_REDIRECT ? "redirect" : "stack";
}

/* A gateway chooses pods of its own network alone. */
static uint32_t upstream_network(const struct snapshot *snapshot, const struct flow *flow,
				 const struct backend *backend, bool gateway_side)
{
	if (backend)
		return backend->network;
	return gateway_side ? snapshot->settings.network : flow->network;
}

static void fill(const struct snapshot *snapshot, const struct flow_key *key,
		 const struct flow *flow, struct flow_view *view)
{
	const struct backend *backend = snapshot_flow_backend(snapshot, flow);

	*view = (struct flow_view){
		.client = key->saddr,
		.client_port = key->sport,
		.vip = key->daddr,
		.vip_port = key->dport,
		.udp = FLOW_IS_UDP(key->zone),
		.gateway_side = flow_is_foreign(key->zone),
		.at_door = FLOW_ROLE(key->zone) == FLOW_DOOR,
		.state = flow->state,
		.received = flow->bytes,
		.cluster = cluster_name(snapshot, key, flow, backend),
	};
	view->affinity = view->cluster &&
			 snapshot->services[flow->service].flags & SERVICE_AFFINITY;
	if (view->at_door)
		view->cluster = served_cluster(snapshot, flow, key->daddr.word[2] == IP_MAPPED);
	view->network = upstream_network(snapshot, flow, backend, view->gateway_side);
	view->client_network = view->gateway_side ? flow->network : snapshot->settings.network;
	set_gateway(snapshot, flow, view);
	set_upstream(snapshot, flow, backend, view);
}

/* Jiffies between two moments, in milliseconds; a moment after `until` counts as `until`. */
static uint64_t elapsed_ms(const struct snapshot *snapshot, uint32_t since, uint32_t until)
{
	uint32_t ticks = until - since;

	if (snapshot->settings.hz == 0 || (int32_t)ticks < 0)
		return 0;
	return (uint64_t)ticks * 1000u / snapshot->settings.hz;
}

void flow_view_make(const struct snapshot *snapshot, const struct flow_entry *entry,
		    struct flow_view *ret)
{
	struct flow_key reply_key = snapshot_reply_key(&entry->key, &entry->flow);
	const struct flow_entry *reply = snapshot_flow(snapshot, &reply_key);
	const struct flow *flow = &entry->flow;
	uint32_t seen = flow->seen;

	fill(snapshot, &entry->key, flow, ret);
	ret->embryonic = entry->embryonic;
	ret->has_sent = reply != NULL;
	ret->sent = reply ? reply->flow.bytes : 0;
	if (!snapshot->has_jiffies || snapshot->settings.hz == 0)
		return;
	ret->idle_ms = elapsed_ms(snapshot, seen, snapshot->jiffies);
	ret->age_ms = elapsed_ms(snapshot, flow->opened, snapshot->jiffies);
	ret->duration_ms = flow->state == FLOW_CLOSING ? elapsed_ms(snapshot, flow->opened, seen) :
							 ret->age_ms;
	if (ret->age_ms < ret->idle_ms) /* opened after the clock was read */
		ret->age_ms = ret->idle_ms;
	ret->opened_ns = snapshot->realtime_ns -
			 elapsed_ms(snapshot, flow->opened, snapshot->jiffies) * 1000000u;
}

void flow_view_from_event(const struct snapshot *snapshot, const struct flow_event *event,
			  struct flow_view *ret)
{
	int64_t ticks = (int32_t)(event->flow.opened - snapshot->jiffies);
	int64_t opened_ns; /* from the moment of the snapshot, mostly negative */
	int64_t age_ns;

	fill(snapshot, &event->key, &event->flow, ret);
	ret->has_sent = event->kind == EVENT_CLOSE;
	ret->sent = event->reply_bytes;
	if (!snapshot->has_jiffies || snapshot->settings.hz == 0)
		return;
	opened_ns = ticks * 1000000000 / snapshot->settings.hz;
	age_ns = (int64_t)(event->at_ns - snapshot->monotonic_ns) - opened_ns;
	ret->age_ms = ret->duration_ms = age_ns > 0 ? (uint64_t)age_ns / 1000000u : 0;
	ret->opened_ns = snapshot->realtime_ns + (uint64_t)opened_ns;
}
