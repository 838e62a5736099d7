/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Elements of the map `usage`. */
#include "usage_map.h"

#include <errno.h>

#include <bpf/bpf.h>

#include "parallax_flow.h"

static const struct usage_key none;

void usage_map_begin(int fd)
{
	static const struct usage nothing;
	struct usage_key key = none;

	for (key.agent = 0; key.agent < 2; key.agent++)
		bpf_map_update_elem(fd, &key, &nothing, BPF_NOEXIST);
}

/* The programs' elements cannot be added to: the agent has elements of its own, whose only writer it is. */
static int add(int fd, const struct usage_key *key, const struct usage *more)
{
	struct usage_key own = *key;
	struct usage usage = {};

	own.agent = 1;
	bpf_map_lookup_elem(fd, &own, &usage);
	usage_add(&usage, more);
	return bpf_map_update_elem(fd, &own, &usage, BPF_ANY) ? -errno : 0;
}

void usage_map_add(int fd, const struct usage_key *key, const struct usage *more)
{
	if (add(fd, key, more))
		add(fd, &none, more);
}

/* Those of all services between two networks, by one gateway. */
static struct usage_key key_of_networks(const struct usage_key *key)
{
	struct usage_key ret = { .from = key->from, .to = key->to, .kind = key->kind,
				 .gateway = key->gateway };

	if (key->kind != BACKEND_LOCAL)
		ret.backend = key->backend;
	return ret;
}

void usage_map_forget(int fd, const struct usage_key *key)
{
	const struct usage_key networks = key_of_networks(key);
	struct usage_key each = *key;
	struct usage usage;

	for (each.agent = 0; each.agent < 2; each.agent++)
		if (!bpf_map_lookup_and_delete_elem(fd, &each, &usage))
			usage_map_add(fd, &networks, &usage);
}
