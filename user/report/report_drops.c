/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Drop overloads of a service, out of the kernel's maps. */
#include <string.h>

#include "report_common.h"
#include "snapshot_find.h"

#define WHOLE 4294967296.0 /* service.drop that refuses everything */

double report_drop_fraction(const struct service *service)
{
	return (double)service->drop / WHOLE;
}

/* The next line of `text`; "" for a category without a name. */
static json_t *next_name(const char **text)
{
	size_t length = strcspn(*text, "\n");
	json_t *name = json_stringn(*text, length);

	*text += length + ((*text)[length] == '\n');
	return name ? name : json_string("?");
}

json_t *report_drops(const struct snapshot *snapshot, uint32_t row)
{
	const char *names = snapshot_name(snapshot, NAME_DROPS, row);
	json_t *list = json_array();
	const struct drops *drops;
	uint64_t before = 0;

	if (!snapshot->drops || !snapshot->services[row].drop)
		return list;
	drops = &snapshot->drops[row];
	names = names ? names : "";
	for (int i = 0; i < DROP_CATEGORIES && (*names || drops->upto[i] > before); i++) {
		json_array_append_new(list, json_pack(
			"{s:o,s:f,s:I}", "category", next_name(&names),
			"fraction", (double)(drops->upto[i] - before) / WHOLE,
			"refused", (json_int_t)drops->refused[i]));
		before = drops->upto[i];
	}
	return list;
}
