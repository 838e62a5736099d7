/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which gateways of networks that require encryption are behind a device that encrypts. The packet path holds
 * every packet to it by itself; this keeps new connections off, and says why. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "agent.h"
#include "clock.h"
#include "encryption.h"
#include "mesh_networks.h"
#include "netlink_routes.h"

#define LOOK_SECONDS 1 /* routes change without a message to us */
#define LOOK_NS 100000000ull

/* Returns whether it changed. */
static bool look_at(const struct interfaces *interfaces, struct mesh_gateway *gateway)
{
	const struct mesh_gateway before = *gateway;
	const struct interface *uplink;
	uint32_t ifindex = 0;

	if (netlink_route_to(&gateway->addr, &ifindex))
		ifindex = 0;
	uplink = interfaces_find(interfaces, ifindex);
	gateway->plain = !uplink || uplink->role != IFACE_UPLINK || !uplink->encrypts;
	gateway->uplink = gateway->plain ? 0 : ifindex;
	if (!ifindex || !if_indextoname(ifindex, gateway->device))
		gateway->device[0] = '\0';
	return gateway->plain != before.plain || gateway->uplink != before.uplink ||
	       strcmp(gateway->device, before.device);
}

/* Returns whether any changed; *ret_any: one is looked at. */
static bool look(struct agent *agent, bool *ret_any)
{
	const struct mesh_networks *mesh = agent->files.config->mesh;
	bool changed = false;

	*ret_any = false;
	for (size_t i = 0; i < mesh->count; i++)
		for (size_t g = 0; g < mesh->networks[i].gateway_count; g++) {
			struct mesh_gateway *gateway = &mesh->networks[i].gateways[g];

			if (!mesh_gateway_needs_encryption(&mesh->networks[i], gateway))
				continue;
			*ret_any = true;
			changed |= look_at(&agent->interfaces, gateway);
		}
	agent->encryption.looked_ns = clock_monotonic_ns();
	return changed;
}

static void schedule(struct agent *agent, bool wanted)
{
	const struct timeval wait = { LOOK_SECONDS, 0 };

	if (wanted)
		evtimer_add(agent->encryption.timer, &wait);
	else
		evtimer_del(agent->encryption.timer);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;
	bool any;

	(void)fd;
	(void)what;
	if (look(agent, &any))
		agent->encryption.on_change(agent);
	schedule(agent, any);
}

void encryption_follow(struct agent *agent)
{
	struct encryption *state = &agent->encryption;
	const struct mesh_networks *mesh = agent->files.config->mesh;
	bool any;

	/* Files may change a hundred times a second. */
	if (state->mesh == mesh && clock_monotonic_ns() - state->looked_ns < LOOK_NS)
		return;
	state->mesh = mesh;
	look(agent, &any);
	schedule(agent, any);
}

int encryption_open(struct agent *agent, void (*on_change)(struct agent *agent))
{
	agent->encryption.on_change = on_change;
	agent->encryption.timer = evtimer_new(agent->base, on_timer, agent);
	return agent->encryption.timer ? 0 : -ENOMEM;
}

void encryption_done(struct agent *agent)
{
	if (agent->encryption.timer)
		event_free(agent->encryption.timer);
}

/* ------------------------------------------------------------------ what is said of it */

static void describe(const struct mesh_network *network, const struct mesh_gateway *gateway,
		     char *buf, size_t size)
{
	char address[ADDR_TEXT_MAX];

	addr_port_format(&gateway->addr, gateway->port, address);
	if (!gateway->device[0])
		snprintf(buf, size,
			 "gateway %s of network '%.255s' is not used: encryption is required, and "
			 "there is no route to it",
			 address, network->name);
	else
		snprintf(buf, size,
			 "gateway %s of network '%.255s' is not used: encryption is required, and "
			 "packets to it would leave by %s, which does not encrypt",
			 address, network->name, gateway->device);
}

int encryption_each_problem(const struct agent *agent, problem_visitor *visit, void *arg)
{
	const struct mesh_networks *mesh = agent->files.config->mesh;
	char text[512];
	int err = 0;

	for (size_t i = 0; i < mesh->count; i++)
		for (size_t g = 0; !err && g < mesh->networks[i].gateway_count; g++) {
			const struct mesh_gateway *gateway = &mesh->networks[i].gateways[g];

			if (!gateway->plain ||
			    !mesh_gateway_needs_encryption(&mesh->networks[i], gateway))
				continue;
			describe(&mesh->networks[i], gateway, text, sizeof(text));
			err = visit(arg, "GatewayNotEncrypted", text);
		}
	return err;
}
