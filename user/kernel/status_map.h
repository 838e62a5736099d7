/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The map `status`: texts of any length under record numbers, written by one agent, read by all. */
#ifndef STATUS_MAP_H
#define STATUS_MAP_H

#include <stddef.h>
#include <stdint.h>

/* Replaces the text of a record; a reader sees the old text, the new one, or none. Returns 0, -E2BIG when
 * the map is full, or -errno: then there is no record. */
int status_map_write(int fd, uint64_t record, const char *text, size_t length);
/* Returns 0, also when there is no such record, or -errno. */
int status_map_delete(int fd, uint64_t record);

struct status_text {
	uint64_t record;
	char *text; /* NULL: only listed */
};

struct status_texts {
	struct status_text *items;
	size_t count;
};

/* Lists all records, also those whose texts are not whole. Returns 0 or -errno. */
int status_map_list(int fd, struct status_texts *ret);
/* Reads all whole texts. Returns 0 or -errno. */
int status_map_read(int fd, struct status_texts *ret);
void status_texts_done(struct status_texts *texts);

#endif
