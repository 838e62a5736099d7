/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ADS session: streams that come and go, and responses. */
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "session_state.h"
#include "text.h"

#define FETCH_TIMEOUT_MS 15000 /* Envoy's initial_fetch_timeout; gRPC A57 */
#define MAX_MESSAGE (64u << 20)
#define IDENTIFIER_MAX 255

const char *const xds_type_names[XDS_TYPES] = {
	[XDS_CDS] = "cds",
	[XDS_EDS] = "eds",
	[XDS_LDS] = "lds",
	[XDS_NDS] = "nds",
};

static void set_config(struct xds_session *session, const struct xds_session_config *config)
{
	session->mode = config->mode;
	session->types = config->types;
	session->node = config->node;
	session->fetch_timeout_ms = config->fetch_timeout_ms ? config->fetch_timeout_ms
							     : FETCH_TIMEOUT_MS;
	session->max_message = config->max_message ? config->max_message : MAX_MESSAGE;
	session->random = config->seed;
	session->timers_at = XDS_NEVER;
	for (size_t i = 0; i < XDS_TYPES; i++)
		session->channels[i].timeout_ms = XDS_NEVER;
	token_bucket_init(&session->bucket);
}

int xds_session_new(const struct xds_session_config *config, struct xds_session **ret)
{
	struct xds_session *session = calloc(1, sizeof(*session));

	if (!session) {
		arena_free(config->node.arena);
		return -ENOMEM;
	}
	set_config(session, config);
	*ret = session;
	return 0;
}

void xds_session_set_node(struct xds_session *session, const struct xds_node *node)
{
	arena_free(session->node.arena);
	session->node = *node;
}

static void free_channel(struct xds_channel *channel)
{
	xds_list_free(&channel->list);
	free(channel->version);
	free(channel->nonce);
	free(channel->error);
	free(channel->nack);
}

void xds_session_free(struct xds_session *session)
{
	if (!session)
		return;
	for (size_t i = 0; i < XDS_TYPES; i++)
		free_channel(&session->channels[i]);
	session_bury(session);
	arena_free(session->node.arena);
	arena_free(session->extra_arena);
	free(session->served);
	free(session->reason);
	free(session->identifier);
	free(session->request);
	free(session);
}

/* Nonces belong to a stream, versions do not (Envoy: GrpcMuxImpl::onStreamEstablished). */
static void forget_stream(struct xds_session *session)
{
	struct xds_list *list = &session->channels[XDS_EDS].list;

	for (size_t i = 0; i < XDS_TYPES; i++) {
		struct xds_channel *channel = &session->channels[i];

		channel->asked = channel->answered = channel->reply_due = false;
		channel->timeout_ms = XDS_NEVER;
		text_set(&channel->nonce, NULL);
		text_set(&channel->error, NULL);
	}
	for (size_t i = 0; i < list->count; i++) {
		list->items[i]->sent = false;
		list->items[i]->timeout_ms = XDS_NEVER;
	}
	xds_list_drop_unwanted(list);
	session->node_sent = false;
}

void xds_session_connected(struct xds_session *session, int64_t now_ms)
{
	forget_stream(session);
	session->status.connected = true;
	session->reconnect_at = XDS_NEVER;
	session->status.since_ms = now_ms;
	session->status.streams++;
	*session->problem = '\0';
	session->taken = false;
}

void xds_session_disconnected(struct xds_session *session, const char *reason, int64_t now_ms)
{
	if (session->status.connected)
		session->status.since_ms = now_ms;
	forget_stream(session);
	/* A stream that the session itself ended would end in the same way at once. */
	if (session->taken && !*session->problem)
		backoff_reset(&session->reconnect_backoff);
	session->taken = false;
	session->status.connected = false;
	session->status.failures++;
	session->reconnect_at =
		now_ms + (int64_t)backoff_next(&session->reconnect_backoff, &session->random);
	text_set(&session->reason, reason);
}

static int fail(struct xds_session *session, int err, const char *problem)
{
	snprintf(session->problem, sizeof(session->problem), "%s", problem);
	return err;
}

