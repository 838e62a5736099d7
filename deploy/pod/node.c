/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What parallax-pod does on a node: mount the BPF file system, remove the data plane. */
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pod.h"

#define RETRY_SECONDS 2

static int failed(const char *action, const char *object)
{
	fprintf(stderr, "parallax-pod: cannot %s %s: %s\n", action, object, strerror(errno));
	return 1;
}

int pod_mount_bpffs(const char *directory)
{
	struct statfs found;

	if (statfs(directory, &found))
		return failed("look at", directory);
	if (found.f_type == BPF_FS_MAGIC) {
		printf("a BPF file system is mounted on %s\n", directory);
		return 0;
	}
	if (mount("bpf", directory, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=700"))
		return failed("mount a BPF file system on", directory);
	printf("mounted a BPF file system on %s\n", directory);
	return 0;
}

/* parallaxctl VERB: its exit status, or -1. */
static int run_ctl(const char *verb)
{
	int status;
	pid_t child = fork();

	if (child < 0)
		return -1;
	if (child == 0) {
		execl(POD_CTL, POD_CTL, verb, (char *)NULL);
		_exit(127);
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static const char before_upgrade[] =
	"The agents restart, one node at a time.\n"
	"Open connections go on: the data plane works while no agent runs, and the next agent takes it over,\n"
	"with all flows, also if its layout or its limits differ.\n"
	"Pods that are to start on a node in the seconds without an agent wait for the next one.\n";

static const char before_uninstall[] =
	"Parallax is being removed from every node.\n"
	"These open connections end: all that pods opened to a virtual IP which Parallax served, in this "
	"cluster and through its gateways.\n"
	"These go on: connections to pod addresses, and whatever kube-proxy or the CNI carries.\n"
	"From now on a virtual IP reaches what kube-proxy knows: the pods of this cluster.\n";

int pod_announce(const char *event)
{
	if (!strcmp(event, "upgrade"))
		fputs(before_upgrade, stdout);
	else if (!strcmp(event, "uninstall"))
		fputs(before_uninstall, stdout);
	else
		return 2;
	return 0;
}

static time_t now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Removes the data plane once its agent has left. One that stays for longer is another release's: if this went
 * on, it would take that one's data plane away at its next restart. */
static int uninstall_within(unsigned int seconds)
{
	time_t end = now_seconds() + seconds;

	while (run_ctl("uninstall") != 0) {
		if (now_seconds() >= end)
			return -1;
		sleep(RETRY_SECONDS);
	}
	return 0;
}

/* Before, so that pods need not wait for an agent any more, and again after the agent's pod, which keeps
 * the plugin, has left. */
int pod_clean_up(const char *configurations, const char *programs, unsigned int seconds)
{
	puts("Connections open on this node, which end now:");
	if (run_ctl("flows") != 0)
		puts("none can be read: nothing is pinned here");
	if (configurations)
		pod_remove_cni(configurations, programs);
	if (uninstall_within(seconds)) {
		printf("given up after %u s: the data plane stays. Delete this pod to try again\n", seconds);
		return -1;
	}
	while (configurations && pod_remove_cni(configurations, programs))
		sleep(RETRY_SECONDS);
	return 0;
}
