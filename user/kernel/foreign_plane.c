/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds a data plane of another pin directory on our interfaces. */
#include "foreign_plane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "hook_query.h"
#include "links.h"
#include "netlink.h"
#include "survey.h"

/* The programs pinned in one directory. */
struct plane {
	char pin_dir[PIN_PATH_MAX];
	uint32_t ids[LINK_HOOKS];
	size_t id_count;
};

struct search {
	const struct config *config;
	const struct survey *survey;
	struct plane *planes; /* the first is ours */
	size_t plane_count;
	const char *parent; /* directory being searched */
	struct foreign_plane found;
};

/* ------------------------------------------------------------------ pinned programs */

static int add_plane(struct search *search, const char *pin_dir)
{
	struct plane *planes = realloc(search->planes, (search->plane_count + 1) * sizeof(*planes));
	struct plane *plane;

	if (!planes)
		return -ENOMEM;
	search->planes = planes;
	plane = &planes[search->plane_count];
	*plane = (struct plane){};
	snprintf(plane->pin_dir, sizeof(plane->pin_dir), "%s", pin_dir);
	plane->id_count = link_pinned_programs(pin_dir, plane->ids);
	search->plane_count += plane->id_count || !search->plane_count;
	return 0;
}

static int visit_sibling(void *arg, const char *name)
{
	struct search *search = arg;
	char path[PIN_PATH_MAX];

	if (name[0] == '.' || pins_path(search->parent, name, path) ||
	    !strcmp(path, search->planes[0].pin_dir))
		return 0;
	return add_plane(search, path);
}

static int find_planes(struct search *search, const char *pin_dir)
{
	char parents[2][PIN_PATH_MAX] = { "", PIN_DIR_DEFAULT };
	int err = add_plane(search, pin_dir);

	snprintf(parents[0], sizeof(parents[0]), "%s", pin_dir);
	for (int i = 0; !err && i < 2; i++) {
		char *slash = strrchr(parents[i], '/');

		if (slash)
			*slash = '\0';
		search->parent = parents[i];
		/* A parent that cannot be read has no other data plane to name. */
		if (slash && (!i || strcmp(parents[0], parents[1])) &&
		    pins_each(parents[i], visit_sibling, search) == -ENOMEM)
			err = -ENOMEM;
	}
	return err;
}

static const struct plane *find_plane(const struct search *search, uint32_t id)
{
	for (size_t i = 0; i < search->plane_count; i++)
		for (size_t j = 0; j < search->planes[i].id_count; j++)
			if (search->planes[i].ids[j] == id)
				return &search->planes[i];
	return NULL;
}

/* ------------------------------------------------------------------ attached programs */

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

/* By the names of filters and, with CAP_SYS_ADMIN, of programs. Without it only pinned programs are
 * recognised. */
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

/* Whether it belongs to another data plane; sets *ret_dir if its pin directory is known. */
static bool is_other(const struct search *search, const struct hook_program *program, char *ret_dir)
{
	const struct plane *plane = find_plane(search, program->id);

	if (plane == search->planes || (!plane && !is_named_like_ours(program)))
		return false;
	if (plane)
		memcpy(ret_dir, plane->pin_dir, sizeof(plane->pin_dir));
	return true;
}

static bool has_other(const struct search *search, const struct hook_programs *programs, char *ret_dir)
{
	for (uint32_t i = 0; i < programs->count; i++)
		if (is_other(search, &programs->items[i], ret_dir))
			return true;
	return false;
}

static bool stands_on(const struct search *search, uint32_t ifindex, char *ret_dir)
{
	struct hook_programs programs = { .count = 1 };

	if (!hook_query_xdp(ifindex, &programs.items[0].id) && programs.items[0].id &&
	    has_other(search, &programs, ret_dir))
		return true;
	for (int ingress = 0; ingress < 2; ingress++) {
		if (!hook_query_tcx(ifindex, ingress, &programs) &&
		    has_other(search, &programs, ret_dir))
			return true;
		if (!hook_query_clsact(ifindex, ingress, &programs) &&
		    has_other(search, &programs, ret_dir))
			return true;
	}
	return false;
}

static int visit_link(void *arg, const struct netlink_link *link)
{
	struct search *search = arg;
	struct foreign_plane *found = &search->found;

	if (link->gone || !survey_role(search->survey, search->config, link) ||
	    !stands_on(search, link->ifindex, found->pin_dir))
		return 0;
	if (!found->interfaces++)
		memcpy(found->interface, link->name, sizeof(found->interface));
	return 0;
}

int foreign_plane_find(const struct config *config, const struct survey *survey,
		       const char *pin_dir, struct foreign_plane *ret)
{
	struct search search = { .config = config, .survey = survey };
	int err = find_planes(&search, pin_dir);

	if (!err)
		err = netlink_links(visit_link, &search);
	free(search.planes);
	if (!err)
		*ret = search.found;
	return err;
}
