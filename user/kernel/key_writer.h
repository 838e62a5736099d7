/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes the keys of tunnels, and the time that their tags name. */
#ifndef KEY_WRITER_H
#define KEY_WRITER_H

#include "key_rows.h"
#include "map_writer.h"

/* Replaces all keys at once, and settings.admission but for ADMISSION_ENCRYPTED by `flags`. On failure the keys
 * before stay. Returns 0 or -errno. */
int map_writer_keys(struct map_writer *writer, const struct key_row *rows, size_t count,
		    uint32_t flags);

/* The key that signs packets to the network, as the programs find it. Returns false if there is none. */
bool map_writer_signing_key(const struct map_writer *writer, uint32_t network,
			    struct admission_key *ret);

/* Sets or clears ADMISSION_ENCRYPTED, which keys leave as it is. */
void map_writer_encrypted(struct map_writer *writer, bool encrypted);

/* Sets settings.epoch. */
void map_writer_epoch(struct map_writer *writer, uint64_t epoch);

#endif
