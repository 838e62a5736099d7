/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One change of the maps, as data. */
#ifndef MODEL_CHANGE_H
#define MODEL_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "parallax_abi.h"
#include "parallax_hash.h"
#include "table.h"

enum change_kind {
	CHANGE_RCU_SYNC, /* wait until no program reads rows and slots removed before */
	CHANGE_SETTINGS, /* settings, without abi_version and the leases of followers */
	CHANGE_NETWORK_SET,
	CHANGE_NETWORK_REMOVE,
	CHANGE_GATEWAY_SET,
	CHANGE_GATEWAY_REMOVE,
	CHANGE_ALLOWED_SET,
	CHANGE_ALLOWED_REMOVE,
	CHANGE_NAME_SET,
	CHANGE_NAME_REMOVE,
	CHANGE_DESTINATION, /* set address_bit(address) in filters.destinations */
	CHANGE_ADDRESS_ADD, /* mark address in `vips` as a virtual one */
	CHANGE_ADDRESS_REMOVE,
	CHANGE_BACKEND_RETIRE,   /* generation := 0, kept in last_generation */
	CHANGE_BACKEND,          /* write a row that is not published yet, generation last */
	CHANGE_BACKEND_INFO,     /* display values of a live row */
	CHANGE_BACKEND_FLAGS,    /* one store */
	CHANGE_BACKEND_ENDPOINT, /* one store */
	CHANGE_ENDPOINT_SET,     /* add to `endpoints`, or name another row of the same id */
	CHANGE_ENDPOINT_REMOVE,
	CHANGE_SLOTS,         /* write an extent that is not published yet */
	CHANGE_SERVICE,       /* write a row that is not published yet, flags last */
	CHANGE_SERVICE_FLAGS, /* one store */
	CHANGE_TABLE,         /* service.table := desc, one store */
	CHANGE_LOCAL_TABLE,   /* service.local_table := desc, one store */
	CHANGE_DROPS,         /* categories of a row; with `reset` their counts start at 0 */
	CHANGE_DROP,          /* service.drop := drop, one store */
	CHANGE_SERVICE_CLEAR, /* both tables empty, then flags := 0 */
	CHANGE_ID_SET,        /* add to `service_ids`, or name another row of the same id */
	CHANGE_ID_REMOVE,
	CHANGE_VIP_ADD,  /* in the map of the address's family */
	CHANGE_VIP_MOVE, /* name another row that repeats the same VIP */
	CHANGE_VIP_REMOVE,
};

/* Display values of a backend row; the packet path does not read them. */
struct backend_info {
	uint32_t share, weight, slots;
	uint16_t priority, locality;
};

/* Pointers are borrowed from the arena of the plan. */
struct change {
	enum change_kind kind;
	uint32_t row; /* of `services` or `backends`; the network id for CHANGE_NETWORK_* */
	union {
		const struct settings *settings;
		struct {
			const struct service *service;
			uint64_t table_hash, local_hash; /* ledger_hash_table() of its tables */
		};
		const struct backend *backend;
		struct backend_info info;
		uint8_t flags;
		struct {
			table_desc desc;
			uint64_t desc_hash; /* ledger_hash_table() of the table */
		};
		uint64_t drop;
		struct {
			const struct drops *row; /* `refused` is ignored */
			bool reset;
		} drops;
		struct {
			const struct table *table;
			const uint32_t *rows; /* of `backends`, for each backend of the view */
			uint32_t offset, size; /* of the extent, in buckets */
		} slots;
		struct vip_key vip;
		struct service_id_key id;
		struct endpoint_key
			endpoint; /* with the row; CHANGE_BACKEND_ENDPOINT: the id alone */
		struct network network;
		struct {
			struct gateway_key key;
			struct gateway value;
		} gateway;
		struct allowed_key allowed;
		struct {
			const char *text;
			uint64_t hash; /* of text */
			struct name_key key;
		} name;
		struct ip_addr address;
	};
};

/* Ordered: each prefix leaves a working data plane. */
struct change_list {
	struct change *items;
	size_t count;
};

#endif
