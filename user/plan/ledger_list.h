/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the ledger: its small lists, and functions that its files share. */
#ifndef LEDGER_LIST_H
#define LEDGER_LIST_H

#include "ledger.h"

/* Appends a copy of the item. Returns 0 or -ENOMEM. */
int ledger_list_add(struct ledger_list *list, const void *item);
/* Replaces the item of the same key, or appends. Returns 0 or -ENOMEM. */
int ledger_list_set(struct ledger_list *list, const void *item);
void ledger_list_drop(struct ledger_list *list, const void *key);

/* Marks of virtual addresses, kept sorted. Returns 0 or -ENOMEM. */
int ledger_add_address(struct ledger_list *list, const struct ip_addr *address);
void ledger_drop_address(struct ledger_list *list, const struct ip_addr *address);

/* Initialises the elements of `services` below `rows` that are not yet. */
void ledger_open_services(struct ledger *ledger, uint32_t rows);

/* Adds row `r`, whose content is or will be `row`, to the hash chains. */
void ledger_link_service(struct ledger *ledger, uint32_t r, const struct service *row);

#endif
