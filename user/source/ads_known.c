/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a control plane has said so far, and what is still waited for. */
#include <string.h>

#include "ads_source_parts.h"

size_t ads_source_name_count(const struct ads_source *source)
{
	return xds_session_assignment_count(source->links[0]->session);
}

const char *ads_source_name(const struct ads_source *source, size_t index)
{
	struct xds_assignment held;

	xds_session_assignment(source->links[0]->session, index, &held);
	return held.name;
}

/* There are servers without names or listeners: after a while that is their answer. */
static bool type_known(const struct xds_session_status *status, enum xds_type type, int64_t fetch_ms)
{
	const struct xds_type_status *of = &status->types[type];

	if (of->sync == XDS_IDLE || of->last_ack_ms)
		return true;
	return type != XDS_CDS && !of->responses && status->connected &&
	       ads_now_ms() - status->since_ms >= fetch_ms;
}

bool ads_source_knows_names(const struct ads_source *source)
{
	int64_t fetch_ms = source->settings.ads.initial_fetch_seconds * 1000;
	struct xds_session_status status;

	xds_session_status(source->links[0]->session, &status);
	return type_known(&status, XDS_CDS, fetch_ms) && type_known(&status, XDS_LDS, fetch_ms) &&
	       type_known(&status, XDS_NDS, fetch_ms);
}

static bool is_asked(const struct ads_source *source, const char *name)
{
	size_t low = 0, high = ads_source_name_count(source);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(ads_source_name(source, middle), name);

		if (!order)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool all_views_have(const struct ads_source *source, const char *name)
{
	size_t count = source->whole ? 1 : source->link_count;

	for (size_t i = 0; i < count; i++)
		if (!xds_session_find(source->links[i]->session, name))
			return false;
	return true;
}

bool ads_source_knows(const struct ads_source *source, const char *name)
{
	return all_views_have(source, name) ||
	       (!is_asked(source, name) && ads_source_knows_names(source));
}

bool ads_source_is_whole(const struct ads_source *source)
{
	for (size_t i = 0; i < ads_source_name_count(source); i++)
		if (!all_views_have(source, ads_source_name(source, i)))
			return false;
	return ads_source_knows_names(source);
}

bool ads_source_complete(const struct ads_source *source)
{
	for (size_t i = 0; i < source->link_count; i++)
		if (!xds_session_complete(source->links[i]->session))
			return false;
	return true;
}
