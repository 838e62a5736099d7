/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the ledger: its small lists of networks, gateways, ranges, names and strays. */
#include "ledger_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int grow(void **items, size_t *capacity, size_t count, size_t size)
{
	size_t wanted = *capacity ? *capacity * 2 : 8;
	void *grown;

	if (count < *capacity)
		return 0;
	grown = realloc(*items, wanted * size);
	if (!grown)
		return -ENOMEM;
	*items = grown;
	*capacity = wanted;
	return 0;
}

int ledger_list_add(struct ledger_list *list, const void *item, size_t size)
{
	if (grow(&list->items, &list->capacity, list->count, size))
		return -ENOMEM;
	memcpy((char *)list->items + list->count * size, item, size);
	list->count++;
	return 0;
}

/* The element whose first `key_size` bytes at `key_offset` equal `key`, or NULL. */
static void *list_find(struct ledger_list *list, const void *key, size_t key_size, size_t size)
{
	for (size_t i = 0; i < list->count; i++) {
		char *item = (char *)list->items + i * size;

		if (!memcmp(item, key, key_size))
			return item;
	}
	return NULL;
}

static void list_drop(struct ledger_list *list, const void *key, size_t key_size, size_t size)
{
	char *item = list_find(list, key, key_size, size);

	if (!item)
		return;
	list->count--;
	memmove(item, (char *)list->items + list->count * size, size);
}

static int list_set(struct ledger_list *list, const void *item, size_t key_size, size_t size)
{
	void *found = list_find(list, item, key_size, size);

	if (!found)
		return ledger_list_add(list, item, size);
	memcpy(found, item, size);
	return 0;
}

/* ------------------------------------------------------------------ marked addresses */

/* How many of them come before it. */
static size_t address_place(const struct ledger_list *list, __be32 address)
{
	const __be32 *items = list->items;
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ledger_compare_addresses(&items[middle], &address) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int ledger_compare_addresses(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(__be32));
}

bool ledger_has_address(const struct ledger *ledger, __be32 address)
{
	const struct ledger_list *list = &ledger->addresses;
	size_t place = address_place(list, address);

	return place < list->count && ((const __be32 *)list->items)[place] == address;
}

static int add_address(struct ledger_list *list, __be32 address)
{
	size_t place = address_place(list, address);
	__be32 *items;

	if (ledger_list_add(list, &address, sizeof(address)))
		return -ENOMEM;
	items = list->items;
	memmove(&items[place + 1], &items[place], (list->count - 1 - place) * sizeof(*items));
	items[place] = address;
	return 0;
}

static void drop_address(struct ledger_list *list, __be32 address)
{
	size_t place = address_place(list, address);
	__be32 *items = list->items;

	if (place == list->count || items[place] != address)
		return;
	list->count--;
	memmove(&items[place], &items[place + 1], (list->count - place) * sizeof(*items));
}

/* ------------------------------------------------------------------ names, and changes of all */

int ledger_names_set(struct ledger_names *names, uint32_t index, uint64_t hash)
{
	size_t i = 0;

	while (i < names->count && names->items[i].index != index)
		i++;
	if (!hash) {
		if (i < names->count)
			names->items[i] = names->items[--names->count];
		return 0;
	}
	if (i == names->count) {
		void *items = names->items;

		if (grow(&items, &names->capacity, names->count, sizeof(*names->items)))
			return -ENOMEM;
		names->items = items;
		names->count++;
	}
	names->items[i] = (struct ledger_name){ index, hash };
	return 0;
}

int ledger_apply_lists(struct ledger *ledger, const struct change *change)
{
	struct ledger_network network = { change->row, change->network.flags };
	struct desired_gateway gateway;

	switch (change->kind) {
	case CHANGE_NETWORK_SET:
		return list_set(&ledger->networks, &network, sizeof(network.id), sizeof(network));
	case CHANGE_NETWORK_REMOVE:
		list_drop(&ledger->networks, &network, sizeof(network.id), sizeof(network));
		return 0;
	case CHANGE_GATEWAY_SET:
		gateway = (struct desired_gateway){ change->gateway.key, change->gateway.value };
		return list_set(&ledger->gateways, &gateway, sizeof(gateway.key), sizeof(gateway));
	case CHANGE_GATEWAY_REMOVE:
		list_drop(&ledger->gateways, &change->gateway.key, sizeof(gateway.key),
			  sizeof(gateway));
		return 0;
	case CHANGE_ADDRESS_ADD:
		return add_address(&ledger->addresses, change->address);
	case CHANGE_ADDRESS_REMOVE:
		drop_address(&ledger->addresses, change->address);
		return 0;
	case CHANGE_ALLOWED_SET:
		return list_set(&ledger->allowed, &change->allowed, sizeof(change->allowed),
				sizeof(change->allowed));
	case CHANGE_ALLOWED_REMOVE:
		list_drop(&ledger->allowed, &change->allowed, sizeof(change->allowed),
			  sizeof(change->allowed));
		return 0;
	default:
		return 0;
	}
}

void ledger_forget_vip(struct ledger *ledger, const struct vip_key *key)
{
	list_drop(&ledger->stray_vips, key, sizeof(*key), sizeof(struct ledger_vip));
}

void ledger_forget_id(struct ledger *ledger, const struct service_id_key *key)
{
	list_drop(&ledger->stray_ids, key, sizeof(*key), sizeof(struct ledger_id));
}
