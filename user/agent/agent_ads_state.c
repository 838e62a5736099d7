/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the agent says about its control plane: as JSON, and as problems. */
#include <stdio.h>
#include <time.h>

#include "agent.h"
#include "agent_ads_state.h"

#define REJECTED_MAX 8 /* told one by one */

time_t agent_wall_clock(int64_t at_ms)
{
	return at_ms ? time(NULL) - (time_t)((ads_source_now() - at_ms) / 1000) : 0;
}

static json_t *moment(int64_t at_ms)
{
	return agent_json_moment(agent_wall_clock(at_ms));
}

static json_t *text(const char *value)
{
	return value && *value ? agent_json_text(value) : json_null();
}

static json_t *type_state(const struct xds_type_status *type)
{
	return json_pack("{s:s,s:o,s:o,s:o,s:o,s:b,s:I,s:I,s:I,s:I,s:I}",
			 "state", xds_sync_names[type->sync], "version", text(type->version),
			 "last_ack", moment(type->last_ack_ms),
			 "last_nack", moment(type->last_nack_ms), "nack", text(type->nack),
			 "nacked", type->nacked, "bytes", (json_int_t)type->bytes,
			 "responses", (json_int_t)type->responses,
			 "refused", (json_int_t)type->rejects,
			 "resources", (json_int_t)type->resources,
			 "subscribed", (json_int_t)type->subscribed);
}

static bool was_heard(const struct xds_session_status *session)
{
	for (int i = 0; i < XDS_TYPES; i++)
		if (session->types[i].last_ack_ms)
			return true;
	return false;
}

static json_t *stream_state(const struct ads_stream_status *stream)
{
	const struct xds_session_status *session = &stream->session;
	json_t *types = json_object();

	for (int i = 0; i < XDS_TYPES; i++)
		if (session->types[i].sync != XDS_IDLE)
			json_object_set_new(types, xds_type_names[i],
					    type_state(&session->types[i]));
	return json_pack("{s:s,s:o,s:b,s:o,s:b,s:o,s:o,s:I,s:I,s:o,s:o}", "network",
			 stream->network, "server", text(stream->peer),
			 "connected", session->connected,
			 "connected_since", moment(session->connected ? session->since_ms : 0),
			 "heard", was_heard(session),
			 "control_plane", text(session->identifier),
			 "away_since", moment(stream->away_ms),
			 "reconnects", (json_int_t)(session->streams ? session->streams - 1 : 0),
			 "failures", (json_int_t)session->failures,
			 "reason", text(session->connected ? NULL : session->reason),
			 "types", types);
}

json_t *agent_ads_state(const struct agent *agent)
{
	const struct config_ads *config = &agent->config->ads;
	json_t *streams = json_array();
	struct ads_stream_status stream;
	char path[300];

	for (size_t i = 0; i < ads_source_stream_count(agent->ads); i++) {
		ads_source_stream_counted(agent->ads, i, &stream);
		json_array_append_new(streams, stream_state(&stream));
	}
	snprintf(path, sizeof(path), "%.255s:%u", config->addresses[0].host,
		 config->addresses[0].port);
	return json_pack("{s:s,s:s,s:[],s:n,s:s,s:s,s:b,s:b,s:o}", "kind", "ads", "path", path,
			 "files", "problem",
			 "mode", config->mode == ADS_MODE_SOTW ? "sotw" : "delta",
			 "view", config->view == ADS_VIEW_PER_NETWORK ? "perNetwork" : "rewritten",
			 "tls", config->tls, "complete", ads_source_complete(agent->ads),
			 "streams", streams);
}

/* ------------------------------------------------------------------ problems */

struct complaint {
	int (*visit)(void *arg, const char *problem);
	void *arg;
	size_t count;
};

static int complain_away(const struct ads_stream_status *stream, struct complaint *complaint)
{
	const struct xds_session_status *session = &stream->session;
	const char *heard = was_heard(session) ?
				    "what it said last serves on" :
				    "nothing of use was heard since this agent started";
	char problem[1024];

	if (session->connected)
		snprintf(problem, sizeof(problem), "control plane silent (view of %.63s): connected "
			 "to, and it says nothing; %s", stream->network, heard);
	else
		snprintf(problem, sizeof(problem), "control plane away (view of %.63s): %.500s; %s",
			 stream->network, session->reason, heard);
	return complaint->visit(complaint->arg, problem);
}

static int complain_stream(const struct ads_stream_status *stream, struct complaint *complaint)
{
	const struct xds_session_status *session = &stream->session;
	char problem[1024];
	int err = 0;

	if (stream->away_ms && session->failures)
		err = complain_away(stream, complaint);
	for (int i = 0; !err && i < XDS_TYPES; i++) {
		if (!session->types[i].nacked)
			continue;
		snprintf(problem, sizeof(problem), "control plane: %s response refused: %.800s",
			 xds_type_names[i], session->types[i].nack);
		err = complaint->visit(complaint->arg, problem);
	}
	return err;
}

static int complain_rejected(void *arg, const char *name, const char *reason)
{
	struct complaint *complaint = arg;
	char problem[1024];

	if (complaint->count++ >= REJECTED_MAX)
		return 0;
	snprintf(problem, sizeof(problem), "assignment '%.300s' is refused: %.500s; the last good "
		 "one serves on", name, reason);
	return complaint->visit(complaint->arg, problem);
}

int agent_ads_problems(const struct agent *agent, int (*visit)(void *arg, const char *problem),
		       void *arg)
{
	struct complaint complaint = { visit, arg, 0 };
	struct ads_stream_status stream;
	int err = 0;

	for (size_t i = 0; !err && i < ads_source_stream_count(agent->ads); i++) {
		ads_source_stream(agent->ads, i, &stream);
		err = complain_stream(&stream, &complaint);
	}
	return err ? err : ads_source_each_rejected(agent->ads, complain_rejected, &complaint);
}
