/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Is a gateway alive? Pure: probes sent, answers and the clock are arguments. */
#ifndef GATEWAY_PROBE_H
#define GATEWAY_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "parallax_health.h"
#include "rtt_minute.h"

#define PROBE_ANSWERS 2 /* in a row: a gateway that was down is up */
#define PROBE_ANSWERS_MAX                                                                          \
	32 /* the same of one that went down again within PROBE_CALM_US, twice as many each time */
#define PROBE_CALM_US 60000000
#define PROBE_RTT_MAX_US 3000000 /* an answer is not waited for longer */

struct probe_settings {
	int64_t interval_us; /* while flows go there */
	int64_t idle_us;     /* else */
	uint32_t failures;   /* unanswered in a row: down */
};

struct probe_sent {
	uint32_t sequence;
	bool waiting, lost;
	int64_t sent_us;
};

struct gateway_probe {
	struct probe_settings settings;
	enum gateway_state state;   /* UNKNOWN until the first answer, UP, DOWN */
	uint32_t seed;              /* spreads the probes of many nodes */
	uint32_t sequence;          /* of the last probe */
	int64_t sent_us, first_us;  /* when it was sent; when the first is */
	uint32_t missed, answered;  /* in a row */
	uint32_t needed;            /* answers until it is up */
	int64_t changed_us;         /* when it went up or down */
	int64_t rtt_us, rtt_off_us; /* smoothed, and its deviation (RFC 6298); 0: not known */
	struct probe_sent probes[HEALTH_PROBES];
	struct rtt_minute minute;
};

/* `state`: as it was known before. The first probe goes out within settings.idle_us, by `seed`. */
void gateway_probe_init(struct gateway_probe *probe, const struct probe_settings *settings,
			enum gateway_state state, uint32_t seed, int64_t now_us);

/* Follows the clock. Returns whether to send a probe now, with the number `sequence`; `active`: flows go
 * there. */
bool gateway_probe_tick(struct gateway_probe *probe, bool active, int64_t now_us);

/* The probe of that number was answered, `rtt_us` after it was sent. Returns false if that is known, or no
 * such probe was sent. */
bool gateway_probe_answered(struct gateway_probe *probe, uint32_t sequence, int64_t rtt_us,
			    int64_t now_us);

/* When gateway_probe_tick() is due again. */
int64_t gateway_probe_due(const struct gateway_probe *probe, bool active);

#endif
