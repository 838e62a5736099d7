/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is said of the gateways that are down. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assignment.h"
#include "clock.h"
#include "mesh_networks.h"
#include "probes_parts.h"

const char *probes_name(const struct agent *agent, const struct probed *item, char *buf)
{
	struct addr addr = addr_of_ip(&item->key.addr);
	const struct mesh_network *network = mesh_networks_by_id(agent->files.config->mesh,
								 item->key.network);
	char text[ADDR_TEXT_MAX];

	snprintf(buf, PROBED_NAME_MAX, "gateway %s of network '%.300s'",
		 addr_port_format(&addr, ntohs(item->port), text), network ? network->name : "?");
	return buf;
}

bool probes_panic(const struct prober *prober, uint32_t network)
{
	if (network == prober->here)
		return false;
	for (size_t i = 0; i < prober->count; i++)
		if (prober->items[i].key.network == network &&
		    prober->items[i].probe.state != GATEWAY_DOWN)
			return false;
	return true;
}

/* ------------------------------------------------------------------ for views and problems */

static bool is_down(const struct prober *prober, uint32_t network, const struct addr *addr)
{
	for (size_t i = 0; i < prober->count; i++)
		if (prober->items[i].key.network == network &&
		    prober->items[i].probe.state == GATEWAY_DOWN &&
		    ip_equal(&prober->items[i].key.addr, &addr->ip))
			return true;
	return false;
}

int probes_down(const struct agent *agent, struct socket_addr **ret, size_t *ret_count)
{
	const struct mesh_networks *mesh = agent->files.config->mesh;
	const struct prober *prober = agent->prober;
	size_t most = 0;

	*ret_count = 0;
	for (size_t i = 0; i < mesh->count; i++)
		most += mesh->networks[i].gateway_count;
	*ret = calloc(most + 1, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	for (size_t i = 0; prober && i < mesh->count; i++) {
		const struct mesh_network *network = &mesh->networks[i];

		for (size_t g = 0; g < network->gateway_count; g++)
			if (is_down(prober, network->id, &network->gateways[g].addr))
				(*ret)[(*ret_count)++] =
					(struct socket_addr){ .addr = network->gateways[g].addr,
							      .port = network->gateways[g].port };
	}
	return 0;
}

static int visit_socket(const struct prober *prober, int family, problem_visitor *visit, void *arg)
{
	char text[160];

	if (!prober->errors[family])
		return 0;
	snprintf(text, sizeof(text), "gateways are not probed over IPv%d: %s",
		 family == FAMILY_4 ? 4 : 6, strerror(-prober->errors[family]));
	return visit(arg, "GatewaysNotProbed", text);
}

static const char *down_means(const struct agent *agent, const struct probed *item)
{
	const struct mesh_network *own = mesh_networks_own(agent->files.config->mesh);

	if (probes_panic(agent->prober, item->key.network))
		return ", as all of its network are: they are used all the same";
	if (own && own->id == item->key.network)
		return ": replies of pods here go by others";
	return ": it takes no new connections";
}

int probes_each_problem(const struct agent *agent, problem_visitor *visit, void *arg)
{
	const struct prober *prober = agent->prober;
	char text[640], name[PROBED_NAME_MAX];
	int err = 0;

	for (size_t i = 0; prober && !err && i < prober->count; i++) {
		const struct probed *item = &prober->items[i];

		if (item->probe.state != GATEWAY_DOWN)
			continue;
		snprintf(text, sizeof(text), "%s is down%s", probes_name(agent, item, name),
			 down_means(agent, item));
		err = visit(arg, "GatewayDown", text);
	}
	for (int family = 0; prober && !err && family < FAMILIES; family++)
		err = visit_socket(prober, family, visit, arg);
	return err;
}
