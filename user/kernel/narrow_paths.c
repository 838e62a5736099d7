/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "narrow_paths.h"

#include <errno.h>
#include <stdbool.h>

#include <bpf/bpf.h>

#include "hash_reader.h"
#include "parallax_path.h"

struct path_search {
	const struct settings *settings;
	uint32_t now;
	bool found;
};

static int look_at_path(void *arg, const void *peer, const void *path)
{
	struct path_search *search = arg;

	search->found |= path_is_narrow(path, search->settings->mtu, search->now,
					search->settings->hz);
	return 0;
}

static int find_narrow(int fd, const struct settings *settings, uint32_t now, bool *ret)
{
	struct path_search search = { settings, now, false };
	int err = hash_reader_walk(fd, sizeof(struct ip_addr), sizeof(struct path),
				   look_at_path, &search);

	*ret = search.found;
	return err;
}

int narrow_paths_judge(int fd, struct settings *settings, uint32_t now)
{
	bool narrow = true;
	int err = settings->narrow_paths ? find_narrow(fd, settings, now, &narrow) : 0;

	if (err || narrow)
		return err;
	__atomic_store_n(&settings->narrow_paths, 0, __ATOMIC_SEQ_CST);
	/* A program may have added one since it was looked for, and set this before it was cleared. */
	err = find_narrow(fd, settings, now, &narrow);
	if (err || narrow)
		__atomic_store_n(&settings->narrow_paths, 1, __ATOMIC_SEQ_CST);
	return err;
}

int narrow_paths_put(int fd, struct settings *settings, const struct ip_addr *peer,
		     const struct path *path)
{
	if (bpf_map_update_elem(fd, peer, path, BPF_ANY))
		return -errno;
	__atomic_store_n(&settings->narrow_paths, 1, __ATOMIC_SEQ_CST);
	return 0;
}
