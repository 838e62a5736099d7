/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The verbs of parallax-pod. The image has no shell, so the chart's pods call these. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pod.h"

static int usage(FILE *out)
{
	fputs("usage: parallax-pod VERB\n"
	      "  mount-bpffs DIRECTORY  mount a BPF file system, unless one is mounted there\n"
	      "  announce EVENT         print what an upgrade or uninstall does to open connections\n"
	      "  clean-up [CONF BIN [SECONDS]]\n"
	      "                         remove the data plane of this node once its agent has left, in\n"
	      "                         300 seconds at most, and the CNI plugin from these directories\n"
	      "  keep-cni CONF BIN JSON keep the CNI plugin in these directories, until SIGTERM\n"
	      "  remove-cni CONF BIN    remove it from them\n"
	      "  await DAEMONSET        wait until each pod of a DaemonSet is ready\n"
	      "  events PORT [SECONDS]  report problems of the agent, admin port PORT, as Events\n"
	      "  hold                   run until SIGTERM\n",
	      out);
	return out == stdout ? 0 : 2;
}

/* Process 1 of a container gets no default action for signals, hence sigwait(). */
static int hold(void)
{
	sigset_t signals;
	int signal_number;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return sigwait(&signals, &signal_number) != 0;
}

/* A container that gave up must neither count as ready nor be started again. */
static int clean_up(const char *configurations, const char *programs, const char *seconds)
{
	if (!pod_clean_up(configurations, programs, (unsigned int)atoi(seconds)))
		return 0;
	hold();
	return 1;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	const char *argument = argc > 2 ? argv[2] : NULL;
	const char *second = argc > 3 ? argv[3] : NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(verb, "--help"))
		return usage(stdout);
	if (!strcmp(verb, "mount-bpffs") && argument)
		return pod_mount_bpffs(argument);
	if (!strcmp(verb, "await") && argument)
		return pod_await(argument);
	if (!strcmp(verb, "announce") && argument)
		return pod_announce(argument);
	if (!strcmp(verb, "events") && argument)
		return pod_events(argument, second ? (unsigned int)atoi(second) : 10);
	if (!strcmp(verb, "clean-up") && !argument == !second)
		return clean_up(argument, second, argc > 4 ? argv[4] : "300");
	if (!strcmp(verb, "keep-cni") && argc == 5)
		return pod_keep_cni(argument, second, argv[4]);
	if (!strcmp(verb, "remove-cni") && argc == 4)
		return pod_remove_cni(argument, second);
	if (!strcmp(verb, "hold") && !argument)
		return hold();
	return usage(stderr);
}
