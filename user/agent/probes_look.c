/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "clock.h"
#include "log.h"
#include "probes_parts.h"

#define USED_US 2000000    /* after the last packet of a flow: programs tell once a second */
#define LEAST_WAIT_US 5000 /* gateways whose probes are due within this are looked at together */
#define LOOK_US 100000     /* programs tell by memory alone: it is looked at so often */

/* ------------------------------------------------------------------ answers */

static void count_answer(struct gateway_health *health, uint32_t rtt_us)
{
	int i = 0;

	while (i < HEALTH_RTT_BOUNDS && rtt_us > health_rtt_bounds[i].us)
		i++;
	health->rtt_counts[i]++;
	health->rtt_sum_us += rtt_us;
}

static void read_answers(struct prober *prober, struct probed *item, int64_t now)
{
	struct gateway_health *health = &probes_rows(prober)[item->row];

	for (int i = 0; i < HEALTH_PROBES; i++) {
		uint32_t rtt_us = *(volatile uint32_t *)&health->probes[i].rtt_us;

		if (!rtt_us ||
		    !gateway_probe_answered(&item->probe, health->probes[i].sequence, rtt_us, now))
			continue;
		count_answer(health, rtt_us);
		gateway_path_lives(&item->path, now / 1000);
	}
}

static void read_signs(struct prober *prober, struct probed *item, int64_t now)
{
	const struct gateway_health *health = &probes_rows(prober)[item->row];

	if (item->used != health->used)
		item->used_us = now;
	if (item->avoided != health->avoided)
		item->avoided_us = now;
	item->used = health->used;
	item->avoided = health->avoided;
}

static bool is_active(const struct probed *item, int64_t now)
{
	return (item->used && now - item->used_us < USED_US) ||
	       (item->next_us && now - item->next_us < USED_US);
}

static bool is_recent(int64_t at_us, int64_t now)
{
	return at_us && now - at_us < HEALTH_AVOID_SECONDS * 1000000;
}

/* A gateway that lives missed a probe: the others of its network may carry its flows at any moment, and one
 * of them may be another address of the same machine. They are asked as if the flows were there already. */
static void others_are_next(struct prober *prober, const struct probed *item, int64_t now)
{
	for (size_t i = 0; i < prober->count; i++)
		if (prober->items[i].key.network == item->key.network)
			prober->items[i].next_us = now;
}

/* ------------------------------------------------------------------ what follows */

void probes_write_states(struct prober *prober, int64_t now)
{
	struct gateway_health *own = &probes_rows(prober)[0];
	bool ill;

	if (own->avoided != prober->own_avoided)
		prober->own_avoided_us = now;
	prober->own_avoided = own->avoided;
	ill = is_recent(prober->own_avoided_us, now);
	for (size_t i = 0; i < prober->count; i++) {
		const struct probed *item = &prober->items[i];
		bool panic = item->probe.state == GATEWAY_DOWN &&
			     probes_panic(prober, item->key.network);

		probes_rows(prober)[item->row].state = panic ? GATEWAY_PANIC : item->probe.state;
		ill |= item->probe.state == GATEWAY_DOWN && !panic;
		ill |= is_recent(item->avoided_us, now);
	}
	own->state = ill ? GATEWAY_DOWN : GATEWAY_UNKNOWN;
}

static void show(struct prober *prober, struct probed *item, int64_t now)
{
	struct gateway_health *health = &probes_rows(prober)[item->row];
	struct rtt_summary summary;

	if (now - item->shown_us < 1000000)
		return;
	item->shown_us = now;
	summary = rtt_minute_summary(&item->probe.minute, now);
	health->sent_probes = summary.sent;
	health->lost_probes = summary.lost;
	health->rtt_p50_us = summary.p50_us;
	health->rtt_p99_us = summary.p99_us;
}

static void log_change(const struct agent *agent, const struct probed *item,
		       enum gateway_state before)
{
	char name[PROBED_NAME_MAX];

	/* That it is down, its problem says. */
	if (item->probe.state == GATEWAY_UP)
		log_info("%s %s", probes_name(agent, item, name),
			 before == GATEWAY_UNKNOWN ? "answers probes" : "is up");
}

/* ------------------------------------------------------------------ the clock */

/* Returns whether the gateway went up or down. */
static bool look_at(const struct agent *agent, struct prober *prober, struct probed *item,
		    int64_t now)
{
	enum gateway_state before = item->probe.state;
	uint32_t missed;

	read_answers(prober, item, now);
	read_signs(prober, item, now);
	missed = item->probe.missed;
	if (gateway_probe_tick(&item->probe, is_active(item, now), now))
		probes_send(agent, prober, item);
	if (before == GATEWAY_UP && item->probe.missed > missed)
		others_are_next(prober, item, now);
	probes_path_look(agent, prober, item, is_active(item, now), now);
	show(prober, item, now);
	if (item->probe.state == before)
		return false;
	log_change(agent, item, before);
	return before == GATEWAY_DOWN || item->probe.state == GATEWAY_DOWN;
}

void probes_schedule(struct prober *prober, int64_t now)
{
	int64_t due = now + LOOK_US;
	struct timeval wait;

	for (size_t i = 0; i < prober->count; i++) {
		const struct probed *item = &prober->items[i];
		int64_t next = gateway_probe_due(&item->probe, is_active(item, now));

		if (next < due)
			due = next;
	}
	due = due - now < LEAST_WAIT_US ? LEAST_WAIT_US : due - now;
	wait = (struct timeval){ due / 1000000, due % 1000000 };
	if (prober->count)
		evtimer_add(prober->timer, &wait);
}

void probes_on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct agent *agent = arg;
	struct prober *prober = agent->prober;
	int64_t now = probes_now_us();
	bool changed = false;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < prober->count; i++)
		changed |= look_at(agent, prober, &prober->items[i], now);
	probes_write_states(prober, now);
	if (changed)
		prober->on_change(agent);
	probes_schedule(prober, now);
}
