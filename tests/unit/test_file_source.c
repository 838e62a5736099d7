/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The file source: name order, last good content, repeated resources, symlink swaps. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "file_list.h"
#include "file_fingerprint.h"
#include "file_source.h"
#include "file_watch.h"

/* A directory of our own, in another of our own: a watch of it sees its parent as well. */
struct place {
	char base[64], dir[80];
};

static int place_new(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	snprintf(place->base, sizeof(place->base), "/tmp/parallax-files-XXXXXX");
	assert_non_null(mkdtemp(place->base));
	snprintf(place->dir, sizeof(place->dir), "%s/files", place->base);
	assert_int_equal(mkdir(place->dir, 0755), 0);
	*state = place;
	return 0;
}

static int place_done(void **state)
{
	struct place *place = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", place->base);
	assert_int_equal(system(command), 0);
	free(place);
	return 0;
}

static const char *at(const struct place *place, const char *name)
{
	static char path[2][256];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", place->dir, name);
	return path[turn];
}

static void put(const struct place *place, const char *name, const char *text)
{
	FILE *file = fopen(at(place, "new.tmp"), "w");

	assert_non_null(file);
	assert_int_equal(fputs(text, file) < 0, 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(at(place, "new.tmp"), at(place, name)), 0);
}

#define TYPE "- '@type': type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment\n"

/* A response with the named clusters, each with one endpoint at this weight. */
static void clusters_text(char text[2048], int weight, const char *first, const char *second)
{
	const char *names[] = { first, second };
	int n = snprintf(text, 2048, "resources:\n");

	for (int i = 0; i < 2; i++)
		if (names[i])
			n += snprintf(text + n, 2048 - (size_t)n,
				      TYPE "  cluster_name: %s\n"
				      "  endpoints:\n"
				      "  - lb_endpoints:\n"
				      "    - endpoint: {address: {socket_address: "
				      "{address: 10.0.0.1, port_value: 80}}}\n"
				      "      load_balancing_weight: %d\n",
				      names[i], weight);
}

static void put_clusters(const struct place *place, const char *file, int weight,
			 const char *first, const char *second)
{
	char text[2048];

	clusters_text(text, weight, first, second);
	put(place, file, text);
}

/* In place, not by rename. */
static void write_clusters(const struct place *place, const char *name, int weight,
			   const char *cluster)
{
	FILE *file = fopen(at(place, name), "w");
	char text[2048];

	clusters_text(text, weight, cluster, NULL);
	assert_non_null(file);
	assert_int_equal(fputs(text, file) < 0, 0);
	assert_int_equal(fclose(file), 0);
}

static struct file_source *open_source(const char *path)
{
	struct file_source *source;
	bool changed;

	assert_int_equal(file_source_new(path, &source), 0);
	assert_int_equal(file_source_refresh(source, &changed), 0);
	return source;
}

static bool refresh(struct file_source *source)
{
	bool changed = false;

	assert_int_equal(file_source_refresh(source, &changed), 0);
	return changed;
}

static bool knows(const struct file_source *source, const char *name)
{
	struct cluster_list clusters = file_source_clusters(source);

	return cluster_list_knows(&clusters, name);
}

static const struct assignment *find(const struct file_source *source, const char *name)
{
	struct assignment_list list = file_source_list(source);
	uint32_t index = assignment_find(&list, name);

	return index == ASSIGNMENT_NONE ? NULL : list.items[index];
}

static uint32_t weight_of(const struct file_source *source, const char *name)
{
	const struct assignment *found = find(source, name);

	return found ? found->localities[0].endpoints[0].weight : 0;
}

static void assert_problem(const struct file_entry *entry, const char *part)
{
	char *problem = file_entry_problem(entry);

	if (!part)
		assert_null(problem);
	else if (!problem || !strstr(problem, part))
		fail_msg("problem is \"%s\", expected \"%s\" in it", problem, part);
	free(problem);
}

