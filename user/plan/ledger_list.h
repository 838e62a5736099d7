/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the ledger: its small lists, and what its files share. */
#ifndef LEDGER_LIST_H
#define LEDGER_LIST_H

#include "ledger.h"

/* Appends a copy of `item`. Returns 0 or -ENOMEM. */
int ledger_list_add(struct ledger_list *list, const void *item, size_t size);

/* hash 0 removes. Returns 0 or -ENOMEM. */
int ledger_names_set(struct ledger_names *names, uint32_t index, uint64_t hash);

/* CHANGE_NETWORK_*, CHANGE_GATEWAY_*, CHANGE_ALLOWED_*. Returns 0 or -ENOMEM. */
int ledger_apply_lists(struct ledger *ledger, const struct change *change);

void ledger_forget_vip(struct ledger *ledger, const struct vip_key *key);
void ledger_forget_id(struct ledger *ledger, const struct service_id_key *key);

/* Gives the rows below `rows` their lists of backends, empty, unless they have them. */
void ledger_open_services(struct ledger *ledger, uint32_t rows);

/* Puts row `r`, whose content is or will be `row`, into the hash chains. */
void ledger_link_service(struct ledger *ledger, uint32_t r, const struct service *row);

#endif
