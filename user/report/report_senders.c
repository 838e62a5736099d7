/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Senders that have all the flows of their share. */
#include "report_senders.h"

#include "parallax_hash.h"
#include "parallax_limits.h"
#include "report_common.h"

/* As bpf/flow_room.h:owner_share(): `flows` holds both directions. */
static uint32_t share_of(const struct snapshot *snapshot)
{
	uint32_t set = snapshot->settings.flows_per_owner;

	return set ? set : snapshot->flow_usage[FAMILY_4].max / 2 / OWNER_FRACTION;
}

static json_t *sender(const struct snapshot *snapshot, const json_t *status,
		      const struct owner *owner, uint32_t share)
{
	const struct addr address = addr_of_ip(&owner->addr);
	const json_t *iface = NULL;
	char network[16], text[ADDR_TEXT_MAX];

	if (!owner->network)
		iface = report_find(status, "interfaces", "ifindex", owner->ifindex);
	return json_pack("{s:o,s:o,s:o,s:o,s:I,s:I,s:I,s:I}",
			 "interface", iface ? report_copy(iface, "name") : json_null(),
			 "ifindex", owner->network ? json_null() : json_integer(owner->ifindex),
			 "network", owner->network ?
			 report_text(report_network(snapshot, owner->network, network)) : json_null(),
			 "address", owner->network ? json_string(addr_format(&address, text)) :
						     json_null(),
			 "flows", (json_int_t)owner->flows, "share", (json_int_t)share,
			 "refused", (json_int_t)owner->refused,
			 "displaced", (json_int_t)owner->displaced);
}

json_t *report_senders(const struct snapshot *snapshot, const json_t *status)
{
	uint32_t share = share_of(snapshot);
	json_t *list = json_array();

	for (uint32_t row = 0; row < snapshot->owner_count; row++) {
		const struct owner *owner = &snapshot->owners[row];

		if (share && owner->flows >= (int64_t)share)
			json_array_append_new(list, sender(snapshot, status, owner, share));
	}
	return list;
}

static const char *name_of(const json_t *sender, char *text, size_t size)
{
	char a[32], b[32];

	if (json_is_string(json_object_get(sender, "address")))
		snprintf(text, size, "%s of %s", report_cell(sender, "address", a),
			 report_cell(sender, "network", b));
	else
		snprintf(text, size, "%s (%s)", report_cell(sender, "interface", a),
			 report_cell(sender, "ifindex", b));
	return text;
}

void report_senders_print(const json_t *senders, FILE *out)
{
	const char *title = "Senders";
	char name[REPORT_CELL_MAX], a[32], b[32], c[32], d[32];
	json_t *item;
	size_t i;

	json_array_foreach(senders, i, item) {
		fprintf(out, "%-11s %s: at its share, flows %s of %s, refused %s, displaced %s\n",
			title,
			name_of(item, name, sizeof(name)), report_cell(item, "flows", a),
			report_cell(item, "share", b), report_cell(item, "refused", c),
			report_cell(item, "displaced", d));
		title = "";
	}
}