/* ------------------------------------------------------------------ tests */

static void one_file_is_read_again_when_it_changes(void **state)
{
	struct file_source *source;

	put_clusters(*state, "eds.yaml", 3, "a", "b");
	source = open_source(at(*state, "eds.yaml"));
	assert_int_equal(source->assignment_count, 2);
	assert_int_equal(weight_of(source, "b"), 3);
	assert_false(refresh(source));
	put_clusters(*state, "eds.yaml", 4, "a", NULL);
	assert_true(refresh(source));
	assert_int_equal(source->assignment_count, 1);
	assert_int_equal(weight_of(source, "a"), 4);
	file_source_free(source);
}

static void file_that_is_gone_takes_its_resources_with_it(void **state)
{
	struct file_source *source;

	put_clusters(*state, "eds.yaml", 3, "a", NULL);
	source = open_source(at(*state, "eds.yaml"));
	assert_int_equal(unlink(at(*state, "eds.yaml")), 0);
	assert_true(refresh(source));
	assert_int_equal(source->assignment_count, 0);
	assert_non_null(source->problem);
	assert_false(refresh(source));
	put_clusters(*state, "eds.yaml", 3, "a", NULL);
	assert_true(refresh(source));
	assert_null(source->problem);
	assert_int_equal(source->assignment_count, 1);
	file_source_free(source);
}

static void what_was_never_read_is_not_known(void **state)
{
	struct file_source *source = open_source(at(*state, "eds.yaml"));

	assert_false(knows(source, "a"));
	assert_false(refresh(source));
	put(*state, "eds.yaml", "resources:\n- cluster_name: [\n");
	assert_true(refresh(source));
	assert_false(knows(source, "a"));
	put_clusters(*state, "eds.yaml", 3, "b", NULL);
	assert_true(refresh(source));
	assert_true(knows(source, "a"));
	/* From here on, a missing assignment was removed. */
	put(*state, "eds.yaml", "resources:\n- cluster_name: [\n");
	assert_true(refresh(source));
	assert_true(knows(source, "a"));
	assert_int_equal(unlink(at(*state, "eds.yaml")), 0);
	assert_true(refresh(source));
	assert_true(knows(source, "a"));
	assert_true(knows(source, "b"));
	file_source_free(source);
}

static void path_that_cannot_be_read_is_not_known(void **state)
{
	struct file_source *source;

	assert_int_equal(symlink("eds.yaml", at(*state, "eds.yaml")), 0);
	source = open_source(at(*state, "eds.yaml"));
	assert_non_null(source->problem);
	assert_false(knows(source, "a"));
	file_source_free(source);
}

static void too_many_files_are_told(void **state)
{
	struct file_source *source;
	char name[32];

	for (int i = 0; i <= FILE_LIST_MAX; i++) {
		snprintf(name, sizeof(name), "%05d.yaml", i);
		assert_int_equal(symlink("nowhere", at(*state, name)), 0);
	}
	source = open_source(((struct place *)*state)->dir);
	assert_non_null(source->problem);
	assert_non_null(strstr(source->problem, ": more than 16384 files"));
	file_source_free(source);
}

static void refused_at_first_is_not_known(void **state)
{
	struct file_source *source;

	put_clusters(*state, "eds.yaml", 0, "a", NULL);
	source = open_source(at(*state, "eds.yaml"));
	assert_int_equal(source->assignment_count, 0);
	assert_false(knows(source, "a"));
	assert_true(knows(source, "b"));
	file_source_free(source);
}

