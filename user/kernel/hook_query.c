/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lists the BPF programs on the hooks of an interface, whoever owns them. */
#include "hook_query.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "filter_dump.h"

/* enum bpf_attach_type since 6.6; older headers lack them. */
#define TCX_INGRESS 46
#define TCX_EGRESS 47

/* Needs CAP_SYS_ADMIN; without it the name stays empty. */
static void read_name(struct hook_program *program)
{
	struct bpf_prog_info info = {};
	__u32 length = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(program->id);

	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &length))
		snprintf(program->name, sizeof(program->name), "%s", info.name);
	close(fd);
}

int hook_query_tcx(uint32_t ifindex, bool ingress, struct hook_programs *ret)
{
	uint32_t ids[HOOK_QUERY_MAX] = {}, count = HOOK_QUERY_MAX;
	int err = bpf_prog_query((int)ifindex,
				 (enum bpf_attach_type)(ingress ? TCX_INGRESS : TCX_EGRESS), 0,
				 NULL, ids, &count);

	/* ENOSPC: the first HOOK_QUERY_MAX are filled in. */
	if (err && err != -ENOSPC)
		return err;
	*ret = (struct hook_programs){};
	for (; ret->count < count && ret->count < HOOK_QUERY_MAX; ret->count++) {
		ret->items[ret->count].id = ids[ret->count];
		read_name(&ret->items[ret->count]);
	}
	return 0;
}

static int on_option(const struct nlattr *attr, void *arg)
{
	struct hook_program *program = arg;

	if (mnl_attr_get_type(attr) == TCA_BPF_NAME && !mnl_attr_validate(attr, MNL_TYPE_STRING))
		snprintf(program->name, sizeof(program->name), "%s", mnl_attr_get_str(attr));
	if (mnl_attr_get_type(attr) == TCA_BPF_ID && !mnl_attr_validate(attr, MNL_TYPE_U32))
		program->id = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

struct filter {
	bool bpf;
	struct hook_program program;
};

static int on_attribute(const struct nlattr *attr, void *arg)
{
	struct filter *filter = arg;

	if (mnl_attr_get_type(attr) == TCA_KIND && !mnl_attr_validate(attr, MNL_TYPE_STRING))
		filter->bpf = !strcmp(mnl_attr_get_str(attr), "bpf");
	if (mnl_attr_get_type(attr) == TCA_OPTIONS)
		mnl_attr_parse_nested(attr, on_option, &filter->program);
	return MNL_CB_OK;
}

static int on_filter(const struct nlmsghdr *message, void *arg)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	struct hook_programs *programs = arg;
	struct filter filter = { .program.pref = TC_H_MAJ(tc->tcm_info) >> 16 };

	mnl_attr_parse(message, sizeof(*tc), on_attribute, &filter);
	/* The kernel lists each preference once more without a program. */
	if (filter.bpf && (filter.program.id || filter.program.name[0]) &&
	    programs->count < HOOK_QUERY_MAX)
		programs->items[programs->count++] = filter.program;
	return MNL_CB_OK;
}

int hook_query_clsact(uint32_t ifindex, bool ingress, struct hook_programs *ret)
{
	struct hook_programs found = {};
	int err = filter_dump(ifindex, ingress, on_filter, &found);

	/* There is no clsact qdisc. */
	if (err == -EINVAL || err == -ENOENT)
		err = 0;
	if (!err)
		*ret = found;
	return err;
}

int hook_query_xdp(uint32_t ifindex, uint32_t *ret_id)
{
	return bpf_xdp_query_id((int)ifindex, 0, ret_id);
}
