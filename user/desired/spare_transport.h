/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Transports of networks that meshNetworks does not name. */
#ifndef SPARE_TRANSPORT_H
#define SPARE_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

struct config;

/* True if transport number `index` of the configuration has no network: it is not used. *buf then says
 * so. */
bool spare_transport(const struct config *config, size_t index, char *buf, size_t size);

#endif