static void bad_file_keeps_its_own_last_good_content(void **state)
{
	struct file_source *source;

	put_clusters(*state, "1.yaml", 3, "a", NULL);
	put_clusters(*state, "2.yaml", 3, "b", NULL);
	source = open_source(((struct place *)*state)->dir);
	put(*state, "1.yaml", "resources:\n- cluster_name: [\n");
	put_clusters(*state, "2.yaml", 5, "b", NULL);
	assert_true(refresh(source));
	assert_int_equal(weight_of(source, "a"), 3);
	assert_int_equal(weight_of(source, "b"), 5);
	assert_problem(&source->files[0], "1.yaml:3:");
	assert_problem(&source->files[1], NULL);
	assert_false(refresh(source));
	put_clusters(*state, "1.yaml", 6, "a", NULL);
	assert_true(refresh(source));
	assert_int_equal(weight_of(source, "a"), 6);
	assert_problem(&source->files[0], NULL);
	file_source_free(source);
}

static void refused_resource_keeps_its_own_last_good_content(void **state)
{
	struct file_source *source;

	put_clusters(*state, "eds.yaml", 3, "a", "b");
	source = open_source(at(*state, "eds.yaml"));
	put(*state, "eds.yaml",
	    "resources:\n"
	    TYPE "  cluster_name: a\n"
	    "  endpoints:\n"
	    "  - lb_endpoints:\n"
	    "    - endpoint: {address: {socket_address: {address: 10.0.0.9, port_value: 70000}}}\n"
	    TYPE "  cluster_name: b\n"
	    "  endpoints:\n"
	    "  - lb_endpoints:\n"
	    "    - endpoint: {address: {socket_address: {address: 10.0.0.9, port_value: 80}}}\n");
	assert_true(refresh(source));
	assert_int_equal(weight_of(source, "a"), 3);
	assert_int_equal(weight_of(source, "b"), 1);
	assert_problem(&source->files[0], "resource 'a' refused");
	/* The last good one serves through any number of bad ones. */
	put(*state, "eds.yaml", "resources:\n" TYPE "  cluster_name: a\n  endpoints: 5\n");
	assert_true(refresh(source));
	assert_int_equal(weight_of(source, "a"), 3);
	assert_null(find(source, "b"));
	file_source_free(source);
}

static void resource_of_two_files_counts_in_the_first(void **state)
{
	struct file_source *source;

	put_clusters(*state, "1.yaml", 1, "a", NULL);
	put_clusters(*state, "2.json", 2, "a", "b");
	put_clusters(*state, "3.yml", 3, "a", NULL);
	source = open_source(((struct place *)*state)->dir);
	assert_int_equal(source->file_count, 3);
	assert_int_equal(source->assignment_count, 2);
	assert_int_equal(weight_of(source, "a"), 1);
	assert_int_equal(weight_of(source, "b"), 2);
	assert_problem(&source->files[0], NULL);
	assert_problem(&source->files[1], "'a' refused: it is in 1.yaml already");
	assert_problem(&source->files[2], "'a' refused: it is in 1.yaml already");
	assert_int_equal(unlink(at(*state, "1.yaml")), 0);
	assert_true(refresh(source));
	assert_int_equal(weight_of(source, "a"), 2);
	assert_problem(&source->files[0], NULL);
	file_source_free(source);
}

static void layout_is_all_but_contents(void **state)
{
	static const char *const broken = "resources:\n- cluster_name: [\n", *const empty = "resources: []\n";
	static const struct {
		const char *what, *file, *text; /* text NULL: two clusters of this weight */
		int weight;
		const char *first, *second;
		bool other;
	} steps[] = {
		{ "other contents", "a.yaml", NULL, 2, "a", "b", false },
		{ "broken, the last good content serves", "a.yaml", broken, 0, NULL, NULL, false },
		{ "good again", "a.yaml", NULL, 3, "a", "b", false },
		{ "one less", "a.yaml", NULL, 3, "a", NULL, true },
		{ "another name", "a.yaml", NULL, 3, "b", NULL, true },
		{ "a file more, that hides something", "b.yaml", broken, 0, NULL, NULL, true },
		{ "which is nothing", "b.yaml", empty, 0, NULL, NULL, true },
		{ "still nothing", "b.yaml", "resources: [ ]\n", 0, NULL, NULL, false },
		{ "a name twice", "b.yaml", NULL, 4, "b", "c", true },
		{ "a refused weight", "a.yaml", NULL, 0, "b", NULL, true },
	};
	struct file_source *source;

	put_clusters(*state, "a.yaml", 1, "a", "b");
	source = open_source(((struct place *)*state)->dir);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		uint64_t before = source->layout;

		if (steps[i].text)
			put(*state, steps[i].file, steps[i].text);
		else
			put_clusters(*state, steps[i].file, steps[i].weight, steps[i].first,
				     steps[i].second);
		refresh(source);
		if ((source->layout != before) != steps[i].other)
			fail_msg("%s: layout %s", steps[i].what, steps[i].other ? "stays" : "differs");
	}
	file_source_free(source);
}

