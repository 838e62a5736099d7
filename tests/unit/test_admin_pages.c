/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pages of the admin server, held by files of tests/data/ctl; and the form of metrics. */
#include <arpa/inet.h>
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "clusters.h"
#include "metrics.h"
#include "sample_snapshot.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ------------------------------------------------------------------ pages as text */

/* To a pod, through a gateway, and at a gateway; of a service that is gone; of none; at a pod's door; and what
 * services counted that were forgotten. */
static struct usage_table *sample_usage(void)
{
	static struct usage_table *table;
	uint64_t id = sample_snapshot()->services[0].id;
	uint32_t network1 = sample_snapshot()->networks[0].id, network2 = sample_snapshot()->networks[1].id;
	const struct usage_key keys[] = {
		{ .service_id = id, .from = network1, .to = network1 },
		{ .service_id = id,
		  .from = network1,
		  .to = network2,
		  .kind = BACKEND_GENEVE,
		  .backend = sample_snapshot()->backends[2].addr },
		{ .service_id = id, .from = network2, .to = network1, .gateway = 1 },
		{ .service_id = 77, .from = network1, .to = network1 },
		{},
		{ .service_id = id,
		  .from = network2,
		  .to = network1,
		  .kind = BACKEND_GENEVE,
		  .gateway = 1,
		  .backend = IP_V4(htonl(0xc0177820)) },
		{ .from = network2, .to = network1, .gateway = 1 },
	};

	usage_table_free(table);
	table = usage_table_new();
	for (size_t i = 0; i < COUNT(keys); i++) {
		usage_table_add_ended(table, &keys[i],
				      &(struct usage){ 10 * (i + 1), 1000, 2000 + i, 30 + i,
						       40 + i });
		usage_table_item(table, &keys[i])->live = (struct usage){ i, 10, 20, 1, 2 };
	}
	usage_table_settle(table, NULL);
	return table;
}

/* Two pods of one workload call, one to a pod, one through a gateway; and one that no service names. */
static struct metrics with_istio(struct metrics metrics)
{
	static struct metrics_workload workloads[3];
	static const char *const names[] = { "sleep-1;sample;sleep;;cluster1",
					     "sleep-1;sample;sleep;;cluster1",
					     "helloworld-v1;sample;helloworld;v1;cluster1" };
	const struct usage_item *items;
	struct usage_key key;
	size_t count;

	items = usage_table_items(metrics.usage, &count);
	for (uint32_t i = 0; i < 3; i++)
		workloads[i] = (struct metrics_workload){ IP_V4(htonl(0x0a0a0001u + i)), names[i] };
	for (int i = 0; i < 3; i++) {
		key = items[1].key;
		key.client = i < 2 ? workloads[i].addr : IP_V4(htonl(0x0a0a00ff));
		key.backend = workloads[2].addr;
		usage_table_add_ended((struct usage_table *)metrics.usage, &key,
				      &(struct usage){ 7, 700, 7000, 70, 77 });
		items = usage_table_items(metrics.usage, &count);
	}
	usage_table_settle((struct usage_table *)metrics.usage, NULL);
	qsort(workloads, 3, sizeof(*workloads), metrics_workload_compare);
	metrics.istio = true;
	metrics.workloads = workloads;
	metrics.workload_count = 3;
	return metrics;
}

static struct metrics sample_metrics(void)
{
	static const struct metrics_stream streams[] = {
		{ "network1", true, 2 }, { "a \"b\"\\\nc", false, 7 },
	};
	static const struct metrics_xds types[] = {
		{ "network1", "cds", 3, 0, 12, 4096, 1795553999 },
		{ "network1", "eds", 9, 1, 5, 1234567890123, 1795553998 },
		{ "a \"b\"\\\nc", "eds", 0, 0, 0, 0, 0 },
	};

	static const struct histogram apply = { .counts = { 3, 4, [6] = 1 }, .sum_ns = 61234567 };
	static const struct histogram convergence = { .counts = { [4] = 7, [HISTOGRAM_BOUNDS] = 1 },
						      .sum_ns = 12500000000 };
	static const struct process_stat process = {
		.cpu_seconds = 1.25, .start_seconds = 1795553940.5, .resident_bytes = 9437184,
		.virtual_bytes = 18874368, .open_fds = 41, .max_fds = 1024,
	};

