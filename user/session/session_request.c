/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Chooses the next request: first requests, replies, changes of the subscription. */
#include "session_message.h"

#include "text.h"

static bool has_names(const struct xds_channel *channel)
{
	for (size_t i = 0; i < channel->list.count; i++)
		if (channel->list.items[i]->wanted)
			return true;
	return false;
}

/* An empty list in the first request for EDS would ask for everything. */
static bool wants_first(const struct xds_session *session, enum xds_type type)
{
	const struct xds_channel *channel = &session->channels[type];

	return session_asks(session, type) && !channel->asked &&
	       (type != XDS_EDS || has_names(channel));
}

/* When there is something to send for this type, the rate apart; XDS_NEVER. */
static int64_t due_at(const struct xds_session *session, enum xds_type type, int64_t now_ms)
{
	const struct xds_channel *channel = &session->channels[type];

	if (wants_first(session, type))
		return now_ms;
	if (!channel->asked)
		return XDS_NEVER;
	if (channel->names_changed)
		return now_ms;
	return channel->reply_due ? channel->reply_at : XDS_NEVER;
}

/* The subscription is sent, the response awaited. */
static void note_sent_names(struct xds_session *session, int64_t now_ms)
{
	struct xds_channel *channel = &session->channels[XDS_EDS];

	for (size_t i = 0; i < channel->list.count; i++) {
		struct xds_resource *held = channel->list.items[i];

		if (held->wanted && !held->sent && !held->arena) {
			held->timeout_ms = now_ms + (int64_t)session->fetch_timeout_ms;
			session_timer(session, held->timeout_ms);
		}
		held->sent = held->wanted;
	}
	xds_list_drop_unwanted(&channel->list);
	channel->names_changed = false;
}

static void note_first(struct xds_session *session, struct xds_channel *channel, int64_t now_ms)
{
	channel->asked = true;
	if (channel->settled)
		return;
	channel->timeout_ms = now_ms + (int64_t)session->fetch_timeout_ms;
	session_timer(session, channel->timeout_ms);
}

static void note_reply(struct xds_channel *channel, int64_t now_ms)
{
	channel->reply_due = false;
	if (!channel->error)
		channel->status.last_ack_ms = now_ms;
	text_set(&channel->error, NULL);
}

static void note_request(struct xds_session *session, enum xds_type type, unsigned int parts,
			 int64_t now_ms)
{
	struct xds_channel *channel = &session->channels[type];

	if (parts & REQUEST_FIRST)
		note_first(session, channel, now_ms);
	if (parts & REQUEST_REPLY)
		note_reply(channel, now_ms);
	if (type == XDS_EDS && parts & REQUEST_NAMES)
		note_sent_names(session, now_ms);
	session->node_sent = true;
	token_bucket_take(&session->bucket, now_ms);
}

/* istiod drops a request with a stale nonce whole, in delta too: there a change of the
 * subscription goes by itself and without one. In SotW each request has the whole subscription. */
static unsigned int choose_parts(const struct xds_session *session, enum xds_type type,
				 int64_t now_ms)
{
	const struct xds_channel *channel = &session->channels[type];

	if (!channel->asked)
		return REQUEST_FIRST | REQUEST_NAMES;
	if (session->mode == XDS_SOTW)
		return REQUEST_NAMES | (channel->reply_due ? REQUEST_REPLY : 0);
	if (channel->reply_due && channel->reply_at <= now_ms)
		return REQUEST_REPLY;
	return REQUEST_NAMES;
}

static int send_type(struct xds_session *session, enum xds_type type, int64_t now_ms,
		     struct xds_request *ret)
{
	unsigned int parts = choose_parts(session, type, now_ms);
	size_t length;
	int err = session_build(session, type, parts, &length);

	if (err)
		return err;
	note_request(session, type, parts, now_ms);
	*ret = (struct xds_request){session->request, length, type};
	return 1;
}

/* Names given up, or wanted, again before that was sent. */
static void drop_empty_change(struct xds_session *session)
{
	struct xds_channel *channel = &session->channels[XDS_EDS];

	if (!channel->asked || !channel->names_changed)
		return;
	for (size_t i = 0; i < channel->list.count; i++)
		if (channel->list.items[i]->wanted != channel->list.items[i]->sent)
			return;
	channel->names_changed = false;
}

int xds_session_next_request(struct xds_session *session, int64_t now_ms,
			     struct xds_request *ret)
{
	int err = session_follow(session);

	if (err || !session->status.connected ||
	    token_bucket_ready(&session->bucket, now_ms) > now_ms)
		return err;
	drop_empty_change(session);
	for (unsigned int i = 0; i < XDS_TYPES; i++)
		if (due_at(session, (enum xds_type)i, now_ms) <= now_ms)
			return send_type(session, (enum xds_type)i, now_ms, ret);
	return 0;
}

int64_t xds_session_deadline(const struct xds_session *session)
{
	int64_t first = XDS_NEVER, ready;

	if (session->status.connected)
		for (unsigned int i = 0; i < XDS_TYPES; i++) {
			int64_t at = due_at(session, (enum xds_type)i, INT64_MIN);

			first = at < first ? at : first;
		}
	if (first != XDS_NEVER) {
		ready = token_bucket_ready(&session->bucket, session->bucket.filled_ms);
		first = first > ready ? first : ready;
	}
	return first < session->timers_at ? first : session->timers_at;
}
