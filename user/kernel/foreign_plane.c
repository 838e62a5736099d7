/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A data plane of another pin directory on the hooks of our interfaces. */
#include "foreign_plane.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "hook_query.h"
#include "interfaces.h"
#include "netlink.h"

/* Programs by the directory that they are pinned in. */
struct plane {
	char pin_dir[PIN_PATH_MAX];
	uint32_t ids[LINK_HOOKS];
	size_t id_count;
};

struct look {
	const struct config *config;
	struct plane *planes; /* the first is ours */
	size_t plane_count;
	struct foreign_plane found;
};

/* ------------------------------------------------------------------ which are pinned where */

static int add_plane(struct look *look, const char *pin_dir)
{
	struct plane *planes = realloc(look->planes, (look->plane_count + 1) * sizeof(*planes));
	struct plane *plane;

	if (!planes)
		return -ENOMEM;
	look->planes = planes;
	plane = &planes[look->plane_count];
	*plane = (struct plane){};
	snprintf(plane->pin_dir, sizeof(plane->pin_dir), "%s", pin_dir);
	plane->id_count = link_pinned_programs(pin_dir, plane->ids);
	look->plane_count += plane->id_count || !look->plane_count;
	return 0;
}

static int add_planes(struct look *look, const char *parent)
{
	DIR *dir = opendir(parent);
	struct dirent *entry;
	char path[PIN_PATH_MAX];
	int err = 0;

	while (dir && !err && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && !pins_path(parent, entry->d_name, path) &&
		    strcmp(path, look->planes[0].pin_dir))
			err = add_plane(look, path);
	if (dir)
		closedir(dir);
	return err;
}

static int find_planes(struct look *look, const char *pin_dir)
{
	char parents[2][PIN_PATH_MAX] = { "", PIN_DIR_DEFAULT };
	int err = add_plane(look, pin_dir);

	snprintf(parents[0], sizeof(parents[0]), "%s", pin_dir);
	for (int i = 0; !err && i < 2; i++) {
		char *slash = strrchr(parents[i], '/');

		if (slash)
			*slash = '\0';
		if (slash && (!i || strcmp(parents[0], parents[1])))
			err = add_planes(look, parents[i]);
	}
	return err;
}

static const struct plane *find_plane(const struct look *look, uint32_t id)
{
	for (size_t i = 0; i < look->plane_count; i++)
		for (size_t j = 0; j < look->planes[i].id_count; j++)
			if (look->planes[i].ids[j] == id)
				return &look->planes[i];
	return NULL;
}

/* ------------------------------------------------------------------ which are attached */

/* "px_from_pod", or "px_from_pod:[7]" as libbpf names a filter. */
static bool is_our_name(const char *name)
{
	for (int hook = 0; hook < LINK_HOOKS; hook++) {
		const char *tail = link_hook_name((enum link_hook)hook);
		size_t length = strlen(tail);

		if (!strncmp(name, "px_", 3) && !strncmp(name + 3, tail, length) &&
		    (!name[3 + length] || name[3 + length] == ':'))
			return true;
	}
	return false;
}

/* Needs CAP_SYS_ADMIN, which the agent may lack: then only what is pinned is known again. */
static bool is_named_like_ours(const struct hook_program *program)
{
	struct bpf_prog_info info = {};
	__u32 length = sizeof(info);
	bool ours = is_our_name(program->name);
	int fd = ours ? -1 : bpf_prog_get_fd_by_id(program->id);

	if (fd < 0)
		return ours;
	ours = !bpf_obj_get_info_by_fd(fd, &info, &length) && is_our_name(info.name);
	close(fd);
	return ours;
}

/* Whether it belongs to another data plane, of which *ret_dir is told where it is known. */
static bool is_other(const struct look *look, const struct hook_program *program, char *ret_dir)
{
	const struct plane *plane = find_plane(look, program->id);

	if (plane == look->planes || (!plane && !is_named_like_ours(program)))
		return false;
	if (plane)
		memcpy(ret_dir, plane->pin_dir, sizeof(plane->pin_dir));
	return true;
}

static bool has_other(const struct look *look, const struct hook_programs *programs, char *ret_dir)
{
	for (uint32_t i = 0; i < programs->count; i++)
		if (is_other(look, &programs->items[i], ret_dir))
			return true;
	return false;
}

static bool stands_on(const struct look *look, uint32_t ifindex, char *ret_dir)
{
	struct hook_programs programs = { .count = 1 };

	if (!hook_query_xdp(ifindex, &programs.items[0].id) && programs.items[0].id &&
	    has_other(look, &programs, ret_dir))
		return true;
	for (int ingress = 0; ingress < 2; ingress++) {
		if (!hook_query_tcx(ifindex, ingress, &programs) &&
		    has_other(look, &programs, ret_dir))
			return true;
		if (!hook_query_clsact(ifindex, ingress, &programs) &&
		    has_other(look, &programs, ret_dir))
			return true;
	}
	return false;
}

static int visit_link(void *arg, const struct netlink_link *link)
{
	struct look *look = arg;
	struct foreign_plane *found = &look->found;

	if (link->gone || !interfaces_role(look->config, link->name) ||
	    !stands_on(look, link->ifindex, found->pin_dir))
		return 0;
	if (!found->interfaces++)
		memcpy(found->interface, link->name, sizeof(found->interface));
	return 0;
}

int foreign_plane_find(const struct config *config, const char *pin_dir, struct foreign_plane *ret)
{
	struct look look = { .config = config };
	int err = find_planes(&look, pin_dir);

	if (!err)
		err = netlink_links(visit_link, &look);
	free(look.planes);
	if (!err)
		*ret = look.found;
	return err;
}
