/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the agent says about itself, cut to the room of its map. */
#include "state_fit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static size_t length_of(const json_t *value)
{
	return json_dumpb(value, NULL, 0, JSON_COMPACT);
}

/* What `diff` compares by is the digest; the rest of a service's word is for people. */
static void drop_details(json_t *services)
{
	json_t *service;
	size_t i;

	json_array_foreach(services, i, service) {
		json_array_clear(json_object_get(service, "priorities"));
		json_array_clear(json_object_get(json_object_get(service, "word"), "backends"));
	}
}

/* How many of the first items to keep for the list to lose `excess` bytes, were all of one length. */
static size_t keep_count(const json_t *list, size_t excess)
{
	size_t length = length_of(list), count = json_array_size(list);

	return length > excess ? (length - excess) * count / (length + 1) : 0;
}

/* Returns how many went. */
static size_t shorten(const json_t *state, json_t *list, size_t room)
{
	size_t before = json_array_size(list), length;

	while (json_array_size(list) && (length = length_of(state)) >= room) {
		size_t keep = keep_count(list, length - room + 1);

		while (json_array_size(list) > keep)
			json_array_remove(list, json_array_size(list) - 1);
	}
	return before - json_array_size(list);
}

static void cut(json_t *state, size_t room)
{
	static const char *const lists[] = { "excluded", "services", "interfaces", "networks" };

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists) && length_of(state) >= room; i++) {
		json_t *list = json_object_get(state, lists[i]);
		bool services = !strcmp(lists[i], "services");
		size_t lost;

		if (services)
			drop_details(list);
		/* Room for the digits of a number that grows. */
		lost = shorten(state, list, services ? room - 20 : room);
		if (services)
			json_object_set_new(state, "untold", json_integer(
				json_integer_value(json_object_get(state, "untold")) +
				(json_int_t)lost));
	}
}

/* Most fit at once. */
char *state_fit(json_t *state, size_t room)
{
	char *text = json_dumps(state, JSON_COMPACT);

	if (text && strlen(text) < room)
		return text;
	free(text);
	cut(state, room);
	return length_of(state) < room ? json_dumps(state, JSON_COMPACT) : NULL;
}
