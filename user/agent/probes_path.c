/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The search for the MTU of the path to each gateway: padded probes, and what they find in `paths`. */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "hash_reader.h"
#include "log.h"
#include "probes_parts.h"

#define ROW_US 1000000 /* what routers say is read so often */

static uint32_t now_ticks(const struct agent *agent)
{
	uint32_t now = 0;

	clock_jiffies(dataplane_now_fd(agent->kernel.dataplane), &now);
	return now;
}

void probes_path_begin(const struct agent *agent, struct probed *item, int64_t now_us)
{
	struct path held;
	bool narrow = map_writer_narrow_path(agent->kernel.writer, &item->key.addr,
					     now_ticks(agent), &held);

	gateway_path_begin(&item->path, !ip_is_v4(&item->key.addr), probes_settings(agent)->mtu,
			   narrow ? &held : NULL, now_us / 1000);
}

/* ------------------------------------------------------------------ what is found */

static void log_row(const struct agent *agent, const struct probed *item, const struct path *path)
{
	char name[PROBED_NAME_MAX];

	log_info("%s: probes of %u bytes pass%s", probes_name(agent, item, name),
		 item->path.search.mtu, path ? ", and no larger ones" : ", as the uplink's MTU is");
}

static void follow_row(const struct agent *agent, struct probed *item, int64_t now_us)
{
	uint32_t now = now_ticks(agent);
	struct path held, next;
	bool narrow = map_writer_narrow_path(agent->kernel.writer, &item->key.addr, now, &held);
	enum gateway_path_row row;
	int err;

	gateway_path_hear(&item->path, narrow ? &held : NULL, now_us / 1000);
	row = gateway_path_row(&item->path, narrow ? &held : NULL, now, &next);
	if (row == PATH_ROW_STAYS)
		return;
	err = map_writer_put_path(agent->kernel.writer, &item->key.addr,
				  row == PATH_ROW_PUT ? &next : NULL);
	if (err)
		log_warn("writing the MTU of a path: %s", strerror(-err));
	else
		log_row(agent, item, row == PATH_ROW_PUT ? &next : NULL);
}

/* ------------------------------------------------------------------ probes */

static void read_answer(struct prober *prober, struct probed *item, int64_t now_us)
{
	const struct health_probe *slot = &probes_rows(prober)[item->row].probes[HEALTH_SIZED];

	if (item->path.size && *(const volatile uint32_t *)&slot->rtt_us &&
	    slot->sequence == item->path.sequence)
		gateway_path_answered(&item->path, now_us / 1000);
}

void probes_path_look(const struct agent *agent, struct prober *prober, struct probed *item,
		      bool active, int64_t now_us)
{
	uint32_t before = item->path.search.mtu, size;

	if (item->probe.state != GATEWAY_UP)
		return;
	read_answer(prober, item, now_us);
	size = gateway_path_tick(&item->path, probes_settings(agent)->mtu, active, now_us / 1000);
	if (size)
		probes_send_sized(agent, prober, item, size);
	if (item->path.search.mtu == before &&
	    (!probes_settings(agent)->narrow_paths || now_us - item->path_seen_us < ROW_US))
		return;
	item->path_seen_us = now_us;
	follow_row(agent, item, now_us);
}

/* ------------------------------------------------------------------ gateways that left */

struct forgetting {
	const struct agent *agent;
	const struct prober *prober;
};

static int forget(void *arg, const void *key, const void *value)
{
	const struct forgetting *forgetting = arg;
	const struct prober *prober = forgetting->prober;
	const struct path *path = value;

	for (size_t i = 0; i < prober->count; i++)
		if (ip_equal(&prober->items[i].key.addr, key))
			return 0;
	return path->origin == PATH_PROBED ?
		       map_writer_put_path(forgetting->agent->kernel.writer, key, NULL) :
		       0;
}

void probes_path_forget(const struct agent *agent, const struct prober *prober)
{
	struct forgetting forgetting = { agent, prober };
	int err = hash_reader_walk(dataplane_fds(agent->kernel.dataplane).paths,
				   sizeof(struct ip_addr), sizeof(struct path), forget,
				   &forgetting);

	if (err)
		log_warn("paths to gateways that left: %s", strerror(-err));
}
