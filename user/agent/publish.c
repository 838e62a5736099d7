/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The agent's status, written into its map: one record for the agent, one for each service whose status
 * changed. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "agent.h"
#include "clock.h"
#include "log.h"
#include "parallax_abi.h"
#include "problems.h"
#include "status.h"
#include "status_json.h"
#include "status_map.h"

/* To publish thousands of services takes longer than an update, which must not wait for it: after a run the
 * next waits this many times longer than the run took. */
#define PUBLISH_REST 3

/* ------------------------------------------------------------------ records */

#define EVICTED_MAX 64

/* 0 is the agent's own. */
static uint64_t record_of(const struct service_key *key)
{
	uint64_t hash = service_key_hash(key);

	return hash == STATUS_AGENT ? 1 : hash;
}

static int write_record(struct agent *agent, uint64_t record, json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	int err = text ? status_map_write(dataplane_fds(agent->kernel.dataplane).status, record, text,
					  strlen(text)) : -ENOMEM;

	free(text);
	json_decref(json);
	return err;
}

static void write_services(struct agent *agent)
{
	const struct service_rows *rows = &agent->reconciler.generation.rows;

	agent->publisher.omitted = 0;
	agent->publisher.failed = false;
	for (size_t i = 0; i < rows->count; i++) {
		struct service_status *status = rows->items[i].status;
		int err;

		if (!status || status->published)
			continue;
		err = write_record(agent, record_of(&rows->items[i].key),
				   status_service_json(&rows->items[i].key, status));
		status->published = !err;
		agent->publisher.omitted += !!err;
		agent->publisher.failed |= err && err != -E2BIG;
	}
}

static int compare_records(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

static uint64_t *list_records(const struct service_rows *rows, size_t *ret_count)
{
	uint64_t *records = malloc((rows->count + 1) * sizeof(*records));
	size_t count = 0;

	for (size_t i = 0; records && i < rows->count; i++)
		if (rows->items[i].status)
			records[count++] = record_of(&rows->items[i].key);
	if (count)
		qsort(records, count, sizeof(*records), compare_records);
	*ret_count = count;
	return records;
}

/* Deletes records that no row has any more. */
static void delete_services(struct agent *agent)
{
	struct publisher *publisher = &agent->publisher;
	size_t count;
	uint64_t *records = list_records(&agent->reconciler.generation.rows, &count);

	if (!records)
		return;
	for (size_t i = 0; i < publisher->record_count; i++)
		if (!bsearch(&publisher->records[i], records, count, sizeof(*records),
			     compare_records))
			status_map_delete(dataplane_fds(agent->kernel.dataplane).status,
					  publisher->records[i]);
	free(publisher->records);
	publisher->records = records;
	publisher->record_count = count;
	publisher->all = false;
}

/* ------------------------------------------------------------------ all of it */

static int write_agent(struct agent *agent)
{
	struct status_scratch scratch = {};
	struct agent_status status;
	int err = status_collect(agent, &scratch, &status);

	if (!err)
		err = write_record(agent, STATUS_AGENT, status_agent_json(&status));
	status_done(&scratch);
	return err;
}

/* In a full map the agent's own text goes first: without it no other is shown. Returns whether there is
 * room again. */
static bool evict_services(struct agent *agent)
{
	const struct service_rows *rows = &agent->reconciler.generation.rows;
	size_t before = agent->publisher.omitted;

	for (size_t i = rows->count; i-- > 0 && agent->publisher.omitted - before < EVICTED_MAX;) {
		struct service_status *status = rows->items[i].status;

		if (!status || !status->published)
			continue;
		status_map_delete(dataplane_fds(agent->kernel.dataplane).status,
				  record_of(&rows->items[i].key));
		status->published = false;
		agent->publisher.omitted++;
	}
	return agent->publisher.omitted > before;
}

static void write_all(struct agent *agent)
{
	int err;

	if (agent->publisher.all)
		delete_services(agent);
	write_services(agent);
	do
		err = write_agent(agent);
	while (err == -E2BIG && evict_services(agent));
	if (err)
		log_warn("the status cannot be published: %s", strerror(-err));
	agent->publisher.failed |= err;
}

void publish(struct agent *agent)
{
	uint64_t start = clock_monotonic_ns(), end;

	agent->publisher.scheduled = false;
	write_all(agent);
	problems_log(agent);
	malloc_trim(0);
	end = clock_monotonic_ns();
	agent->publisher.rest_ns = end + (end - start) * PUBLISH_REST;
}

/* ------------------------------------------------------------------ when */

static void on_publish(evutil_socket_t fd, short what, void *arg)
{
	publish(arg);
}

void publish_soon(struct agent *agent)
{
	struct publisher *publisher = &agent->publisher;
	uint64_t now = clock_monotonic_ns();
	uint64_t wait_us = publisher->rest_ns > now ? (publisher->rest_ns - now) / 1000 : 0;
	const struct timeval wait = { (time_t)(wait_us / 1000000),
				      (suseconds_t)(wait_us % 1000000) };

	if (publisher->scheduled)
		return;
	publisher->scheduled = true;
	if (wait_us)
		evtimer_add(publisher->event, &wait);
	else
		event_active(publisher->event, EV_TIMEOUT,
			     0); /* before other events are polled for */
}

/* ------------------------------------------------------------------ start and stop */

/* Records of an agent before are deleted once the first generation is published. */
int publish_open(struct agent *agent)
{
	struct publisher *publisher = &agent->publisher;
	struct status_texts texts;
	int err = status_map_list(dataplane_fds(agent->kernel.dataplane).status, &texts);

	if (err)
		return err;
	publisher->event = evtimer_new(agent->base, on_publish, agent);
	publisher->records = calloc(texts.count + 1, sizeof(*publisher->records));
	for (size_t i = 0; publisher->records && i < texts.count; i++)
		if (texts.items[i].record != STATUS_AGENT)
			publisher->records[publisher->record_count++] = texts.items[i].record;
	publisher->all = true;
	status_texts_done(&texts);
	return publisher->event && publisher->records ? 0 : -ENOMEM;
}

void publish_done(struct agent *agent)
{
	if (agent->publisher.event)
		event_free(agent->publisher.event);
	free(agent->publisher.records);
}
