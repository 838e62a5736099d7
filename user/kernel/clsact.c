/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Filters on the clsact qdisc, for kernels without TCX. */
#include "clsact.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "filter_dump.h"
#include "pin_mark.h"
#include "pins.h"

static struct bpf_tc_hook tc_hook(uint32_t ifindex, enum link_hook hook)
{
	LIBBPF_OPTS(bpf_tc_hook, tc, .ifindex = (int)ifindex,
		    .attach_point = link_hook_egress(hook) ? BPF_TC_EGRESS : BPF_TC_INGRESS);

	return tc;
}

/* ------------------------------------------------------------------ markers */

static int marker_path(const char *pin_dir, const char *kind, uint32_t ifindex, const char *hook,
		       char *buf)
{
	char name[64];

	snprintf(name, sizeof(name), hook ? "%s_%u_%s" : "%s_%u", kind, ifindex, hook);
	return pins_path(pin_dir, name, buf);
}

bool clsact_elsewhere(const char *pin_dir, uint32_t ifindex, enum link_hook hook)
{
	char path[PIN_PATH_MAX];

	return !marker_path(pin_dir, "filter", ifindex, link_hook_name(hook), path) &&
	       pin_mark_elsewhere(path);
}

static bool has_marker(const char *pin_dir, const char *kind, uint32_t ifindex, const char *hook)
{
	char path[PIN_PATH_MAX];

	return !marker_path(pin_dir, kind, ifindex, hook, path) && !access(path, F_OK);
}

/* ------------------------------------------------------------------ attach */

/* By the handles of the filters, in case the pins were deleted. */
static bool is_own_qdisc(uint32_t ifindex)
{
	for (int egress = 0; egress < 2; egress++) {
		struct bpf_tc_hook tc = tc_hook(ifindex, egress ? LINK_TO_POD : LINK_FROM_POD);
		LIBBPF_OPTS(bpf_tc_opts, options, .handle = LINK_TC_HANDLE_OWN,
			    .priority = LINK_TC_PRIORITY);

		if (!bpf_tc_query(&tc, &options))
			return true;
	}
	return false;
}

/* *ret_own: we created it, now or before. */
static int make_qdisc(const char *pin_dir, uint32_t ifindex, bool *ret_own)
{
	struct bpf_tc_hook tc = tc_hook(ifindex, LINK_UPLINK);
	int err = bpf_tc_hook_create(&tc);

	if (err && err != -EEXIST)
		return err;
	*ret_own = !err || has_marker(pin_dir, "qdisc", ifindex, NULL) || is_own_qdisc(ifindex);
	return 0;
}

static int set_markers(const char *pin_dir, uint32_t ifindex, enum link_hook hook, bool own)
{
	char path[PIN_PATH_MAX];
	int err = own ? marker_path(pin_dir, "qdisc", ifindex, NULL, path) : 0;

	if (!err && own)
		err = pin_mark(path);
	if (!err)
		err = marker_path(pin_dir, "filter", ifindex, link_hook_name(hook), path);
	return err ? err : pin_mark(path);
}

int clsact_mark(const char *pin_dir, uint32_t ifindex, enum link_hook hook)
{
	if (has_marker(pin_dir, "filter", ifindex, link_hook_name(hook)))
		return 0;
	return set_markers(pin_dir, ifindex, hook, is_own_qdisc(ifindex));
}

int clsact_attach(const char *pin_dir, uint32_t ifindex, enum link_hook hook, int program_fd)
{
	struct bpf_tc_hook tc = tc_hook(ifindex, hook);
	LIBBPF_OPTS(bpf_tc_opts, options, .priority = LINK_TC_PRIORITY, .prog_fd = program_fd,
		    .flags = BPF_TC_F_REPLACE);
	bool own = false;
	int err = make_qdisc(pin_dir, ifindex, &own);

	if (err)
		return err;
	/* First, so that an agent which is killed now leaves no filter that nobody knows. Where it
	 * fails, clsact_mark() does so again. */
	set_markers(pin_dir, ifindex, hook, own);
	options.handle = own ? LINK_TC_HANDLE_OWN : LINK_TC_HANDLE;
	return bpf_tc_attach(&tc, &options);
}

static bool is_there(uint32_t ifindex, enum link_hook hook, uint32_t handle, uint32_t program_id)
{
	struct bpf_tc_hook tc = tc_hook(ifindex, hook);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = handle, .priority = LINK_TC_PRIORITY);

	return !bpf_tc_query(&tc, &options) && options.prog_id == program_id;
}

bool clsact_is_attached(uint32_t ifindex, enum link_hook hook, uint32_t program_id)
{
	return is_there(ifindex, hook, LINK_TC_HANDLE_OWN, program_id) ||
	       is_there(ifindex, hook, LINK_TC_HANDLE, program_id);
}

/* ------------------------------------------------------------------ detach */

static int count_filter(const struct nlmsghdr *message, void *arg)
{
	(void)message;
	++*(unsigned int *)arg;
	return MNL_CB_OK;
}

/* Whether any filter of any owner is attached; false when that cannot be determined. */
static bool has_filters(uint32_t ifindex, bool ingress)
{
	unsigned int count = 0;

	return !filter_dump(ifindex, ingress, count_filter, &count) && count;
}

static int forget(const char *path)
{
	return unlink(path) ? -errno : 0;
}

/* True if someone else removed the filter, the qdisc or the interface. */
static bool is_gone(int err)
{
	return err == -ENOENT || err == -ENODEV || err == -EINVAL;
}

static int remove_qdisc(const char *pin_dir, uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, tc, .ifindex = (int)ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	char path[PIN_PATH_MAX];
	int err = marker_path(pin_dir, "qdisc", ifindex, NULL, path);

	if (err || access(path, F_OK))
		return err;
	if (pin_mark_elsewhere(path))
		return forget(path);
	if (has_filters(ifindex, true) || has_filters(ifindex, false))
		return 0;
	err = bpf_tc_hook_destroy(&tc);
	return err && !is_gone(err) ? err : forget(path);
}

static uint32_t handle_of(const char *pin_dir, uint32_t ifindex)
{
	return has_marker(pin_dir, "qdisc", ifindex, NULL) ? LINK_TC_HANDLE_OWN : LINK_TC_HANDLE;
}

int clsact_detach(const char *pin_dir, uint32_t ifindex, enum link_hook hook)
{
	struct bpf_tc_hook tc = tc_hook(ifindex, hook);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = handle_of(pin_dir, ifindex),
		    .priority = LINK_TC_PRIORITY);
	char path[PIN_PATH_MAX];
	int err = marker_path(pin_dir, "filter", ifindex, link_hook_name(hook), path);

	if (err || access(path, F_OK))
		return err;
	err = pin_mark_elsewhere(path) ? 0 : bpf_tc_detach(&tc, &options);
	if (err && !is_gone(err))
		return err;
	err = forget(path);
	return err ? err : remove_qdisc(pin_dir, ifindex);
}
