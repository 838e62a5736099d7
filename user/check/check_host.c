/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Findings about the machine itself. */
#include "check.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "conntrack.h"
#include "hook_query.h"
#include "pins.h"

#define LOOPBACK 1 /* ifindex in every network namespace */

const char *check_result_name(enum check_result result)
{
	static const char *const names[] = { "ok", "warn", "fail", "skip" };

	return names[result];
}

void check_add(struct check_list *list, const char *name, enum check_result result,
	       const char *format, ...)
{
	va_list args;

	if (!list->items)
		list->items = json_array();
	va_start(args, format);
	json_array_append_new(list->items,
			      json_pack("{s:s,s:s,s:o}", "name", name, "result",
					check_result_name(result), "text",
					json_vsprintf(format, args)));
	va_end(args);
	list->unfit |= result == CHECK_FAIL;
}

void check_release(struct check_list *list, const char *release)
{
	unsigned int major_number = 0, minor_number = 0;

	if (sscanf(release, "%u.%u", &major_number, &minor_number) != 2) {
		check_add(list, "kernel", CHECK_SKIP, "cannot parse release '%s'", release);
		return;
	}
	if (major_number > 5 || (major_number == 5 && minor_number >= 15))
		check_add(list, "kernel", CHECK_OK, "%s, at least 5.15 is needed", release);
	else
		check_add(list, "kernel", CHECK_FAIL, "%s: at least 5.15 is needed", release);
}

void check_capabilities(struct check_list *list, uint64_t effective)
{
	static const struct {
		int number;
		const char *name, *use;
	} needed[] = {
		{ CAP_BPF, "CAP_BPF", "to load programs and maps" },
		{ CAP_NET_ADMIN, "CAP_NET_ADMIN", "to attach to interfaces" },
		{ CAP_PERFMON, "CAP_PERFMON", "to let the programs use pointers freely" },
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		bool held = effective >> needed[i].number & 1;

		check_add(list, needed[i].name, held ? CHECK_OK : CHECK_FAIL,
			  held ? "held, needed %s" : "missing, needed %s", needed[i].use);
	}
}

int check_read_number(const char *path, long *ret)
{
	FILE *file = fopen(path, "re");
	long number;
	int err;

	if (!file)
		return -errno;
	err = fscanf(file, "%ld", &number) == 1 ? 0 : -EINVAL;
	fclose(file);
	if (!err)
		*ret = number;
	return err;
}

static void check_own_capabilities(struct check_list *list)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long long effective = 0;
	bool found = false;
	char line[256];

	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "CapEff: %llx", &effective) == 1;
	if (file)
		fclose(file);
	if (found)
		check_capabilities(list, effective);
	else
		check_add(list, "capabilities", CHECK_SKIP, "/proc/self/status has no CapEff");
}

static void check_conntrack(struct check_list *list)
{
	if (conntrack_can_be_asked())
		check_add(list, "conntrack", CHECK_OK,
			  "connections of pods to pods can be looked up");
	else
		check_add(list, "conntrack", CHECK_WARN,
			  "no bpf_skb_ct_lookup() (Linux 5.18, nf_conntrack loaded): the port of a "
			  "direct connection to a pod may be taken for a virtual IP of that pod");
}

static void check_btf(struct check_list *list)
{
	if (!access("/sys/kernel/btf/vmlinux", R_OK))
		check_add(list, "btf", CHECK_OK, "/sys/kernel/btf/vmlinux exists");
	else
		check_add(list, "btf", CHECK_FAIL, "/sys/kernel/btf/vmlinux: %s: the kernel needs "
			  "CONFIG_DEBUG_INFO_BTF", strerror(errno));
}

/* By a program of two instructions: the sysctl shows in the first network namespace only. */
static int find_jit(bool *ret_on)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bpf_prog_info info = {};
	__u32 length = sizeof(info);
	int fd = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, NULL, "GPL", code, 2, NULL);
	int err;

	if (fd < 0)
		return -errno;
	err = bpf_obj_get_info_by_fd(fd, &info, &length) ? -errno : 0;
	close(fd);
	if (!err)
		*ret_on = info.jited_prog_len > 0;
	return err;
}

static void check_jit(struct check_list *list)
{
	bool on = false;
	int err = find_jit(&on);

	if (err)
		check_add(list, "jit", CHECK_SKIP, "a program to try cannot be loaded: %s",
			  strerror(-err));
	else if (on)
		check_add(list, "jit", CHECK_OK, "programs are compiled");
	else
		check_add(list, "jit", CHECK_WARN, "programs are interpreted: set "
			  "net.core.bpf_jit_enable to 1");
}

/* The directory itself, or the one it would be made in. */
static int find_bpffs(const char *pin_dir)
{
	char parent[PIN_PATH_MAX];
	struct statfs fs;
	char *slash;

	if (statfs(pin_dir, &fs)) {
		if (errno != ENOENT)
			return -errno;
		snprintf(parent, sizeof(parent), "%s", pin_dir);
		slash = strrchr(parent, '/');
		if (slash)
			slash[slash == parent] = '\0';
		if (!slash || statfs(parent, &fs))
			return -ENOENT;
	}
	return (unsigned long)fs.f_type == BPF_FS_MAGIC ? 0 : -EMEDIUMTYPE;
}

static void check_bpffs(struct check_list *list, const char *pin_dir)
{
	int err = find_bpffs(pin_dir);

	if (!err)
		check_add(list, "bpffs", CHECK_OK, "%s is on a BPF file system", pin_dir);
	else if (err == -EMEDIUMTYPE)
		check_add(list, "bpffs", CHECK_FAIL, "%s is not on a BPF file system: "
			  "mount -t bpf bpf /sys/fs/bpf", pin_dir);
	else
		check_add(list, "bpffs", CHECK_FAIL, "%s: %s", pin_dir, strerror(-err));
}

static void check_forwarding(struct check_list *list)
{
	long on = 0;
	int err = check_read_number("/proc/sys/net/ipv4/ip_forward", &on);

	if (err)
		check_add(list, "forwarding", CHECK_SKIP, "net.ipv4.ip_forward: %s",
			  strerror(-err));
	else if (!on)
		check_add(list, "forwarding", CHECK_FAIL, "net.ipv4.ip_forward is 0: pods of "
			  "other nodes cannot be reached, set it to 1");
	else
		check_add(list, "forwarding", CHECK_OK, "net.ipv4.ip_forward is 1");
}

static void check_tcx(struct check_list *list)
{
	struct hook_programs programs;
	int err = hook_query_tcx(LOOPBACK, true, &programs);

	if (!err)
		check_add(list, "tcx", CHECK_OK, "available");
	else if (err == -EPERM)
		check_add(list, "tcx", CHECK_SKIP, "cannot be tested without CAP_NET_ADMIN");
	else
		check_add(list, "tcx", CHECK_WARN, "not in this kernel (6.6 has it): clsact "
			  "filters are used, which other agents can remove");
}

void check_host(struct check_list *list, const char *pin_dir)
{
	struct utsname name;

	if (!uname(&name))
		check_release(list, name.release);
	check_btf(list);
	check_conntrack(list);
	check_jit(list);
	check_own_capabilities(list);
	check_bpffs(list, pin_dir);
	check_forwarding(list);
	check_tcx(list);
}
