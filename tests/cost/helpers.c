/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Helpers of the kernel for an interpreted program: results are right as far as a known flow's packet
 * depends on them; what is written beside the frame is not compared. */
#include "execute.h"

#include <sched.h>
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

static void *element_held(struct machine *m, int fd, const void *key, size_t size)
{
	for (uint32_t i = 0; i < m->element_count; i++)
		if (m->elements[i].fd == fd && !memcmp(m->elements[i].key, key, size))
			return m->elements[i].value;
	return NULL;
}

void *element_of(struct machine *m, int fd, const void *key)
{
	struct element *element = &m->elements[m->element_count];
	struct bpf_map_info info = { 0 };
	uint32_t length = sizeof(info);
	void *held;

	if (bpf_obj_get_info_by_fd(fd, &info, &length) || info.key_size > sizeof(element->key) ||
	    m->element_count == EXECUTE_ELEMENTS)
		return NULL;
	held = element_held(m, fd, key, info.key_size);
	if (held)
		return held;
	element->fd = fd;
	memcpy(element->key, key, info.key_size);
	element->value = element_read(&info, fd, key);
	m->element_count += !!element->value;
	return element->value;
}

void elements_free(struct machine *m)
{
	while (m->element_count)
		free(m->elements[--m->element_count].value);
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

/* ------------------------------------------------------------------ all */

uint64_t execute_helper(struct machine *m, int helper, const uint64_t *a)
{
	switch (helper) {
	case BPF_FUNC_map_lookup_elem:
		return (uint64_t)element_of(m, (int)a[0], (void *)a[1]);
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
	case BPF_FUNC_csum_diff:
	case BPF_FUNC_csum_update:
		return 0;
	}
	m->failed = "a helper that is not known here is called";
	return 0;
}
