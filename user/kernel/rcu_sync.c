/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Waits for programs that run. Updating an array of maps waits for an RCU grace period (kernel:
 * maybe_wait_bpf_programs); no other call does so by contract. */
#include "rcu_sync.h"

#include <errno.h>
#include <unistd.h>

#include <bpf/bpf.h>

int rcu_sync_open(struct rcu_sync *ret)
{
	LIBBPF_OPTS(bpf_map_create_opts, options);

	*ret = (struct rcu_sync){ -1, -1 };
	ret->inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "px_rcu_sync_in", 4, 4, 1, NULL);
	if (ret->inner < 0)
		return -errno;
	options.inner_map_fd = (__u32)ret->inner;
	ret->outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "px_rcu_sync", 4, 4, 1, &options);
	return ret->outer < 0 ? -errno : 0;
}

void rcu_sync_close(struct rcu_sync *sync)
{
	if (sync->outer >= 0)
		close(sync->outer);
	if (sync->inner >= 0)
		close(sync->inner);
	*sync = (struct rcu_sync){ -1, -1 };
}

int rcu_sync_wait(const struct rcu_sync *sync)
{
	__u32 key = 0;

	return bpf_map_update_elem(sync->outer, &key, &sync->inner, BPF_ANY) ? -errno : 0;
}
