/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rows that the kernel should hold: the result of configuration, assignments and views. */
#ifndef MODEL_DESIRED_H
#define MODEL_DESIRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "parallax_abi.h"
#include "table.h"
#include "view.h"

/* Identity of a service row, by which it is found again. */
struct service_key {
	struct addr vip; /* family 0: found by id alone */
	uint16_t port;   /* host order */
	uint8_t proto;
	uint8_t family; /* of the packets: 4 or 6 */
	uint64_t id;
};

struct desired_service {
	struct service_key key;
	uint8_t flags;       /* SERVICE_AFFINITY */
	bool by_id;          /* tunnel packets that name the id mean this row; one row per id */
	bool keep;           /* nothing is known of it now: an existing row stays as it is */
	const char *cluster; /* e.g. outbound|5000||host */
	/* Client side; NULL or an empty table: refused. */
	const struct view *view;
	const struct table *table;
	/* Gateway side; NULL without that role. */
	const struct view *local_view;
	const struct table *local_table;
};

struct desired_network {
	uint32_t id;
	struct network value;
	const char *name;
};

struct desired_gateway {
	struct gateway_key key;
	struct gateway value;
};

/* Keys are distinct within each list: rows that collide were refused. */
struct desired {
	const struct desired_service *services;
	size_t service_count;
	bool keep_missing; /* rows that no service here stands for stay as they are */
	const struct desired_network *networks;
	size_t network_count;
	const struct desired_gateway *gateways;
	size_t gateway_count;
	const struct allowed_key *allowed;
	size_t allowed_count;
	struct settings settings; /* abi_version and the leases of followers are ignored */
};

#endif
