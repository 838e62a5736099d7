/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the agent found on its node, as JSON and for display. */
#include "node_json.h"

#include "report_common.h"

static json_t *found_json(const struct found_text *list, size_t count, const char *key)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_pack("{s:s,s:s}", key, list[i].text, "from",
						       list[i].from));
	return array;
}

json_t *node_json(const struct node_status *node)
{
	return json_pack("{s:s?,s:s?,s:s?,s:s?,s:s?,s:o,s:o,s:o}", "profile", node->profile,
			 "cni", node->cni, "cni_from", node->cni_from, "address", node->address,
			 "address6", node->address6,
			 "mtu", node->mtu ? json_integer(node->mtu) : json_null(),
			 "uplinks", found_json(node->uplinks, node->uplink_count, "name"),
			 "pod_ranges", found_json(node->pod_ranges, node->pod_range_count, "range"));
}

static void print_found(const json_t *list, const char *key, FILE *out)
{
	const char *comma = "";
	char a[32], b[32];
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		fprintf(out, "%s%s (%s)", comma, report_cell(item, key, a), report_cell(item, "from", b));
		comma = ", ";
	}
	fprintf(out, "%s\n", json_array_size(list) ? "" : "none");
}

void node_print(const json_t *node, FILE *out)
{
	char a[32], b[32], pair[REPORT_PAIR_MAX];

	if (!json_is_object(node))
		return;
	fprintf(out, "Node        %s, MTU %s, uplinks ",
		report_pair(node, "address", "address6", pair), report_cell(node, "mtu", b));
	print_found(json_object_get(node, "uplinks"), "name", out);
	if (!json_is_string(json_object_get(node, "profile")))
		return;
	fprintf(out, "CNI         %s (interfaces.profile %s): %s\n",
		json_is_string(json_object_get(node, "cni")) ? report_cell(node, "cni", a) :
		"not recognised", json_string_value(json_object_get(node, "profile")),
		report_cell(node, "cni_from", b));
	fprintf(out, "Pod ranges  ");
	print_found(json_object_get(node, "pod_ranges"), "range", out);
}
