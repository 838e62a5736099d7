/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Attaches one program to one hook: by bpf links (TCX, XDP), pinned, or by filters on clsact. */
#include "links.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>

#include "clsact.h"
#include "pins.h"

/* Since 6.6; older headers lack them. */
#define TCX_INGRESS 46
#define TCX_EGRESS 47
#define FLAG_BEFORE (1u << 3) /* BPF_F_BEFORE: without a relative, at the head */

const char *link_kind_name(enum link_kind kind)
{
	static const char *const names[] = { "none", "tcx", "clsact", "xdp" };

	return names[kind];
}

bool link_parse_pin(const char *name, uint32_t *ret_ifindex, enum link_hook *ret_hook)
{
	char hook[16];
	unsigned int ifindex;

	if (sscanf(name, "link_%u_%15s", &ifindex, hook) != 2 &&
	    sscanf(name, "filter_%u_%15s", &ifindex, hook) != 2)
		return false;
	for (int i = 0; i < LINK_HOOKS; i++)
		if (!strcmp(hook, link_hook_name((enum link_hook)i))) {
			*ret_ifindex = ifindex;
			*ret_hook = (enum link_hook)i;
			return true;
		}
	return false;
}

uint32_t link_program_id(int program_fd)
{
	struct bpf_prog_info info = {};
	__u32 length = sizeof(info);

	return bpf_obj_get_info_by_fd(program_fd, &info, &length) ? 0 : info.id;
}

size_t link_pinned_programs(const char *pin_dir, uint32_t ids[LINK_HOOKS])
{
	char name[64];
	size_t count = 0;

	for (int hook = 0; hook < LINK_HOOKS; hook++) {
		int fd;

		snprintf(name, sizeof(name), "prog_px_%s", link_hook_name((enum link_hook)hook));
		if (pins_open(pin_dir, name, &fd))
			continue;
		ids[count] = link_program_id(fd);
		count += ids[count] != 0;
		close(fd);
	}
	return count;
}

static int link_pin_path(const char *pin_dir, uint32_t ifindex, enum link_hook hook, char *buf)
{
	char name[64];

	snprintf(name, sizeof(name), "link_%u_%s", ifindex, link_hook_name(hook));
	return pins_path(pin_dir, name, buf);
}

/* ------------------------------------------------------------------ bpf links */

/* Whether the link is still on the interface: its ifindex becomes 0 when that is deleted. The info of
 * TCX, which older headers lack, begins with the ifindex as that of XDP does. */
static bool is_on(int fd, uint32_t ifindex, struct bpf_link_info *ret)
{
	__u32 length = sizeof(*ret);

	*ret = (struct bpf_link_info){};
	return !bpf_obj_get_info_by_fd(fd, ret, &length) && ret->xdp.ifindex == ifindex;
}

/* Opens the pinned link if it is still on the interface, and unpins a dead one. Returns the
 * descriptor, -ENOENT or another -errno. */
static int open_pinned(const char *path, uint32_t ifindex)
{
	struct bpf_link_info info;
	int fd = bpf_obj_get(path);

	if (fd < 0)
		return -errno;
	if (is_on(fd, ifindex, &info))
		return fd;
	close(fd);
	unlink(path);
	return -ENOENT;
}

static int create_and_pin(const char *path, uint32_t ifindex, enum link_hook hook, int program_fd)
{
	static const int types[LINK_HOOKS] = { TCX_INGRESS, TCX_EGRESS, TCX_INGRESS, BPF_XDP };
	LIBBPF_OPTS(bpf_link_create_opts, options,
		    .flags = hook == LINK_XDP ? XDP_FLAGS_DRV_MODE : FLAG_BEFORE);
	int fd = bpf_link_create(program_fd, (int)ifindex, (enum bpf_attach_type)types[hook],
				 &options);
	int err = 0;

	if (fd < 0)
		return fd;
	if (bpf_obj_pin(fd, path))
		err = -errno;
	close(fd); /* without a pin this deletes the link */
	return err;
}

static int attach_link(const char *path, uint32_t ifindex, enum link_hook hook, int program_fd)
{
	int fd = open_pinned(path, ifindex);
	int err = 0;

	if (fd == -ENOENT)
		return create_and_pin(path, ifindex, hook, program_fd);
	if (fd < 0)
		return fd;
	if (bpf_link_update(fd, program_fd, NULL))
		err = -errno;
	close(fd);
	return err;
}

/* ------------------------------------------------------------------ links and filters */

/* Kernels before 6.6 have no TCX and return EINVAL. */
static bool is_missing(int err)
{
	return err == -EINVAL || err == -EOPNOTSUPP;
}

int link_attach(const char *pin_dir, uint32_t ifindex, enum link_hook hook, int program_fd,
		enum attach_mode mode, enum link_kind *ret_kind)
{
	char path[PIN_PATH_MAX];
	int err = link_pin_path(pin_dir, ifindex, hook, path);

	if (err)
		return err;
	if (hook == LINK_XDP || mode != ATTACH_CLSACT) {
		err = attach_link(path, ifindex, hook, program_fd);
		if (!err) {
			*ret_kind = hook == LINK_XDP ? LINK_NATIVE_XDP : LINK_TCX;
			/* After a change of mode the filter would see each packet a second time. */
			return hook == LINK_XDP ? 0 : clsact_detach(pin_dir, ifindex, hook);
		}
		if (hook == LINK_XDP || mode == ATTACH_TCX || !is_missing(err))
			return err;
	}
	err = clsact_attach(pin_dir, ifindex, hook, program_fd);
	if (err)
		return err;
	unlink(path);
	*ret_kind = LINK_CLSACT;
	return 0;
}

bool link_is_attached(const char *pin_dir, uint32_t ifindex, enum link_hook hook, uint32_t program_id)
{
	char path[PIN_PATH_MAX];
	struct bpf_link_info info;
	bool stands;
	int fd;

	if (link_pin_path(pin_dir, ifindex, hook, path))
		return false;
	fd = bpf_obj_get(path);
	if (fd < 0)
		return hook != LINK_XDP && clsact_is_attached(pin_dir, ifindex, hook, program_id);
	stands = is_on(fd, ifindex, &info) && info.prog_id == program_id;
	close(fd);
	return stands;
}

/* Another process may hold a descriptor of the link: detach, then unpin. */
static int detach_link(const char *path)
{
	int fd = bpf_obj_get(path);
	int err = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (bpf_link_detach(fd) && errno != ENOLINK && errno != EINVAL)
		err = -errno;
	close(fd);
	if (unlink(path) && errno != ENOENT && !err)
		err = -errno;
	return err;
}

int link_detach(const char *pin_dir, uint32_t ifindex, enum link_hook hook)
{
	char path[PIN_PATH_MAX];
	int err = link_pin_path(pin_dir, ifindex, hook, path);
	int filter_err;

	if (err)
		return err;
	err = detach_link(path);
	filter_err = hook == LINK_XDP ? 0 : clsact_detach(pin_dir, ifindex, hook);
	return err ? err : filter_err;
}
