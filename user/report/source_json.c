/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The status of a source as JSON. */
#include "source_json.h"

#include "report_common.h"
#include "session.h"
#include "source_status.h"

time_t source_wall_clock(const struct source_status *status, int64_t at_ms)
{
	return at_ms ? time(NULL) - (time_t)((status->now_ms - at_ms) / 1000) : 0;
}

static json_t *moment(const struct source_status *status, int64_t at_ms)
{
	return report_moment(source_wall_clock(status, at_ms));
}

static json_t *text(const char *value)
{
	return value && *value ? report_text(value) : json_null();
}

static json_t *type_state(const struct source_status *status, const struct xds_type_status *type)
{
	return json_pack("{s:s,s:o,s:o,s:o,s:o,s:b,s:I,s:I,s:I,s:I,s:I}",
			 "state", xds_sync_names[type->sync], "version", text(type->version),
			 "last_ack", moment(status, type->last_ack_ms),
			 "last_nack", moment(status, type->last_nack_ms), "nack", text(type->nack),
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

static json_t *stream_state(const struct source_status *status,
			    const struct source_stream_status *stream)
{
	const struct xds_session_status *session = &stream->session;
	json_t *types = json_object();

	for (int i = 0; i < XDS_TYPES; i++)
		if (session->types[i].sync != XDS_IDLE)
			json_object_set_new(types, xds_type_names[i],
					    type_state(status, &session->types[i]));
	return json_pack("{s:s,s:o,s:b,s:o,s:b,s:o,s:o,s:I,s:I,s:o,s:o}", "network",
			 stream->network, "server", text(stream->peer),
			 "connected", session->connected,
			 "connected_since", moment(status, session->connected ? session->since_ms : 0),
			 "heard", was_heard(session),
			 "control_plane", text(session->identifier),
			 "away_since", moment(status, stream->away_ms),
			 "reconnects", (json_int_t)(session->streams ? session->streams - 1 : 0),
			 "failures", (json_int_t)session->failures,
			 "reason", text(session->connected ? NULL : session->reason),
			 "types", types);
}

static json_t *ads_state(const struct source_status *status)
{
	json_t *streams = json_array();

	for (size_t i = 0; i < status->stream_count; i++)
		json_array_append_new(streams, stream_state(status, &status->streams[i]));
	return json_pack("{s:s,s:s,s:[],s:n,s:s,s:s,s:b,s:b,s:o}", "kind", "ads", "path",
			 status->path, "files", "problem", "mode", status->mode, "view",
			 status->view, "tls", status->tls, "complete", status->complete,
			 "streams", streams);
}

static json_t *file_state(const struct source_file_status *file)
{
	return json_pack("{s:o,s:I,s:s,s:o}", "name", report_text(file->name), "resources",
			 (json_int_t)file->resources, "state", file->problem ? "error" : "ok",
			 "problem", report_text(file->problem));
}

static json_t *files_state(const struct source_status *status)
{
	json_t *files = json_array();

	for (size_t i = 0; i < status->file_count; i++)
		json_array_append_new(files, file_state(&status->files[i]));
	return json_pack("{s:s,s:o,s:o,s:o}", "kind",
			 status->kind == SOURCE_FILES ? "files" : "none", "path",
			 report_text(status->path), "files", files, "problem",
			 report_text(status->problem));
}

json_t *source_json(const struct source_status *status)
{
	return status->kind == SOURCE_ADS ? ads_state(status) : files_state(status);
}
