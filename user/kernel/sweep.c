/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Deletes flows that have been idle for too long. */
#include "sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "hash_reader.h"
#include "parallax_limits.h"

static uint32_t timeout(const struct flow_key *key, const struct flow *flow)
{
	uint32_t role = FLOW_ROLE(key->scope);
	bool gateway = role == FLOW_GATEWAY || role == FLOW_GATEWAY_REPLY;

	if (flow->state == FLOW_CLOSING)
		return gateway ? TIMEOUT_GATEWAY_CLOSING : TIMEOUT_CLOSING;
	if (FLOW_IS_UDP(key->scope))
		return TIMEOUT_UDP;
	return flow->state == FLOW_OPENING ? TIMEOUT_OPENING : TIMEOUT_ESTABLISHED;
}

bool sweep_expired(const struct flow_key *key, const struct flow *flow, uint32_t now, uint32_t hz)
{
	uint32_t idle = now - flow->seen;

	/* Seen after `now` was taken. */
	if (idle > UINT32_MAX / 2)
		return false;
	return idle / hz > timeout(key, flow);
}

/* Keys to delete, collected first: a batch walk does not bear deletions under it. */
struct expired {
	uint32_t now, hz;
	struct flow_key *keys;
	size_t count, room;
	uint32_t seen; /* all of them */
};

static int collect(void *arg, const void *key, const void *value)
{
	struct expired *expired = arg;
	struct flow_key copy;
	struct flow flow;

	memcpy(&copy, key, sizeof(copy));
	memcpy(&flow, value, sizeof(flow));
	expired->seen++;
	if (!sweep_expired(&copy, &flow, expired->now, expired->hz))
		return 0;
	if (expired->count == expired->room) {
		size_t room = expired->room ? expired->room * 2 : 256;
		struct flow_key *keys = realloc(expired->keys, room * sizeof(*keys));

		if (!keys)
			return -ENOMEM;
		expired->keys = keys;
		expired->room = room;
	}
	expired->keys[expired->count++] = copy;
	return 0;
}

/* A flow may have been taken up again since the walk. */
static bool still_expired(int fd, const struct flow_key *key, const struct expired *expired)
{
	struct flow flow;

	return !bpf_map_lookup_elem(fd, key, &flow) &&
	       sweep_expired(key, &flow, expired->now, expired->hz);
}

int sweep_flows(int fd, uint32_t now, uint32_t hz, uint32_t *ret_left)
{
	struct expired expired = { .now = now, .hz = hz };
	uint32_t deleted = 0;
	int err = hz ? hash_reader_walk(fd, sizeof(struct flow_key), sizeof(struct flow), collect,
					&expired) : -EINVAL;

	for (size_t i = 0; !err && i < expired.count; i++)
		if (still_expired(fd, &expired.keys[i], &expired) &&
		    !bpf_map_delete_elem(fd, &expired.keys[i]))
			deleted++;
	free(expired.keys);
	if (!err)
		*ret_left = expired.seen - deleted;
	return err;
}
