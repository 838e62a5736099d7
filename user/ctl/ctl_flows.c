/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl flows: the connections there are; followed, those that come and go; or drops. */
#include <stdio.h>
#include <string.h>

#include "ctl_flows.h"
#include "envoy_log.h"
#include "report_flows.h"

static const char *format_word;
static enum flow_format format;
static bool follows, drops;

static const struct flag flags[] = {
	{ "--follow", "-f", .set = &follows,
	  .text = "each as it opens and closes, until interrupted" },
	{ "--drops", .set = &drops, .text = "packets as they are dropped, with the reason" },
	{ "--format", .value = &format_word, .argument = "table|envoy|json",
	  .text = "envoy: lines of Istio's default access log" },
};

static int parse_format(const struct ctl_options *options)
{
	static const enum flow_format of_output[] = { FORMAT_TABLE, FORMAT_TABLE, FORMAT_JSON,
						      FORMAT_YAML };
	static const char *const names[] = { "table", "envoy", "json" };

	format = of_output[options->output];
	for (int i = 0; format_word && i < 3; i++)
		if (!strcmp(format_word, names[i])) {
			format = (enum flow_format)i;
			return CTL_OK;
		}
	return format_word ?
		       ctl_fail(CTL_USAGE, "flows: --format is table, envoy or json, not '%s'",
				format_word) :
		       CTL_OK;
}

static int check(const struct ctl_options *options, const char *word)
{
	int status = parse_format(options);

	if (status == CTL_OK)
		status = ctl_filter_check(&ctl_flows);
	if (status != CTL_OK)
		return status;
	if (drops && format == FORMAT_ENVOY)
		return ctl_fail(CTL_USAGE,
				"flows: --drops has no --format envoy: a dropped packet is "
				"no connection");
	if (drops && ctl_filter.states.count)
		return ctl_fail(CTL_USAGE,
				"flows: --drops has no --state: a dropped packet has none");
	if (ctl_filter.limit && (drops || follows || format == FORMAT_ENVOY))
		return ctl_fail(CTL_USAGE, "flows: --limit is for tables, JSON and YAML");
	if (ctl_watches() && (drops || follows || format == FORMAT_ENVOY))
		return ctl_fail(CTL_USAGE,
				"flows: --watch shows tables, --follow and --drops events");
	return CTL_OK;
}

static int list_envoy(const struct ctl_options *options)
{
	struct snapshot *snapshot;
	char line[ENVOY_LOG_MAX];
	struct flow_view view;
	int status = ctl_read(options, READ_FLOWS, &snapshot);

	if (status != CTL_OK)
		return status;
	for (size_t i = 0; i < snapshot->flow_count; i++) {
		json_t *flow;

		if (!flow_view_is_listed(&snapshot->flows[i]))
			continue;
		flow_view_make(snapshot, &snapshot->flows[i], &view);
		flow = report_flow(snapshot, &view);
		if (report_flow_matches(&ctl_filter, flow))
			puts(envoy_log_format(&view, line));
		json_decref(flow);
	}
	map_reader_free(snapshot);
	return CTL_OK;
}

static int ask(const struct ctl_options *options, const char *word, json_t **ret)
{
	struct snapshot *snapshot;
	int status = ctl_read(options, READ_FLOWS, &snapshot);

	if (status != CTL_OK)
		return status;
	*ret = report_flows(snapshot, &ctl_filter);
	if (!json_array_size(json_object_get(*ret, "flows")))
		status = ctl_filter_explain_nothing(snapshot);
	map_reader_free(snapshot);
	return status;
}

static int write(const struct ctl_options *options, FILE *out)
{
	static const enum flow_form forms[] = {
		[OUTPUT_TABLE] = FLOWS_TABLE,
		[OUTPUT_WIDE] = FLOWS_WIDE,
		[OUTPUT_JSON] = FLOWS_JSON,
		[OUTPUT_YAML] = FLOWS_YAML,
	};
	struct snapshot *snapshot;
	size_t written = 0;
	int err, status = ctl_read(options, READ_FLOWS, &snapshot);

	if (status != CTL_OK)
		return status;
	err = report_flows_write(snapshot, &ctl_filter, forms[options->output], out, &written);
	if (err)
		status = ctl_fail(CTL_FAILED, "%s", strerror(-err));
	else if (!written)
		status = ctl_filter_explain_nothing(snapshot);
	map_reader_free(snapshot);
	return status;
}

static int run(const struct ctl_options *options, const char *word)
{
	static const enum ctl_output outputs[] = {
		[FORMAT_TABLE] = OUTPUT_TABLE,
		[FORMAT_JSON] = OUTPUT_JSON,
		[FORMAT_YAML] = OUTPUT_YAML,
	};
	struct ctl_options shown = *options;

	if (drops || follows)
		return ctl_follow(options, drops ? EVENT_RING_DROPS : EVENT_RING_FLOWS, format);
	if (format == FORMAT_ENVOY)
		return list_envoy(options);
	if (format != FORMAT_TABLE || options->output != OUTPUT_WIDE)
		shown.output = outputs[format];
	return ctl_answer(&ctl_flows, &shown, word);
}

static const struct ctl_flags own_flags = CTL_FLAGS(flags);
static const char *const states[] = { "opening", "established", "closing", NULL };

const struct ctl_verb ctl_flows = {
	.name = "flows",
	.aliases = { "fl", "flow" },
	.summary = "connections; as they open and close (--follow); dropped packets (--drops)",
	.flags = { &own_flags, &ctl_filter_flags },
	.states = states,
	.watched = true,
	.check = check,
	.run = run,
	.ask = ask,
	.print = report_flows_print,
	.write = write,
};
