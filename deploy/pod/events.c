/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallax-pod events: problems of the agent as Events of Kubernetes.
 *
 * A process beside the agent, so that the API server can neither hold the agent up nor be reached with its
 * rights: it alone has a token, which may create Events in this namespace and nothing else. A problem is
 * reported once, when it has stood for two looks; at most EVENTS_AT_ONCE in a burst and one in
 * EVENT_SECONDS after that. Those that wait are reported later, if they still stand. */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pod.h"

#define PROBLEMS_MAX 64
#define EVENTS_AT_ONCE 10
#define EVENT_SECONDS 60
#define LOOKS 2      /* before a problem is reported */
#define SILENT 6     /* looks without an answer before that is a problem */
#define MESSAGE_MAX 1024 /* bytes that the API server accepts */

struct standing {
	char *reason, *message;
	unsigned int looks;
	bool now, reported;
};

static struct {
	struct standing problems[PROBLEMS_MAX];
	size_t count;
	unsigned int silent; /* looks */
	bool reported;       /* something that is not over yet */
	double tokens;       /* events that may be sent */
	time_t filled;
} state = { .tokens = EVENTS_AT_ONCE };

/* ------------------------------------------------------------------ events */

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static json_t *event_object(const char *type, const char *reason, const char *message)
{
	time_t now = time(NULL);
	struct tm utc;
	char at[32];

	gmtime_r(&now, &utc);
	strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return json_pack("{s:s,s:s,s:{s:s,s:s},s:{s:s,s:s,s:s,s:s,s:s},s:s,s:s,s:s,s:{s:s,s:s},"
			 "s:s,s:s,s:i,s:s,s:s}",
			 "apiVersion", "v1", "kind", "Event",
			 "metadata", "generateName", "parallax-", "namespace", variable("POD_NAMESPACE"),
			 "involvedObject", "apiVersion", "v1", "kind", "Pod", "name",
			 variable("POD_NAME"), "namespace", variable("POD_NAMESPACE"), "uid",
			 variable("POD_UID"),
			 "type", type, "reason", reason, "message", message,
			 "source", "component", "parallaxd", "host", variable("NODE_NAME"),
			 "firstTimestamp", at, "lastTimestamp", at, "count", 1,
			 "reportingComponent", "parallaxd", "reportingInstance", variable("POD_NAME"));
}

static int send_event(const char *type, const char *reason, const char *message)
{
	json_t *object = event_object(type, reason, message);
	char *body = object ? json_dumps(object, JSON_COMPACT) : NULL;
	char path[512];
	int err = -1;

	snprintf(path, sizeof(path), "/api/v1/namespaces/%s/events", variable("POD_NAMESPACE"));
	if (body)
		err = api_post(path, body);
	if (!err)
		printf("%s %s: %s\n", type, reason, message);
	free(body);
	json_decref(object);
	return err;
}

static bool may_send(void)
{
	time_t now = time(NULL);

	if (state.filled)
		state.tokens += (double)(now - state.filled) / EVENT_SECONDS;
	if (state.tokens > EVENTS_AT_ONCE)
		state.tokens = EVENTS_AT_ONCE;
	state.filled = now;
	return state.tokens >= 1;
}

/* ------------------------------------------------------------------ problems */

static struct standing *find(const char *reason, const char *message)
{
	for (size_t i = 0; i < state.count; i++)
		if (!strcmp(state.problems[i].reason, reason) &&
		    !strcmp(state.problems[i].message, message))
			return &state.problems[i];
	return NULL;
}

/* The beginning of a message, of whole characters. */
static void cut(const char *message, char text[MESSAGE_MAX])
{
	size_t length = strnlen(message, MESSAGE_MAX - 1);

	while (message[length] && length && ((unsigned char)message[length] & 0xc0) == 0x80)
		length--;
	memcpy(text, message, length);
	text[length] = '\0';
}

/* Further problems than there is room for are in the agent's log and status. */
static void meet(const char *reason, const char *message)
{
	char text[MESSAGE_MAX];
	struct standing *problem;

	cut(message, text);
	problem = find(reason, text);
	if (!problem && state.count < PROBLEMS_MAX) {
		problem = &state.problems[state.count++];
		*problem = (struct standing){ .reason = strdup(reason), .message = strdup(text) };
		if (!problem->reason || !problem->message)
			abort();
	}
	if (!problem)
		return;
	problem->now = true;
	problem->looks++;
}

static void forget_past(void)
{
	size_t kept = 0;

	for (size_t i = 0; i < state.count; i++) {
		if (state.problems[i].now) {
			state.problems[kept++] = state.problems[i];
			continue;
		}
		free(state.problems[i].reason);
		free(state.problems[i].message);
	}
	state.count = kept;
}

static void report(void)
{
	for (size_t i = 0; i < state.count && may_send(); i++) {
		struct standing *problem = &state.problems[i];

		if (problem->reported || problem->looks < LOOKS)
			continue;
		state.tokens--;
		problem->reported = !send_event("Warning", problem->reason, problem->message);
		state.reported |= problem->reported;
	}
	if (!state.count && state.reported)
		state.reported = send_event("Normal", "ProblemsOver", "All problems are over.");
}

/* ------------------------------------------------------------------ looks */

/* Returns a list to be freed; NULL without an answer. */
static json_t *ask_agent(const char *port)
{
	size_t length = 0;
	char *body = http_get("127.0.0.1", port, "/problems", &length);
	json_t *list = body ? json_loadb(body, length, 0, NULL) : NULL;

	free(body);
	return list;
}

static void look(const char *port)
{
	json_t *list = ask_agent(port), *item;
	const char *reason, *message;
	size_t i;

	state.silent = list ? 0 : state.silent + 1;
	if (!list && state.silent < SILENT)
		return; /* as at a restart: what was known stands */
	for (i = 0; i < state.count; i++)
		state.problems[i].now = false;
	json_array_foreach(list, i, item)
		if (!json_unpack(item, "{s:s,s:s}", "reason", &reason, "message", &message))
			meet(reason, message);
	if (!list)
		meet("AgentSilent", "The agent does not answer; the pinned data plane serves on.");
	json_decref(list);
	forget_past();
	report();
}

int pod_events(const char *port, unsigned int seconds)
{
	if (!*variable("POD_NAMESPACE") || !*variable("POD_NAME")) {
		fprintf(stderr, "parallax-pod: POD_NAMESPACE and POD_NAME are required\n");
		return 2;
	}
	for (;; sleep(seconds ? seconds : 1))
		look(port);
}
