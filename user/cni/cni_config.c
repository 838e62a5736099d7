/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of a CNI configuration that tell which CNI it is, and the addresses of pods. */
#include "cni_config.h"

#include <errno.h>
#include <stdio.h>

#include <jansson.h>

static void copy(char *buf, size_t size, const json_t *text)
{
	snprintf(buf, size, "%s", json_is_string(text) ? json_string_value(text) : "");
}

static void add_range(struct cni_config *config, const char *text)
{
	if (text && config->range_count < CNI_RANGES &&
	    !prefix_parse(text, &config->ranges[config->range_count]))
		config->range_count++;
}

/* {"subnet": "10.10.0.0/24"}, by host-local also in [[{"subnet": ...}]], and texts alone by kindnet. */
static void read_ranges(struct cni_config *config, const json_t *value)
{
	json_t *item;
	size_t i;

	if (json_is_object(value))
		add_range(config, json_string_value(json_object_get(value, "subnet")));
	else
		add_range(config, json_string_value(value));
	json_array_foreach(value, i, item)
		read_ranges(config, item);
}

int cni_config_parse(const char *text, size_t length, struct cni_config *ret)
{
	json_t *root = json_loadb(text, length, 0, NULL);
	const json_t *list = json_object_get(root, "plugins"), *plugin, *ipam;

	*ret = (struct cni_config){};
	plugin = list ? json_array_get(list, 0) : root;
	ipam = json_object_get(plugin, "ipam");
	copy(ret->name, sizeof(ret->name), json_object_get(root, "name"));
	copy(ret->type, sizeof(ret->type), json_object_get(plugin, "type"));
	read_ranges(ret, ipam);
	read_ranges(ret, json_object_get(ipam, "ranges"));
	read_ranges(ret, json_object_get(plugin, "ranges"));
	json_decref(root);
	return ret->type[0] ? 0 : -EINVAL;
}
