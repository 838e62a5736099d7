/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the ledger: its small lists of networks, gateways, ranges, names and strays. */
#include "ledger_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int ledger_list_add(struct ledger_list *list, const void *item)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : 8;
		void *items = realloc(list->items, capacity * list->item_size);

		if (!items)
			return -ENOMEM;
		list->items = items;
		list->capacity = capacity;
	}
	memcpy((char *)list->items + list->count++ * list->item_size, item, list->item_size);
	return 0;
}

static void *list_find(const struct ledger_list *list, const void *key)
{
	for (size_t i = 0; i < list->count; i++) {
		char *item = (char *)list->items + i * list->item_size;

		if (!memcmp(item, key, list->key_size))
			return item;
	}
	return NULL;
}

int ledger_list_set(struct ledger_list *list, const void *item)
{
	void *found = list_find(list, item);

	if (!found)
		return ledger_list_add(list, item);
	memcpy(found, item, list->item_size);
	return 0;
}

void ledger_list_drop(struct ledger_list *list, const void *key)
{
	char *item = list_find(list, key);

	if (!item)
		return;
	list->count--;
	memmove(item, (char *)list->items + list->count * list->item_size, list->item_size);
}

/* ------------------------------------------------------------------ marked addresses */

int ledger_compare_addresses(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ip_addr));
}

/* Number of addresses before this one. */
static size_t address_place(const struct ledger_list *list, const struct ip_addr *address)
{
	const struct ip_addr *items = list->items;
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ledger_compare_addresses(&items[middle], address) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool ledger_has_address(const struct ledger *ledger, const struct ip_addr *address)
{
	const struct ledger_list *list = &ledger->addresses;
	size_t place = address_place(list, address);

	return place < list->count &&
	       ip_equal((const struct ip_addr *)list->items + place, address);
}

int ledger_add_address(struct ledger_list *list, const struct ip_addr *address)
{
	size_t place = address_place(list, address);
	struct ip_addr *items;

	if (ledger_list_add(list, address))
		return -ENOMEM;
	items = list->items;
	memmove(&items[place + 1], &items[place], (list->count - 1 - place) * sizeof(*items));
	items[place] = *address;
	return 0;
}

void ledger_drop_address(struct ledger_list *list, const struct ip_addr *address)
{
	size_t place = address_place(list, address);
	struct ip_addr *items = list->items;

	if (place == list->count || !ip_equal(&items[place], address))
		return;
	list->count--;
	memmove(&items[place], &items[place + 1], (list->count - place) * sizeof(*items));
}

/* ------------------------------------------------------------------ names */

static int set_listed_name(struct ledger_list *names, uint32_t index, uint64_t hash)
{
	if (hash)
		return ledger_list_set(names, &(struct ledger_name){ index, hash });
	ledger_list_drop(names, &index);
	return 0;
}

void ledger_open_services(struct ledger *ledger, uint32_t rows)
{
	for (; ledger->service_open < rows; ledger->service_open++)
		ledger->services[ledger->service_open].first_backend = NO_ROW;
}

int ledger_set_name(struct ledger *ledger, const struct name_key *key, uint64_t hash)
{
	struct ledger_service *known = &ledger->services[key->index];

	if (key->kind == NAME_NETWORK)
		return set_listed_name(&ledger->network_names, key->index, hash);
	if (key->kind == NAME_LOCALITY)
		return set_listed_name(&ledger->localities, key->index, hash);
	if ((key->kind != NAME_CLUSTER && key->kind != NAME_DROPS) ||
	    key->index >= ledger->memory.service_rows)
		return 0;
	ledger_open_services(ledger, key->index + 1);
	*(key->kind == NAME_CLUSTER ? &known->name : &known->drops_name) = hash;
	return 0;
}
