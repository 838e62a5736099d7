/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Helpers of the kernel for an interpreted program: results are right as far as verdicts depend on
 * them; checksums that are changed in place are not. */
#include "execute.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define VERDICT_REDIRECT 7
#define ETH_HLEN 14

/* ------------------------------------------------------------------ maps */

/* The kernel copies the elements of all CPUs; programs see that of their own. */
static void *element_read(const struct bpf_map_info *info, int fd, const void *key)
{
	int per_cpu = info->type == BPF_MAP_TYPE_PERCPU_ARRAY;
	size_t size = (info->value_size + 7) / 8 * 8;
	uint8_t *values = calloc(per_cpu ? libbpf_num_possible_cpus() : 1, size);

	if (!values || bpf_map_lookup_elem(fd, key, values)) {
		free(values);
		return NULL;
	}
	if (per_cpu)
		memcpy(values, values + sched_getcpu() * size, size);
	return values;
}

static struct element *element_held(struct machine *m, int fd, const void *key, size_t size)
{
	for (uint32_t i = 0; i < m->element_count; i++)
		if (m->elements[i].fd == fd && !memcmp(m->elements[i].key, key, size))
			return &m->elements[i];
	return NULL;
}

/* The element, read if it was not looked at before; or NULL if that fails. */
static struct element *element_find(struct machine *m, int fd, const void *key)
{
	struct element *element = &m->elements[m->element_count];
	struct bpf_map_info info = { 0 };
	uint32_t length = sizeof(info);
	struct element *held;

	if (bpf_obj_get_info_by_fd(fd, &info, &length) || info.key_size > sizeof(element->key))
		return NULL;
	held = element_held(m, fd, key, info.key_size);
	if (held)
		return held;
	if (m->element_count == EXECUTE_ELEMENTS) {
		m->failed = "it looks at too many elements";
		return NULL;
	}
	element->fd = fd;
	memcpy(element->key, key, info.key_size);
	element->size = info.value_size;
	element->value = element_read(&info, fd, key);
	m->element_count++;
	return element;
}

void *element_of(struct machine *m, int fd, const void *key)
{
	struct element *element = element_find(m, fd, key);

	return element ? element->value : NULL;
}

static uint64_t element_update(struct machine *m, int fd, const void *key, const void *value,
			       uint64_t flags)
{
	struct element *element = element_find(m, fd, key);

	if (!element)
		return -EINVAL;
	if (element->value && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!element->value)
		element->value = malloc(element->size);
	if (!element->value)
		return -ENOMEM;
	memcpy(element->value, value, element->size);
	return 0;
}

/* What was deleted stays in memory: the program may hold it still. */
static uint64_t element_delete(struct machine *m, int fd, const void *key)
{
	struct element *element = element_find(m, fd, key);

	if (!element || !element->value)
		return -ENOENT;
	element->gone = element->value;
	element->value = NULL;
	return 0;
}

void elements_free(struct machine *m)
{
	while (m->element_count) {
		free(m->elements[--m->element_count].value);
		free(m->elements[m->element_count].gone);
	}
}

/* ------------------------------------------------------------------ frame */

static uint8_t *frame_at(struct machine *m, uint64_t offset)
{
	return (uint8_t *)(uintptr_t)m->packet->skb.data + offset;
}

/* bpf_skb_adjust_room() with BPF_ADJ_ROOM_MAC. */
static uint64_t adjust_room(struct machine *m, int32_t bytes)
{
	struct __sk_buff *skb = &m->packet->skb;
	uint8_t *from = frame_at(m, 0);

	memmove(from - bytes, from, ETH_HLEN);
	skb->data -= bytes;
	skb->len += bytes;
	return 0;
}

static uint64_t copy(void *to, const void *from, uint64_t bytes)
{
	memcpy(to, from, bytes);
	return 0;
}

static uint64_t move_data(uint32_t *data, uint64_t by)
{
	*data += (int32_t)by;
	return 0;
}

/* Sum of words (RFC 1071), as bpf_csum_diff() makes it with nothing to subtract. */
static uint64_t csum_add(const uint32_t *word, uint64_t bytes, uint32_t seed)
{
	uint64_t sum = seed;

	for (uint64_t i = 0; i < bytes / sizeof(*word); i++)
		sum += word[i];
	sum = (sum & 0xffffffff) + (sum >> 32);
	return (uint32_t)(sum + (sum >> 32));
}

/* The source's route leads back to where the packet came by, all others to the other side. */
static uint64_t fib_lookup(struct machine *m, struct bpf_fib_lookup *fib)
{
	bool back = fib->ipv4_dst == m->saddr;

	fib->ifindex = back ? m->packet->skb.ifindex : m->other_side;
	memset(fib->smac, 2, sizeof(fib->smac));
	memset(fib->dmac, 4, sizeof(fib->dmac));
	return BPF_FIB_LKUP_RET_SUCCESS;
}

/* ------------------------------------------------------------------ all */

uint64_t execute_helper(struct machine *m, int helper, const uint64_t *a)
{
	switch (helper) {
	case BPF_FUNC_map_lookup_elem:
		return (uint64_t)element_of(m, (int)a[0], (void *)a[1]);
	case BPF_FUNC_map_update_elem:
		return element_update(m, (int)a[0], (void *)a[1], (void *)a[2], a[3]);
	case BPF_FUNC_map_delete_elem:
		return element_delete(m, (int)a[0], (void *)a[1]);
	case BPF_FUNC_fib_lookup:
		return fib_lookup(m, (void *)a[1]);
	case BPF_FUNC_csum_diff:
		return csum_add((void *)a[2], a[3], (uint32_t)a[4]);
	case BPF_FUNC_skb_store_bytes:
		return copy(frame_at(m, a[1]), (void *)a[2], a[3]);
	case BPF_FUNC_skb_load_bytes:
		return copy((void *)a[2], frame_at(m, a[1]), a[3]);
	case BPF_FUNC_skb_adjust_room:
		return adjust_room(m, (int32_t)a[1]);
	case BPF_FUNC_xdp_adjust_head:
		return move_data(&m->packet->xdp.data, a[1]);
	case BPF_FUNC_xdp_adjust_meta:
		return move_data(&m->packet->xdp.data_meta, a[1]);
	case BPF_FUNC_jiffies64:
		return m->jiffies;
	case BPF_FUNC_redirect:
	case BPF_FUNC_redirect_peer:
	case BPF_FUNC_redirect_neigh:
		return VERDICT_REDIRECT;
	case BPF_FUNC_tail_call:
	case BPF_FUNC_l3_csum_replace:
	case BPF_FUNC_l4_csum_replace:
	case BPF_FUNC_skb_pull_data:
	case BPF_FUNC_skb_change_type:
	case BPF_FUNC_csum_update:
		return 0;
	}
	m->failed = "a helper that is not known here is called";
	return 0;
}
