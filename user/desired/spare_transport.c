/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Transports of networks that meshNetworks does not name. */
#include "spare_transport.h"

#include <stdio.h>
#include <string.h>

#include "config.h"
#include "suggest.h"

bool spare_transport(const struct config *config, size_t index, char *buf, size_t size)
{
	struct suggestion near = { .word = config->transports[index].network };
	int length;

	for (size_t i = 0; i < config->mesh->count; i++) {
		if (!strcmp(config->mesh->networks[i].name, near.word))
			return false;
		suggest_offer(&near, config->mesh->networks[i].name);
	}
	length = snprintf(buf, size,
			  "meshNetworks names no network '%.63s': its transport is not used",
			  near.word);
	if (near.name && length > 0 && (size_t)length < size)
		snprintf(buf + length, size - (size_t)length, "; did you mean '%.63s'?", near.name);
	return true;
}
