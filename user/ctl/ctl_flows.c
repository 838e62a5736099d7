/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl flows: the connections there are, or, followed, those that come and go. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "envoy_log.h"
#include "event_ring.h"
#include "report.h"
#include "report_flows.h"

enum format { FORMAT_TABLE, FORMAT_ENVOY, FORMAT_JSON };

struct following {
	const struct ctl_options *options;
	enum format format;
	struct snapshot *snapshot;
	bool failed;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	stopped = 1;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL); /* the lease is given back when the reader goes */
}

static int parse_format(const struct ctl_options *options, const char *word, enum format *ret)
{
	if (!word)
		*ret = options->output == OUTPUT_JSON ? FORMAT_JSON : FORMAT_TABLE;
	else if (!strcmp(word, "table"))
		*ret = FORMAT_TABLE;
	else if (!strcmp(word, "envoy"))
		*ret = FORMAT_ENVOY;
	else if (!strcmp(word, "json"))
		*ret = FORMAT_JSON;
	else
		return ctl_fail(CTL_USAGE, "flows: --format is table, envoy or json, not '%s'", word);
	return CTL_OK;
}

static void list_envoy(const struct snapshot *snapshot)
{
	char line[ENVOY_LOG_MAX];
	struct flow_view view;

	for (size_t i = 0; i < snapshot->flow_count; i++) {
		if (!flow_view_is_listed(&snapshot->flows[i]))
			continue;
		flow_view_make(snapshot, &snapshot->flows[i], &view);
		puts(envoy_log_format(&view, line));
	}
}

static int list(const struct ctl_options *options, enum format format)
{
	struct ctl_options shown = *options;
	struct snapshot *snapshot;
	int status = ctl_read(options, READ_FLOWS, &snapshot);

	if (status != CTL_OK)
		return status;
	if (format == FORMAT_JSON)
		shown.output = OUTPUT_JSON;
	else if (shown.output == OUTPUT_JSON)
		shown.output = OUTPUT_TABLE;
	if (format == FORMAT_ENVOY)
		list_envoy(snapshot);
	else
		status = ctl_write(&shown, report_flows(snapshot), report_flows_print);
	map_reader_free(snapshot);
	return status;
}

/* Names as of now: an event may be of a service newer than the last reading. */
static int refresh(struct following *following)
{
	struct snapshot *snapshot;
	int status = ctl_read(following->options, 0, &snapshot);

	if (status != CTL_OK)
		return status;
	map_reader_free(following->snapshot);
	following->snapshot = snapshot;
	return CTL_OK;
}

static void write_event(const struct following *following, const struct flow_view *view,
			bool closed)
{
	char line[ENVOY_LOG_MAX];
	json_t *json;

	switch (following->format) {
	case FORMAT_TABLE:
		report_flow_event_print(following->snapshot, view, closed, stdout);
		break;
	case FORMAT_ENVOY:
		/* Envoy writes its line when the connection is over. */
		if (closed)
			puts(envoy_log_format(view, line));
		break;
	case FORMAT_JSON:
		json = report_flow(following->snapshot, view);
		json_object_set_new(json, "event", json_string(closed ? "close" : "open"));
		json_dumpf(json, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(json);
		break;
	}
}

static bool is_stale(const struct snapshot *snapshot, const struct flow_event *event,
		     const struct flow_view *view)
{
	bool nameless = !view->cluster && event->flow.service != FLOW_NO_SERVICE;

	return event->at_ns > snapshot->monotonic_ns + (nameless ? 0 : 1000000000u);
}

static int on_event(void *arg, const void *record)
{
	const struct flow_event *event = record;
	struct following *following = arg;
	bool closed = event->kind == EVENT_CLOSE;
	struct flow_view view;

	flow_view_from_event(following->snapshot, event, &view);
	if (is_stale(following->snapshot, event, &view)) {
		if (refresh(following) != CTL_OK) {
			following->failed = true;
			return -ECANCELED;
		}
		flow_view_from_event(following->snapshot, event, &view);
	}
	write_event(following, &view, closed);
	return 0;
}

static int follow_failed(int err)
{
	if (err == -EBUSY)
		return ctl_fail(CTL_FAILED, "flows: another process follows already; only one "
				"at a time can read the events");
	return ctl_fail(CTL_FAILED, "flows: the events cannot be read: %s", strerror(-err));
}

static int follow(const struct ctl_options *options, enum format format)
{
	struct following following = { .options = options, .format = format };
	struct event_ring *events;
	int status = refresh(&following), err;

	if (status != CTL_OK)
		return status;
	catch_signals();
	setvbuf(stdout, NULL, _IOLBF, 0);
	err = event_ring_open(options->pin_dir, EVENT_RING_FLOWS, on_event, &following,
			      &events);
	if (err) {
		map_reader_free(following.snapshot);
		return follow_failed(err);
	}
	while (!err && !stopped && !ferror(stdout))
		err = event_ring_poll(events, 200);
	event_ring_close(events);
	map_reader_free(following.snapshot);
	if (following.failed)
		return CTL_FAILED;
	return err ? follow_failed(err) : CTL_OK;
}

static const char *format_word;
static bool follows;

static const struct flag flags[] = {
	{ "--follow", "-f", .set = &follows, .text = "each as it opens and closes, until interrupted" },
	{ "--format", .value = &format_word, .argument = "table|envoy|json",
	  .text = "envoy: lines of Istio's default access log" },
};

static int run(const struct ctl_options *options, const char *word)
{
	enum format format = FORMAT_TABLE;
	int status = parse_format(options, format_word, &format);

	if (status != CTL_OK)
		return status;
	return follows ? follow(options, format) : list(options, format);
}

const struct ctl_verb ctl_flows = {
	.name = "flows", .summary = "connections, or (--follow) as they open and close",
	CTL_FLAGS(flags), .run = run,
};