	return (struct metrics){
		.snapshot = sample_snapshot(), .version = "0.1.0", .abi = 6,
		.last_update = 1795554000, .updates = 12, .services_built = 34, .problems = 1,
		.excluded = { [EXCLUDED_NO_GATEWAY] = 1, [EXCLUDED_UNKNOWN_NETWORK] = 2 },
		.apply = &apply, .convergence = &convergence, .process = &process,
		.config_valid = true, .config_loaded = 1795553950,
		.config_hash = 0x00c0ffee12345678, .network = "network1", .cluster = "cluster1",
		.usage = sample_usage(), .source = SOURCE_ADS, .streams = streams, .stream_count = COUNT(streams), .types = types,
		.type_count = COUNT(types),
	};
}

static char *metrics_text(const struct metrics *metrics)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	assert_int_equal(metrics_write(metrics, out), 0);
	fclose(out);
	return text;
}

static char *clusters_text(const struct snapshot *snapshot, size_t max)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	assert_int_equal(clusters_write(snapshot, max, out), 0);
	fclose(out);
	return text;
}

static void metrics_golden(void **state)
{
	struct metrics metrics = sample_metrics();
	char *text = metrics_text(&metrics);

	(void)state;
	golden_text("metrics.txt", text);
	free(text);
}

static void metrics_by_istios_names(void **state)
{
	struct metrics metrics = with_istio(sample_metrics());
	char *text = metrics_text(&metrics);

	(void)state;
	golden_text("metrics-istio.txt", strstr(text, "# HELP istio_"));
	free(text);
}

static void metrics_without_control_plane(void **state)
{
	struct metrics metrics = sample_metrics();
	char *text;

	(void)state;
	metrics.source = SOURCE_FILES;
	metrics.last_update = 0;
	text = metrics_text(&metrics);
	assert_null(strstr(text, "xds"));
	assert_null(strstr(text, "\nparallax_last_update_timestamp_seconds"));
	assert_non_null(strstr(text, "\nparallax_updates_total 12\n"));
	free(text);
}

/* A map whose usage is unknown has no sample, instead of a sample of 0. */
static void unknown_usage_is_excluded(void **state)
{
	struct metrics metrics = sample_metrics();
	struct snapshot snapshot = *metrics.snapshot;
	char *text;

	(void)state;
	snapshot.flow_usage[FAMILY_4] = snapshot.embryonic_usage[FAMILY_4] =
		(struct map_usage){ 0, 0 };
	metrics.snapshot = &snapshot;
	text = metrics_text(&metrics);
	assert_null(strstr(text, "map=\"flows\""));
	assert_null(strstr(text, "map=\"embryonic\""));
	assert_non_null(strstr(text, "map=\"services\""));
	free(text);
}

static void clusters_golden(void **state)
{
	char *text = clusters_text(sample_snapshot(), 100);

	(void)state;
	golden_text("clusters.txt", text);
	free(text);
}

static size_t count_lines(const char *text, const char *word)
{
	size_t lines = 0;

	for (; (text = strstr(text, word)); text += strlen(word))
		lines++;
	return lines;
}

static void clusters_are_cut_aloud(void **state)
{
	char *all = clusters_text(sample_snapshot(), 6), *some = clusters_text(sample_snapshot(), 5);

	(void)state;
	assert_int_equal(count_lines(all, "::weight::"), 6);
	assert_null(strstr(all, "cut after"));
	assert_int_equal(count_lines(some, "::weight::"), 5);
	assert_non_null(strstr(some, "\ncut after 5 backends\n"));
	assert_int_equal(count_lines(some, "::vip::"), 3);
	free(all);
	free(some);
}

/* ------------------------------------------------------------------ the form of metrics */

/* Every word that metric names may consist of, so that a typing error fails. */
static const char *const words[] = {
	"parallax",    "build",    "info",      "start",       "timestamp", "seconds",
	"updates",     "total",    "last",      "update",      "problems",  "endpoints",
	"excluded",    "xds",      "connected", "stream",      "failures",  "responses",
	"rejects",     "received", "bytes",     "resources",   "ack",       "interfaces",
	"services",    "refusing", "built",     "panic",       "degraded",  "dropping",
	"backends",    "draining", "map",       "entries",     "capacity",  "forward",
	"pass",        "drop",     "drops",     "packets",     "process",   "cpu",
	"time",        "resident", "virtual",   "memory",      "open",      "max",
	"fds",         "apply",    "duration",  "convergence", "config",    "reload",
	"successful",  "success",  "source",    "pressure",    "service",   "network",
	"connections", "sent",     "gateway",   "snat",        "ports",     "up",
	"probes",      "minute",   "lost",      "load",        "percent",   "probe",
	"rtt",
};

