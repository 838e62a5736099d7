/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The status of the agent beside its services, as plain data. Everything is borrowed. */
#ifndef MODEL_AGENT_STATUS_H
#define MODEL_AGENT_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "node_status.h"

struct config_tunnel;
struct mesh_networks;
struct tunnel_keys;
struct source_status;

struct interface_status {
	const char *name;
	uint32_t ifindex;
	uint32_t role; /* enum iface_role */
	bool xdp;
	const char *attach;  /* kind of link */
	const char *problem; /* or NULL */
};

struct agent_status {
	time_t started, last_update; /* 0: never */
	uint64_t updates;
	const char *config_path, *pin_dir;
	const char *network, *cluster; /* cluster may be NULL */
	const char *mesh_path, *mesh_problem; /* or NULL */
	const struct config_tunnel *tunnel;
	const struct tunnel_keys *keys; /* or NULL */
	const struct source_status *source;
	const struct mesh_networks *mesh;
	uint8_t tunnels; /* families in which tunnel packets can be sent */
	const char **problems;
	size_t problem_count;
	const struct interface_status *interfaces;
	size_t interface_count;
	struct node_status node;
	uint32_t netns; /* inode of the network namespace; 0: not known */
	size_t omitted; /* services whose status could not be written */
};

#endif
