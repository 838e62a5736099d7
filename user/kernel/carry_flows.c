/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Moves flows from the maps of an older data plane into newer ones. */
#include "carry_flows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "flow_form.h"
#include "hash_reader.h"
#include "parallax_flow.h"
#include "parallax_hash.h"
#include "pins.h"

#define OLDER_BYTES 128 /* greatest size of an older key or value */
/* Entries between two waits for running programs. */
#define BATCH 32768
/* Older programs may create an entry again while its flow is moved; the next pass finds it. */
#define PASSES 20

/* ------------------------------------------------------------------ layouts */

int flow_ways_open(const struct layout_map *older, const struct layout_map *ours,
		   struct flow_ways *ret, const char **ret_field)
{
	struct flow_ways ways = { .key_size = older->key_size, .value_size = older->value_size };
	int err = layout_permute(older, ours, true, &ways.key, ret_field);

	*ret_field = "key";
	if (older->key_size > OLDER_BYTES || older->value_size > OLDER_BYTES)
		err = -EPROTO;
	if (!err)
		err = layout_permute(ours, older, true, &ways.back, ret_field);
	if (!err)
		err = layout_permute(older, ours, false, &ways.value, ret_field);
	if (err)
		flow_ways_close(&ways);
	else
		*ret = ways;
	return err;
}

void flow_ways_close(struct flow_ways *ways)
{
	free(ways->key);
	free(ways->value);
	free(ways->back);
	*ways = (struct flow_ways){};
}

static int count_entry(void *arg, const void *key, const void *value)
{
	++*(int64_t *)arg;
	return 0;
}

int64_t carry_flows_count(int fd, const struct flow_ways *ways)
{
	int64_t count = 0;
	int err = hash_reader_walk(fd, ways->key_size, ways->value_size, count_entry, &count);

	return err ? err : count;
}

/* ------------------------------------------------------------------ one entry */

/* An entry in both layouts, ours also in the wide form, and the kind of map that holds it. */
struct flow_entry {
	struct flow_key key;
	struct flow flow;
	uint64_t raw_key[FLOW_KEY_MAX / 8], raw_flow[FLOW_MAX / 8];
	uint8_t older_key[OLDER_BYTES], older_value[OLDER_BYTES];
	int kind;
};

static void convert(const struct carry_flows *carry, struct flow_entry *entry)
{
	const struct flow_form *form = flow_form(carry->family);

	layout_convert(carry->ways->key, form->key_size, entry->older_key, entry->raw_key);
	layout_convert(carry->ways->value, form->flow_size, entry->older_value, entry->raw_flow);
	form->widen_key(entry->raw_key, &entry->key);
	form->widen_flow(entry->raw_flow, &entry->flow);
	entry->flow.tag = flow_tag(&entry->key);
	memcpy((char *)entry->raw_flow + form->tag, &entry->flow.tag, sizeof(entry->flow.tag));
}

/* Finds the other entry of the flow in the older maps. */
static bool find_other(const struct carry_flows *carry, const struct flow_entry *entry,
		       struct flow_entry *ret)
{
	flow_other_key(&entry->key, &entry->flow, &ret->key);
	flow_form(carry->family)->narrow_key(&ret->key, ret->raw_key);
	layout_convert(carry->ways->back, carry->ways->key_size, ret->raw_key, ret->older_key);
	for (ret->kind = 0; ret->kind < CARRY_KINDS; ret->kind++)
		if (!bpf_map_lookup_elem(carry->from[ret->kind], ret->older_key,
					 ret->older_value)) {
			convert(carry, ret);
			return true;
		}
	return false;
}

/* Replies with translation pass the filter of their hooks by this bit. */
static void announce(const struct carry_flows *carry, const struct flow_entry *entry)
{
	uint32_t bit = reply_bit(&entry->key.saddr, entry->key.sport);

	if (!flow_is_forward(&entry->key) && flow_has_nat(&entry->flow))
		__atomic_fetch_or(&carry->replies[bit / 64], 1ULL << bit % 64, __ATOMIC_RELEASE);
}

/* Gives the flow a slot of `reclaim`. The packet path may take the same slot meanwhile: the flow that
 * loses it is left to the agent's sweep. */
static void give_slot(struct carry_flows *carry, const struct flow_entry *entry, uint32_t owner)
{
	uint32_t slot = owner_slot(owner, carry->carried) & (carry->slots - 1);

	if (carry->slots && entry->kind == CARRY_FLOWS)
		bpf_map_update_elem(carry->reclaim, &slot, entry->raw_key, BPF_ANY);
}

/* Counts the flow for its sender, in new counters. */
static void count(struct carry_flows *carry, const struct flow_entry *entry, uint32_t owner)
{
	struct owner *sender = carry->senders ? &carry->senders[owner] : NULL;

	if (sender && (entry->kind != CARRY_FLOWS || entry->flow.state != FLOW_CLOSING))
		__atomic_fetch_add(entry->kind == CARRY_FLOWS ? &sender->flows : &sender->embryonic,
				   1, __ATOMIC_RELAXED);
}