static bool is_word(const char *start, size_t length)
{
	for (size_t i = 0; i < COUNT(words); i++)
		if (strlen(words[i]) == length && !strncmp(words[i], start, length))
			return true;
	return false;
}

static void lint_name(const char *name)
{
	const char *rest = name;

	assert_true(!strncmp(name, "parallax_", 9) || !strncmp(name, "process_", 8));
	while (*rest) {
		size_t length = strcspn(rest, "_");

		if (!is_word(rest, length))
			fail_msg("%s: '%.*s' is no word", name, (int)length, rest);
		rest += length + !!rest[length];
	}
	assert_int_not_equal(name[strlen(name) - 1], '_');
}

static bool ends_in(const char *name, const char *end)
{
	return strlen(name) > strlen(end) && !strcmp(name + strlen(name) - strlen(end), end);
}

/* {name="value",...}; returns the text after it. */
static const char *lint_labels(const char *text)
{
	char separator = '{';

	while (*text == separator) {
		const char *name = ++text;

		while (islower((unsigned char)*text) || *text == '_')
			text++;
		assert_true(text > name && text[0] == '=' && text[1] == '"');
		for (text += 2; *text && *text != '"'; text++)
			if (*text == '\\' && !strchr("\\\"n", *++text))
				fail_msg("bad escape");
		assert_int_equal(*text++, '"');
		separator = ',';
	}
	if (separator == ',')
		assert_int_equal(*text++, '}');
	return text;
}

/* The samples of a histogram have names of their own. */
static const char *skip_suffix(const char *text)
{
	static const char *const suffixes[] = { "_bucket{", "_sum ", "_sum{", "_count ",
						"_count{" };

	for (size_t i = 0; i < COUNT(suffixes); i++)
		if (!strncmp(text, suffixes[i], strlen(suffixes[i])))
			return text + strlen(suffixes[i]) - 1;
	return text;
}

static void lint_sample(const char *family, const char *line)
{
	size_t length = strlen(family);

	if (strncmp(line, family, length))
		fail_msg("of another family than %s: %s", family, line);
	line = lint_labels(skip_suffix(line + length));
	assert_int_equal(*line++, ' ');
	assert_true(*line && strspn(line, "0123456789.") == strlen(line));
}

struct lint {
	char *seen[512]; /* lines up to the value: families and series */
	size_t count;
	char family[128];
};

static void lint_once(struct lint *lint, const char *line, size_t length)
{
	for (size_t i = 0; i < lint->count; i++)
		if (strlen(lint->seen[i]) == length && !strncmp(lint->seen[i], line, length))
			fail_msg("twice: %s", line);
	assert_true(lint->count < COUNT(lint->seen));
	lint->seen[lint->count++] = strndup(line, length);
}

static void lint_family(struct lint *lint, const char *help, const char *type_line)
{
	char name[128], again[128], type[16];

	assert_int_equal(sscanf(help, "# HELP %127s", name), 1);
	assert_true(strlen(help) > strlen(name) + 9 && ends_in(help, "."));
	assert_int_equal(sscanf(type_line, "# TYPE %127s %15s", again, type), 2);
	assert_string_equal(name, again);
	lint_name(name);
	assert_true(!strcmp(type, "counter") || !strcmp(type, "gauge") ||
		    !strcmp(type, "histogram"));
	if (ends_in(name, "_total") != !strcmp(type, "counter"))
		fail_msg("%s is a %s", name, type);
	lint_once(lint, help, strlen("# HELP ") + strlen(name));
	strcpy(lint->family, name);
}

static void metrics_lint(void **state)
{
	struct metrics metrics = sample_metrics();
	char *text = metrics_text(&metrics), *rest = text, *line;
	struct lint lint = {};

	(void)state;
	assert_true(ends_in(text, "\n"));
	while (*rest && (line = strsep(&rest, "\n"))) {
		if (line[0] == '#') {
			lint_family(&lint, line, strsep(&rest, "\n"));
			continue;
		}
		lint_sample(lint.family, line);
		if (!strstr(line, "hook=")) /* too many for this simple search */
			lint_once(&lint, line, (size_t)(strrchr(line, ' ') - line));
	}
	assert_true(lint.count > 60);
	for (size_t i = 0; i < lint.count; i++)
		free(lint.seen[i]);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metrics_golden),
		cmocka_unit_test(metrics_by_istios_names),
		cmocka_unit_test(metrics_without_control_plane),
		cmocka_unit_test(unknown_usage_is_excluded),
		cmocka_unit_test(metrics_lint),
		cmocka_unit_test(clusters_golden),
		cmocka_unit_test(clusters_are_cut_aloud),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
