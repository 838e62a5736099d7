/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "clock.h"
#include "health_rows.h"
#include "log.h"
#include "mesh_networks.h"
#include "probes_parts.h"

/* ------------------------------------------------------------------ following the maps */

static struct probed *find(const struct prober *prober, const struct desired_gateway *gateway)
{
	for (size_t i = 0; i < prober->count; i++)
		if (!memcmp(&prober->items[i].key, &gateway->key, sizeof(gateway->key)) &&
		    prober->items[i].port == gateway->value.tunnel_port)
			return &prober->items[i];
	return NULL;
}

static bool same_probes(const struct config_probes *a, const struct config_probes *b)
{
	return a->interval_ms == b->interval_ms && a->idle_ms == b->idle_ms &&
	       a->failures == b->failures;
}

/* A gateway that was known before, also to an agent before this one, goes on as it was. */
static void begin(const struct agent *agent, struct prober *prober,
		  const struct desired_gateway *gateway, struct probed *item)
{
	const struct probe_settings settings = { prober->config.interval_ms * 1000ll,
						 prober->config.idle_ms * 1000ll,
						 prober->config.failures };
	enum gateway_state state;
	uint32_t seed = 0;

	*item = (struct probed){ .key = gateway->key, .port = gateway->value.tunnel_port };
	item->row = health_rows_take(probes_rows(prober), &item->key.addr, item->port);
	if (!item->row)
		return;
	getrandom(&seed, sizeof(seed), 0);
	item->used = probes_rows(prober)[item->row].used;
	item->avoided = probes_rows(prober)[item->row].avoided;
	state = probes_rows(prober)[item->row].state;
	gateway_probe_init(&item->probe, &settings, state == GATEWAY_PANIC ? GATEWAY_DOWN : state,
			   seed, probes_now_us());
	probes_path_begin(agent, item, probes_now_us());
}

static bool is_probed(const struct prober *prober, uint32_t row)
{
	for (size_t i = 0; i < prober->count; i++)
		if (prober->items[i].row == row)
			return true;
	return false;
}

/* Rows that no gateway of the maps has any more. */
static void free_rows(struct prober *prober)
{
	for (uint32_t row = 1; row < HEALTH_ROWS; row++)
		if (!ip_is_none(&probes_rows(prober)[row].addr) && !is_probed(prober, row))
			health_rows_free(probes_rows(prober), row);
}

static int replace_items(const struct agent *agent, struct prober *prober,
			 const struct ledger_list *gateways, bool anew)
{
	const struct desired_gateway *list = gateways->items;
	struct probed *items = calloc(gateways->count + 1, sizeof(*items)), *held;
	size_t count = 0;

	if (!items)
		return -ENOMEM;
	for (size_t i = 0; i < gateways->count; i++) {
		if (list[i].value.kind != BACKEND_GENEVE)
			continue;
		held = anew ? NULL : find(prober, &list[i]);
		if (held)
			items[count] = *held;
		else
			begin(agent, prober, &list[i], &items[count]);
		count += items[count].row != 0;
	}
	free(prober->items);
	prober->items = items;
	prober->count = count;
	free_rows(prober);
	probes_path_forget(agent, prober);
	return 0;
}

static bool same_gateways(const struct prober *prober, const struct ledger_list *gateways)
{
	const struct desired_gateway *list = gateways->items;
	size_t count = 0;

	for (size_t i = 0; i < gateways->count; i++)
		if (list[i].value.kind == BACKEND_GENEVE) {
			count++;
			if (!find(prober, &list[i]))
				return false;
		}
	return count == prober->count;
}

static int prober_open(struct prober *prober, struct agent *agent)
{
	int fd = dataplane_fds(agent->kernel.dataplane).health;

	for (int family = 0; family < FAMILIES; family++)
		prober->sockets[family] = -1;
	prober->timer = evtimer_new(agent->base, probes_on_timer, agent);
	return prober->timer ? pins_mmap(fd, true, &prober->health) : -ENOMEM;
}

int probes_open(struct agent *agent, void (*on_change)(struct agent *agent))
{
	agent->prober = calloc(1, sizeof(*agent->prober));
	if (!agent->prober)
		return -ENOMEM;
	agent->prober->on_change = on_change;
	return prober_open(agent->prober, agent);
}

/* The network of which this node is a gateway of mode forward: one that lives, though nobody probes it here. */
static uint32_t gateway_of(const struct config *config)
{
	const struct mesh_network *own = mesh_networks_own(config->mesh);

	return own && config->gateway.enabled && config->gateway.mode == GATEWAY_FORWARD ? own->id :
											   0;
}

void probes_follow(struct agent *agent)
{
	const struct ledger_list *gateways = &agent->kernel.ledger.gateways;
	const struct config_probes *config = &agent->files.config->probes;
	struct prober *prober = agent->prober;
	bool anew = !same_probes(&prober->config, config);

	probes_open_sockets(agent, prober);
	prober->config = *config;
	prober->here = gateway_of(agent->files.config);
	if (!anew && same_gateways(prober, gateways))
		return;
	if (replace_items(agent, prober, gateways, anew))
		log_warn("gateways that are new are not probed: %s", strerror(ENOMEM));
	probes_write_states(prober, probes_now_us());
	probes_schedule(prober, probes_now_us());
}

void probes_done(struct agent *agent)
{
	struct prober *prober = agent->prober;

	if (!prober)
		return;
	probes_close_sockets(prober);
	if (prober->timer)
		event_free(prober->timer);
	pins_unmap(&prober->health);
	free(prober->items);
	free(prober);
	agent->prober = NULL;
}

/* ------------------------------------------------------------------ this node's own gateway */

static uint32_t pods_mtu(const struct interfaces *interfaces)
{
	uint32_t mtu = 0;

	for (size_t i = 0; i < interfaces->count; i++)
		if (interfaces->items[i].role == IFACE_POD &&
		    (!mtu || interfaces->items[i].mtu < mtu))
			mtu = interfaces->items[i].mtu;
	return mtu > UINT16_MAX ? UINT16_MAX : mtu;
}

static uint8_t load_percent(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	double load = 0;

	if (getloadavg(&load, 1) != 1 || cpus < 1)
		return 0;
	load = 100 * load / (double)cpus;
	return load > UINT8_MAX ? UINT8_MAX : (uint8_t)load;
}

void probes_tell(struct agent *agent)
{
	const struct ledger *ledger = &agent->kernel.ledger;
	struct gateway_health *own;
	uint32_t services = 0;

	if (!agent->prober)
		return;
	for (uint32_t row = 0; row < ledger->service_top; row++)
		services += ledger->services[row].state == ROW_USED &&
			    TABLE_BUCKETS(ledger->memory.services[row].local_table);
	own = &probes_rows(agent->prober)[0];
	own->services = services;
	own->mtu = (uint16_t)pods_mtu(&agent->interfaces);
	own->load = load_percent();
}
