/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A chained CNI plugin: a pod starts only after the programs are attached to its interface, or after the
 * agent has shown that the interface is none of its own. It changes nothing. Statically linked, since
 * it runs on the node. CNI specification 1.1.0, sections 2 and 4. */
#include <arpa/inet.h>
#include <jansson.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PIN_DIR "/sys/fs/bpf/parallax"
#define ADMIN_PORT 15100
#define WAIT_SECONDS 30
#define GRACE_NS 2000000000ll /* an agent that runs attaches within milliseconds */
#define POLL_US 20000

/* Error codes of the specification. */
#define CODE_DECODE 6
#define CODE_CONFIG 7
#define CODE_LATER 11

static const char *version = "1.0.0";

static int fail(int code, const char *message)
{
	json_t *error = json_pack("{s:s,s:i,s:s}", "cniVersion", version, "code", code, "msg", message);

	json_dumpf(error, stdout, JSON_COMPACT);
	json_decref(error);
	return 1;
}

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* ------------------------------------------------------------------ what is waited for */

/* Both hooks, as links or as filters: see user/kernel/links.c. */
static bool has_hooks(const char *pin_dir, unsigned int ifindex)
{
	static const char *const hooks[] = { "from_pod", "to_pod" };
	char path[2][512];
	int found = 0;

	for (int i = 0; i < 2; i++) {
		snprintf(path[0], sizeof(path[0]), "%s/link_%u_%s", pin_dir, ifindex, hooks[i]);
		snprintf(path[1], sizeof(path[1]), "%s/filter_%u_%s", pin_dir, ifindex, hooks[i]);
		found += !access(path[0], F_OK) || !access(path[1], F_OK);
	}
	return found == 2;
}

/* Interfaces without a sandbox are the node's ends. */
static bool is_attached(const char *pin_dir, const json_t *result)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(result, "interfaces"), i, item) {
		const char *name = json_string_value(json_object_get(item, "name"));
		const char *sandbox = json_string_value(json_object_get(item, "sandbox"));
		unsigned int ifindex = name && !(sandbox && *sandbox) ? if_nametoindex(name) : 0;

		if (ifindex && has_hooks(pin_dir, ifindex))
			return true;
	}
	return false;
}

/* The agent opens its pages after it has attached its programs. */
static bool agent_answers(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool answers = fd >= 0 && !connect(fd, (struct sockaddr *)&to, sizeof(to));

	if (fd >= 0)
		close(fd);
	return answers;
}

/* Returns false if neither has happened in time. */
static bool wait_attached(const char *pin_dir, int port, int seconds, const json_t *result)
{
	long long end = now_ns() + seconds * 1000000000ll, answered = 0;

	for (; now_ns() < end; usleep(POLL_US)) {
		if (is_attached(pin_dir, result))
			return true;
		if (!answered && agent_answers(port))
			answered = now_ns();
		if (answered && now_ns() - answered > GRACE_NS)
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------ commands */

static int add(const json_t *config)
{
	const json_t *result = json_object_get(config, "prevResult");
	const char *pin_dir = PIN_DIR;
	int port = ADMIN_PORT, seconds = WAIT_SECONDS;

	if (!json_is_object(result))
		return fail(CODE_CONFIG, "parallax-cni must come after another plugin");
	if (json_unpack((json_t *)config, "{s?s,s?i,s?i}", "pinDir", &pin_dir, "adminPort", &port,
			"waitSeconds", &seconds))
		return fail(CODE_CONFIG,
			    "pinDir must be a string, adminPort and waitSeconds numbers");
	if (!wait_attached(pin_dir, port, seconds, result))
		return fail(CODE_LATER,
			    "no agent of Parallax runs on this node: the pod would not reach "
			    "virtual IPs");
	json_dumpf(result, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
	return 0;
}

static int print_versions(void)
{
	printf("{\"cniVersion\":\"%s\",\"supportedVersions\":"
	       "[\"0.3.0\",\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\"]}",
	       version);
	return 0;
}

int main(void)
{
	const char *command = getenv("CNI_COMMAND");
	json_t *config = json_loadf(stdin, 0, NULL);

	if (!command || !json_is_object(config))
		return fail(CODE_DECODE, "CNI_COMMAND and a configuration are needed");
	if (json_is_string(json_object_get(config, "cniVersion")))
		version = json_string_value(json_object_get(config, "cniVersion"));
	if (!strcmp(command, "VERSION"))
		return print_versions();
	return strcmp(command, "ADD") ? 0 : add(config);
}
