/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Istio's cluster names, `outbound|port|subset|host`. */
#include "cluster_name.h"

#include <errno.h>
#include <string.h>

#include "assignment.h"
#include "host_name.h"

static int parse_port(const char *text, size_t length, uint16_t *ret)
{
	unsigned int port = 0;

	if (!length || length > 5 || text[0] == '0')
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		port = port * 10 + (unsigned int)(text[i] - '0');
	}
	if (port > 65535)
		return -EINVAL;
	*ret = (uint16_t)port;
	return 0;
}

int cluster_name_parse(const char *name, struct cluster_name *ret)
{
	static const char direction[] = "outbound|";
	const char *port = name + sizeof(direction) - 1, *subset, *host;
	struct cluster_name parsed = {0};
	size_t length;

	if (strncmp(name, direction, sizeof(direction) - 1))
		return -EINVAL;
	subset = strchr(port, '|');
	host = subset ? strchr(subset + 1, '|') : NULL;
	if (!host || strchr(host + 1, '|') ||
	    parse_port(port, (size_t)(subset - port), &parsed.port))
		return -EINVAL;
	length = (size_t)(host - subset - 1);
	if (length >= sizeof(parsed.subset) || strlen(host + 1) >= sizeof(parsed.host))
		return -EINVAL;
	memcpy(parsed.subset, subset + 1, length);
	if (!host_name_normal(host + 1, strlen(host + 1), parsed.host))
		return -EINVAL;
	*ret = parsed;
	return 0;
}
