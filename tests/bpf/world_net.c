/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The private network namespace: devices, routes and neighbours that fib_lookup can answer by. */
#include "world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "family.h"
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

static const char *addr_text(uint32_t addr, int family, char *buf)
{
	struct addr6 addr6 = addr6_of(addr);
	struct in_addr addr4 = { htonl(addr) };

	return inet_ntop(family == 6 ? AF_INET6 : AF_INET,
			 family == 6 ? (const void *)&addr6 : &addr4, buf, INET6_ADDRSTRLEN);
}

static int make_neighbour(const char *device, uint32_t addr, int family, enum mac mac)
{
	char text[18], address[INET6_ADDRSTRLEN];

	return shell("ip neigh add %s lladdr %s nud permanent dev %s",
		     addr_text(addr, family, address), mac_text(mac, text), device);
}

static const struct neighbour {
	const char *device;
	uint32_t addr;
	enum mac mac;
} neighbours[] = {
	{ "pod0", SLEEP, MAC_SLEEP },        { "pod1", HELLO1, MAC_HELLO },
	{ "pod0", NODE_CLIENT, MAC_SLEEP },  { "pod1", OTHER_POD, MAC_HELLO },
	{ "pod1", NEIGHBOUR, MAC_HELLO },    { "uplink", GATEWAY, MAC_GATEWAY },
	{ "uplink", GATEWAY2, MAC_GATEWAY }, { "uplink", NODE1, MAC_NODE1 },
	{ "uplink", NODE3, MAC_NODE1 },      { "uplink", ROUTER, MAC_ROUTER },
};

#define ROUTES6                                                                                    \
	"echo 1 > /proc/sys/net/ipv6/conf/all/forwarding && "                                      \
	"ip route add 2001:db8::10.10.0.89/128 dev pod0 && "                                       \
	"ip route add 2001:db8::10.10.0.90/127 dev pod1 && "                                       \
	"ip address add 2001:db8::192.23.99.1/112 dev uplink nodad && "                            \
	"ip route add 2001:db8::198.51.100.0/120 via 2001:db8::192.23.0.1 dev uplink && "          \
	"ip route add 2001:db8::10.10.7.0/120 via 2001:db8::192.23.0.1 dev uplink"

#define ROUTES4                                                                                    \
	"echo 1 > /proc/sys/net/ipv4/ip_forward && "                                               \
	"ip route add 10.10.0.89/32 dev pod0 && "                                                  \
	"ip route add 10.10.0.90/31 dev pod1 && "                                                  \
	"ip address add 192.23.99.1/16 dev uplink && "                                             \
	"ip route add 198.51.100.0/24 via 192.23.0.1 dev uplink && "                               \
	"ip route add 10.10.7.0/24 via 192.23.0.1 dev uplink"

static int make_routes(int family)
{
	int ret = family == 6 ? shell(ROUTES6) : shell(ROUTES4);
	char text[INET6_ADDRSTRLEN];

	if (!ret)
		ret = shell("ip route add %s dev pod0", addr_text(NODE_CLIENT, family, text));
	if (!ret)
		ret = shell("ip route add %s dev pod1", addr_text(NEIGHBOUR, family, text));
	for (unsigned int i = 0; !ret && i < sizeof(neighbours) / sizeof(*neighbours); i++)
		ret = make_neighbour(neighbours[i].device, neighbours[i].addr, family,
				     neighbours[i].mac);
	return ret;
}

/* A socket that receives all frames at `device`. */
static int open_tap(const char *device)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET,
				    .sll_protocol = htons(OWN_ETHERTYPE),
				    .sll_ifindex = if_nametoindex(device) };
	struct timeval timeout = {.tv_usec = 200000};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(OWN_ETHERTYPE));

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout))) {
		close(fd);
		return -errno;
	}
	return fd;
}

/* The pods' ends live in a namespace of their own: redirect_peer insists on that. */
static int move_pods(int pods)
{
	return shell("ip link set pod0_far netns /proc/%d/fd/%d && "
		     "ip link set pod1_far netns /proc/%d/fd/%d",
		     getpid(), pods, getpid(), pods);
}

static int tap_pods(int node, int pods, int taps[DEVICE_COUNT])
{
	int ret = move_pods(pods);

	if (ret || setns(pods, CLONE_NEWNET))
		return ret ? ret : -errno;
	ret = shell("ip link set pod0_far up && ip link set pod1_far up");
	taps[DEVICE_POD0] = open_tap("pod0_far");
	taps[DEVICE_POD1] = open_tap("pod1_far");
	if (setns(node, CLONE_NEWNET))
		return -errno;
	return ret || taps[DEVICE_POD0] < 0 || taps[DEVICE_POD1] < 0 ? -EIO : 0;
}

/* Enter a new namespace; returns a descriptor of it. */
static int new_namespace(void)
{
	return unshare(CLONE_NEWNET) ? -1 : open("/proc/self/ns/net", O_RDONLY);
}

int net_open(uint32_t ifindex[DEVICE_COUNT], int taps[DEVICE_COUNT])
{
	int pods = new_namespace(), node = new_namespace();

	if (pods < 0 || node < 0) {
		perror("new network namespace");
		return -EPERM;
	}
	if (shell("ip link set lo up") || make_link("pod0", MAC_POD0_DEV) ||
	    make_link("pod1", MAC_POD1_DEV) || make_link("uplink", MAC_UPLINK) ||
	    tap_pods(node, pods, taps) || make_routes(4) || make_routes(6))
		return -EIO;
	ifindex[DEVICE_POD0] = if_nametoindex("pod0");
	ifindex[DEVICE_POD1] = if_nametoindex("pod1");
	ifindex[DEVICE_UPLINK] = if_nametoindex("uplink");
	return 0;
}