static void other_files_are_passed_over(void **state)
{
	struct file_source *source;

	put_clusters(*state, "1.yaml", 1, "a", NULL);
	put_clusters(*state, ".hidden.yaml", 1, "b", NULL);
	put_clusters(*state, "notes.txt", 1, "c", NULL);
	put_clusters(*state, "1.yaml~", 1, "d", NULL);
	source = open_source(((struct place *)*state)->dir);
	assert_int_equal(source->assignment_count, 1);
	file_source_free(source);
}

/* As kubelet writes a ConfigMap: FILE -> ..data/FILE, ..data -> a directory. */
static void put_volume(struct place *place, const char *version, int weight)
{
	char file[64];

	assert_int_equal(mkdir(at(place, version), 0755), 0);
	snprintf(file, sizeof(file), "%s/1.yaml", version);
	put_clusters(place, file, weight, "a", NULL);
	snprintf(file, sizeof(file), "%s/2.yaml", version);
	put_clusters(place, file, weight, "b", NULL);
	assert_int_equal(symlink(version, at(place, "..data_tmp")), 0);
	assert_int_equal(rename(at(place, "..data_tmp"), at(place, "..data")), 0);
}

static bool event_comes(struct file_watch *watch, bool *ret_whole)
{
	struct pollfd poll_fd = { .fd = file_watch_fd(watch), .events = POLLIN };
	struct file_events events = {};

	poll(&poll_fd, 1, 1000);
	assert_int_equal(file_watch_read(watch, &events), 0);
	*ret_whole = events.whole;
	return events.changed;
}

static bool refresh_some(struct file_source *source, const char *name)
{
	char names[1][NAME_MAX + 1];
	bool changed = false;

	snprintf(names[0], sizeof(names[0]), "%s", name);
	assert_int_equal(file_source_refresh_some(source, names, 1, &changed), 0);
	return changed;
}

static void one_file_is_read_by_its_name(void **state)
{
	struct place *place = *state;
	char names[1][NAME_MAX + 1] = { "new.yaml" };
	struct file_source *source;
	bool changed;

	put_clusters(place, "1.yaml", 1, "a", "c");
	put_clusters(place, "2.yaml", 1, "b", NULL);
	source = open_source(place->dir);
	put_clusters(place, "1.yaml", 2, "a", "c");
	put_clusters(place, "2.yaml", 2, "b", NULL);
	assert_true(refresh_some(source, "1.yaml"));
	assert_int_equal(weight_of(source, "a"), 2);
	assert_int_equal(weight_of(source, "c"), 2);
	assert_int_equal(weight_of(source, "b"), 1);
	assert_false(refresh_some(source, "1.yaml"));
	assert_true(refresh_some(source, "2.yaml"));
	assert_int_equal(weight_of(source, "b"), 2);
	/* a new name, and one that another file has */
	put_clusters(place, "1.yaml", 3, "d", "b");
	assert_true(refresh_some(source, "1.yaml"));
	assert_int_equal(weight_of(source, "d"), 3);
	assert_int_equal(weight_of(source, "b"), 3);
	assert_null(find(source, "a"));
	put_clusters(place, "new.yaml", 1, "e", NULL);
	assert_int_equal(file_source_refresh_some(source, names, 1, &changed), -ENOENT);
	assert_true(refresh(source));
	assert_int_equal(weight_of(source, "e"), 1);
	assert_int_equal(unlink(at(place, "new.yaml")), 0);
	assert_int_equal(file_source_refresh_some(source, names, 1, &changed), -ENOENT);
	file_source_free(source);
}

