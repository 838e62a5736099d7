/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The private network namespace: devices, routes and neighbours that fib_lookup can answer by. */
#include "world.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "pkt.h"

static int shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int shell(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (!system(command))
		return 0;
	printf("cannot set up the namespace: %s\n", command);
	return -EIO;
}

static const char *mac_text(enum mac mac, char *buf)
{
	const uint8_t *m = mac_bytes(mac);

	snprintf(buf, 18, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	return buf;
}

static int make_link(const char *name, enum mac mac)
{
	char text[18];

	return shell("ip link add %s type veth peer name %s_far && ip link set %s address %s && "
		     "ip link set %s up && ip link set %s_far up",
		     name, name, name, mac_text(mac, text), name, name);
}

static int make_neighbour(const char *device, uint32_t addr, enum mac mac)
{
	char text[18];

	return shell("ip neigh add %u.%u.%u.%u lladdr %s nud permanent dev %s", addr >> 24,
		     addr >> 16 & 255, addr >> 8 & 255, addr & 255, mac_text(mac, text), device);
}

static const struct neighbour {
	const char *device;
	uint32_t addr;
	enum mac mac;
} neighbours[] = {
	{"pod0", SLEEP, MAC_SLEEP},        {"pod1", HELLO1, MAC_HELLO},
	{"pod1", OTHER_POD, MAC_HELLO},    {"uplink", GATEWAY, MAC_GATEWAY},
	{"uplink", GATEWAY2, MAC_GATEWAY}, {"uplink", NODE1, MAC_NODE1},
	{"uplink", NODE3, MAC_NODE1},      {"uplink", ROUTER, MAC_ROUTER},
};

static int make_routes(void)
{
	int ret = shell("echo 1 > /proc/sys/net/ipv4/ip_forward && "
			"ip route add 10.10.0.89/32 dev pod0 && "
			"ip route add 10.10.0.90/31 dev pod1 && "
			"ip address add 192.23.99.1/16 dev uplink && "
			"ip route add 198.51.100.0/24 via 192.23.0.1 dev uplink && "
			"ip route add 10.10.7.0/24 via 192.23.0.1 dev uplink");

	for (unsigned int i = 0; !ret && i < sizeof(neighbours) / sizeof(*neighbours); i++)
		ret = make_neighbour(neighbours[i].device, neighbours[i].addr, neighbours[i].mac);
	return ret;
}

int net_open(uint32_t ifindex[DEVICE_COUNT])
{
	if (unshare(CLONE_NEWNET)) {
		perror("unshare");
		return -errno;
	}
	if (shell("ip link set lo up") || make_link("pod0", MAC_POD0_DEV) ||
	    make_link("pod1", MAC_POD1_DEV) || make_link("uplink", MAC_UPLINK) || make_routes())
		return -EIO;
	ifindex[DEVICE_POD0] = if_nametoindex("pod0");
	ifindex[DEVICE_POD1] = if_nametoindex("pod1");
	ifindex[DEVICE_UPLINK] = if_nametoindex("uplink");
	return 0;
}