void xds_session_refuse(struct xds_session *session, const char *problem)
{
	fail(session, 0, problem);
}

const char *xds_session_problem(const struct xds_session *session)
{
	return session->problem;
}

static bool find_type(const struct xds_session *session, struct pb_slice type_url,
		      enum xds_type *ret)
{
	for (unsigned int i = 0; i < XDS_TYPES; i++) {
		if (session_asks(session, (enum xds_type)i) && session->channels[i].asked &&
		    pb_type_is(type_url, session_message_names[i])) {
			*ret = (enum xds_type)i;
			return true;
		}
	}
	return false;
}

/* A NACK is held back when the answer to the last one was refused too, or a server that repeats
 * itself at once would keep both of us busy. */
static void make_reply_due(struct xds_session *session, struct xds_channel *channel, int64_t now_ms)
{
	channel->reply_due = true;
	channel->reply_at = now_ms;
	if (!channel->error) {
		backoff_reset(&channel->nack_backoff);
		return;
	}
	if (channel->nack_backoff.bound_ms)
		channel->reply_at += (int64_t)backoff_next(&channel->nack_backoff, &session->random);
	else
		backoff_next(&channel->nack_backoff, &session->random);
}

/* Copies of version, nonce and identifier, before anything is changed. */
struct header {
	char *version, *nonce, *identifier;
};

static char *copy_slice(struct pb_slice slice)
{
	return strndup((const char *)slice.bytes, slice.length);
}

static void header_free(struct header *header)
{
	free(header->version);
	free(header->nonce);
	free(header->identifier);
}

static int header_read(const struct pb_response *response, struct header *ret)
{
	struct pb_slice identifier = response->identifier;

	if (identifier.length > IDENTIFIER_MAX || !pb_is_text(identifier))
		identifier.length = 0;
	ret->version = copy_slice(response->version);
	ret->nonce = copy_slice(response->nonce);
	ret->identifier = copy_slice(identifier);
	if (ret->version && ret->nonce && ret->identifier)
		return 0;
	header_free(ret);
	return -ENOMEM;
}

static void note_response(struct xds_session *session, struct xds_channel *channel,
			  struct header *header, int64_t now_ms)
{
	channel->answered = channel->settled = true;
	channel->timeout_ms = XDS_NEVER;
	channel->status.last_response_ms = now_ms;
	channel->status.responses++;
	text_swap(&channel->nonce, &header->nonce);
	if (*header->identifier)
		text_swap(&session->identifier, &header->identifier);
	if (channel->error) {
		channel->status.rejects++;
		channel->status.last_nack_ms = now_ms;
	} else {
		text_swap(&channel->version, &header->version);
	}
	make_reply_due(session, channel, now_ms);
}

static int receive_response(struct xds_session *session, enum xds_type type,
			    const struct pb_response *response, int64_t now_ms)
{
	struct xds_channel *channel = &session->channels[type];
	struct header header;
	int err = header_read(response, &header);

	if (err)
		return err;
	err = session_apply(session, type, response, now_ms);
	if (!err)
		note_response(session, channel, &header, now_ms);
	header_free(&header);
	return err ? err : session_follow(session);
}

int xds_session_receive(struct xds_session *session, const uint8_t *message, size_t length,
			int64_t now_ms)
{
	struct pb_slice slice = {message, length};
	struct pb_response response;
	const char *wrong;
	enum xds_type type;
	int err;

	if (length > session->max_message)
		return fail(session, -EMSGSIZE, "a message above the size limit");
	wrong = pb_response_parse(slice, session->mode == XDS_DELTA, &response);
	if (wrong)
		return fail(session, -EPROTO, wrong);
	session->taken = true;
	if (!find_type(session, response.type_url, &type)) {
		session->status.ignored++;
		return 0;
	}
	session->channels[type].status.bytes += length;
	err = receive_response(session, type, &response, now_ms);
	session_update_complete(session);
	return err ? fail(session, err, "out of memory") : 0;
}

int64_t xds_session_reconnect_at(const struct xds_session *session)
{
	return session->status.connected ? XDS_NEVER : session->reconnect_at;
}
