/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Virtual IPs for the node itself and pods of its network: their packets are led into the node's own
 * pair, whose far end is attached like a pod's interface. */
#ifndef HOST_CLIENTS_H
#define HOST_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parallax_addr.h"

#define HOST_CLIENTS_REASON 256
#define HOST_CLIENTS_MARK "host_pair" /* the name of the mark */

/* Makes the pair, the rules and a mark in the pin directory, or repairs them. Without routes no packet
 * comes yet. `mtu`: of the uplink, 0 if unknown. `again`: the rules too, which an older version may have
 * made. Returns 0, or -errno with the cause in `reason`. */
int host_clients_make(const char *pin_dir, uint32_t mtu, bool again, char *reason);

/* Leads the node's packets for these addresses, sorted by ledger_compare_addresses() (IPv4 first), into the
 * pair, and no others. `source`: the node's address in either family. Returns 0, or -errno with the cause
 * in `reason`. */
int host_clients_route(const struct ip_addr source[IP_FAMILIES], const struct ip_addr *vips,
		       size_t count, char *reason);

/* Removes everything that the mark stands for. Success without a mark. Returns 0 or -errno. */
int host_clients_remove(const char *pin_dir);

/* Whether the mark was made in another network namespace. */
bool host_clients_elsewhere(const char *pin_dir);

#endif
