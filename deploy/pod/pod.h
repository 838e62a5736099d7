/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallax-pod: what the chart's pods do beside the agent. Each verb returns an exit status. */
#ifndef POD_H
#define POD_H

#include <stddef.h>

#define POD_CTL "/usr/sbin/parallaxctl"

/* Mounts a BPF file system on a directory, unless one is mounted there. */
int pod_mount_bpffs(const char *directory);

/* Shows the open connections of this node, then removes the data plane as soon as no agent runs, and the
 * CNI plugin from these directories, unless they are NULL. -1: an agent still ran after these seconds. */
int pod_clean_up(const char *configurations, const char *programs, unsigned int seconds);

/* Until SIGTERM: keeps the chained CNI plugin in the directory of the node's plugins, and its entry, made of
 * `settings` (a JSON object), at the end of the list of plugins. Leaves both. */
int pod_keep_cni(const char *configurations, const char *programs, const char *settings);

/* Removes both. */
int pod_remove_cni(const char *configurations, const char *programs);

/* Prints what an "upgrade" or an "uninstall" does to open connections. */
int pod_announce(const char *event);

/* Waits until every pod of a DaemonSet in this pod's namespace is ready. */
int pod_await(const char *daemonset);

/* Reports what the agent's page /problems lists as Events on this pod, until it is ended. `port` is of the
 * agent's admin server, `seconds` the time between two looks. */
int pod_events(const char *port, unsigned int seconds);

/* The body of the API server's answer to GET path, to be freed; NULL after an error message. */
char *api_get(const char *path, size_t *ret_length);
/* POST of a JSON object. Returns 0 if it was accepted; -1 after an error message. */
int api_post(const char *path, const char *body);
/* As api_get(), by plain HTTP from another server. */
char *http_get(const char *host, const char *port, const char *path, size_t *ret_length);

#endif
