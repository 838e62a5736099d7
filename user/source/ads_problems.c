/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The problems of a control plane, for log and status. */
#include <stdio.h>

#include "ads_source_parts.h"

#define REJECTED_MAX 8 /* assignments listed one by one */

static bool has_answered(const struct xds_session_status *session)
{
	for (int i = 0; i < XDS_TYPES; i++)
		if (session->types[i].last_ack_ms)
			return true;
	return false;
}

static int visit_away(const struct source_stream_status *stream, source_problem visit, void *arg)
{
	const struct xds_session_status *session = &stream->session;
	const char *state = has_answered(session) ?
				    "the last accepted state serves on" :
				    "no response was accepted since this agent started";
	char problem[1024];

	if (session->connected)
		snprintf(problem, sizeof(problem),
			 "control plane silent (view of %.63s): connected, "
			 "but no response comes; %s",
			 stream->network, state);
	else
		snprintf(problem, sizeof(problem), "control plane away (view of %.63s): %.500s; %s",
			 stream->network, session->reason, state);
	return visit(arg, problem);
}

static int visit_stream(const struct source_stream_status *stream, source_problem visit, void *arg)
{
	const struct xds_session_status *session = &stream->session;
	char problem[1024];
	int err = 0;

	if (stream->away_ms && session->failures)
		err = visit_away(stream, visit, arg);
	for (int i = 0; !err && i < XDS_TYPES; i++) {
		if (!session->types[i].nacked)
			continue;
		snprintf(problem, sizeof(problem), "control plane: %s response refused: %.800s",
			 xds_type_names[i], session->types[i].nack);
		err = visit(arg, problem);
	}
	return err;
}

static int visit_rejected(const struct xds_session *session, size_t *count, source_problem visit,
			  void *arg)
{
	char problem[1024];
	int err = 0;

	for (size_t i = 0; !err && i < xds_session_assignment_count(session); i++) {
		const char *reason = xds_session_rejected(session, i);

		if (!reason || (*count)++ >= REJECTED_MAX)
			continue;
		snprintf(problem, sizeof(problem), "assignment '%.300s' is refused: %.500s; the "
			 "last good one serves on", xds_session_name(session, i), reason);
		err = visit(arg, problem);
	}
	return err;
}

int ads_source_each_problem(const struct ads_source *source, source_problem visit, void *arg)
{
	struct source_stream_status stream;
	size_t rejected = 0;
	int err = 0;

	for (size_t i = 0; !err && i < source->connection_count; i++) {
		ads_source_stream(source->connections[i], &stream);
		err = visit_stream(&stream, visit, arg);
	}
	for (size_t i = 0; !err && i < source->connection_count; i++)
		err = visit_rejected(source->connections[i]->session, &rejected, visit, arg);
	return err;
}
