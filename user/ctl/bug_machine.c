/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of a bug report that no verb shows. */
#include "bug_machine.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "array.h"

#define FILE_MAX (1u << 20)

/* A file of /proc or /sys under its name, FILE_MAX bytes at most. */
static void write_file(const char *path, FILE *out)
{
	FILE *file = fopen(path, "re");
	char buf[4096];
	size_t length, sum = 0;

	fprintf(out, "--- %s\n", path);
	if (!file) {
		fprintf(out, "%s\n", strerror(errno));
		return;
	}
	while (sum < FILE_MAX && (length = fread(buf, 1, sizeof(buf), file)) > 0) {
		fwrite(buf, 1, length, out);
		sum += length;
	}
	fclose(file);
}

/* "path: value" of a file of one line. */
static void write_line(const char *path, FILE *out)
{
	char line[256] = "";
	FILE *file = fopen(path, "re");

	if (!file || !fgets(line, sizeof(line), file))
		snprintf(line, sizeof(line), "(%s)", strerror(errno));
	line[strcspn(line, "\n")] = '\0';
	fprintf(out, "%s: %s\n", path, line);
	if (file)
		fclose(file);
}

void bug_write_kernel(FILE *out)
{
	static const char *const lines[] = {
		"/proc/sys/net/ipv4/ip_forward",
		"/proc/sys/net/ipv4/conf/all/rp_filter",
		"/proc/sys/net/ipv4/conf/default/rp_filter",
		"/proc/sys/net/core/bpf_jit_enable",
		"/proc/sys/net/core/bpf_jit_harden",
		"/proc/sys/kernel/unprivileged_bpf_disabled",
		"/proc/sys/kernel/bpf_stats_enabled",
		"/proc/sys/net/netfilter/nf_conntrack_count",
		"/proc/sys/net/netfilter/nf_conntrack_max",
		"/proc/loadavg",
		"/proc/uptime",
	};
	struct utsname name;

	if (!uname(&name))
		fprintf(out, "%s %s %s %s\n", name.sysname, name.release, name.version,
			name.machine);
	fprintf(out, "BTF: %s\n",
		access("/sys/kernel/btf/vmlinux", R_OK) ? strerror(errno) : "there");
	for (size_t i = 0; i < COUNT(lines); i++)
		write_line(lines[i], out);
	write_file("/etc/os-release", out);
	write_file("/proc/meminfo", out);
	write_file("/proc/stat", out);
}

static void write_namespace(FILE *out)
{
	char name[64];
	ssize_t length = readlink("/proc/self/ns/net", name, sizeof(name) - 1);

	name[length > 0 ? length : 0] = '\0';
	fprintf(out, "network namespace: %s\n", name);
}

static void write_address(const struct ifaddrs *item, FILE *out)
{
	int family = item->ifa_addr ? item->ifa_addr->sa_family : AF_UNSPEC;
	char address[NI_MAXHOST];
	socklen_t length;

	if (family != AF_INET && family != AF_INET6)
		return;
	length = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	if (!getnameinfo(item->ifa_addr, length, address, sizeof(address), NULL, 0, NI_NUMERICHOST))
		fprintf(out, "%s: %s\n", item->ifa_name, address);
}

static void write_addresses(FILE *out)
{
	struct ifaddrs *list, *item;

	if (getifaddrs(&list))
		return;
	for (item = list; item; item = item->ifa_next)
		write_address(item, out);
	freeifaddrs(list);
}

static void write_interfaces(FILE *out)
{
	static const char *const files[] = { "mtu", "ifindex", "operstate", "type" };
	struct if_nameindex *names = if_nameindex();
	char path[128];

	for (size_t i = 0; names && names[i].if_index; i++)
		for (size_t j = 0; j < COUNT(files); j++) {
			snprintf(path, sizeof(path), "/sys/class/net/%s/%s", names[i].if_name,
				 files[j]);
			write_line(path, out);
		}
	if (names)
		if_freenameindex(names);
}

void bug_write_network(FILE *out)
{
	static const char *const files[] = { "dev", "route", "arp", "udp", "softnet_stat", "snmp" };
	char path[64];

	write_namespace(out);
	write_addresses(out);
	write_interfaces(out);
	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(path, sizeof(path), "/proc/self/net/%s", files[i]);
		write_file(path, out);
	}
}

/* Of all its variables only those that are ours may be shown. */
static void write_environment(pid_t pid, FILE *out)
{
	char path[64], *item = NULL;
	size_t room = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	fprintf(out, "--- %s, PARALLAX_ alone\n", path);
	file = fopen(path, "re");
	if (!file) {
		fprintf(out, "%s\n", strerror(errno));
		return;
	}
	while (getdelim(&item, &room, '\0', file) > 0)
		if (!strncmp(item, "PARALLAX_", 9))
			fprintf(out, "%s\n", item);
	free(item);
	fclose(file);
}

void bug_write_agent(pid_t pid, FILE *out)
{
	static const char *const files[] = { "status", "limits", "stat", "cgroup", "sched" };
	char path[64];

	if (pid <= 0) {
		fprintf(out, "no agent holds the pin directory\n");
		return;
	}
	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, files[i]);
		write_file(path, out);
	}
	write_environment(pid, out);
}

void bug_write_journal(FILE *out)
{
	static const char command[] = "journalctl --unit parallaxd --lines 2000 --no-pager "
				      "--output short-iso 2>&1";
	char buf[4096];
	size_t length;
	FILE *pipe;

	if (access("/run/systemd/system", F_OK)) {
		fprintf(out, "systemd does not run here; in Kubernetes see the log of the pod\n");
		return;
	}
	pipe = popen(command, "re");
	if (!pipe) {
		fprintf(out, "%s\n", strerror(errno));
		return;
	}
	while ((length = fread(buf, 1, sizeof(buf), pipe)) > 0)
		fwrite(buf, 1, length, out);
	pclose(pipe);
}
