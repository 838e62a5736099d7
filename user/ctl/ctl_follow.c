/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events of connections, or of dropped packets, as they happen. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl_flows.h"
#include "envoy_log.h"
#include "report_drop_event.h"
#include "report_flows.h"
#include "report_yaml.h"

#define STALE_NS 1000000000u
#define REOPEN_MS 10000

struct following {
	const struct ctl_options *options;
	enum event_ring_kind kind;
	enum flow_format format;
	struct event_ring *ring; /* NULL while none is open */
	struct snapshot *snapshot;
	uint64_t missed; /* packets without a record since the last one that was shown */
};

/* Names as of now: an event may be of a service newer than the last reading. The old names stay if
 * there are none, as while an agent sets up. */
static int refresh(struct following *following, char *reason)
{
	struct snapshot *snapshot;
	int err = map_reader_read(following->options->pin_dir, READ_STATUS, &snapshot, reason);

	if (err)
		return err;
	map_reader_free(following->snapshot);
	following->snapshot = snapshot;
	return 0;
}

static void write_document(enum flow_format format, const json_t *event)
{
	if (format == FORMAT_YAML) {
		fputs("---\n", stdout);
		report_yaml_write(event, stdout);
		return;
	}
	json_dumpf(event, stdout, JSON_COMPACT);
	putchar('\n');
}

/* ------------------------------------------------------------------ connections */

/* Envoy writes its line when the connection is over. */
static void write_envoy(const struct flow_view *view, bool closed)
{
	char line[ENVOY_LOG_MAX];

	if (closed)
		puts(envoy_log_format(view, line));
}

static void write_flow(const struct following *following, const struct flow_view *view, bool closed)
{
	json_t *flow = report_flow(following->snapshot, view);

	if (!report_flow_matches(&ctl_filter, flow)) {
		json_decref(flow);
		return;
	}
	if (following->format == FORMAT_ENVOY) {
		write_envoy(view, closed);
	} else if (following->format == FORMAT_TABLE) {
		report_flow_event_print(flow, closed, stdout);
	} else {
		json_object_set_new(flow, "event", json_string(closed ? "close" : "open"));
		write_document(following->format, flow);
	}
	json_decref(flow);
}

static bool is_stale(const struct snapshot *snapshot, const struct flow_event *event,
		     const struct flow_view *view)
{
	bool nameless = !view->cluster && event->flow.service != FLOW_NO_SERVICE;

	return event->at_ns > snapshot->monotonic_ns + (nameless ? 0 : STALE_NS);
}

static int on_flow(void *arg, const void *record)
{
	const struct flow_event *event = record;
	struct following *following = arg;
	bool closed = event->kind == EVENT_CLOSE;
	char reason[MAP_READER_REASON];
	struct flow_view view;

	flow_view_from_event(following->snapshot, event, &view);
	if (is_stale(following->snapshot, event, &view) && !refresh(following, reason))
		flow_view_from_event(following->snapshot, event, &view);
	/* Thousands a second, for a permanent log. */
	if (following->format == FORMAT_ENVOY && report_filter_is_empty(&ctl_filter))
		write_envoy(&view, closed);
	else
		write_flow(following, &view, closed);
	return 0;
}

/* ------------------------------------------------------------------ dropped packets */

static void write_drop(struct following *following, json_t *packet)
{
	json_object_set_new(packet, "missed", json_integer((json_int_t)following->missed));
	following->missed = 0;
	if (following->format == FORMAT_TABLE)
		report_drop_event_print(packet, stdout);
	else
		write_document(following->format, packet);
}

static int on_drop(void *arg, const void *record)
{
	const struct drop_event *event = record;
	struct following *following = arg;
	char reason[MAP_READER_REASON];
	json_t *packet;

	if (event->at_ns > following->snapshot->monotonic_ns + STALE_NS)
		refresh(following, reason);
	packet = report_drop_event(following->snapshot, event);
	following->missed += event->missed;
	if (packet && report_drop_event_matches(&ctl_filter, packet))
		write_drop(following, packet);
	json_decref(packet);
	return 0;
}

/* ------------------------------------------------------------------ both */

static int open_ring(struct following *following)
{
	return event_ring_open(following->options->pin_dir, following->kind,
			       following->kind == EVENT_RING_DROPS ? on_drop : on_flow, following,
			       &following->ring);
}

/* An agent of another version replaces the data plane: the next one is followed, if it comes soon. */
static int reopen(struct following *following)
{
	char reason[MAP_READER_REASON];
	int err = -ESTALE;

	event_ring_close(following->ring);
	following->ring = NULL;
	for (int waited = 0; waited < REOPEN_MS && !ctl_stopped(); waited += 100) {
		err = refresh(following, reason);
		if (!err)
			err = open_ring(following);
		if (!err || err == -EBUSY)
			return err;
		usleep(100000);
	}
	return err;
}

static int follow_failed(const struct following *following, int err)
{
	if (err == -EBUSY)
		return ctl_fail(CTL_FAILED, "flows: another process follows already; only one "
					    "at a time can read the events");
	if (err == -ENOENT)
		return ctl_fail(CTL_FAILED, "flows: the data plane has gone from %s",
				following->options->pin_dir);
	return ctl_fail(CTL_FAILED, "flows: the events cannot be read: %s", strerror(-err));
}

static int follow(struct following *following)
{
	int err = open_ring(following);

	while (!err && !ctl_stopped()) {
		err = event_ring_poll(following->ring, 200);
		if (err == -ESTALE)
			err = reopen(following);
	}
	event_ring_close(following->ring);
	return err && !ctl_stopped() ? follow_failed(following, err) : CTL_OK;
}

int ctl_follow(const struct ctl_options *options, enum event_ring_kind kind,
	       enum flow_format format)
{
	struct following following = { .options = options, .kind = kind, .format = format };
	char reason[MAP_READER_REASON];
	int status;

	if (refresh(&following, reason))
		return ctl_fail(CTL_FAILED, "%s", reason);
	ctl_catch_signals();
	setvbuf(stdout, NULL, _IOLBF, 0);
	status = follow(&following);
	map_reader_free(following.snapshot);
	return status;
}
