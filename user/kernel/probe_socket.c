/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "probe_socket.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define UDP_HEADER 8
#define PACKET_MAX 65535

struct probe_payload {
	struct geneve_header geneve;
	struct geneve_probe_option option;
	struct geneve_admission_option tag; /* if it is signed */
};

static int set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) ? -errno : 0;
}

/* Nothing that the programs leave to the stack is for this socket. */
static int receive_nothing(int fd)
{
	struct sock_filter none = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { 1, &none };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ? -errno : 0;
}

/* The form of tunnel packets: DF, and no checksum (RFC 8926 section 3.3, RFC 6935). The MTU of the route does
 * not count: the size of a probe finds out. */
static int set_form(int fd, uint8_t family)
{
	int err = receive_nothing(fd);

	if (!err && family == 4)
		err = set(fd, SOL_SOCKET, SO_NO_CHECK, 1);
	else if (!err)
		err = set(fd, IPPROTO_UDP, UDP_NO_CHECK6_TX, 1);
	if (err)
		return err;
	return family == 4 ? set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE) :
			     set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
}

static int bind_port(int fd, const struct addr *source, uint32_t seed)
{
	int err = -EADDRINUSE;

	for (uint32_t i = 0; err == -EADDRINUSE && i < TUNNEL_SOURCE_PORTS; i++) {
		struct sockaddr_storage at;
		socklen_t length = addr_to_sockaddr(source,
						    (uint16_t)(TUNNEL_SOURCE_PORT +
							       (seed + i) % TUNNEL_SOURCE_PORTS),
						    &at);

		err = bind(fd, (struct sockaddr *)&at, length) ? -errno : 0;
	}
	return err;
}

int probe_socket_open(const struct addr *source, uint32_t seed)
{
	int fd = socket(addr_af(source->family), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err = fd < 0 ? -errno : set_form(fd, source->family);

	if (!err)
		err = bind_port(fd, source, seed);
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	return err;
}

static void sign(struct probe_payload *payload, const struct probe *probe)
{
	const struct probe_signer *signer = probe->signer;
	const union probe_tagged tagged = { .option = payload->option,
					    .epoch = signer->epoch,
					    .network = probe->network };
	uint64_t tag = htole64(probe_tag(&signer->send, &tagged));

	payload->tag = (struct geneve_admission_option){
		.head = { .option_class = htons(GENEVE_CLASS_PARALLAX),
			  .type = GENEVE_OPTION_ADMISSION,
			  .length = (sizeof(payload->tag) - 4) / 4 },
		.key = htons(signer->key),
		.epoch = htons((uint16_t)signer->epoch),
	};
	memcpy(payload->tag.tag, &tag, sizeof(tag));
}

/* Returns the length. */
static size_t fill(struct probe_payload *payload, const struct probe *probe)
{
	size_t length = sizeof(*payload) - (probe->signer ? 0 : sizeof(payload->tag));

	*payload = (struct probe_payload){
		.geneve = { .version_length = (uint8_t)((length - sizeof(payload->geneve)) / 4),
			    .flags = GENEVE_FLAG_OAM | GENEVE_FLAG_CRITICAL,
			    .vni = { (uint8_t)(probe->network >> 16),
				     (uint8_t)(probe->network >> 8), (uint8_t)probe->network } },
		.option = { .head = { .option_class = htons(GENEVE_CLASS_PARALLAX),
				      .type = GENEVE_OPTION_PROBE,
				      .length = (sizeof(payload->option) - 4) / 4 },
			    .sequence = htonl(probe->sequence),
			    .time = probe->time,
			    .row = htonl(probe->row),
			    .mtu = htons(probe->mtu) },
	};
	if (probe->signer)
		sign(payload, probe);
	return length;
}

/* The routes that count are those by this device; 0: all. */
static int use_device(int fd, uint8_t family, uint32_t device)
{
	return family == 4 ? set(fd, IPPROTO_IP, IP_UNICAST_IF, (int)htonl(device)) :
			     set(fd, IPPROTO_IPV6, IPV6_UNICAST_IF, (int)htonl(device));
}

int probe_socket_send(int fd, const struct addr *to, uint16_t port, const struct probe *probe)
{
	static uint8_t packet[PACKET_MAX];
	struct sockaddr_storage address;
	socklen_t length = addr_to_sockaddr(to, port, &address);
	size_t headers = (to->family == 4 ? 20 : 40) + UDP_HEADER;
	struct probe_payload payload;
	size_t size = fill(&payload, probe);
	int err;

	memcpy(packet, &payload, size);
	if (probe->size > headers + size && probe->size < PACKET_MAX)
		size = probe->size - headers;
	err = probe->device ? use_device(fd, to->family, probe->device) : 0;
	if (err)
		return err;
	if (sendto(fd, packet, size, MSG_DONTWAIT, (struct sockaddr *)&address, length) < 0)
		err = -errno;
	if (probe->device)
		use_device(fd, to->family, 0);
	return err;
}
