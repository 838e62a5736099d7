/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One connection as people see it, out of the two halves the kernel keeps. Pure. */
#ifndef FLOW_VIEW_H
#define FLOW_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "parallax_abi.h"
#include "snapshot.h"

/* Addresses and ports in network order. */
struct flow_view {
	struct ip_addr client, vip;
	struct ip_addr upstream; /* the pod, or the gateway as meshNetworks names it */
	__be16 client_port, vip_port, upstream_port;
	struct ip_addr
		local; /* source address that the upstream sees: the client, or the translated one */
	__be16 local_port;
	bool udp, embryonic;
	bool affinity;       /* its service chooses by the client's address alone */
	bool gateway_side;   /* came out of a tunnel */
	bool at_door;        /* and that was the tunnel to a pod of this node */
	uint8_t kind;        /* enum backend_kind */
	uint8_t state;       /* enum flow_state */
	const char *path;    /* "stack", "redirect" or "tunnel" */
	const char *cluster; /* borrowed from the snapshot; NULL when its row is gone */
	uint32_t network;    /* of the upstream; 0: not known */
	uint32_t client_network;
	struct ip_addr
		gateway; /* that packets go by now: of another network, or, for a pod's door, of ours */
	__be16 gateway_port; /* 0: by none, or this node is it */
	uint32_t endpoint;   /* id of the endpoint, of gateways in mode forward; 0: not known */
	uint64_t received;   /* IP bytes from the client */
	uint64_t sent;       /* IP bytes to the client; valid with has_sent */
	bool has_sent;
	uint64_t opened_ns;  /* CLOCK_REALTIME; 0 when the kernel's jiffies are not known */
	uint64_t age_ms, idle_ms; /* since it was opened, since its last packet: age >= idle */
	uint64_t duration_ms;     /* until now, or until it was closed */
};

/* Is the entry the half by which a connection is listed? Reply halves only add their bytes. */
bool flow_view_is_listed(const struct flow_entry *entry);

/* Fills *ret from a listed entry. */
void flow_view_make(const struct snapshot *snapshot, const struct flow_entry *entry,
		    struct flow_view *ret);

/* Fills *ret from a record of the ring. Age and duration are those at the event, to the
 * millisecond. */
void flow_view_from_event(const struct snapshot *snapshot, const struct flow_event *event,
			  struct flow_view *ret);

/* "opening", "established" or "closing". */
const char *flow_view_state(uint8_t state);

#endif
