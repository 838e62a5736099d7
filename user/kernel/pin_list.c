/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is pinned: for display. */
#include "pin_list.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "links.h"
#include "pins.h"

struct list {
	const char *pin_dir;
	FILE *out;
};

static void write_program(const struct list *list, const char *name, int fd)
{
	struct bpf_prog_info info = {};
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &length)) {
		fprintf(list->out, "%s: program: %s\n", name, strerror(errno));
		return;
	}
	fprintf(list->out, "%s: program id %u tag ", name, info.id);
	for (size_t i = 0; i < sizeof(info.tag); i++)
		fprintf(list->out, "%02x", info.tag[i]);
	fprintf(list->out,
		" instructions %u verified %u jited %u bytes, runs %" PRIu64 " in %" PRIu64 " ns\n",
		(unsigned int)(info.xlated_prog_len / sizeof(struct bpf_insn)), info.verified_insns,
		info.jited_prog_len, (uint64_t)info.run_cnt, (uint64_t)info.run_time_ns);
}

static void write_map(const struct list *list, const char *name, int fd)
{
	struct pin_map map;

	if (pins_map_info(fd, &map))
		fprintf(list->out, "%s: neither a map nor a program nor a link\n", name);
	else
		fprintf(list->out, "%s: map type %u key %u value %u entries %u flags 0x%x\n", name,
			map.type, map.key_size, map.value_size, map.max_entries, map.flags);
}

static int write_pin(void *arg, const char *name)
{
	const struct list *list = arg;
	enum link_hook hook;
	uint32_t ifindex;
	int fd, err = pins_open(list->pin_dir, name, &fd);

	if (link_parse_pin(name, &ifindex, &hook))
		fprintf(list->out, "%s: link or filter on interface %u\n", name, ifindex);
	else if (err)
		fprintf(list->out, "%s: %s\n", name, strerror(-err));
	else if (!strncmp(name, "prog_", 5))
		write_program(list, name, fd);
	else
		write_map(list, name, fd);
	if (!err)
		close(fd);
	return 0;
}

int pin_list_write(const char *pin_dir, FILE *out)
{
	struct list list = { pin_dir, out };

	return pins_each(pin_dir, write_pin, &list);
}
