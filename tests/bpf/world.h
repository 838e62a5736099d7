/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One node for the packet tables: a private network namespace, the loaded programs, their maps. */
#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "cast.h"
#include "parallax_abi.h"
#include "parallax_limits.h"
#include "parallax_reasons.h"

/* Sizes are small, so that a table can be filled up and be emptied between cases. */
#ifndef WORLD_SERVICES
#define WORLD_SERVICES 16
#define WORLD_BACKENDS 64
#define WORLD_BUCKETS 512
#define WORLD_FLOWS 256
#define WORLD_EMBRYONIC 1024
#endif

enum device {
	DEVICE_DEFAULT, /* the one the program is made for */
	DEVICE_POD0,    /* leads to SLEEP */
	DEVICE_POD1,    /* leads to HELLO1 and OTHER_POD */
	DEVICE_UPLINK,
	DEVICE_COUNT
};

enum program { PROGRAM_NONE, FROM_POD, TO_POD, UPLINK, XDP, TO_UPLINK, PROGRAM_COUNT };

struct parallax_bpf;
struct bpf_object;

struct world {
	struct parallax_bpf *skel;
	int programs[PROGRAM_COUNT];
	uint32_t ifindex[DEVICE_COUNT];
	int taps[DEVICE_COUNT]; /* sockets at the pods' ends */
	uint32_t hz;
	/* Mapped arrays. */
	struct settings *settings;
	struct service *services;
	struct backend *backends;
	struct bucket *buckets;
	struct drops *drops;
	struct filters *filters;
	struct owner *owners;
	struct gateway_health *health;
	struct peer *peers;
	bool arrivals; /* the kernel takes the interface by which a test frame arrived (5.17) */
	bool long_marks; /* the kernel takes the mark of XDP before an outer header of IPv6 (6.3) */
	bool live; /* the kernel can let test frames go on into the stack (5.18) */
	struct bpf_object *other; /* the programs of the other family: world_join.h */
	bool joined;
	uint32_t mark_len; /* bytes that XDP put before the last frame */
	/* Next free row of each. */
	uint32_t service, backend, bucket;
};

struct counts {
	uint64_t packets[HOOK_COUNT * REASON_COUNT];
	uint64_t bytes[HOOK_COUNT * REASON_COUNT];
};

/* Enter a new network namespace and load the programs into it. Returns 0, or -errno with a
 * message printed. */
int world_open(struct world *world);
void world_close(struct world *world);

/* Empty every map. */
void world_clear(struct world *world);
/* Empty `next_hops` alone: routes are looked up again. */
void world_forget_hops(struct world *world);
int world_map_fd(struct world *world, const char *name);

/* Empty every map and describe NODE1: its uplink, its pods, the networks and gateways it knows. */
void world_reset(struct world *world);

uint64_t world_now_ns(void);
uint32_t world_ticks(struct world *world);

/* Add a service row, reachable by its VIP and its id. Without a table it has no backend. */
uint32_t world_service(struct world *world, uint32_t vip, uint16_t port, uint8_t proto,
		       uint64_t id);
/* Add a backend row to a service; not yet in any table. */
uint32_t world_backend(struct world *world, uint32_t service, enum backend_kind kind,
		       uint32_t addr, uint16_t port);
/* Give the service a table of these rows by their weights; those that are local make the table of
 * the gateway role. */
void world_table(struct world *world, uint32_t service, const uint32_t *rows, uint32_t count);
/* Adds service, backend and table in one call, for one backend; returns the service row. */
uint32_t world_service_of(struct world *world, uint32_t vip, uint8_t proto, uint64_t id,
			  enum backend_kind kind, uint32_t addr, uint16_t port);
/* Admit an outer source, of /32, for one network. */
void world_allow(struct world *world, uint32_t addr, uint32_t network);
/* Know the health of a gateway, at TUNNEL_PORT; returns its row. */
uint32_t world_health(struct world *world, uint32_t addr, enum gateway_state state);
/* Become GATEWAY of network2, open for all of 192.23.0.0/16. */
void world_become_gateway(struct world *world);
void world_iface(struct world *world, enum device device, uint32_t role, uint64_t captured_ns);

void world_counts(struct world *world, struct counts *ret);

/* Halves in `flows` or `embryonic` (by map name); every one is shown to `visit`, which may be NULL
 * and may change it: a change is written back. */
struct flow_visit {
	void (*visit)(const struct flow_key *key, struct flow *flow, void *data);
	void *data;
};
uint32_t world_flows(struct world *world, const char *map, const struct flow_visit *visit);
/* Insert one entry. Returns 0 or -errno. */
int world_put_flow(struct world *world, const char *map, const struct flow_key *key,
		   const struct flow *flow);
/* Let `seconds` pass for all flows, without a packet. */
void world_let_pass(struct world *world, uint32_t seconds);
int world_delete(struct world *world, const char *map, const void *key);
int world_update(struct world *world, const char *map, const void *key, const void *value);

/* world_net.c: make the namespace with its devices, routes and neighbours; taps receive the packets
 * that enter the pods. Returns 0 or -errno with a message printed. */
int net_open(uint32_t ifindex[DEVICE_COUNT], int taps[DEVICE_COUNT]);

#endif
