/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The agent's status out of its map, as one JSON object. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "map_reader_parts.h"
#include "pins.h"
#include "status_map.h"

/* Texts of services begin with the name of the cluster, so this is the order of clusters. */
static int compare_texts(const void *left, const void *right)
{
	return strcmp(((const struct status_text *)left)->text,
		      ((const struct status_text *)right)->text);
}

static json_t *join_texts(struct status_texts *texts)
{
	json_t *state = NULL, *services = json_array();

	if (texts->count)
		qsort(texts->items, texts->count, sizeof(*texts->items), compare_texts);
	for (size_t i = 0; i < texts->count; i++) {
		json_t *object = json_loads(texts->items[i].text, 0, NULL);

		if (texts->items[i].record != STATUS_AGENT) {
			if (object)
				json_array_append_new(services, object);
			continue;
		}
		json_decref(state);
		state = object;
	}
	if (!json_is_object(state) || json_object_set(state, "services", services)) {
		json_decref(state);
		state = NULL;
	}
	json_decref(services);
	return state;
}

int map_reader_status(struct reading *reading)
{
	struct status_texts texts = {};
	pid_t owner;
	int fd, err = pins_open(reading->pin_dir, "status", &fd);

	reading->failed = "status";
	if (err)
		return err;
	err = status_map_read(fd, &texts);
	close(fd);
	if (err)
		return err;
	reading->snapshot.status = join_texts(&texts);
	reading->snapshot.agent_running = pins_owner(reading->pin_dir, &owner) == 0;
	status_texts_done(&texts);
	return 0;
}
