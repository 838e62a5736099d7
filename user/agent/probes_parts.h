/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the prober: its state, and its steps from the maps to packets and back. Files call only those listed
 * before them. */
#ifndef PROBES_PARTS_H
#define PROBES_PARTS_H

#include "agent.h"
#include "gateway_path.h"
#include "gateway_probe.h"
#include "pins.h"
#include "probes.h"

struct probed {
	struct gateway_key key;
	__be16 port; /* of the tunnel */
	uint32_t row;
	uint32_t used; /* as it was seen last, and when it changed */
	uint32_t avoided;
	int64_t used_us, avoided_us;
	int64_t next_us; /* when another one of the network missed a probe */
	int64_t shown_us, path_seen_us;
	struct gateway_probe probe;
	struct gateway_path path;
};

struct prober {
	struct event *timer;
	void (*on_change)(struct agent *agent);
	struct pin_array health;
	struct probed *items;
	size_t count;
	int sockets[FAMILIES];
	struct addr sources[FAMILIES]; /* of the sockets */
	int errors[FAMILIES];          /* -errno why there is no socket, or why it does not send */
	struct config_probes config;
	uint32_t here; /* network of which this node is a gateway itself; 0: of none */
	uint32_t own_avoided;
	int64_t own_avoided_us;
};

static inline struct gateway_health *probes_rows(const struct prober *prober)
{
	return prober->health.memory;
}

static inline int64_t probes_now_us(void)
{
	return (int64_t)(clock_monotonic_ns() / 1000);
}

static inline const struct settings *probes_settings(const struct agent *agent)
{
	return map_writer_memory(agent->kernel.writer).settings;
}

/* ------------------------------------------------------------------ probes_send.c */

void probes_close_sockets(struct prober *prober);
/* The node's address may be another one since. */
void probes_open_sockets(const struct agent *agent, struct prober *prober);
void probes_send(const struct agent *agent, struct prober *prober, struct probed *item);
/* The same with padding, to find out if as many IP bytes pass. */
void probes_send_sized(const struct agent *agent, struct prober *prober, struct probed *item,
		       uint32_t size);

/* ------------------------------------------------------------------ probes_path.c */

void probes_path_begin(const struct agent *agent, struct probed *item, int64_t now_us);
/* At each look: sends the padded probe that is due, and writes what is found. */
void probes_path_look(const struct agent *agent, struct prober *prober, struct probed *item,
		      bool active, int64_t now_us);
/* What was found of gateways that are not probed any more. */
void probes_path_forget(const struct agent *agent, const struct prober *prober);

/* ------------------------------------------------------------------ probes_status.c */

/* "gateway 192.0.2.1:6081 of network 'a'" into `buf` of PROBED_NAME_MAX bytes, which is returned. */
#define PROBED_NAME_MAX 512
const char *probes_name(const struct agent *agent, const struct probed *item, char *buf);
/* Whether all gateways of the network are down: then they are used as if they were up, for the way of the
 * probes may be what is broken. */
bool probes_panic(const struct prober *prober, uint32_t network);

/* ------------------------------------------------------------------ probes_look.c */

/* Publishes all states; row 0 says if the programs need to look at any. */
void probes_write_states(struct prober *prober, int64_t now_us);
void probes_schedule(struct prober *prober, int64_t now_us);
/* The timer's event: looks at all gateways, and sends the probes that are due. */
void probes_on_timer(evutil_socket_t fd, short what, void *arg);

#endif
