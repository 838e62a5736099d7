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

void link_close(struct link *link)
{
	if (link->fd >= 0)
		close(link->fd);
	*link = LINK_UNSET;
}

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

static int create(uint32_t ifindex, enum link_hook hook, int program_fd)
{
	const int type = hook == LINK_XDP       ? BPF_XDP :
			 link_hook_egress(hook) ? TCX_EGRESS :
						  TCX_INGRESS;
	LIBBPF_OPTS(bpf_link_create_opts, options,
		    .flags = hook == LINK_XDP ? XDP_FLAGS_DRV_MODE : FLAG_BEFORE);

	return bpf_link_create(program_fd, (int)ifindex, (enum bpf_attach_type)type, &options);
}

/* The link we hold, else the pinned one. Returns 0 with link->fd, -ENOENT or another -errno. */
static int find_link(const char *path, uint32_t ifindex, struct link *link)
{
	struct bpf_link_info info;
	int fd;

	if (link->fd >= 0 && is_on(link->fd, ifindex, &info))
		return 0;
	link_close(link);
	fd = open_pinned(path, ifindex);
	if (fd < 0)
		return fd == -ENOTDIR ? -ENOENT : fd;
	link->fd = fd;
	return 0;
}

static int attach_link(const char *path, uint32_t ifindex, enum link_hook hook, int program_fd,
		       struct link *link)
{
	int err = find_link(path, ifindex, link);
	int fd;

	if (!err)
		return bpf_link_update(link->fd, program_fd, NULL) ? -errno : 0;
	if (err != -ENOENT)
		return err;
	fd = create(ifindex, hook, program_fd);
	if (fd < 0)
		return fd;
	link->fd = fd;
	return 0;
}

/* ------------------------------------------------------------------ links and filters */

/* Kernels before 6.6 have no TCX and return EINVAL. */
static bool is_missing(int err)
{
	return err == -EINVAL || err == -EOPNOTSUPP;
}

static int attach_tc(const char *pin_dir, const char *path, uint32_t ifindex, enum link_hook hook,
		     int program_fd, enum attach_mode mode, struct link *link)
{
	int err = -EOPNOTSUPP;

	if (mode != ATTACH_CLSACT)
		err = attach_link(path, ifindex, hook, program_fd, link);
	if (!err) {
		link->kind = LINK_TCX;
		/* After a change of mode the filter would see each packet a second time. */
		return clsact_detach(pin_dir, ifindex, hook);
	}
	if (mode == ATTACH_TCX || !is_missing(err))
		return err;
	err = clsact_attach(pin_dir, ifindex, hook, program_fd);
	if (err)
		return err;
	link_close(link);
	unlink(path);
	link->kind = LINK_CLSACT;
	return 0;
}

int link_attach(const char *pin_dir, uint32_t ifindex, enum link_hook hook, int program_fd,
		enum attach_mode mode, struct link *link)
{
	char path[PIN_PATH_MAX];
	int err = link_pin_path(pin_dir, ifindex, hook, path);

	if (err)
		return err;
	if (hook != LINK_XDP)
		return attach_tc(pin_dir, path, ifindex, hook, program_fd, mode, link);
	err = attach_link(path, ifindex, hook, program_fd, link);
	if (!err)
		link->kind = LINK_NATIVE_XDP;
	return err;
}

int link_pin(const char *pin_dir, uint32_t ifindex, enum link_hook hook, const struct link *link)
{
	char path[PIN_PATH_MAX];
	int err = link_pin_path(pin_dir, ifindex, hook, path);

	if (link->kind == LINK_CLSACT)
		return clsact_mark(pin_dir, ifindex, hook);
	if (err || !access(path, F_OK))
		return err;
	return bpf_obj_pin(link->fd, path) ? -errno : 0;
}

bool link_is_attached(uint32_t ifindex, enum link_hook hook, uint32_t program_id,
		      const struct link *link)
{
	struct bpf_link_info info;

	if (link->kind == LINK_CLSACT)
		return clsact_is_attached(ifindex, hook, program_id);
	return link->fd >= 0 && is_on(link->fd, ifindex, &info) && info.prog_id == program_id;
}

/* Another process may hold a descriptor of the link: detach, then unpin. */
static int detach_link(const char *path)
{
	int fd = bpf_obj_get(path);
	int err = 0;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
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

int link_remove(const char *pin_dir, uint32_t ifindex, enum link_hook hook, struct link *link)
{
	if (link->fd >= 0)
		bpf_link_detach(link->fd); /* it may have lost its pin */
	link_close(link);
	return link_detach(pin_dir, ifindex, hook);
}
