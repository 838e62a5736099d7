/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <arpa/inet.h>
#include <sys/random.h>
#include <unistd.h>

#include "clock.h"
#include "key_writer.h"
#include "probe_socket.h"
#include "probes_parts.h"

static const struct settings *settings_of(const struct agent *agent)
{
	return map_writer_memory(agent->kernel.writer).settings;
}

static void close_socket(struct prober *prober, int family)
{
	if (prober->sockets[family] >= 0)
		close(prober->sockets[family]);
	prober->sockets[family] = -1;
}

void probes_open_sockets(const struct agent *agent, struct prober *prober)
{
	for (int family = 0; family < FAMILIES; family++) {
		struct addr source = addr_of_ip(&settings_of(agent)->source[family]);
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
				      .epoch = epoch_at(settings_of(agent)->epoch, jiffies,
							agent->kernel.hz),
				      .send = key.send };
	return true;
}

void probes_send(const struct agent *agent, struct prober *prober, struct probed *item)
{
	struct addr to = addr_of_ip(&item->key.addr);
	int family = to.family == 4 ? FAMILY_4 : FAMILY_6;
	struct gateway_health *health = &probes_rows(prober)[item->row];
	struct health_probe *slot = &health->probes[item->probe.sequence % HEALTH_PROBES];
	struct probe_signer signer;
	bool has_key = find_signer(agent, item->key.network, &signer);
	struct probe probe = { .signer = has_key ? &signer : NULL,
			       .network = settings_of(agent)->network,
			       .sequence = item->probe.sequence,
			       .row = item->row,
			       .time = clock_monotonic_ns() };

	*slot = (struct health_probe){ .sent_ns = probe.time, .sequence = probe.sequence };
	if (prober->sockets[family] >= 0)
		prober->errors[family] = probe_socket_send(prober->sockets[family], &to,
							   ntohs(item->port), &probe);
}

void probes_close_sockets(struct prober *prober)
{
	for (int family = 0; family < FAMILIES; family++)
		close_socket(prober, family);
}
