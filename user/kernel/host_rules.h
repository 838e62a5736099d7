/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The nftables rules for the node's own pair: tables `ip parallax` and `ip6 parallax` of three rules. */
#ifndef HOST_RULES_H
#define HOST_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parallax_addr.h"

/* Makes the table of the family of `client`, or makes it again, in one transaction, for the near end of
 * this index. Returns 0, or -EIO with the kernel's words in `reason`. */
int host_rules_make(uint32_t near_ifindex, const struct ip_addr *client, char *reason, size_t size);

/* Tries the rules of a family, 4 or 6, in a transaction that leaves nothing behind; results as of
 * host_rules_make(). */
int host_rules_try(uint8_t family, char *reason, size_t size);

/* Whether the table is there, for the near end as it is now. */
bool host_rules_present(const struct ip_addr *client);

/* Removes both tables. Success if there is none. Returns 0 or -EIO. */
int host_rules_remove(void);

#endif