/* Two writes within one tick of the file system's clock leave the same times and size. */
static void write_in_place_right_after_is_seen(void **state)
{
	struct place *place = *state;
	struct file_source *source;

	put_clusters(place, "1.yaml", 1, "a", NULL);
	source = open_source(place->dir);
	for (int weight = 2; weight < 10; weight++) {
		uint64_t before = file_fingerprint(place->dir);

		write_clusters(place, "1.yaml", weight, "a");
		assert_int_not_equal(file_fingerprint(place->dir), before);
		assert_true(refresh_some(source, "1.yaml"));
		assert_int_equal(weight_of(source, "a"), weight);
	}
	file_source_free(source);
}

/* The names of files, where nothing else changed. */
static void events_name_the_files_that_were_written(void **state)
{
	struct place *place = *state;
	const char *paths[] = { NULL, place->dir };
	struct file_events events = {};
	struct file_watch *watch;

	put_clusters(place, "1.yaml", 1, "a", NULL);
	assert_int_equal(file_watch_new(&watch), 0);
	assert_int_equal(file_watch_set(watch, paths, 2), 0);
	close(open(at(place, ".1.yaml"), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	write_clusters(place, "1.yaml", 2, "a");
	write_clusters(place, "1.yaml", 3, "a");
	assert_int_equal(file_watch_read(watch, &events), 0);
	assert_false(events.more);
	assert_int_equal(events.count, 1);
	assert_string_equal(events.names[0], "1.yaml");
	assert_int_equal(unlink(at(place, "1.yaml")), 0);
	assert_int_equal(file_watch_read(watch, &events), 0);
	assert_true(events.more);
	file_watch_free(watch);
}

/* File events separate files that may still be being written from complete ones. */
static void events_tell_whether_a_file_is_whole(void **state)
{
	struct place *place = *state;
	const char *paths[] = { place->dir };
	struct file_watch *watch;
	bool whole;
	int fd;

	assert_int_equal(file_watch_new(&watch), 0);
	assert_int_equal(file_watch_set(watch, paths, 1), 0);
	fd = open(at(place, "a.yaml"), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	assert_true(event_comes(watch, &whole));
	assert_false(whole); /* created, and empty */
	close(fd);
	assert_true(event_comes(watch, &whole));
	assert_true(whole);
	assert_int_equal(unlink(at(place, "a.yaml")), 0);
	assert_true(event_comes(watch, &whole));
	assert_false(whole); /* something may take its place */
	close(open(at(place, ".b.yaml"), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	assert_true(event_comes(watch, &whole));
	assert_false(whole); /* not to be read under this name */
	assert_int_equal(rename(at(place, ".b.yaml"), at(place, "b.yaml")), 0);
	assert_true(event_comes(watch, &whole));
	assert_true(whole);
	file_watch_free(watch);
}

static void swap_of_a_volume_is_one_transaction(void **state)
{
	struct place *place = *state;
	const char *paths[] = { place->dir };
	struct file_source *source;
	struct file_watch *watch;
	uint64_t signature;
	bool whole;

	put_volume(place, "..v1", 1);
	assert_int_equal(symlink("..data/1.yaml", at(place, "1.yaml")), 0);
	assert_int_equal(symlink("..data/2.yaml", at(place, "2.yaml")), 0);
	source = open_source(place->dir);
	assert_int_equal(source->assignment_count, 2);
	assert_int_equal(file_watch_new(&watch), 0);
	assert_int_equal(file_watch_set(watch, paths, 1), 0);
	signature = file_fingerprint(place->dir);
	put_volume(place, "..v2", 2);
	assert_true(event_comes(watch, &whole));
	assert_true(whole);
	assert_int_not_equal(file_fingerprint(place->dir), signature);
	assert_true(refresh(source));
	assert_int_equal(weight_of(source, "a"), 2);
	assert_int_equal(weight_of(source, "b"), 2);
	file_watch_free(watch);
	file_source_free(source);
}

static void watch_follows_a_file_through_its_link(void **state)
{
	struct place *place = *state;
	const char *path, *paths[1];
	struct file_watch *watch;
	bool whole;

	assert_int_equal(mkdir(at(place, "real"), 0755), 0);
	put_clusters(place, "real/eds.yaml", 1, "a", NULL);
	assert_int_equal(mkdir(at(place, "links"), 0755), 0);
	assert_int_equal(symlink("../real/eds.yaml", at(place, "links/eds.yaml")), 0);
	path = at(place, "links/eds.yaml");
	paths[0] = path;
	assert_int_equal(file_watch_new(&watch), 0);
	assert_int_equal(file_watch_set(watch, paths, 1), 0);
	put_clusters(place, "real/eds.yaml", 2, "a", NULL);
	assert_true(event_comes(watch, &whole));
	file_watch_free(watch);
}

static void path_may_come_into_being_later(void **state)
{
	struct place *place = *state;
	const char *paths[] = { at(place, "eds.yaml") };
	struct file_watch *watch;
	bool whole;

	assert_int_equal(file_fingerprint(paths[0]), 0);
	assert_int_equal(file_watch_new(&watch), 0);
	assert_int_equal(file_watch_set(watch, paths, 1), 0);
	put_clusters(place, "eds.yaml", 1, "a", NULL);
	assert_true(event_comes(watch, &whole));
	file_watch_free(watch);
}

/* Watching a file before reading it therefore misses no change. */
static void change_before_the_read_is_an_event_after_it(void **state)
{
	struct place *place = *state;
	struct file_source *source;
	struct file_watch *watch;
	const char *paths[1];
	char path[96];
	bool whole;

	snprintf(path, sizeof(path), "%s/eds.yaml", place->dir);
	paths[0] = path;
	put_clusters(place, "eds.yaml", 1, "a", NULL);
	assert_int_equal(file_watch_new(&watch), 0);
	assert_int_equal(file_watch_set(watch, paths, 1), 0);
	put_clusters(place, "eds.yaml", 2, "a", NULL);
	source = open_source(paths[0]);
	put_clusters(place, "eds.yaml", 3, "a", NULL);
	assert_int_equal(weight_of(source, "a"), 2);
	assert_true(event_comes(watch, &whole));
	assert_true(whole);
	assert_true(refresh(source));
	assert_int_equal(weight_of(source, "a"), 3);
	file_watch_free(watch);
	file_source_free(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_new, place_done)
		TEST(one_file_is_read_again_when_it_changes),
		TEST(file_that_is_gone_takes_its_resources_with_it),
		TEST(what_was_never_read_is_not_known),
		TEST(path_that_cannot_be_read_is_not_known),
		TEST(too_many_files_are_told),
		TEST(refused_at_first_is_not_known),
		TEST(bad_file_keeps_its_own_last_good_content),
		TEST(refused_resource_keeps_its_own_last_good_content),
		TEST(resource_of_two_files_counts_in_the_first),
		TEST(layout_is_all_but_contents),
		TEST(other_files_are_passed_over),
		TEST(swap_of_a_volume_is_one_transaction),
		TEST(events_tell_whether_a_file_is_whole),
		TEST(one_file_is_read_by_its_name),
		TEST(write_in_place_right_after_is_seen),
		TEST(events_name_the_files_that_were_written),
		TEST(watch_follows_a_file_through_its_link),
		TEST(path_may_come_into_being_later),
		TEST(change_before_the_read_is_an_event_after_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
