/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where assignments come from: files, a control plane, or nowhere. */
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ads_source.h"
#include "arena.h"
#include "file_fingerprint.h"
#include "file_source.h"
#include "monotonic.h"
#include "text.h"

struct source {
	struct event_base *base;
	source_notify notify;
	void *arg;
	struct file_source *files; /* NULL: not from files */
	struct ads_source *ads;    /* NULL: not from a control plane */
	uint64_t fingerprint;      /* of the files' path, when it was last read whole */
	uint64_t failures;         /* streams that ended, at the last call of `notify` */
	uint64_t followed;         /* the version last requested; 0: none */
	int64_t wait_end_ms;       /* of the first wait for the control plane */
	bool answered;             /* this source or one before it */
};

static void on_ads(void *arg, bool contents)
{
	struct source *source = arg;
	uint64_t failures = ads_source_failures(source->ads);
	bool failed = failures != source->failures;

	source->failures = failures;
	source->notify(source->arg, contents, failed);
}

int source_new(struct event_base *base, source_notify notify, void *arg, struct source **ret)
{
	struct source *source = calloc(1, sizeof(*source));

	if (!source)
		return -ENOMEM;
	*source = (struct source){ .base = base, .notify = notify, .arg = arg };
	*ret = source;
	return 0;
}

static void drop(struct source *source)
{
	file_source_free(source->files);
	ads_source_free(source->ads);
	source->files = NULL;
	source->ads = NULL;
	source->fingerprint = source->failures = source->followed = 0;
}

void source_free(struct source *source)
{
	if (!source)
		return;
	drop(source);
	free(source);
}

static bool fits(const struct source *source, const struct config *config)
{
	if (config->ads.enabled)
		return source->ads && ads_source_fits(source->ads, config);
	return !source->ads && text_equal(source_watch_path(source), config->eds_path);
}

int source_use(struct source *source, struct config *config)
{
	struct file_source *files = NULL;
	struct ads_source *ads = NULL;
	int err = 0;

	if (fits(source, config))
		return 0;
	if (config->ads.enabled)
		err = ads_source_new(source->base, config, on_ads, source, &ads);
	else if (config->eds_path)
		err = file_source_new(config->eds_path, &files);
	if (err)
		return err;
	drop(source);
	source->wait_end_ms = clock_monotonic_ms() +
			      (int64_t)config->ads.initial_fetch_seconds * 1000;
	source->files = files;
	source->ads = ads;
	return 0;
}

int source_follow(struct source *source, const struct config *config, uint64_t version)
{
	int err;

	if (!source->ads || source->followed == version)
		return 0;
	err = ads_source_follow(source->ads, config);
	source->followed = err ? 0 : version;
	return err;
}

const char *source_watch_path(const struct source *source)
{
	return source->files ? source->files->path : NULL;
}

static int read_whole(struct source *source, enum source_read which, bool *ret_changed)
{
	uint64_t fingerprint = file_fingerprint(source->files->path);
	int err;

	if (which == SOURCE_READ_CHANGED && fingerprint && fingerprint == source->fingerprint)
		return 0;
	err = file_source_refresh(source->files, ret_changed);
	source->fingerprint = err ? 0 : fingerprint;
	return err;
}

int source_read(struct source *source, enum source_read which, const struct file_events *events,
		bool *ret_changed)
{
	bool changed = false;
	int err = -ENOENT;

	if (!source->files)
		return 0;
	if (which == SOURCE_READ_CHANGED && events && !events->more)
		err = file_source_refresh_some(source->files, events->names, events->count,
					       &changed);
	if (err == -ENOENT)
		err = read_whole(source, which, &changed);
	*ret_changed |= changed;
	return err;
}

int source_refresh(struct source *source)
{
	return source->ads ? ads_source_refresh(source->ads) : 0;
}

/* ------------------------------------------------------------------ assignments held */

struct assignment_list source_list(const struct source *source)
{
	if (source->ads)
		return ads_source_list(source->ads);
	return source->files ? file_source_list(source->files) : (struct assignment_list){};
}

struct cluster_list source_clusters(const struct source *source)
{
	if (source->ads)
		return ads_source_clusters(source->ads);
	return source->files ? file_source_clusters(source->files) :
			       (struct cluster_list){ .complete = true };
}

static bool answers(const struct source *source)
{
	if (source->ads)
		return clock_monotonic_ms() >= source->wait_end_ms ||
		       ads_source_clusters(source->ads).complete;
	return !source->files || source->files->read;
}

bool source_has_answered(struct source *source)
{
	source->answered |= answers(source);
	return source->answered;
}

uint64_t source_layout(const struct source *source)
{
	if (source->ads)
		return ads_source_layout(source->ads);
	return source->files ? source->files->layout : 0;
}

bool source_names_vips(const struct source *source)
{
	return source->ads && ads_source_names_vips(source->ads);
}

int source_vip_input(const struct source *source, struct arena *arena, struct vip_input *ret)
{
	if (source_names_vips(source))
		return ads_source_vip_input(source->ads, arena, ret);
	*ret = (struct vip_input){};
	return 0;
}

/* ------------------------------------------------------------------ status */

static int file_status(const struct file_entry *entry, struct arena *arena,
		       struct source_file_status *ret)
{
	char *problem = file_entry_problem(entry);

	*ret = (struct source_file_status){
		.name = entry->name, .resources = entry->resource_count,
		.problem = problem ? arena_strdup(arena, problem) : NULL,
	};
	free(problem);
	return problem && !ret->problem ? -ENOMEM : 0;
}

static int files_status(const struct file_source *files, struct arena *arena,
			struct source_status *ret)
{
	int err = 0;

	ret->path = files->path;
	ret->problem = files->problem;
	ret->files = arena_array(arena, files->file_count + 1, sizeof(*ret->files));
	if (!ret->files)
		return -ENOMEM;
	ret->file_count = files->file_count;
	for (size_t i = 0; !err && i < files->file_count; i++)
		err = file_status(&files->files[i], arena, &ret->files[i]);
	return err;
}

int source_status(const struct source *source, struct arena *arena, struct source_status *ret)
{
	*ret = (struct source_status){
		.kind = source->ads   ? SOURCE_ADS :
			source->files ? SOURCE_FILES :
					SOURCE_NONE,
		.now_ms = clock_monotonic_ms(),
	};
	if (source->ads)
		return ads_source_status(source->ads, arena, ret);
	return source->files ? files_status(source->files, arena, ret) : 0;
}

static int visit_file(const struct file_entry *entry, source_problem visit, void *arg)
{
	char *problem = file_entry_problem(entry);
	int err = problem ? visit(arg, problem) : 0;

	free(problem);
	return err;
}

static int visit_files(const struct file_source *files, source_problem visit, void *arg)
{
	int err = files->problem ? visit(arg, files->problem) : 0;

	for (size_t i = 0; !err && i < files->file_count; i++)
		err = visit_file(&files->files[i], visit, arg);
	return err;
}

int source_each_problem(const struct source *source, source_problem visit, void *arg)
{
	if (source->ads)
		return ads_source_each_problem(source->ads, visit, arg);
	return source->files ? visit_files(source->files, visit, arg) : 0;
}
