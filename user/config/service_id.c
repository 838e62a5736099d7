/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The service id in a tunnel packet's header. */
#include "service_id.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "host_name.h"

uint64_t service_id(uint16_t port, uint8_t proto, const char *subset, const char *host)
{
	char text[2 * HOST_NAME_SIZE + sizeof("65535/udp||")], normal[HOST_NAME_SIZE];
	int length;

	host_name_normal(host, strlen(host), normal);
	length = snprintf(text, sizeof(text), "%u/%s|%.255s|%s", port,
			  proto == IPPROTO_UDP ? "udp" : "tcp", subset, normal);
	return XXH3_64bits(text, (size_t)length);
}
