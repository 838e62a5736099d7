/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Expires times to live, stale endpoints, and fetches that took too long. */
#include <stdlib.h>

#include "session_state.h"

static void tick_assignment(struct xds_session *session, struct xds_resource *held, int64_t now_ms)
{
	if (held->timeout_ms <= now_ms) {
		held->timeout_ms = XDS_NEVER;
		if (held->state == XDS_REQUESTED) {
			held->state = XDS_TIMED_OUT;
			session->generation++;
		}
	}
	/* the API's text wants stale endpoints unhealthy, Envoy's code takes them away */
	if (held->expires_ms <= now_ms || held->stale_ms <= now_ms)
		session_remove(session, held);
	session_timer(session, held->timeout_ms);
	session_timer(session, held->expires_ms);
	session_timer(session, held->stale_ms);
}

static void tick_list(struct xds_session *session, enum xds_type type, int64_t now_ms)
{
	struct xds_list *list = &session->channels[type].list;
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct xds_resource *held = list->items[i];

		if (held->expires_ms > now_ms) {
			session_timer(session, held->expires_ms);
			list->items[kept++] = held;
			continue;
		}
		session_retire(session, held);
		session->follow_due = true;
	}
	list->count = kept;
}

static void tick_channel(struct xds_session *session, struct xds_channel *channel, int64_t now_ms)
{
	if (channel->timeout_ms <= now_ms) {
		channel->timeout_ms = XDS_NEVER;
		channel->settled = true;
		session->generation++;
	}
	session_timer(session, channel->timeout_ms);
}

void xds_session_tick(struct xds_session *session, int64_t now_ms)
{
	const struct xds_list *assignments = &session->channels[XDS_EDS].list;

	if (now_ms < session->timers_at)
		return;
	session->timers_at = XDS_NEVER;
	for (unsigned int i = 0; i < XDS_TYPES; i++) {
		tick_channel(session, &session->channels[i], now_ms);
		if (i != XDS_EDS)
			tick_list(session, (enum xds_type)i, now_ms);
	}
	for (size_t i = 0; i < assignments->count; i++)
		tick_assignment(session, assignments->items[i], now_ms);
	session_follow(session); /* without memory it is done with the next request */
	session_update_complete(session);
}
