/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <arpa/inet.h>
#include <sys/random.h>
#include <unistd.h>

#include "clock.h"
#include "key_writer.h"
#include "mesh_networks.h"
#include "probe_socket.h"
#include "probes_parts.h"

static void close_socket(struct prober *prober, int family)
{
	if (prober->sockets[family] >= 0)
		close(prober->sockets[family]);
	prober->sockets[family] = -1;
}

void probes_open_sockets(const struct agent *agent, struct prober *prober)
{
	for (int family = 0; family < FAMILIES; family++) {
		struct addr source = addr_of_ip(&probes_settings(agent)->source[family]);
		uint32_t seed = 0;

		if (prober->sockets[family] >= 0 && addr_equal(&source, &prober->sources[family]))
			continue;
		close_socket(prober, family);
		prober->sources[family] = source;
		if (!source.family)
			continue;
		getrandom(&seed, sizeof(seed), 0);
		prober->sockets[family] = probe_socket_open(&source, seed);
		prober->errors[family] = prober->sockets[family] < 0 ? prober->sockets[family] : 0;
	}
}

/* Signs as the programs do. Returns false if they do not. */
static bool find_signer(const struct agent *agent, uint32_t network, struct probe_signer *ret)
{
	struct admission_key key;
	uint32_t jiffies;

	if (!map_writer_signing_key(agent->kernel.writer, network, &key) ||
	    clock_jiffies(dataplane_now_fd(agent->kernel.dataplane), &jiffies))
		return false;
	*ret = (struct probe_signer){ .key = (uint16_t)key.id,
				      .epoch = epoch_at(probes_settings(agent)->epoch, jiffies,
							agent->kernel.hz),
				      .send = key.send };
	return true;
}

/* The device by which its probes leave, where its network requires encryption; 0: any. Returns false if none
 * encrypts. */
static bool find_device(const struct agent *agent, const struct probed *item, uint32_t *ret)
{
	const struct mesh_network *network = mesh_networks_by_id(agent->files.config->mesh,
								 item->key.network);

	*ret = 0;
	if (!network || !network->encrypted)
		return true;
	for (size_t i = 0; i < network->gateway_count; i++)
		if (ip_equal(&network->gateways[i].addr.ip, &item->key.addr)) {
			*ret = network->gateways[i].uplink;
			return *ret;
		}
	return true;
}

/* `slot`: where the program notes the answer. Returns 0 or -errno. */
static int send_probe(const struct agent *agent, const struct prober *prober,
		      const struct probed *item, struct health_probe *slot, struct probe *probe)
{
	struct addr to = addr_of_ip(&item->key.addr);
	int socket = prober->sockets[to.family == 4 ? FAMILY_4 : FAMILY_6];
	struct probe_signer signer;

	probe->signer = find_signer(agent, item->key.network, &signer) ? &signer : NULL;
	probe->network = probes_settings(agent)->network;
	probe->time = clock_monotonic_ns();
	probe->mtu = (uint16_t)gateway_path_mtu(&item->path);
	*slot = (struct health_probe){ .sent_ns = probe->time, .sequence = probe->sequence };
	if (!find_device(agent, item, &probe->device))
		return 0;
	return socket < 0 ? socket : probe_socket_send(socket, &to, ntohs(item->port), probe);
}

static struct health_probe *slots(const struct prober *prober, const struct probed *item)
{
	return probes_rows(prober)[item->row].probes;
}

void probes_send(const struct agent *agent, struct prober *prober, struct probed *item)
{
	int family = ip_is_v4(&item->key.addr) ? FAMILY_4 : FAMILY_6;
	struct probe probe = { .sequence = item->probe.sequence, .row = item->row };
	int err = send_probe(agent, prober, item,
			     &slots(prober, item)[probe.sequence % HEALTH_PROBES], &probe);

	if (prober->sockets[family] >= 0)
		prober->errors[family] = err;
}

/* One that the device itself is too narrow for is lost like others. */
void probes_send_sized(const struct agent *agent, struct prober *prober, struct probed *item,
		       uint32_t size)
{
	struct probe probe = { .sequence = item->path.sequence,
			       .row = item->row | HEALTH_ROW_SIZED,
			       .size = size };

	send_probe(agent, prober, item, &slots(prober, item)[HEALTH_SIZED], &probe);
}

void probes_close_sockets(struct prober *prober)
{
	for (int family = 0; family < FAMILIES; family++)
		close_socket(prober, family);
}
