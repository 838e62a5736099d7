/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "gateway_probe.h"

#include <string.h>

#include "parallax_hash.h"

/* A number below `range` that depends on seed and sequence alone. */
static int64_t draw(const struct gateway_probe *probe, int64_t range)
{
	uint64_t mixed = mix64((uint64_t)probe->seed << 32 | probe->sequence);

	return range > 0 ? (int64_t)(mixed % (uint64_t)range) : 0;
}

void gateway_probe_init(struct gateway_probe *probe, const struct probe_settings *settings,
			enum gateway_state state, uint32_t seed, int64_t now_us)
{
	*probe = (struct gateway_probe){
		.settings = *settings,
		.state = state,
		.seed = seed,
		.sequence = seed,
		.needed = PROBE_ANSWERS,
		.changed_us = now_us - PROBE_CALM_US,
	};
	probe->first_us = now_us + draw(probe, settings->idle_us);
}

/* ------------------------------------------------------------------ when */

/* How long an answer is waited for. */
static int64_t patience(const struct gateway_probe *probe)
{
	int64_t least = probe->settings.interval_us / 2;
	int64_t wait = probe->rtt_us + 4 * probe->rtt_off_us;

	if (!probe->rtt_us)
		return least > 1000000 ? least : 1000000;
	return wait < least ? least : wait > PROBE_RTT_MAX_US ? PROBE_RTT_MAX_US : wait;
}

/* From one probe to the next. After an unanswered one the next does not wait: three are missed long before
 * three intervals are over. No more are on their way than their slots hold. */
static int64_t period(const struct gateway_probe *probe, bool active)
{
	int64_t least = patience(probe) / (HEALTH_PROBES - 1);
	int64_t wait = probe->settings.idle_us;

	if (probe->state == GATEWAY_UP && probe->missed)
		return patience(probe);
	if (probe->state == GATEWAY_UP ? active : probe->answered)
		wait = probe->settings.interval_us;
	wait += draw(probe, wait / 5) - wait / 10;
	return wait < least ? least : wait;
}

static int64_t next_us(const struct gateway_probe *probe, bool active)
{
	return probe->sent_us ? probe->sent_us + period(probe, active) : probe->first_us;
}

int64_t gateway_probe_due(const struct gateway_probe *probe, bool active)
{
	int64_t due = next_us(probe, active);

	for (int i = 0; i < HEALTH_PROBES; i++) {
		const struct probe_sent *sent = &probe->probes[i];

		if (sent->waiting && sent->sent_us + patience(probe) < due)
			due = sent->sent_us + patience(probe);
	}
	return due;
}

/* ------------------------------------------------------------------ up and down */

static void go_down(struct gateway_probe *probe, int64_t now_us)
{
	if (now_us - probe->changed_us >= PROBE_CALM_US)
		probe->needed = PROBE_ANSWERS;
	else if (probe->needed < PROBE_ANSWERS_MAX)
		probe->needed *= 2;
	probe->state = GATEWAY_DOWN;
	probe->changed_us = now_us;
	probe->answered = 0;
}

static void miss(struct gateway_probe *probe, struct probe_sent *sent, int64_t now_us)
{
	sent->waiting = false;
	sent->lost = true;
	if (probe->state == GATEWAY_UNKNOWN)
		return;
	rtt_minute_lost(&probe->minute, 1, now_us);
	probe->missed++;
	probe->answered = 0;
	if (probe->state == GATEWAY_UP && probe->missed >= probe->settings.failures)
		go_down(probe, now_us);
}

static void measure(struct gateway_probe *probe, int64_t rtt_us, int64_t now_us)
{
	int64_t off = rtt_us > probe->rtt_us ? rtt_us - probe->rtt_us : probe->rtt_us - rtt_us;

	rtt_minute_add(&probe->minute, (uint64_t)rtt_us, now_us);
	if (!probe->rtt_us) {
		probe->rtt_us = rtt_us;
		probe->rtt_off_us = rtt_us / 2;
		return;
	}
	probe->rtt_off_us += (off - probe->rtt_off_us) / 4;
	probe->rtt_us += (rtt_us - probe->rtt_us) / 8;
}

bool gateway_probe_answered(struct gateway_probe *probe, uint32_t sequence, int64_t rtt_us,
			    int64_t now_us)
{
	struct probe_sent *sent = &probe->probes[sequence % HEALTH_PROBES];

	if (sent->sequence != sequence || (!sent->waiting && !sent->lost))
		return false;
	if (sent->lost && probe->state != GATEWAY_UNKNOWN)
		rtt_minute_lost(&probe->minute, -1, now_us);
	sent->waiting = sent->lost = false;
	measure(probe, rtt_us > 0 ? rtt_us : 1, now_us);
	probe->missed = 0;
	probe->answered++;
	if (probe->state == GATEWAY_UNKNOWN ||
	    (probe->state == GATEWAY_DOWN && probe->answered >= probe->needed)) {
		probe->state = GATEWAY_UP;
		probe->changed_us = now_us;
	}
	return true;
}

/* ------------------------------------------------------------------ the clock */

static void send(struct gateway_probe *probe, int64_t now_us)
{
	struct probe_sent *sent = &probe->probes[++probe->sequence % HEALTH_PROBES];

	if (sent->waiting) /* never: by period() */
		miss(probe, sent, now_us);
	*sent = (struct probe_sent){ .sequence = probe->sequence,
				     .waiting = true,
				     .sent_us = now_us };
	probe->sent_us = now_us;
}

bool gateway_probe_tick(struct gateway_probe *probe, bool active, int64_t now_us)
{
	/* Oldest first: what was missed last counts last. */
	for (uint32_t i = 1; i <= HEALTH_PROBES; i++) {
		struct probe_sent *sent = &probe->probes[(probe->sequence + i) % HEALTH_PROBES];

		if (sent->waiting && now_us - sent->sent_us >= patience(probe))
			miss(probe, sent, now_us);
	}
	if (now_us < next_us(probe, active))
		return false;
	send(probe, now_us);
	return true;
}