/* Returns 0, also if the newer map has the entry; or -errno. */
static int insert(struct carry_flows *carry, const struct flow_entry *entry)
{
	uint32_t owner = flow_owner(&entry->key, &entry->flow);

	announce(carry, entry);
	if (bpf_map_update_elem(carry->to[entry->kind], entry->raw_key, entry->raw_flow,
				BPF_NOEXIST))
		return errno == EEXIST ? 0 : -errno;
	carry->carried++;
	if (!flow_is_forward(&entry->key))
		return 0;
	give_slot(carry, entry, owner);
	count(carry, entry, owner);
	return 0;
}

/* A packet that an older program processed since the entry was read changed the older one. It is not
 * forgotten, unless a newer program has changed the entry as well. */
static void catch_up(const struct carry_flows *carry, struct flow_entry *entry, const uint8_t *last)
{
	struct flow_entry fresh = *entry;
	uint64_t now[FLOW_MAX / 8];

	memcpy(fresh.older_value, last, sizeof(fresh.older_value));
	convert(carry, &fresh);
	if (!bpf_map_lookup_elem(carry->to[entry->kind], entry->raw_key, now) &&
	    !memcmp(now, entry->raw_flow, flow_form(carry->family)->flow_size))
		bpf_map_update_elem(carry->to[entry->kind], fresh.raw_key, fresh.raw_flow,
				    BPF_EXIST);
}

static void retire(const struct carry_flows *carry, struct flow_entry *entry)
{
	uint8_t last[OLDER_BYTES] = {};

	if (!bpf_map_lookup_and_delete_elem(carry->from[entry->kind], entry->older_key, last) &&
	    memcmp(last, entry->older_value, carry->ways->value_size))
		catch_up(carry, entry, last);
}

/* Deletes the older entries of all flows that are in the newer maps. */
static int retire_moved(struct carry_flows *carry)
{
	int err = carry->moved_count ? rcu_sync_wait(&carry->sync) : 0;

	for (size_t i = 0; !err && i < carry->moved_count; i++)
		retire(carry, &carry->moved[i]);
	carry->moved_count = 0;
	return err;
}

/* ------------------------------------------------------------------ all flows */

static void remember(struct carry_flows *carry, const struct flow_entry *entry)
{
	carry->moved[carry->moved_count++] = *entry;
}

/* Moves the flow of an entry; of a pair, the forward entry counts. */
static int move(struct carry_flows *carry, struct flow_entry *entry, bool last_pass)
{
	struct flow_entry other = {};
	bool pair = find_other(carry, entry, &other);
	int err = 0;

	if (pair && !flow_is_forward(&entry->key))
		return 0;
	err = insert(carry, entry);
	if (!err && pair)
		err = insert(carry, &other);
	if (err && err != -E2BIG)
		return err;
	if (err && !last_pass)
		return 0; /* room may become free until then */
	carry->lost += err ? 1 + pair : 0;
	remember(carry, entry);
	if (pair)
		remember(carry, &other);
	return carry->moved_count > BATCH - 2 ? retire_moved(carry) : 0;
}

struct pass {
	struct carry_flows *carry;
	int kind;
	bool last;
};

static int visit(void *arg, const void *key, const void *value)
{
	const struct pass *pass = arg;
	const struct flow_ways *ways = pass->carry->ways;
	struct flow_entry entry = { .kind = pass->kind };

	memcpy(entry.older_key, key, ways->key_size);
	/* It may have changed since the batch was read. */
	if (bpf_map_lookup_elem(pass->carry->from[pass->kind], key, entry.older_value))
		return 0;
	(void)value;
	convert(pass->carry, &entry);
	pass->carry->visited++;
	return move(pass->carry, &entry, pass->last);
}

static int run_pass(struct carry_flows *carry, bool last)
{
	struct pass pass = { .carry = carry, .last = last };
	int err = 0;

	carry->visited = 0;
	for (; !err && pass.kind < CARRY_KINDS; pass.kind++)
		err = hash_reader_walk(carry->from[pass.kind], carry->ways->key_size,
				       carry->ways->value_size, visit, &pass);
	return err ? err : retire_moved(carry);
}

static int run_passes(struct carry_flows *carry)
{
	int err = 0;

	for (int i = 0; !err && i < PASSES; i++) {
		err = run_pass(carry, i == PASSES - 1);
		if (!carry->visited)
			break;
	}
	return err;
}

static int open_carry(struct carry_flows *carry, struct pin_array *filters,
		      struct pin_array *owners)
{
	struct pin_map reclaim;
	int err = rcu_sync_open(&carry->sync);

	if (!err)
		err = pins_mmap(carry->filters, true, filters);
	if (!err && carry->owners >= 0)
		err = pins_mmap(carry->owners, true, owners);
	if (!err)
		err = pins_map_info(carry->reclaim, &reclaim);
	if (err)
		return err;
	carry->replies = ((struct filters *)filters->memory)->replies;
	carry->senders = owners->memory;
	carry->slots = reclaim.max_entries;
	carry->moved_count = 0;
	carry->moved = calloc(BATCH, sizeof(*carry->moved));
	return carry->moved ? 0 : -ENOMEM;
}

int carry_flows(struct carry_flows *carry)
{
	struct pin_array filters = {}, owners = {};
	int err;

	carry->moved = NULL;
	err = open_carry(carry, &filters, &owners);
	if (!err)
		err = run_passes(carry);
	free(carry->moved);
	rcu_sync_close(&carry->sync);
	pins_unmap(&filters);
	pins_unmap(&owners);
	return err;
}
