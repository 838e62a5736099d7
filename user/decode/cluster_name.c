/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Istio's cluster names, `outbound|port|subset|host`. */
#include "cluster_name.h"

#include <errno.h>
#include <string.h>

#include "assignment.h"
#include "decimal.h"
#include "host_name.h"

int cluster_name_parse(const char *name, struct cluster_name *ret)
{
	static const char direction[] = "outbound|";
	const char *port = name + sizeof(direction) - 1, *subset, *host;
	struct cluster_name parsed = {0};
	uint64_t number;
	size_t length;

	if (strncmp(name, direction, sizeof(direction) - 1))
		return -EINVAL;
	subset = strchr(port, '|');
	host = subset ? strchr(subset + 1, '|') : NULL;
	if (!host || strchr(host + 1, '|') ||
	    !decimal_parse(port, (size_t)(subset - port), 65535, &number) || !number)
		return -EINVAL;
	parsed.port = (uint16_t)number;
	length = (size_t)(host - subset - 1);
	if (length >= sizeof(parsed.subset) || strlen(host + 1) >= sizeof(parsed.host))
		return -EINVAL;
	memcpy(parsed.subset, subset + 1, length);
	if (!host_name_normal(host + 1, strlen(host + 1), parsed.host))
		return -EINVAL;
	*ret = parsed;
	return 0;
}
