/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallax-pod await: until each pod of a DaemonSet is ready. */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pod.h"

#define NAMESPACE_FILE "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
#define INTERVAL_SECONDS 1

struct rollout {
	json_int_t generation, observed, desired, ready;
};

static int read_namespace(char *name, size_t size)
{
	FILE *file = fopen(NAMESPACE_FILE, "re");
	bool found = file && fgets(name, (int)size, file);

	if (file)
		fclose(file);
	if (!found)
		fprintf(stderr, "parallax-pod: cannot read " NAMESPACE_FILE "\n");
	return found ? 0 : -1;
}

static int read_rollout(const char *path, struct rollout *ret)
{
	size_t length = 0;
	char *body = api_get(path, &length);
	json_t *object = body ? json_loadb(body, length, 0, NULL) : NULL;
	int err = !object || json_unpack(object, "{s:{s:I},s:{s?I,s:I,s:I}}",
					 "metadata", "generation", &ret->generation,
					 "status", "observedGeneration", &ret->observed,
					 "desiredNumberScheduled", &ret->desired,
					 "numberReady", &ret->ready);

	json_decref(object);
	free(body);
	return err ? -1 : 0;
}

static bool is_complete(const struct rollout *rollout)
{
	return rollout->observed >= rollout->generation && rollout->ready >= rollout->desired;
}

int pod_await(const char *daemonset)
{
	char space[256], path[1024];
	json_int_t shown = -1;

	if (read_namespace(space, sizeof(space)))
		return 1;
	snprintf(path, sizeof(path), "/apis/apps/v1/namespaces/%.*s/daemonsets/%s",
		 (int)strcspn(space, "\n"), space, daemonset);
	for (;; sleep(INTERVAL_SECONDS)) {
		struct rollout rollout = {};

		if (read_rollout(path, &rollout))
			continue;
		if (rollout.ready != shown)
			printf("%s: %lld of %lld nodes\n", daemonset, (long long)rollout.ready,
			       (long long)rollout.desired);
		shown = rollout.ready;
		if (is_complete(&rollout))
			return 0;
	}
}
