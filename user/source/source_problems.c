/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The problems of a source, for log and status. */
#include <stdio.h>
#include <stdlib.h>

#include "ads_source.h"
#include "file_source.h"
#include "source_parts.h"

#define REJECTED_MAX 8 /* assignments listed one by one */

struct visitor {
	int (*visit)(void *arg, const char *problem);
	void *arg;
	size_t rejected;
};

/* ------------------------------------------------------------------ files */

static int visit_file(const struct file_entry *entry, const struct visitor *visitor)
{
	char *problem = file_entry_problem(entry);
	int err = problem ? visitor->visit(visitor->arg, problem) : 0;

	free(problem);
	return err;
}

static int visit_files(const struct file_source *files, const struct visitor *visitor)
{
	int err = files->problem ? visitor->visit(visitor->arg, files->problem) : 0;

	for (size_t i = 0; !err && i < files->file_count; i++)
		err = visit_file(&files->files[i], visitor);
	return err;
}

/* ------------------------------------------------------------------ a control plane */

static bool has_answered(const struct xds_session_status *session)
{
	for (int i = 0; i < XDS_TYPES; i++)
		if (session->types[i].last_ack_ms)
			return true;
	return false;
}

static int visit_away(const struct source_stream_status *stream, const struct visitor *visitor)
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
	return visitor->visit(visitor->arg, problem);
}

static int visit_stream(const struct source_stream_status *stream, const struct visitor *visitor)
{
	const struct xds_session_status *session = &stream->session;
	char problem[1024];
	int err = 0;

	if (stream->away_ms && session->failures)
		err = visit_away(stream, visitor);
	for (int i = 0; !err && i < XDS_TYPES; i++) {
		if (!session->types[i].nacked)
			continue;
		snprintf(problem, sizeof(problem), "control plane: %s response refused: %.800s",
			 xds_type_names[i], session->types[i].nack);
		err = visitor->visit(visitor->arg, problem);
	}
	return err;
}

static int visit_rejected(void *arg, const char *name, const char *reason)
{
	struct visitor *visitor = arg;
	char problem[1024];

	if (visitor->rejected++ >= REJECTED_MAX)
		return 0;
	snprintf(problem, sizeof(problem), "assignment '%.300s' is refused: %.500s; the last good "
		 "one serves on", name, reason);
	return visitor->visit(visitor->arg, problem);
}

static int visit_ads(const struct ads_source *ads, struct visitor *visitor)
{
	struct source_stream_status stream;
	int err = 0;

	for (size_t i = 0; !err && i < ads_source_stream_count(ads); i++) {
		ads_source_stream(ads, i, &stream);
		err = visit_stream(&stream, visitor);
	}
	return err ? err : ads_source_each_rejected(ads, visit_rejected, visitor);
}

int source_each_problem(const struct source *source,
			int (*visit)(void *arg, const char *problem), void *arg)
{
	struct visitor visitor = { visit, arg, 0 };

	if (source->ads)
		return visit_ads(source->ads, &visitor);
	return source->files ? visit_files(source->files, &visitor) : 0;
}
